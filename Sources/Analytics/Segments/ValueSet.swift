/// Values of one vital, or of resource durations, by group: the range, its buckets, or the rows of a list.
///
/// A group has one counter per pair of codes, from the smallest to the largest code that occurs. Pairs halve
/// the memory, whose access dominates the run time, and keep the error at 0.1 %. Memory is limited: groups that
/// do not fit, from the last one down, are counted in a later pass.
final class ValueSet {
    enum Grouping: Equatable { case whole, bucket, list(Int) }

    let grouping: Grouping
    /// Nil for durations of resources.
    let vital: Vital?
    /// The groups counted in this pass; earlier ones are done.
    private(set) var groups: Range<Int>
    private let end: Int
    private let withDistribution: Bool
    /// Lowest pair counted for each group; its counter counts rows without a value.
    private var low = 0
    private var width = 0
    private var counters = CounterTable(0)
    private(set) var summaries: [VitalSummary]
    /// Values of groups that need exact percentiles.
    var exact: [[Float]]

    /// Size limit of the counters of one group in bytes.
    static let groupBytesMax = 4 * (65_536 / 2 + step)
    /// Widths are multiples of this, so that they rarely grow.
    private static let step = 512

    init(_ grouping: Grouping, _ vital: Vital?, groups: Int, withDistribution: Bool = false) {
        (self.grouping, self.vital, self.withDistribution) = (grouping, vital, withDistribution)
        (self.groups, end) = (0..<groups, groups)
        summaries = Array(repeating: VitalSummary(), count: groups)
        exact = Array(repeating: [], count: groups)
    }

    deinit { counters.deallocate() }

    /// Index of the list whose rows are the groups; nil for other groupings.
    var list: Int? {
        if case .list(let list) = grouping { return list }
        return nil
    }

    var isDone: Bool { groups.lowerBound == end }

    /// Reserves counters for a range of codes; nil when no group is counted.
    ///
    /// They are valid until the next call. The memory used is subtracted from `bytes`.
    func reserve(_ least: UInt16, _ most: UInt16, _ bytes: inout Int) -> ValueCounters? {
        guard !groups.isEmpty else { return nil }
        var (newLow, newEnd) = (low, low + width)
        if most > 0 {
            // One below the smallest pair, which is above 0.
            let (first, last) = (VitalCode.pair(max(1, least)), VitalCode.pair(most))
            newLow = min(width > 0 ? low : .max, (first - 1) / Self.step * Self.step)
            newEnd = max(newEnd, (last / Self.step + 1) * Self.step)
        }
        let isLarger = newLow < low || newEnd > low + width
        if isLarger || groups.count * width * 4 > bytes { resize(newLow, newEnd - newLow, bytes) }
        guard !groups.isEmpty, width > 0 else { return nil }
        bytes -= groups.count * width * 4
        return ValueCounters(table: counters, low: low, width: width, groups: groups)
    }

    private func resize(_ newLow: Int, _ newWidth: Int, _ bytes: Int) {
        let kept = groups.prefix(max(0, bytes / 4 / newWidth))
        let larger = CounterTable(kept.count * newWidth)
        for group in 0..<kept.count {
            for offset in 0..<width {
                larger[group * newWidth + offset + low - newLow] = counters[group * width + offset]
            }
            // The counter of rows without a value now belongs to a code.
            if width > 0, newLow < low { larger[group * newWidth + low - newLow] = 0 }
        }
        counters.deallocate()
        (counters, low, width, groups) = (larger, newLow, newWidth, kept)
    }

    /// Adds the values of all groups of a set that counts the same values by bucket.
    func add(_ other: ValueSet, _ bytes: inout Int) {
        guard other.width > 0, !other.groups.isEmpty else { return }
        let last = min(other.low + other.width - 1, VitalCode.pair(.max))
        guard let target = reserve(VitalCode.last(ofPair: other.low + 1), VitalCode.last(ofPair: last), &bytes) else {
            return
        }
        for group in 0..<other.groups.count {
            for offset in 1...last - other.low {
                target.table[other.low + offset - target.low] &+= other.counters[group * other.width + offset]
            }
        }
    }

    /// Summarizes the counted groups and moves on to the next ones.
    func finish() {
        for group in groups {
            let start = (group - groups.lowerBound) * width
            var bins: [(pair: Int, count: Int)] = []
            for offset in 0..<width where offset > 0 && counters[start + offset] > 0 {
                bins.append((low + offset, Int(counters[start + offset])))
            }
            summaries[group] = VitalSummary(bins, bounds, withDistribution: withDistribution)
        }
        counters.deallocate()
        (counters, low, width) = (CounterTable(0), 0, 0)
        // As many as fit now and some more, so that segments of other buckets need not be read.
        groups = groups.upperBound..<min(end, groups.upperBound + max(1, 2 * groups.count))
    }

    private var bounds: (good: Float, fair: Float) { vital?.bounds ?? Vital.durationBounds }

    // MARK: - Exact values

    func needsExact(_ group: Int) -> Bool {
        summaries[group].count > 0 && summaries[group].count <= VitalSummary.exactCountMax
    }

