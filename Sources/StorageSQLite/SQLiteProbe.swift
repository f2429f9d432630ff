import Glibc
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

    /// A reader of a write-ahead log waits for nobody, so the time limit needs no enforcing.
    func ping(timeoutMilliseconds: Int32) throws(StoreError) {
        // A file that was removed would go on answering through the open connection.
        guard access(store.path, F_OK) == 0 else {
            connection = nil
            throw .unavailable(reason: "the database file is missing")
        }
        do throws(StoreError) {
            let open = if let connection { connection } else { try store.open() }
            connection = open
            _ = try guarded { () throws(SQLiteError) in try open.rows("select count(*) from sqlite_master") }
        } catch {
            connection = nil
            throw error
        }
    }
}
