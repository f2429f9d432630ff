/// Measured values of the range, of its buckets and of list rows.
struct ScanValues {
    private let limits: ScanLimits
    private var sets: [ValueSet] = []

    init(_ query: ScanQuery, _ limits: ScanLimits) {
        self.limits = limits
        for vital in Vital.allCases where query.seriesVitals.contains(vital) {
            sets.append(ValueSet(.bucket, vital, groups: query.edges.count))
        }
        for vital in Vital.allCases where query.vitals.contains(vital) {
            sets.append(
                ValueSet(
                    .whole,
                    vital,
                    groups: 1,
                    withDistribution: query.withDistribution,
                    withRanks: query.withRanks
                )
            )
        }
    }

    mutating func addLists(_ lists: [ListWork?]) {
        for (index, work) in lists.enumerated() {
            guard let work, !work.codes.isEmpty else { continue }
            if work.scope == .resource { sets.append(ValueSet(.list(index), nil, groups: work.codes.count)) }
            guard work.scope == .session || work.scope == .pageView else { continue }
            for vital in Set(work.list.vitals) {
                sets.append(ValueSet(.list(index), vital, groups: work.codes.count))
            }
        }
    }

    private func set(_ grouping: ValueSet.Grouping, _ vital: Vital?) -> ValueSet? {
        sets.first { $0.grouping == grouping && $0.vital == vital }
    }

    /// The bucket set from which the values of the whole range can be summed; nil when there is none.
    private func buckets(of set: ValueSet) -> ValueSet? {
        set.grouping == .whole ? self.set(.bucket, set.vital) : nil
    }

    /// Whether values remain to be counted for a list, or for the range and its buckets (nil).
    func isOpen(_ list: Int?) -> Bool { sets.contains { !$0.isDone && $0.list == list } }

    var openVitals: Set<Vital> { Set(sets.filter { !$0.isDone }.compactMap(\.vital)) }

    /// The buckets whose values are counted next.
    var openBuckets: Range<Int>? {
        sets.filter { !$0.isDone && $0.grouping == .bucket }.map(\.groups).reduce(nil) { all, groups in
            guard let all else { return groups }
            return min(all.lowerBound, groups.lowerBound)..<max(all.upperBound, groups.upperBound)
        }
    }

    mutating func add(_ rows: SegmentRows, _ lists: [ListWork?]) {
        var bytes = max(limits.valueBytes, ValueSet.groupBytesMax)
        var (group, grouped) = (-1, 0)
        for set in sets where !set.isDone && buckets(of: set) == nil {
            let (least, most) = rows.bounds(set.vital)
            guard let counters = set.reserve(least, most, &bytes) else { continue }
            guard let vital = set.vital else {
                if let work = set.list.flatMap({ lists[$0] }) { rows.addDurations(work, counters) }
                continue
            }
            guard let codes = rows.vitals[vital.rawValue]?.rows, most > 0 else { continue }
            switch set.grouping {
            case .whole: rows.forEachInRange { row in counters.add(codes[row], 0) }
            case .bucket: rows.addValues(codes, counters)
            case .list(let list):
                if group != list, let work = lists[list] { (group, grouped) = (list, rows.group(work)) }
                rows.addGrouped(grouped, codes, counters)
            }
        }
    }

    /// Adds the values that the first pass has counted in other segments.
    mutating func add(_ other: ScanValues) {
        var bytes = max(limits.valueBytes, ValueSet.groupBytesMax)
        for (set, counted) in zip(sets, other.sets) where buckets(of: set) == nil { set.add(counted, &bytes) }
    }

    /// Whether the first pass counts all groups.
    var isWhole: Bool { sets.allSatisfy(\.isWhole) }

    var bytes: Int { sets.reduce(0) { $0 + $1.bytes } }

