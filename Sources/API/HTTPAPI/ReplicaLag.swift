import Storage

/// The lag of a replica in time, computed from comparisons of its position with that of its store.
///
/// Times are seconds on a monotonic clock. Pure.
struct ReplicaLag {
    /// The most seconds by which figures that are read from a replica are older than those of its store.
    static let secondsMax = 5.0
    /// The most positions of the store that the replica has not applied yet.
    static let waitingMax = 64

    /// Positions of the store, oldest first, each with a time before which everything up to it was committed.
    private var waiting: [(position: Int64, at: Double)] = []
    /// The replica has everything that was committed before this time.
    private var currentAt: Double?
    private var changedAt: Double?
    /// Why the last comparison failed.
    private var failure: String?

    /// Registers the result of a comparison that began at `seconds`.
    mutating func observe(_ positions: ReplicaPositions, at seconds: Double) {
        failure = nil
        if waiting.count == Self.waitingMax { waiting.removeFirst() }
        waiting.append((positions.committed, seconds))
        while let first = waiting.first, first.position <= positions.applied {
            currentAt = first.at
            waiting.removeFirst()
        }
    }

    /// Registers a comparison that failed.
    ///
    /// What was known no longer holds: the replica may follow another server by now.
    mutating func fail(_ reason: String) {
        failure = reason
        waiting = []
        currentAt = nil
    }

    /// Registers a change by the owner, which the next report must show.
    mutating func change(at seconds: Double) { changedAt = seconds }

    /// Whether reports may be read from the replica.
    func isUsable(at seconds: Double) -> Bool {
        guard problem(at: seconds) == nil, let currentAt else { return false }
        return changedAt.map { currentAt > $0 } ?? true
    }

    /// Why the replica is not used; nil when it is, or only waits for a change.
    func problem(at seconds: Double) -> String? {
        if let failure { return failure }
        guard let currentAt else { return "it has not caught up since the first comparison" }
        let lag = seconds - currentAt
        return lag <= Self.secondsMax ? nil : "it is \(Int(lag)) s behind"
    }
}
