import SQLite
import Storage

/// A probe that reads the schema on its own connection.
// Unchecked: by the contract of `StoreProbe`, it is used by one thread at a time.
final class SQLiteProbe: StoreProbe, @unchecked Sendable {
    private let store: SQLiteStore
    private var connection: Connection?

    init(store: SQLiteStore) {
        self.store = store
    }

    /// Runs a small query.
    ///
    /// A reader of a write-ahead log only waits for a connection that recovers the log; the timeout covers that.
    func ping(timeoutMilliseconds: Int32) throws(StoreError) {
        do throws(StoreError) {
            let open = if let connection { connection } else { try store.open(busyMilliseconds: timeoutMilliseconds) }
            connection = open
            // An open connection would still return data from a file that was removed.
            guard !open.hasMoved else { throw .unavailable(reason: "the database file is missing") }
            _ = try guarded { () throws(SQLiteError) in try open.rows("select count(*) from sqlite_master") }
        } catch {
            connection = nil
            throw error
        }
    }
}
