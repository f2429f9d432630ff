/// Measured values by rank, in ascending order: all of them when they are few, otherwise how often each pair of codes occurs.
package struct RankedValues: Sendable, Equatable {
    private struct Bin: Sendable, Equatable {
        let pair: Int
        /// The number of values up to and including those of the pair.
        let end: Int
        let count: Int
    }

    private var bins: [Bin] = []
    private var exact: [Float] = []
    package let count: Int

    /// `bins` has pairs of codes with their counts, ascending.
    init(_ bins: [(pair: Int, count: Int)]) {
        var end = 0
        for (pair, count) in bins {
            end += count
            self.bins.append(Bin(pair: pair, end: end, count: count))
        }
        count = end
    }

    /// Values in any order.
    package init(exact values: [Float]) {
        exact = values.sorted()
        count = values.count
    }

    /// The value of a rank from 0 to below `count`.
    ///
    /// Interpolated evenly within its pair of codes if the values are not exact; the error is below 0.1 %.
    package func value(_ rank: Int) -> Double {
        guard exact.isEmpty else { return Double(exact[rank]) }
        var (index, last) = (0, bins.count - 1)
        while index < last {
            let middle = (index + last) / 2
            if rank < bins[middle].end { last = middle } else { index = middle + 1 }
        }
        let bin = bins[index]
        let low = VitalCode.lowerBound(VitalCode.first(ofPair: bin.pair))
        let high = VitalCode.upperBound(VitalCode.last(ofPair: bin.pair))
        let before = Double(rank - (bin.end - bin.count))
        return low + (high - low) * (before + 0.5) / Double(bin.count)
    }

    /// The percentile by linear interpolation, as computed by PostgreSQL's `percentile_cont`; nil when there are no values.
    package func percentile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let last = count - 1
        let rank = share * Double(last)
        let low = Int(rank)
        let first = value(low)
        return low < last ? first + (value(low + 1) - first) * (rank - Double(low)) : first
    }
}
