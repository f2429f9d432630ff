import CSQLite

/// What SQLite said; never the data.
package struct SQLiteError: Error, Equatable {
    /// Extended result code.
    package let code: Int32
    package let message: String

    /// Result code without its extension.
    package var primaryCode: Int32 { code & 0xFF }

    /// What an error means for the statement that it ended.
    package enum Kind: Sendable {
        /// A value is at fault.
        case value
        /// Either a value or the schema is at fault: triggers and functions of the owner fail like this for the sake of one value.
        case unclear
        /// The file, the disk, the memory or another process is at fault: nothing is said about any value.
        case environment
        /// The file is something else, or encrypted.
        case notADatabase
    }

    /// By result code (https://www.sqlite.org/rescode.html); whatever is not in the list is the environment's fault.
    private static let kinds: [Int32: Kind] = [
        SQLITE_CONSTRAINT: .value, SQLITE_TOOBIG: .value, SQLITE_MISMATCH: .value, SQLITE_RANGE: .value,
        SQLITE_ERROR: .unclear, SQLITE_ABORT: .unclear, SQLITE_INTERRUPT: .unclear, SQLITE_SCHEMA: .unclear,
        SQLITE_AUTH: .unclear, SQLITE_EMPTY: .unclear,
        SQLITE_NOTADB: .notADatabase,
    ]

    package var kind: Kind { Self.kinds[primaryCode] ?? .environment }
}

extension SQLiteError {
    /// The file's format is that of a later version of this program.
    package static let laterVersion = SQLiteError(
        code: SQLITE_NOTADB,
        message: "the file was written by a later version"
    )

    /// The file is there and holds nothing that it must hold: it was cut, or has lost its write-ahead log.
    package static let emptied = SQLiteError(code: SQLITE_CORRUPT, message: "the file has lost what it held")

    /// A row holds what its table does not allow.
    package static let brokenRow = SQLiteError(code: SQLITE_CORRUPT, message: "a row is not as its table wants it")

    /// Another connection holds the lock.
    package var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    /// The statement does not fit the schema.
    package var isAboutSchema: Bool { isGeneral || kind == .value }

    /// The statement is wrong, or a function in it failed.
    package var isGeneral: Bool { primaryCode == SQLITE_ERROR }

    /// What is in the file contradicts itself, or is no database at all.
    package var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(primaryCode) && self != .laterVersion }

    /// A page of the file is not what it should be.
    package var isAboutDamage: Bool { primaryCode == SQLITE_CORRUPT }

    /// The disk failed, so that what was being written may be there or not.
    package var isAboutDisk: Bool { primaryCode == SQLITE_IOERR }

    /// The time for the statement was over.
    package var isInterrupted: Bool { primaryCode == SQLITE_INTERRUPT }
}
