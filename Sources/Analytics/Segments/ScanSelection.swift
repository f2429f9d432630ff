/// The sessions or visitors that a query matches, for reports on data outside of the segments.
package struct ScanSelection: Sendable {
    package enum Kind: Sendable { case sessions, visitors }

    /// Limit of session keys.
    package static let sessionsMax = 200_000

    private let kind: Kind
    /// Keys of sessions with a matching page view; nil when the limit is exceeded.
    package private(set) var sessionKeys: Set<UInt64>? = []
    /// One bit for each visitor number with a matching page view.
    private var visitors: [UInt64] = []

    init(_ kind: Kind) { self.kind = kind }

    /// Whether a visitor number has a matching page view.
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

    mutating func insert(visitor: UInt32) {
        guard visitor < VisitorBits.anonymousNumber else { return }
        let word = Int(visitor >> 6)
        if word >= visitors.count { visitors += [UInt64](repeating: 0, count: word + 1 - visitors.count) }
        visitors[word] |= 1 << UInt64(visitor & 63)
    }
}
