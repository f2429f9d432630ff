/// The sessions that a query counts, and their visitors, for reports on what is not in the segments.
package struct ScanSelection: Sendable {
    /// Sessions whose keys are kept, at most.
    package static let sessionsMax = 200_000

    /// Keys of the sessions with a page view that counts; nil when there are more than the limit.
    package private(set) var sessionKeys: Set<UInt64>? = []
    /// One bit for each visitor's number.
    private var visitors: [UInt64] = []

    package init() {}

    package func hasVisitor(_ number: UInt32) -> Bool {
        let word = Int(number >> 6)
        return word < visitors.count && visitors[word] >> UInt64(number & 63) & 1 == 1
    }

    mutating func add(_ rows: SegmentRows) {
        rows.forEachActive { session in
            guard rows.figures[session][0] & 0xffff_ffff > 0 else { return }
            insert(visitor: rows.visitors[session])
            guard let count = sessionKeys?.count else { return }
            if count < Self.sessionsMax {
                sessionKeys?.insert(rows.sessionKeys[Int(session)])
            } else {
                sessionKeys = nil
            }
        }
    }

    private mutating func insert(visitor: UInt32) {
        let word = Int(visitor >> 6)
        if word >= visitors.count { visitors += [UInt64](repeating: 0, count: word + 1 - visitors.count) }
        visitors[word] |= 1 << UInt64(visitor & 63)
    }
}
