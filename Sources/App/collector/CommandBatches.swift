import Storage

/// Writes batches of a command, which waits while the database is unavailable.
///
/// A retried batch keeps its sequence number, so it is stored only once.
struct CommandBatches {
    private let store: any Store
    private var writer: (any StoreWriter)?
    private let source = BatchSource.random(isJournal: false)
    private var number: Int64 = 0

    init(store: any Store) { self.store = store }

    /// - Returns: how many records were stored, and how many the store had; nil when `shouldContinue` returned false before.
    mutating func append(_ batch: Batch, while shouldContinue: () -> Bool) throws(StoreError) -> Appended? {
        let id = BatchID(source: source, number: number + 1, previous: number)
        var wasUnconfirmed = false
        let appended = try LockWait.attempt(while: shouldContinue) { () throws(StoreError) in
            do throws(StoreError) {
                let open = if let writer { writer } else { try store.makeWriter() }
                writer = open
                return try open.append(batch, as: id)
            } catch {
                // The connection may be broken; open a new one for the next attempt.
                writer = nil
                if case .uncertain = error { wasUnconfirmed = true }
                throw error
            }
        }
        guard let appended else { return nil }
        number += 1
        // An attempt whose commit was not confirmed has stored the batch, which is a duplicate of itself then.
        let isOwn = wasUnconfirmed && appended.stored == 0 && appended.duplicates == batch.count
        return isOwn ? Appended(stored: batch.count, duplicates: 0) : appended
    }
}