    /// Summarizes the values counted in a pass.
    func finish() {
        for set in sets where !set.isDone {
            guard let buckets = buckets(of: set) else { continue }
            // Memory for a single group is always available.
            var bytes = ValueSet.groupBytesMax
            set.add(buckets, &bytes)
        }
        for set in sets where !set.isDone && buckets(of: set) == nil { set.finish() }
        for set in sets where !set.isDone && buckets(of: set)?.isDone == true { set.finish() }
    }

    // MARK: - Exact values

    var needingExact: [ValueSet] { sets.filter(\.needsExact) }

    /// Whether a segment may contain values of groups that need exact percentiles; precise for buckets only.
    func mayHaveExact(_ info: SegmentInfo, _ edges: [Int64]) -> Bool {
        needingExact.contains { set in
            guard set.grouping == .bucket else { return true }
            return edges.indices.contains { bucket in
                set.needsExact(bucket) && (bucket == 0 || edges[bucket] <= info.lastTime)
                    && (bucket + 1 == edges.count || edges[bucket + 1] > info.firstTime)
            }
        }
    }

    func addExact(_ set: ValueSet, _ rows: SegmentRows, _ lists: [ListWork?]) {
        guard let vital = set.vital else {
            guard let work = set.list.flatMap({ lists[$0] }), work.prepareSlots(rows) else { return }
            let slots = rows.scratch.slots
            rows.forEachResource(work.list) { index, resource in
                let slot = slots[row: index]
                if slot != ListWork.noRow { set.addExact(resource.duration, resource.remainder, Int(slot)) }
            }
            return
        }
        guard let values = rows.vitals[vital.rawValue] else { return }
        func add(_ row: UInt16, _ group: Int) {
            let code = values.rows[row]
            if code != VitalCode.none { set.addExact(code, values.remainders[Int(row)], group) }
        }
        switch set.grouping {
        case .whole: rows.forEachInRange { row in add(row, 0) }
        case .bucket: rows.forEachInRange { row in add(row, Int(rows.buckets[row])) }
        case .list(let list):
            guard let work = lists[list] else { return }
            let (numbers, groups) = (rows.scratch.groupRows, rows.scratch.groups)
            for index in 0..<rows.group(work) { add(numbers[row: index], Int(groups[row: index])) }
        }
    }

    func summary(_ grouping: ValueSet.Grouping, _ vital: Vital?, _ group: Int) -> VitalSummary? {
        set(grouping, vital)?.summaries[group]
    }
}

extension SegmentRows {
    /// The smallest and largest code of a vital's values, or of resource durations (nil); 0 without values.
    func bounds(_ vital: Vital?) -> (least: UInt16, most: UInt16) {
        if let vital { return vitals[vital.rawValue].map { ($0.least, $0.max) } ?? (0, 0) }
        let durations = resources.lazy.map(\.duration)
        return (durations.min() ?? 0, durations.max() ?? 0)
    }

    /// Counts values by bucket.
    func addValues(_ codes: RowBuffer<UInt16>, _ counters: ValueCounters) {
        if isOneBucket {
            guard let start = counters.start(segmentBuckets.lowerBound) else { return }
            forEachInRange { row in counters.add(codes[row], start) }
        } else {
            let buckets = buckets
            forEachInRange { row in
                if let start = counters.start(Int(buckets[row])) { counters.add(codes[row], start) }
            }
        }
    }

    /// Counts values of the page views collected by `group`.
    func addGrouped(_ count: Int, _ codes: RowBuffer<UInt16>, _ counters: ValueCounters) {
        let (numbers, groups) = (scratch.groupRows, scratch.groups)
        for index in 0..<count {
            guard let start = counters.start(Int(groups[row: index])) else { continue }
            counters.add(codes[numbers[row: index]], start)
        }
    }

    func addDurations(_ work: ListWork, _ counters: ValueCounters) {
        guard work.prepareSlots(self) else { return }
        let slots = scratch.slots
        forEachResource(work.list) { index, resource in
            let slot = slots[row: index]
            guard slot != ListWork.noRow, let start = counters.start(Int(slot)) else { return }
            counters.add(resource.duration, start)
        }
    }
}
