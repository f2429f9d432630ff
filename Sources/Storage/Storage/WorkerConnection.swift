/// The connection of one worker: opened when it is needed, and again after an error.
///
/// Not thread-safe.
package struct WorkerConnection {
    private let store: any Store
    private var database: (any Database)?

    package init(_ store: any Store) { self.store = store }

    /// Whether the next work uses a connection that is already open.
    package var isOpen: Bool { database != nil }

    /// Runs work on the connection.
    ///
    /// Blocks. An error closes the connection.
    package mutating func use<Value>(
        _ work: (any Database) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        do throws(StoreError) {
            let open = if let database { database } else { try store.makeDatabase() }
            database = open
            return try work(open)
        } catch {
            database = nil
            throw error
        }
    }
}
