import SQLite
import Storage

/// Keeps the write-ahead log below `Checkpointer.logBytesMax` while derived data is written.
///
/// The writer of batches checkpoints only its own commits, so a rebuild without ingest would never shorten the log.
/// Not thread-safe.
final class LogLimit {
    private let path: String
    /// Size in bytes from which the log is emptied.
    private var bytesMax: Int
    private let logBytesMax: Int

    /// `path` is that of the database file.
    init(path: String, logBytesMax: Int = Checkpointer.logBytesMax) {
        (self.path, self.logBytesMax, bytesMax) = (path + "-wal", logBytesMax, logBytesMax)
    }

    /// Empties the log if it is large; call after a commit.
    ///
    /// Blocks until the pages are in the database file. An error has no consequence but a longer log.
    func enforce(_ connection: Connection) {
        guard let bytes = DatabaseFile.bytes(path) else { return }
        // Another checkpoint has emptied it since.
        if bytes <= logBytesMax { bytesMax = logBytesMax }
        guard bytes > bytesMax else { return }
        // Copies most pages first, since the other checkpoint keeps the writer of batches waiting.
        _ = try? connection.execute("pragma wal_checkpoint(passive)")
        connection.setBusy(milliseconds: Checkpointer.busyMilliseconds)
        // An error is handled like a reader that prevents it.
        let isPrevented = try? connection.number("pragma wal_checkpoint(truncate)")
        connection.setBusy(milliseconds: SQLiteStore.busyMilliseconds)
        // A reader or another checkpoint prevents it. Then it is tried again after the log has grown by the same amount.
        bytesMax = isPrevented == 0 ? logBytesMax : bytes + logBytesMax
    }
}
