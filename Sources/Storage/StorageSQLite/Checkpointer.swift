import Dispatch
import Locks
import SQLite
import Synchronization

/// Moves committed pages from the write-ahead log into the database file on a background queue.
final class Checkpointer: Sendable {
    /// Milliseconds from the first commit after a checkpoint to the next checkpoint.
    static let delayMilliseconds = 1000
    /// The number of pages in the log from which the writer restarts it.
    ///
    /// Without a restart, the log grows as long as commits never pause.
    static let logPagesMax = 4096
    /// Size in bytes of the log's file from which a transaction of derived data empties it.
    ///
    /// One such transaction and the batches written meanwhile come on top of it, and all that is written while a reader
    /// keeps its snapshot.
    static let logBytesMax = 64 << 20
    /// Milliseconds that the writer waits for readers when it restarts the log.
    static let busyMilliseconds: Int32 = 250

    private let store: SQLiteStore
    private let queue = DispatchQueue(label: "checkpoint")
    private let isScheduled = Atomic<Bool>(false)
    private let connection = Locked<Connection?>(nil)

    init(store: SQLiteStore) {
        self.store = store
    }

    /// Registers a commit, and schedules a checkpoint unless one is scheduled.
    ///
    /// Returns at once.
    func note() {
        guard !isScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.delayMilliseconds)) { [weak self] in self?.run() }
    }

    /// Runs the body while no checkpoint runs.
    ///
    /// Blocks until the current checkpoint has ended.
    func exclusively<Value>(_ body: () -> Value) -> Value { connection.withLock { _ in body() } }

    private func run() {
        isScheduled.store(false, ordering: .releasing)
        connection.withLock { connection in
            do {
                if connection == nil { connection = try store.open(busyMilliseconds: Self.busyMilliseconds) }
                try connection?.execute("pragma wal_checkpoint(passive)")
            } catch {
                // The log only grows until the next commit schedules another checkpoint, which reconnects.
                connection = nil
            }
        }
    }
}
