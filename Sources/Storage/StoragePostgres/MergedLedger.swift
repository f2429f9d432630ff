import Events

/// What the entries of a batch say of one page view, as if they had been written one after the other.
///
/// PostgreSQL changes a row once a statement.
struct MergedLedger {
    /// Whose ids and site count.
    let first: Ledger
    /// Whose reasons count: it has dropped most.
    private(set) var mostDropped: Ledger
    private(set) var emitted: Int32
    private(set) var firstReceivedAt: Int64
    private(set) var lastReceivedAt: Int64

    private init(_ ledger: Ledger) {
        first = ledger
        mostDropped = ledger
        emitted = ledger.emitted
        firstReceivedAt = ledger.receivedAt
        lastReceivedAt = ledger.receivedAt
    }

    private mutating func add(_ ledger: Ledger) {
        if ledger.dropped > mostDropped.dropped { mostDropped = ledger }
        emitted = max(emitted, ledger.emitted)
        firstReceivedAt = min(firstReceivedAt, ledger.receivedAt)
        lastReceivedAt = max(lastReceivedAt, ledger.receivedAt)
    }

    /// One for each page view, in an order that is the same for all writers, so that none waits for another in a circle.
    static func all(_ ledgers: [Ledger]) -> [MergedLedger] {
        // By their bytes, as the database compares: two texts may be equal to Swift and different to it. No id has a zero in it.
        var merged: [[UInt8]: MergedLedger] = [:]
        for ledger in ledgers {
            let key = ledger.bytes[ledger.pageviewID.range] + [0] + ledger.bytes[ledger.visitorID.range]
            merged[Array(key), default: MergedLedger(ledger)].add(ledger)
        }
        return merged.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }
}
