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
    private let withRanks: Bool
    /// Pairs that occur, rounded to whole steps; none occurs at its lower bound.
    private var pairs = 0..<0
    /// Counters of the pairs from `low` on for each group; the first one counts rows without a value.
    private var low = 0
    private var width = 0
    private var counters = CounterTable(0)
    private(set) var summaries: [VitalSummary]
    /// Values of groups that need exact percentiles.
    var exact: [[Float]]

    /// Size limit of the counters of one group in bytes.
    static let groupBytesMax = 4 * (65_536 / 2 + step)
    /// Pairs grow by multiples of it, so that they grow rarely.
    private static let step = 512
    /// Up to this size in bytes, a table has counters of all pairs for each group, so that it is never copied: counters
    /// of pairs that do not occur use no memory.
    private static let sparseBytesMax = 64 << 20

    init(
        _ grouping: Grouping,
        _ vital: Vital?,
        groups: Int,
        withDistribution: Bool = false,
        withRanks: Bool = false
    ) {
        (self.grouping, self.vital, self.withDistribution) = (grouping, vital, withDistribution)
        self.withRanks = withRanks
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
        var wanted = pairs
        if most > 0 {
            // One below the smallest pair, which is above 0.
            let (first, last) = (VitalCode.pair(max(1, least)), VitalCode.pair(most))
            let (start, end) = ((first - 1) / Self.step * Self.step, (last / Self.step + 1) * Self.step)
            wanted = pairs.isEmpty ? start..<end : min(pairs.lowerBound, start)..<max(pairs.upperBound, end)
        }
        let isInside = wanted.lowerBound >= low && wanted.upperBound <= low + width
        if !isInside || groups.count * wanted.count * 4 > bytes { resize(wanted, bytes) }
        pairs = wanted
        guard !groups.isEmpty, !pairs.isEmpty else { return nil }
        bytes -= groups.count * pairs.count * 4
        return ValueCounters(table: counters, low: low, width: width, groups: groups)
    }

    private func resize(_ wanted: Range<Int>, _ bytes: Int) {
        let kept = groups.prefix(max(0, bytes / 4 / wanted.count))
        let isSparse = kept.count * Self.groupBytesMax <= Self.sparseBytesMax
        let (newLow, newWidth) = isSparse ? (0, Self.groupBytesMax / 4) : (wanted.lowerBound, wanted.count)
        let larger = CounterTable(kept.count * newWidth)
        for group in 0..<kept.count {
            for pair in pairs.dropFirst() {
                larger[group * newWidth + pair - newLow] = counters[group * width + pair - low]
            }
        }
        counters.deallocate()
        (counters, low, width, groups) = (larger, newLow, newWidth, kept)
    }

    /// Whether the first pass counts all groups.
    var isWhole: Bool { groups == 0..<end }

    /// The memory of the counters of pairs that occur, in bytes.
    var bytes: Int { groups.count * pairs.count * MemoryLayout<UInt32>.stride }

    /// The pairs that occur; empty if there are none.
    private var occurring: Range<Int> {
        pairs.isEmpty ? 0..<0 : pairs.lowerBound + 1..<min(pairs.upperBound, VitalCode.pair(.max) + 1)
    }

    /// Adds the values that another set has counted: for the same groups, or for buckets, to the one group of the whole range.
    func add(_ other: ValueSet, _ bytes: inout Int) {
        let occurring = other.occurring
        guard let last = occurring.last, !other.groups.isEmpty,
            let target = reserve(VitalCode.last(ofPair: occurring.lowerBound), VitalCode.last(ofPair: last), &bytes)
        else { return }
        for group in other.groups {
            guard let start = target.start(grouping == .whole ? 0 : group) else { continue }
            target.table.add(
                start + occurring.lowerBound - target.low,
                other.counters,
                (group - other.groups.lowerBound) * other.width + occurring.lowerBound - other.low,
                count: occurring.count
            )
        }
    }

    /// Summarizes the counted groups and moves on to the next ones.
    func finish() {
        var bins: [(pair: Int, count: Int)] = []
        for group in groups {
            bins.removeAll(keepingCapacity: true)
            if let first = pairs.dropFirst().first {
                let start = (group - groups.lowerBound) * width + first - low
                counters.forEachCounted(start, count: pairs.count - 1) { index, counter in
                    bins.append((first + index, Int(counter)))
                }
            }
            summaries[group] = VitalSummary(
                bins,
                bounds,
                withDistribution: withDistribution,
                withRanks: withRanks
            )
        }
        counters.deallocate()
        (counters, pairs, low, width) = (CounterTable(0), 0..<0, 0, 0)
        // As many as fit now, and some more, so that segments of other buckets need not be read.
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
            let values = RankedValues(exact: exact[group])
            summaries[group].setPercentiles(values)
            if withRanks { summaries[group].ranked = values }
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
        // Code 0 stands for no value and is below all others. The mask replaces a branch that is often mispredicted.
        let offset = VitalCode.pair(code) &- low
        table.increment(start &+ (offset & ~(offset >> (Int.bitWidth - 1))))
    }
}

/// Array of counters; the owner must call `deallocate`.
@safe struct CounterTable {
    private let counters: UnsafeMutablePointer<UInt32>
    private let count: Int

    init(_ count: Int) {
        self.count = count
        unsafe counters = ZeroPages.map(count)
    }

    func deallocate() { unsafe ZeroPages.unmap(counters, count) }

    @inline(__always) func increment(_ index: Int) {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        unsafe counters[index] &+= 1
    }

    /// Adds counters of another table to those from `first` on.
    func add(_ first: Int, _ other: CounterTable, _ start: Int, count: Int) {
        precondition(count >= 0 && first >= 0 && first + count <= self.count)
        precondition(start >= 0 && start + count <= other.count)
        for index in 0..<count { unsafe counters[first &+ index] &+= other.counters[start &+ index] }
    }

    /// Passes on those of `count` counters from `first` on that are above 0, with their offsets.
    @inline(__always) func forEachCounted(_ first: Int, count: Int, _ body: (_ index: Int, _ counter: UInt32) -> Void) {
        precondition(count >= 0 && first >= 0 && first + count <= self.count)
        for index in 0..<count {
            let counter = unsafe counters[first &+ index]
            if counter > 0 { body(index, counter) }
        }
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
    init(
        _ bins: [(pair: Int, count: Int)],
        _ bounds: (good: Float, fair: Float),
        withDistribution: Bool,
        withRanks: Bool
    ) {
        self.init()
        let (good, fair) = (VitalCode.encode(bounds.good).code, VitalCode.encode(bounds.fair).code)
        for (pair, number) in bins {
            let code = VitalCode.last(ofPair: pair)
            count += Int64(number)
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
        let values = RankedValues(bins)
        setPercentiles(values)
        if withRanks, count > 0 { ranked = values }
    }

    mutating func setPercentiles(_ values: RankedValues) {
        (p50, p75, p95) = (values.percentile(0.5), values.percentile(0.75), values.percentile(0.95))
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
