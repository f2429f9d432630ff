import Postgres
import Storage

/// Asks the server something small, on a connection of its own.
// Unchecked: the contract of `StoreProbe` keeps it to one thread at a time.
final class PostgresProbe: StoreProbe, @unchecked Sendable {
    private let store: PostgresStore
    private var connection: Connection?

    init(store: PostgresStore) {
        self.store = store
    }

    func ping(timeoutMilliseconds: Int32) throws(StoreError) {
        do throws(StoreError) {
            let open =
                if let connection { connection } else { try store.connect(timeoutMilliseconds: timeoutMilliseconds) }
            connection = open
            try guarded { () throws(PostgresError) in
                try open.execute("select 1", timeoutMilliseconds: timeoutMilliseconds)
            }
        } catch {
            connection = nil
            throw error
        }
    }
}
