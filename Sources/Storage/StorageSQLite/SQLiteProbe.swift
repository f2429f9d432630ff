import SQLite
import Storage

/// Reads something small, on a connection of its own.
// Unchecked: the contract of `StoreProbe` keeps it to one thread at a time.
final class SQLiteProbe: StoreProbe, @unchecked Sendable {
    private let store: SQLiteStore
    private var connection: Connection?

    init(store: SQLiteStore) {
        self.store = store
    }

    /// A reader of a write-ahead log waits for nobody but one who repairs it; for that the time limit is kept.
    func ping(timeoutMilliseconds: Int32) throws(StoreError) {
        do throws(StoreError) {
            let open = if let connection { connection } else { try store.open(busyMilliseconds: timeoutMilliseconds) }
            connection = open
            // A file that was removed would go on answering through the open connection.
            guard !open.hasMoved else { throw .unavailable(reason: "the database file is missing") }
            _ = try guarded { () throws(SQLiteError) in try open.rows("select count(*) from sqlite_master") }
        } catch {
            connection = nil
            throw error
        }
    }
}
