/// A lock on a table in terms of other connections.
package enum MigrationLock: Int, Sendable, Comparable {
    /// Others read and write; only changes of the same rows wait.
    case none
    /// Others read; writes wait.
    case writes
    /// Reads and writes of others wait.
    case all

    package static func < (one: MigrationLock, other: MigrationLock) -> Bool { one.rawValue < other.rawValue }
}

/// The work of a statement on the rows of a table.
package enum TableWork: Sendable, Equatable {
    /// Changes the definition and no row.
    case define
    /// Reads all rows to check a condition.
    case check
    /// Reads all rows to build an index of a number of columns.
    case index(columns: Int)
    /// Updates rows in place.
    case update
    /// Writes all rows again.
    case rewrite
    /// Inserts rows, read from other tables or fixed.
    case insert
    case delete
    /// Removes all rows or the table at once.
    case drop

    /// Seconds for a table of a size.
    package func seconds(_ size: TableSize, _ rates: MigrationRates) -> Double {
        func slower(_ rowsPerSecond: Double, _ bytesPerSecond: Double) -> Double {
            max(Double(size.rows) / rowsPerSecond, Double(size.bytes) / bytesPerSecond)
        }
        guard size.rows > 0 else { return 0 }
        return switch self {
        case .define, .drop: 0
        case .check, .index: slower(rates.indexedRows, rates.readBytes)
        case .update: slower(rates.updatedRows, rates.writtenBytes)
        case .rewrite, .insert: slower(rates.copiedRows, rates.writtenBytes)
        case .delete: slower(rates.deletedRows, rates.writtenBytes)
        }
    }

    /// Additional bytes on the disk for a table of a size, with the write-ahead log.
    package func bytes(_ size: TableSize, _ rates: MigrationRates) -> Double {
        guard size.rows > 0 else { return 0 }
        return switch self {
        case .define, .check, .drop: 0
        case .index(let columns): Double(size.rows) * Double(columns) * rates.indexBytes
        case .update: Double(size.bytes) * rates.updateSpace
        case .rewrite, .insert: Double(size.bytes) * rates.copySpace
        case .delete: Double(size.bytes) * rates.deleteSpace
        }
    }
}

/// The engine of a database, whose locks and rewrites differ.
package enum MigrationEngine: String, Sendable, CaseIterable {
    case sqlite
    case postgresql

    package var rates: MigrationRates { self == .sqlite ? .sqlite : .postgresql }

    /// The work of a change of a definition, and its lock.
    ///
    /// SQLite has one writer, so that each migration blocks all others. PostgreSQL locks tables:
    /// https://www.postgresql.org/docs/current/sql-altertable.html names the lock of each form.
    package func alteration(_ action: AlterAction) -> (TableWork, MigrationLock) {
        let isSQLite = self == .sqlite
        return switch action {
        case .addColumn, .rename, .setProperty: (.define, isSQLite ? .writes : .all)
        case .addComputedColumn: (isSQLite ? .check : .rewrite, isSQLite ? .writes : .all)
        case .addCheckedColumn: (.check, isSQLite ? .writes : .all)
        // SQLite removes the value from each row, PostgreSQL only hides it.
        case .dropColumn: (isSQLite ? .rewrite : .define, isSQLite ? .writes : .all)
        case .changeType: (.rewrite, isSQLite ? .writes : .all)
        case .setNotNull: (.check, isSQLite ? .writes : .all)
        case .setParameters: (.define, isSQLite ? .writes : .none)
        }
    }

    /// The lock of statements that PostgreSQL executes with a lock of the whole table.
    var strongest: MigrationLock { self == .sqlite ? .writes : .all }
    /// The lock of statements that change rows.
    var ofRows: MigrationLock { self == .sqlite ? .writes : .none }
    /// The work of dropping a table: this SQLite writes its pages again, to remove their bytes.
    var drop: TableWork { self == .sqlite ? .delete : .drop }
}
