/// One scan: what its passes have in common.
struct ScanRun {
    private let query: ScanQuery
    private let dictionaries: DimensionDictionaries
    private var lists: [ListWork?]
    private var bucketSums: [Sums]
    private var visitors = GrowingVisitorBits()
    private var affected = GrowingVisitorBits()
    private var visitorsEnd = 1
    /// By vital.
    private var values = Array(repeating: ValueGroup(), count: Vital.allCases.count)
    /// By vital and bucket.
    private var bucketValues: [[ValueGroup]]
    /// Numbers of visitors: of the buckets, then of the rows of lists, then those of them with an error that counts.
    private var groupVisitors: [Int64] = []
    private var firstGroups: [Int] = []
    private(set) var damaged: Set<Int64>

    init(_ query: ScanQuery, _ dictionaries: DimensionDictionaries, damaged: Set<Int64>) {
        (self.query, self.dictionaries, self.damaged) = (query, dictionaries, damaged)
        let buckets = query.edges.count
        lists = query.lists.map { ListWork($0, dictionaries, bucketsCount: buckets) }
        bucketSums = Array(repeating: Sums(), count: buckets)
        bucketValues = Array(repeating: Array(repeating: ValueGroup(), count: buckets), count: Vital.allCases.count)
    }

    /// Runs all passes; nil when one has found damaged segments after others had counted them.
    mutating func result<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) -> ScanResult? {
        try first(source, segments)
        let known = damaged
        for index in lists.indices { lists[index]?.choose(dictionaries) }
        try details(source, segments)
        try exactValues(source, segments)
        return damaged == known ? result() : nil
    }

    private mutating func pass<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo],
        _ needs: ScanNeeds,
        _ body: (inout ScanRun, SegmentRows) -> Void
    ) throws(Source.Failure) {
        var missing: [Int64: SegmentInfo] = [:]
        for info in segments where !damaged.contains(info.id) {
            if info.hasPossibleCounts { missing[info.id] = info } else { damaged.insert(info.id) }
        }
        let ids = segments.map(\.id).filter { missing[$0] != nil }
        guard !ids.isEmpty else { return }
        try source.read(ids, needs.columns(query)) { id, columns in
            guard let info = missing.removeValue(forKey: id) else { return }
            do throws(DamagedSegment) {
                let rows = try SegmentRows(SegmentColumns(info, columns), query, needs)
                body(&self, rows)
            } catch {
                damaged.insert(id)
            }
        }
        damaged.formUnion(missing.keys)
    }

    // MARK: - Passes

    private mutating func first<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) {
        let vitals = Set(query.vitals + query.seriesVitals)
        let measured = query.lists.filter { $0.measure == .vitals }.flatMap(\.vitals)
        let needs = ScanNeeds(
            sums: true,
            events: true,
            lists: query.lists.filter { $0.column.dictionary != nil },
            vitals: vitals.union(measured)
        )
        try pass(source, segments, needs) { run, rows in run.add(rows) }
    }

    private mutating func add(_ rows: SegmentRows) {
        for row in rows.inRange.indices where rows.inRange[row] {
            bucketSums[Int(rows.buckets[row])] &+= rows.sums(row)
        }
        for session in rows.sessionBuckets.indices where rows.sessionBuckets[session] >= 0 {
            let sums = Sums(0, 1, rows.bounces[session] ? 1 : 0, 0, 0, 0, 0, 0)
            bucketSums[Int(rows.sessionBuckets[session])] &+= sums
        }
        for event in rows.events {
            guard let lane = event.lane else { continue }
            bucketSums[event.bucket][lane] &+= event.count
        }
        visitorsEnd = max(visitorsEnd, rows.visitorsEnd)
        if query.withVisitors {
            visitors.reserve(visitors: visitorsEnd)
            for session in rows.sessionViews.indices where rows.sessionViews[session] > 0 {
                visitors.insert(rows.visitors[session])
            }
        }
        if query.issues != nil {
            affected.reserve(visitors: visitorsEnd)
            for event in rows.events where event.kind == .error { affected.insert(rows.visitors[event.session]) }
        }
        addValues(rows, exactly: false)
        for index in lists.indices { lists[index]?.addMeasures(rows) }
    }

    private mutating func addValues(_ rows: SegmentRows, exactly: Bool) {
        for vital in Set(query.vitals + query.seriesVitals) {
            let codes = rows.vitals[vital.rawValue]
            let remainders = rows.remainders[vital.rawValue]
            let (inTotal, inSeries) = (query.vitals.contains(vital), query.seriesVitals.contains(vital))
            for row in rows.inRange.indices where rows.inRange[row] && codes[row] != VitalCode.none {
                let remainder = exactly ? remainders[row] : 0
                if inTotal { values[vital.rawValue].add(codes[row], remainder, exactly: exactly) }
                guard inSeries else { continue }
                bucketValues[vital.rawValue][Int(rows.buckets[row])].add(codes[row], remainder, exactly: exactly)
            }
        }
    }

    /// All figures of the rows of lists, and the visitors of rows and buckets, as many at once as the memory for their bits allows.
    private mutating func details<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) {
        var groups = query.withSeriesVisitors ? query.edges.count : 0
        for work in lists {
            firstGroups.append(groups)
            guard let work, work.list.withVisitors else { continue }
            groups += work.codes.count * (query.issues == nil ? 1 : 2)
        }
        groupVisitors = Array(repeating: 0, count: groups)
        let listed = lists.compactMap { $0 }.filter { !$0.codes.isEmpty }
        var needs = ScanNeeds(
            sums: true,
            events: true,
            lists: listed.map(\.list),
            vitals: Set(listed.flatMap(\.list.vitals))
        )
        var counted = 0
        while counted < groups || (needs.sums && !listed.isEmpty) {
            var bits = VisitorBits(visitors: visitorsEnd, groups: counted..<groups)
            let withSums = needs.sums
            try pass(source, segments, needs) { run, rows in
                if withSums { run.addDetails(rows) }
                run.addVisitors(rows, &bits)
            }
            for group in bits.groups { groupVisitors[group] = bits.count(group) }
            counted = bits.groups.upperBound
            needs.sums = false
            needs.vitals = []
        }
    }

    private mutating func addDetails(_ rows: SegmentRows) {
        let hasSessions = lists.contains { $0?.scope == .session }
        let sessionSums = hasSessions ? rows.sessionSums() : []
        for index in lists.indices {
            lists[index]?.addSums(rows, sessionSums)
            lists[index]?.addValues(rows, exactly: false)
        }
    }

    private func addVisitors(_ rows: SegmentRows, _ bits: inout VisitorBits) {
        if query.withSeriesVisitors, bits.groups.lowerBound < query.edges.count {
            for row in rows.views.indices where rows.views[row] {
                bits.insert(rows.visitors[Int(rows.owners[row])], Int(rows.buckets[row]))
            }
        }
        for (index, work) in lists.enumerated() {
            guard let work, work.list.withVisitors else { continue }
            let first = firstGroups[index]
            work.forEachVisitor(rows) { row, visitor, isAffected in
                if !isAffected { bits.insert(visitor, first + row) }
                if isAffected, query.issues != nil { bits.insert(visitor, first + work.codes.count + row) }
            }
        }
    }

    private mutating func exactValues<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) {
        let small = lists.compactMap { $0 }.filter(\.needsExact)
        var vitals = Set(small.flatMap(\.list.vitals))
        for vital in Vital.allCases {
            let groups = [values[vital.rawValue]] + bucketValues[vital.rawValue]
            if groups.contains(where: \.needsExact) { vitals.insert(vital) }
        }
        guard !vitals.isEmpty || !small.isEmpty else { return }
        // What is asked for elsewhere is read, too: the passes over values are the same.
        vitals.formUnion(query.vitals + query.seriesVitals)
        let needs = ScanNeeds(lists: small.map(\.list), vitals: vitals, remainders: true)
        try pass(source, segments, needs) { run, rows in
            run.addValues(rows, exactly: true)
            for index in run.lists.indices where run.lists[index]?.needsExact == true {
                run.lists[index]?.addValues(rows, exactly: true)
            }
        }
    }

    // MARK: - Result

    private func result() -> ScanResult {
        var result = ScanResult()
        result.damagedSegments = damaged.count
        result.total = Aggregate(bucketSums.reduce(Sums(), &+))
        if query.withVisitors { result.total.visitors = visitors.count }
        if query.issues != nil { result.total.affectedVisitors = affected.count }
        for vital in query.vitals {
            let summary = values[vital.rawValue].summary(vital.bounds, withDistribution: query.withDistribution)
            result.total.vitals[vital.rawValue] = summary
        }
        for bucket in bucketSums.indices {
            var aggregate = Aggregate(bucketSums[bucket])
            if query.withSeriesVisitors { aggregate.visitors = groupVisitors[bucket] }
            for vital in query.seriesVitals {
                let group = bucketValues[vital.rawValue][bucket]
                aggregate.vitals[vital.rawValue] = group.summary(vital.bounds, withDistribution: false)
            }
            result.buckets.append(aggregate)
        }
        for (index, work) in lists.enumerated() { result.lists.append(listResult(index, work)) }
        return result
    }

    private func listResult(_ index: Int, _ work: ListWork?) -> ListResult {
        var result = ListResult()
        guard let work else { return result }
        (result.count, result.total) = work.whole
        for (row, code) in work.codes.enumerated() {
            var sum = work.aggregate(row)
            if work.list.withVisitors {
                sum.visitors = groupVisitors[firstGroups[index] + row]
                if query.issues != nil {
                    sum.affectedVisitors = groupVisitors[firstGroups[index] + work.codes.count + row]
                }
            }
            result.rows.append((code, sum, work.list.withSeries ? work.series[row] : []))
        }
        return result
    }
}
