import CSQLite

/// What SQLite said; never the data.
package struct SQLiteError: Error, Equatable {
    /// Extended result code.
    package let code: Int32
    package let message: String

    /// Result code without its extension.
    package var primaryCode: Int32 { code & 0xFF }

    /// The data are at fault: a constraint, a size, a type.
    package var isAboutData: Bool {
        [SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE].contains(primaryCode)
    }
}

extension SQLiteError {
    /// The file's format is that of a later version of this program.
    package static let laterVersion = SQLiteError(
        code: SQLITE_NOTADB,
        message: "the file was written by a later version"
    )

    /// Another connection holds the lock.
    package var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

    /// The statement does not fit the schema.
    package var isAboutSchema: Bool { isGeneral || isAboutData }

    /// The statement is wrong, or a function in it failed.
    package var isGeneral: Bool { primaryCode == SQLITE_ERROR }

    /// The file is something else, or encrypted.
    package var isNoDatabase: Bool { primaryCode == SQLITE_NOTADB }

    /// The disk failed, so that what was being written may be there or not.
    package var isAboutDisk: Bool { primaryCode == SQLITE_IOERR }

    /// The time for the statement was over.
    package var isInterrupted: Bool { primaryCode == SQLITE_INTERRUPT }
}
