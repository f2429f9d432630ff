import Glibc

/// Counts of values in buckets whose bounds grow by a constant factor, so that every quantile is known within a relative error that does
/// not depend on the values (the definition of DDSketch: Masson, Rim and Lee, 2019).
///
/// Bucket `i` holds the values in (1.05^(i−1), 1.05^i]. Histograms of parts of the data add up to the histogram of the whole.
package struct LogHistogram: Sendable, Equatable {
    /// Factor between the bounds of a bucket.
    static let gamma = 1.05
    /// Largest error of a quantile relative to the value that has its rank: (γ − 1) / (γ + 1), for values from `valueMin` to `valueMax`.
    package static let relativeErrorMax = (gamma - 1) / (gamma + 1)
    /// Values up to this count as zero; of milliseconds and of layout shifts nothing so small is of interest.
    package static let valueMin = 1e-4
    /// Larger values count as this one: 11 days in milliseconds.
    package static let valueMax = 1e9
    private static let logGamma = log(gamma)
    static let indices =
        Int(
            saturating: (log(valueMin) / logGamma).rounded(.down)
        )...Int(saturating: (log(valueMax) / logGamma).rounded(.up))

    /// How many values are at most `valueMin`.
    private(set) var zeros = 0
    /// Index of the first of `counts`; without meaning while there is none.
    private(set) var first = 0
    /// Neither the first nor the last is 0.
    private(set) var counts: [Int] = []

    package init() {}

    init(zeros: Int, first: Int, counts: [Int]) {
        self.zeros = zeros
        self.first = first
        self.counts = counts
    }

    /// How many values there are.
    package var count: Int { counts.reduce(zeros) { $0.adding(saturating: $1) } }

    package var isEmpty: Bool { zeros == 0 && counts.isEmpty }

    /// Adds a value; what is no number is left out, what is negative counts as zero.
    package mutating func add(_ value: Double) {
        if let mark = Mark(value) { add(mark) }
    }

    /// The place of a value, for adding it to many histograms.
    package struct Mark: Sendable, Hashable {
        /// Nil for zero.
        let index: Int?

        /// Nil for what is no number.
        package init?(_ value: Double) {
            guard !value.isNaN else { return nil }
            index = value > valueMin ? Int(saturating: (log(min(value, valueMax)) / logGamma).rounded(.up)) : nil
        }
    }

    package mutating func add(_ mark: Mark) {
        guard let index = mark.index else {
            zeros.add(saturating: 1)
            return
        }
        if index < first || index >= first + counts.count { makeRoom(for: index...index) }
        counts[index - first].add(saturating: 1)
    }

    /// Adds the values of another histogram.
    package mutating func merge(_ other: LogHistogram) {
        zeros.add(saturating: other.zeros)
        guard !other.counts.isEmpty else { return }
        makeRoom(for: other.first...(other.first + other.counts.count - 1))
        for (place, count) in other.counts.enumerated() {
            counts[other.first - first + place].add(saturating: count)
        }
    }

    /// Takes away values that were added before, here or in a histogram that was merged into this one.
    package mutating func subtract(_ other: LogHistogram) {
        zeros = max(0, zeros - other.zeros)
        for (place, count) in other.counts.enumerated() {
            let own = other.first + place - first
            if counts.indices.contains(own) { counts[own] = max(0, counts[own] - count) }
        }
        let last = (counts.lastIndex { $0 > 0 } ?? -1) + 1
        counts.removeLast(counts.count - last)
        let empty = counts.firstIndex { $0 > 0 } ?? 0
        counts.removeFirst(empty)
        first += empty
    }

    /// The value below which a share of the values lies.
    ///
    /// - Parameter share: 0 to 1. Of `n` values in order it is that with the number ⌊share · (n − 1)⌋, from 0 on.
    /// - Returns: within `relativeErrorMax` of that value; nil when there is none.
    package func quantile(_ share: Double) -> Double? {
        guard !isEmpty else { return nil }
        var rank = Int(saturating: min(1, max(0, share)) * Double(count - 1))
        if rank < zeros { return 0 }
        rank -= zeros
        for (place, count) in counts.enumerated() {
            if rank < count { return Self.value(first + place) }
            rank -= count
        }
        return counts.isEmpty ? 0 : Self.value(first + counts.count - 1)
    }

    /// How many values are at most a bound; those of the bucket that holds the bound are counted when its middle is.
    package func count(upTo bound: Double) -> Int {
        guard bound >= 0 else { return 0 }
        var sum = zeros
        for (place, count) in counts.enumerated() where Self.value(first + place) <= bound {
            sum.add(saturating: count)
        }
        return sum
    }

    /// The buckets that are not empty, in order: their upper bounds and how many values each has; the bound of zero is 0.
    package var buckets: [(upperBound: Double, count: Int)] {
        let rest = counts.enumerated().filter { $0.element > 0 }
        return (zeros > 0 ? [(0, zeros)] : []) + rest.map { (pow(Self.gamma, Double(first + $0.offset)), $0.element) }
    }

    /// What stands for the values of a bucket: as far from its lower bound as from its upper one, relatively.
    private static func value(_ index: Int) -> Double { 2 * pow(gamma, Double(index)) / (gamma + 1) }

    private mutating func makeRoom(for indices: ClosedRange<Int>) {
        guard !counts.isEmpty else {
            first = indices.lowerBound
            counts = [Int](repeating: 0, count: indices.count)
            return
        }
        if indices.lowerBound < first {
            counts.insert(contentsOf: repeatElement(0, count: first - indices.lowerBound), at: 0)
            first = indices.lowerBound
        }
        let missing = indices.upperBound - (first + counts.count - 1)
        if missing > 0 { counts.append(contentsOf: repeatElement(0, count: missing)) }
    }
}
