/// Finds the latest errors that a query counts, so that their events can be read.
package struct LatestErrors: Sendable {
    /// A second with errors, and the sessions that they belong to.
    package struct Second: Equatable, Sendable {
        /// Seconds since 1970.
        package let time: Int64
        package let sessionKeys: Set<UInt64>
    }

    private let limit: Int
    private var found: [Int64: Set<UInt64>] = [:]
    /// The earliest second that can still be one of the latest.
    private var least = Int64.min

    init(limit: Int) { self.limit = limit }

    mutating func add(_ rows: SegmentRows) {
        guard limit > 0 else { return }
        for (event, time) in zip(rows.events, rows.eventTimes) where event.kind == .error {
            let second = rows.info.firstTime + Int64(time)
            guard second >= least else { continue }
            found[second, default: []].insert(rows.sessionKeys[Int(event.session)])
            // Drop the earliest seconds now and then, instead of sorting at each one.
            if found.count > 2 * limit { trim() }
        }
    }

    private mutating func trim() {
        let kept = found.keys.sorted(by: >).prefix(limit)
        least = kept.last ?? .min
        for second in found.keys where second < least { found[second] = nil }
    }

    /// The latest first.
    var seconds: [Second] {
        found.sorted { $0.key > $1.key }.prefix(limit).map { Second(time: $0.key, sessionKeys: $0.value) }
    }
}
