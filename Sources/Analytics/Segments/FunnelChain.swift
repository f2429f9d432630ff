/// Follows one session or visitor through the steps of a funnel.
///
/// Occurrences come in order of time. Each serves one step of a chain, whose steps are in order and at most `window`
/// seconds after its first. The result is the chain that got furthest, the first of several that got as far. Where a
/// step was reached more than once before the next, the chain has the latest start. Occurrences of one second in
/// several sessions are in order only within their session: nothing stored says which of two sessions was first.
package struct FunnelChain {
    /// Steps of a funnel at most: one bit each.
    package static let stepsMax = 8

    private let steps: Int
    private let window: Int64
    /// By number of steps minus one: the times of the chain with the latest start.
    private var chains: [[Int64]]
    /// The times of the steps reached, in seconds.
    package private(set) var times: [Int64] = []

    package init(steps: Int, window: Int64?) {
        (self.steps, self.window) = (steps, window ?? .max)
        chains = Array(repeating: [], count: steps)
    }

    /// Forgets what was added.
    package mutating func reset() {
        for step in 0..<steps { chains[step].removeAll(keepingCapacity: true) }
        times.removeAll(keepingCapacity: true)
    }

    /// Adds an occurrence with a bit for each step that it meets.
    package mutating func add(time: Int64, meets mask: UInt8) {
        // The last step first, so that no occurrence serves two steps of a chain.
        for step in stride(from: steps - 1, through: 0, by: -1) where mask >> UInt8(step) & 1 == 1 {
            if step == 0 {
                chains[0] = [time]
            } else {
                guard let start = chains[step - 1].first, time - start <= window else { continue }
                chains[step] = chains[step - 1] + [time]
            }
            if step >= times.count { times = chains[step] }
        }
    }

    /// Adds occurrences of one second, by session: the bits of each in its order.
    package mutating func add(time: Int64, sessions: [[UInt8]]) {
        let before = self
        for masks in sessions {
            var own = before
            for mask in masks { own.add(time: time, meets: mask) }
            join(own)
        }
    }

    /// Keeps the later chain of each number of steps, and the times that got further.
    private mutating func join(_ other: FunnelChain) {
        func later(_ one: [Int64], _ other: [Int64]) -> [Int64] { one.lexicographicallyPrecedes(other) ? other : one }
        for step in 0..<steps { chains[step] = later(chains[step], other.chains[step]) }
        if other.times.count == times.count {
            times = later(times, other.times)
        } else if other.times.count > times.count {
            times = other.times
        }
    }
}

/// Sessions or visitors that reached each step of a funnel, and the seconds that they took.
package struct FunnelFigures: Equatable, Sendable {
    /// By step: how many reached it.
    package private(set) var counts: [Int64]
    /// By step: how many took a number of seconds from the step before; none for the first step.
    private var seconds: [[Int64: Int64]]

    init(steps: Int) {
        counts = Array(repeating: 0, count: steps)
        seconds = Array(repeating: [:], count: steps)
    }

    mutating func add(_ times: [Int64]) {
        for step in times.indices {
            counts[step] += 1
            if step > 0 { seconds[step][times[step] - times[step - 1], default: 0] += 1 }
        }
    }

    /// A percentile of the seconds from the step before, as by `percentile_cont` of PostgreSQL; nil for no values.
    package func percentile(_ share: Double, step: Int) -> Double? {
        let values = seconds[step].sorted { $0.key < $1.key }
        let count = values.reduce(0) { $0 + $1.value }
        guard count > 0 else { return nil }
        let rank = share * Double(count - 1)
        func value(_ index: Int64) -> Double {
            var seen: Int64 = 0
            for (seconds, count) in values {
                seen += count
                if index < seen { return Double(seconds) }
            }
            return values.last.map { Double($0.key) } ?? 0
        }
        let low = Int64(rank)
        let (first, second) = (value(low), value(min(low + 1, count - 1)))
        return first + (rank - Double(low)) * (second - first)
    }
}
