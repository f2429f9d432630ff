import Dispatch
import Glibc
import SQLite
import Synchronization

/// Moves what was committed from the write-ahead log into the database file, away from the writer's path.
final class Checkpointer: Sendable {
    /// Milliseconds from the first commit after a checkpoint to the next checkpoint.
    static let delayMilliseconds = 1000
    /// Bytes of the log beyond which the writer is made to wait once, so that the log can begin anew.
    static let logBytesMax = 64 << 20

    private let store: SQLiteStore
    private let queue = DispatchQueue(label: "checkpoint")
    private let isScheduled = Atomic<Bool>(false)
    private let connection = Mutex<Connection?>(nil)

    init(store: SQLiteStore) {
        self.store = store
    }

    /// Notes a commit.
    func note() {
        guard !isScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.delayMilliseconds)) { [weak self] in self?.run() }
    }

    private func run() {
        isScheduled.store(false, ordering: .releasing)
        let isLarge = logBytes > Self.logBytesMax
        connection.withLock { connection in
            do {
                if connection == nil { connection = try store.open() }
                try connection?.execute(isLarge ? "pragma wal_checkpoint(truncate)" : "pragma wal_checkpoint(passive)")
            } catch {
                // The log only grows until the next commit calls again; the connection is made anew for it.
                connection = nil
            }
        }
    }

    private var logBytes: Int {
        var status = stat()
        return stat(store.path + "-wal", &status) == 0 ? Int(status.st_size) : 0
    }
}
