import Glibc
import SQLite
package import Storage

extension SQLiteStore {
    /// Milliseconds that a rewrite waits for the writer of batches.
    static let scrubBusyMilliseconds: Int32 = 60_000
    /// Bytes that a rewrite leaves free for the journal and other programs.
    static let scrubSpareBytes: Int64 = 64 << 20
    /// Attempts to empty the write-ahead log while readers keep pages in it, and milliseconds between them.
    static let emptyAttemptsMax = 60
    static let emptyPauseMilliseconds = 750

    /// Rewrites the file with what it contains, since free space has bytes of deleted rows, and so have pages in use.
    package func scrub(_ tables: [String]) throws(StoreError) -> [String] {
        let connection = try open(busyMilliseconds: Self.scrubBusyMilliseconds)
        try checkSpace(connection)
        try guarded { () throws(SQLiteError) in
            // The copy is as large as the database: too large for memory, and perhaps for the system's temporary folder.
            try connection.execute("pragma temp_store = file")
            try connection.execute("pragma temp_store_directory = '\(folder.doubled)'")
            try connection.execute("vacuum")
        }
        try empty(connection)
        return []
    }

    /// A rewrite writes all pages to a temporary file, and then to the write-ahead log.
    private func checkSpace(_ connection: Connection) throws(StoreError) {
        let bytes = try guarded { () throws(SQLiteError) in
            func number(_ name: String) throws(SQLiteError) -> Int64 { try connection.number("pragma \(name)") ?? 0 }
            return try (number("page_count") - number("freelist_count")) * number("page_size")
        }
        let needed = 2 * bytes + Self.scrubSpareBytes
        guard let free = freeDiskBytes(path), free < needed else { return }
        throw .unavailable(
            reason:
                "rewriting the database needs \(needed >> 20) MiB of free disk space, and \(free >> 20) MiB are free"
        )
    }

    package func occurrences(of bytes: [UInt8]) throws(StoreError) -> Int? {
        let connection = try open()
        return try guarded { () throws(SQLiteError) in try connection.occurrences(of: bytes) }
    }

    /// Moves the log into the file and empties it; blocks until readers of earlier pages have ended.
    private func empty(_ connection: Connection) throws(StoreError) {
        connection.setBusy(milliseconds: Checkpointer.busyMilliseconds)
        for _ in 0..<Self.emptyAttemptsMax {
            let isPrevented = try guarded { () throws(SQLiteError) in
                // Moves most pages first, since the second checkpoint keeps the writer of batches waiting.
                try connection.execute("pragma wal_checkpoint(passive)")
                return try connection.number("pragma wal_checkpoint(truncate)")
            }
            if isPrevented == 0 { return }
            usleep(UInt32(Self.emptyPauseMilliseconds * 1000))
        }
        throw .unavailable(reason: "a reader keeps old pages in the write-ahead log")
    }

    var folder: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
}

extension String {
    /// The text with single quotes doubled, as in SQL literals.
    fileprivate var doubled: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }
}