    /// Whether a group has few enough values for exact percentiles, which takes a pass over the remainders.
    var needsExact: Bool { summaries.indices.contains(where: needsExact) }

    func addExact(_ code: UInt16, _ remainder: UInt32, _ group: Int) {
        guard needsExact(group), let value = VitalCode.value(code, remainder) else { return }
        exact[group].append(value)
    }

    func finishExact() {
        for group in summaries.indices where needsExact(group) {
            guard Int64(exact[group].count) == summaries[group].count else { continue }
            let sorted = exact[group].sorted()
            summaries[group].setPercentiles { Double(sorted[$0]) }
        }
    }
}

/// Counters for the values of one segment.
struct ValueCounters {
    let table: CounterTable
    let low: Int
    let width: Int
    let groups: Range<Int>

    /// Index of a group's first counter; nil when the group is not counted in this pass.
    @inline(__always) func start(_ group: Int) -> Int? {
        groups.contains(group) ? (group &- groups.lowerBound) &* width : nil
    }

    @inline(__always) func add(_ code: UInt16, _ start: Int) {
        // Code 0 (no value) is below all others.
        table.increment(start &+ max(0, VitalCode.pair(code) &- low))
    }
}

/// Array of counters; the owner must call `deallocate`.
@safe struct CounterTable {
    private let counters: UnsafeMutablePointer<UInt32>
    private let count: Int

    init(_ count: Int) {
        self.count = count
        unsafe counters = .allocate(capacity: max(1, count))
        unsafe counters.initialize(repeating: 0, count: max(1, count))
    }

    func deallocate() { unsafe counters.deallocate() }

    @inline(__always) func increment(_ index: Int) {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        unsafe counters[index] &+= 1
    }

    @inline(__always) subscript(index: Int) -> UInt32 {
        get {
            precondition(index >= 0 && index < count)
            return unsafe counters[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count)
            unsafe counters[index] = newValue
        }
    }
}

extension VitalSummary {
    /// Summarizes counted values.
    ///
    /// `bins` has pairs of codes with their counts, ascending; `bounds` has the largest good value and the
    /// largest that is not poor.
    init(_ bins: [(pair: Int, count: Int)], _ bounds: (good: Float, fair: Float), withDistribution: Bool) {
        self.init()
        let (good, fair) = (VitalCode.encode(bounds.good).code, VitalCode.encode(bounds.fair).code)
        var ends: [Int] = []
        for (pair, number) in bins {
            let code = VitalCode.last(ofPair: pair)
            count += Int64(number)
            ends.append(Int(count))
            if code <= good { self.good += Int64(number) }
            if code > good, code <= fair { needsImprovement += Int64(number) }
            if code > fair { poor += Int64(number) }
            guard withDistribution else { continue }
            let bound = VitalCode.upperBound(VitalCode.lastOfBin(code))
            if distribution.last?.upperBound == bound {
                distribution[distribution.count - 1].count += Int64(number)
            } else {
                distribution.append((bound, Int64(number)))
            }
        }
        setPercentiles { rank in
            // Interpolates evenly within the pair of codes; the error is below 0.1 %.
            var (index, last) = (0, ends.count - 1)
            while index < last {
                let middle = (index + last) / 2
                if rank < ends[middle] { last = middle } else { index = middle + 1 }
            }
            let low = VitalCode.lowerBound(VitalCode.first(ofPair: bins[index].pair))
            let high = VitalCode.upperBound(VitalCode.last(ofPair: bins[index].pair))
            let before = Double(rank - (ends[index] - bins[index].count))
            return low + (high - low) * (before + 0.5) / Double(bins[index].count)
        }
    }

    /// - Parameter value: returns the value of a rank, starting at 0.
    mutating func setPercentiles(_ value: (Int) -> Double) {
        guard count > 0 else { return }
        let last = Int(count) - 1
        func percentile(_ share: Double) -> Double {
            let rank = share * Double(last)
            let low = Int(rank)
            let first = value(low)
            return low < last ? first + (value(low + 1) - first) * (rank - Double(low)) : first
        }
        (p50, p75, p95) = (percentile(0.5), percentile(0.75), percentile(0.95))
    }
}

extension Vital {
    /// Thresholds (web.dev/vitals): the largest good value and the largest that is not poor.
    ///
    /// In the unit of segments: milliseconds, for CLS thousandths of the score.
    package var bounds: (good: Float, fair: Float) {
        switch self {
        case .lcp: (2500, 4000)
        case .inp: (200, 500)
        case .cls: (100, 250)
        case .fcp: (1800, 3000)
        case .ttfb: (800, 1800)
        }
    }

    /// Converts a value to the unit of reports: segments store CLS in thousandths.
    package func inReportUnit(_ value: Double) -> Double { self == .cls ? value / 1000 : value }

    /// `bounds` in the unit of reports: milliseconds, for CLS the score.
    package var thresholds: (good: Double, fair: Double) {
        (inReportUnit(Double(bounds.good)), inReportUnit(Double(bounds.fair)))
    }

    /// Thresholds of resource durations in milliseconds.
    static let durationBounds: (good: Float, fair: Float) = (500, 1000)
}
