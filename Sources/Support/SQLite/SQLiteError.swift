import CSQLite

/// An error reported by SQLite.
///
/// Its message does not contain stored data.
package struct SQLiteError: Error, Equatable {
    /// The extended result code.
    package let code: Int32
    /// The message of SQLite.
    package let message: String

    /// The primary result code.
    package var primaryCode: Int32 { code & 0xFF }

    /// The cause of an error.
    package enum Kind: Sendable {
        /// A parameter value was rejected.
        case value
        /// Either a value or the schema was rejected.
        ///
        /// Triggers and functions of the database owner fail like this because of a single value.
        case unclear
        /// The file, the disk, memory or another process caused the error, not a value.
        case environment
        /// The file is not a database, or it is encrypted.
        case notADatabase
    }

    /// Kinds by result code (https://www.sqlite.org/rescode.html).
    ///
    /// Other codes are environment errors.
    private static let kinds: [Int32: Kind] = [
        SQLITE_CONSTRAINT: .value, SQLITE_TOOBIG: .value, SQLITE_MISMATCH: .value, SQLITE_RANGE: .value,
        SQLITE_ERROR: .unclear, SQLITE_ABORT: .unclear, SQLITE_INTERRUPT: .unclear, SQLITE_SCHEMA: .unclear,
        SQLITE_AUTH: .unclear, SQLITE_EMPTY: .unclear,
        SQLITE_NOTADB: .notADatabase,
    ]

    package var kind: Kind { Self.kinds[primaryCode] ?? .environment }
}

extension SQLiteError {
    /// The file was written by a later version of this program.
    package static let laterVersion = SQLiteError(
        code: SQLITE_NOTADB,
        message: "the file was written by a newer version of Collector"
    )

    /// The file exists but lacks required content: it was truncated, or its write-ahead log is missing.
    package static let emptied = SQLiteError(code: SQLITE_CORRUPT, message: "the file is empty although it had content")

    /// A row violates the constraints of its table.
    package static let brokenRow = SQLiteError(code: SQLITE_CORRUPT, message: "a row has values of the wrong type")

    /// Another connection holds the lock.
    package var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    /// The statement does not match the schema, or a value violates a constraint.
    package var isAboutSchema: Bool { isGeneral || kind == .value }

    /// The statement is invalid, or one of its functions failed.
    package var isGeneral: Bool { primaryCode == SQLITE_ERROR }

    /// The file is corrupt or not a database.
    ///
    /// False for a file of a later version.
    package var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(primaryCode) && self != .laterVersion }

    /// The file is corrupt.
    package var isAboutDamage: Bool { primaryCode == SQLITE_CORRUPT }

    /// A disk error.
    ///
    /// The last write may or may not be durable.
    package var isAboutDisk: Bool { primaryCode == SQLITE_IOERR }

    /// The statement exceeded its deadline.
    package var isInterrupted: Bool { primaryCode == SQLITE_INTERRUPT }
}
