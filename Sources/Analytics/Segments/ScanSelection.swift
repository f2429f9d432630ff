/// The sessions that a query counts, or their visitors, for reports on what is not in the segments.
package struct ScanSelection: Sendable {
    package enum Kind: Sendable { case sessions, visitors }

    /// Sessions whose keys are kept, at most.
    package static let sessionsMax = 200_000

    private let kind: Kind
    /// Keys of the sessions with a page view that counts; nil when there are more than the limit.
    package private(set) var sessionKeys: Set<UInt64>? = []
    /// One bit for the number of each visitor with a page view that counts.
    private var visitors: [UInt64] = []

    init(_ kind: Kind) { self.kind = kind }

    package func hasVisitor(_ number: UInt32) -> Bool {
        let word = Int(number >> 6)
        return word < visitors.count && visitors[word] >> UInt64(number & 63) & 1 == 1
    }

    mutating func add(_ rows: SegmentRows) {
        rows.forEachActive { session in
            guard rows.figures[session][0] & 0xffff_ffff > 0 else { return }
            switch kind {
            case .sessions: insert(key: rows.sessionKeys[Int(session)])
            case .visitors: insert(visitor: rows.visitors[session])
            }
        }
    }

    private mutating func insert(key: UInt64) {
        guard let count = sessionKeys?.count else { return }
        if count < Self.sessionsMax { sessionKeys?.insert(key) } else { sessionKeys = nil }
    }

    private mutating func insert(visitor: UInt32) {
        let word = Int(visitor >> 6)
        if word >= visitors.count { visitors += [UInt64](repeating: 0, count: word + 1 - visitors.count) }
        visitors[word] |= 1 << UInt64(visitor & 63)
    }
}
