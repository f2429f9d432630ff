import Rollups
package import Storage

/// Reads an archive into a database, with the ids and times that the rows had.
package final class ArchiveImport {
    package enum Step: Sendable { case checking, importing }

    package struct Summary: Sendable, Equatable {
        /// Rows that were stored, and rows that the database had.
        package var stored: Int64 = 0
        package var skipped: Int64 = 0
        /// Whether the rollups have to be computed again; false when a server has begun with it.
        package var needsRebuild = false
        package var isInterrupted = false
    }

    /// Rows of one transaction, and the bytes of their values, which the last row may exceed.
    private static let rowsMax = 500
    private static let bytesMax = 4 << 20

    private let database: any Database
    private let folder: ArchiveFolder
    private let manifest: ArchiveManifest
    private let write: Write
    private var summary = Summary()
    private var batch: [[SQLValue]] = []
    private var bytes = 0

    /// Runs a transaction, again if the database is busy; false when it was not written because of an interruption.
    package typealias Write = (_ transaction: () throws(StoreError) -> Void) throws(StoreError) -> Bool

    package init(
        _ database: any Database,
        _ folder: ArchiveFolder,
        _ manifest: ArchiveManifest,
        _ write: @escaping Write
    ) {
        (self.database, self.folder, self.manifest, self.write) = (database, folder, manifest, write)
    }

    /// Checks the whole archive and whether the database can take it, then stores the rows in small transactions.
    ///
    /// The first of them requests a rebuild of the rollups, so that an interruption at any time leaves no wrong figures. A run that was
    /// interrupted is continued by the next one: it skips the rows that are stored.
    ///
    /// `progress` is called with the rows that were read in a step, and returns false to stop.
    ///
    /// - Returns: what was stored.
    /// - Throws: `ArchiveError` when nothing can be imported; nothing was changed then.
    package func run(_ progress: (Step, _ done: Int64) -> Bool) throws -> Summary {
        let lock = try folder.sharedLock()
        defer { withExtendedLifetime(lock) {} }
        try checkRetention()
        let isEmpty = try ArchiveTable.all.allSatisfy { table throws(StoreError) in
            try database.rows("select 1 from \(table.name) limit 1").isEmpty
        }
        let isChecked = try each(.checking, progress) { table, rows in
            if !isEmpty { try checkIDs(table, rows) }
            return true
        }
        guard isChecked else { return interrupted() }
        guard try write({ () throws(StoreError) in try reserveIDs() }) else { return interrupted() }
        let isStored = try each(.importing, progress) { table, rows in try store(table, rows) }
        guard isStored else { return interrupted() }
        summary.needsRebuild =
            try database.rows("select rebuild from insight_position where id = 1").first?[0].integer != 0
        return summary
    }

    private func interrupted() -> Summary {
        summary.isInterrupted = true
        return summary
    }

    /// Reads all files, and passes their rows on in batches.
    private func each(
        _ step: Step,
        _ progress: (Step, Int64) -> Bool,
        _ body: (ArchiveTable, [[SQLValue]]) throws -> Bool
    ) throws -> Bool {
        var done: Int64 = 0
        for file in manifest.files {
            guard let table = ArchiveTable.all.first(where: { $0.name == file.table }) else { continue }
            batch.removeAll()
            bytes = 0
            let isComplete = try ArchiveCheck.rows(folder, file) { _, row in
                batch.append(row)
                bytes += ReadBudget.bytes(row)
                done += 1
                guard batch.count == Self.rowsMax || bytes >= Self.bytesMax else { return true }
                let isDone = try body(table, batch)
                batch.removeAll(keepingCapacity: true)
                bytes = 0
                return progress(step, done) && isDone
            }
            guard isComplete else { return false }
            guard try batch.isEmpty || body(table, batch), progress(step, done) else { return false }
        }
        return true
    }

    // MARK: - Checks

    /// Figures of events that retention has removed are kept: imported events would count in them a second time.
    private func checkRetention() throws {
        guard let border = try Rollups(database).removedBefore() else { return }
        throw ArchiveError(
            "retention has removed events from before \(border) from this database and kept their figures, so that imported events "
                + "would count twice: import into a new data folder (--data) or an empty database (DB_URL); nothing was changed"
        )
    }

    /// Throws when other rows have the ids of these.
    private func checkIDs(_ table: ArchiveTable, _ rows: [[SQLValue]]) throws {
        guard table.isNumbered else { return }
        let names = ["id", table.time, "pageview_id", "visitor_id"]
        let columns = names.map { name in table.columns[table.index(name)] }
        let values = database.padded(rows.map { $0[0] })
        let list = (1...values.count).map { "?\($0)" }.joined(separator: ", ")
        let found = try database.rows(
            "select \(columns.map { $0.read(database.dialect) }.joined(separator: ", ")) from \(table.name) where id in (\(list))",
            values
        )
        var stored: [SQLValue: [SQLValue]] = [:]
        for row in found { stored[row[0]] = row }
        for row in rows {
            guard let own = stored[row[0]], own != names.map({ row[table.index($0)] }) else { continue }
            throw ArchiveError(
                "the database has another row with the id \(row[0].integer ?? 0) in \(table.name), so it is not the database of this "
                    + "archive: import into a new data folder (--data) or an empty database (DB_URL); nothing was changed"
            )
        }
    }

    // MARK: - Storing

    /// Gives new rows ids above those of the archive, so that a server can store events meanwhile.
    private func reserveIDs() throws(StoreError) {
        for (name, tables) in [
            ("collector_events", ["collector_events", "delivery_reports"]), ("debug_data", ["debug_data"]),
        ] {
            let highest = manifest.files.filter { tables.contains($0.table) }.compactMap(\.lastID).max()
            guard let highest else { continue }
            _ = try database.rows(database.dialect.reserveIDs(name), [.integer(highest)])
        }
    }

    /// - Returns: whether the rows were stored; false after an interruption.
    private func store(_ table: ArchiveTable, _ rows: [[SQLValue]]) throws(StoreError) -> Bool {
        var stored = 0
        let isDone = try write { () throws(StoreError) in
            try database.transaction { () throws(StoreError) in
                stored = try insert(table, rows)
                // A pooler may not report the number.
                guard stored > 0 || !database.hasSnapshots else { return }
                // Rows below the position are not aggregated otherwise.
                _ = try database.change("update insight_position set rebuild = 1 where id = 1")
            }
        }
        guard isDone else { return false }
        summary.stored += Int64(stored)
        summary.skipped += Int64(rows.count - stored)
        return true
    }

    /// - Returns: the number of rows that the database did not have.
    private func insert(_ table: ArchiveTable, _ rows: [[SQLValue]]) throws(StoreError) -> Int {
        let dialect = database.dialect
        return try database.insert(
            "insert into \(table.name) (\(table.columns.map(\.name).joined(separator: ", ")))",
            rows.map { row in zip(table.columns, row).map { $0.parameter($1, dialect) } },
            "on conflict do nothing"
        ) { column, parameter in table.columns[column].write(parameter, dialect) }
    }
}
