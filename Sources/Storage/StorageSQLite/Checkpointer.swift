import Dispatch
import Locks
import SQLite
import Synchronization

/// Moves what was committed from the write-ahead log into the database file, away from the writer's path.
final class Checkpointer: Sendable {
    /// Milliseconds from the first commit after a checkpoint to the next checkpoint.
    static let delayMilliseconds = 1000
    /// Pages in the log beyond which the writer begins it anew; while commits never pause it would grow for ever.
    static let logPagesMax = 4096
    /// Milliseconds that the writer then waits for readers.
    static let busyMilliseconds: Int32 = 250

    private let store: SQLiteStore
    private let queue = DispatchQueue(label: "checkpoint")
    private let isScheduled = Atomic<Bool>(false)
    private let connection = Locked<Connection?>(nil)

    init(store: SQLiteStore) {
        self.store = store
    }

    /// Notes a commit.
    func note() {
        guard !isScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.delayMilliseconds)) { [weak self] in self?.run() }
    }

    /// Runs something while no checkpoint of ours is under way, and none begins.
    func exclusively<Value>(_ body: () -> Value) -> Value { connection.withLock { _ in body() } }

    private func run() {
        isScheduled.store(false, ordering: .releasing)
        connection.withLock { connection in
            do {
                if connection == nil { connection = try store.open(busyMilliseconds: Self.busyMilliseconds) }
                try connection?.execute("pragma wal_checkpoint(passive)")
            } catch {
                // The log only grows until the next commit calls again; the connection is made anew for it.
                connection = nil
            }
        }
    }
}
