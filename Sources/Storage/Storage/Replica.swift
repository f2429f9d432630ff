/// A read-only copy of a store that the database system keeps current.
///
/// Calls block.
package protocol Replica: Sendable {
    /// The copy as a store, from which only `makeDatabase` and `location` are used.
    var store: any Store { get }
    /// Compares the copy with its store, on connections of its own; called by one thread at a time.
    ///
    /// - Throws: `.unavailable` when one of them does not respond, or the copy is not one of this store.
    func compare() throws(StoreError) -> ReplicaPositions
}

/// How far a replica is, in bytes of the log of its store.
package struct ReplicaPositions: Sendable, Equatable {
    /// The end of the log, which contains every transaction that was committed before the comparison began.
    package var committed: Int64
    /// The end of what the replica has applied.
    package var applied: Int64

    package init(committed: Int64, applied: Int64) {
        self.committed = committed
        self.applied = applied
    }
}
