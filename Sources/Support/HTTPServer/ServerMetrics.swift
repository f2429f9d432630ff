import Locks

/// The kinds of requests whose latencies are counted separately; the handler assigns them.
package enum RequestKind: Int, CaseIterable, Sendable {
    case page
    case api
    case ingest
}

/// The latencies of requests of one kind.
package struct LatencyHistogram: Sendable, Equatable {
    /// The upper bounds of the buckets in microseconds; each includes its bound.
    package static let bounds = [
        500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000,
    ]

    /// Requests by bucket, without those of smaller buckets; the last are above all bounds.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// The sum of all latencies in microseconds.
    package private(set) var microseconds = 0

    package init() {}

    package mutating func count(_ latency: Int) {
        counts[Self.bounds.firstIndex { latency <= $0 } ?? Self.bounds.count] += 1
        microseconds += latency
    }

    package mutating func add(_ other: LatencyHistogram) {
        for (index, count) in other.counts.enumerated() { counts[index] += count }
        microseconds += other.microseconds
    }
}

/// The connections and latencies of a server since its start.
///
/// Thread-safe. A latency is the time from the last byte of a request to the start of its response.
package final class ServerMetrics: Sendable {
    let live = LiveCount()
    /// By event loop and kind: no two loops share a lock, so that none waits for another.
    private let loops: [Locked<[LatencyHistogram]>]

    package init(loops: Int) {
        self.loops = (0..<max(1, loops)).map { _ in
            Locked(RequestKind.allCases.map { _ in LatencyHistogram() })
        }
    }

    func count(_ latency: Int, _ kind: RequestKind, loop: Int) {
        loops[loop].withLock { $0[kind.rawValue].count(latency) }
    }

    package var connections: Int { live.connections }

    package func latencies(_ kind: RequestKind) -> LatencyHistogram {
        loops.reduce(into: LatencyHistogram()) { sum, loop in sum.add(loop.withLock { $0[kind.rawValue] }) }
    }
}
