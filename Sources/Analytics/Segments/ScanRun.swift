/// One scan: what its passes have in common.
struct ScanRun {
    private let query: ScanQuery
    private let dictionaries: DimensionDictionaries
    private let limits: ScanLimits
    private let rows = SegmentRows()
    private var lists: [ListWork?] = []
    private var bucketSums: [Sums]
    private var values: ScanValues
    private var visitors: ScanVisitors
    private var selection: ScanSelection?
    private(set) var damaged: Set<Int64>

    init(_ query: ScanQuery, _ dictionaries: DimensionDictionaries, _ limits: ScanLimits, damaged: Set<Int64>) {
        (self.query, self.dictionaries, self.limits, self.damaged) = (query, dictionaries, limits, damaged)
        var bytes = limits.listBytes
        for list in query.lists {
            lists.append(ListWork(list, dictionaries, bucketsCount: query.edges.count, bytes: &bytes))
        }
        bucketSums = Array(repeating: Sums(), count: query.edges.count)
        values = ScanValues(query, limits)
        visitors = ScanVisitors(query, limits)
        selection = query.selection.map { ScanSelection($0) }
    }

    /// Runs all passes; nil when one has found damaged segments after others had counted them.
    mutating func result<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) -> ScanResult? {
        try first(source, segments)
        let known = damaged
        for index in lists.indices { lists[index]?.choose(dictionaries) }
        values.addLists(lists)
        visitors.addLists(lists)
        try details(source, segments)
        try exactValues(source, segments)
        return damaged == known ? result() : nil
    }

    private mutating func pass<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo],
        _ needs: ScanNeeds,
        _ body: (inout ScanRun) -> Void
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
                if try rows.load(SegmentColumns(info, columns), query, needs) { body(&self) }
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
        let measured = query.lists.filter { $0.measure == .vitals }.flatMap(\.vitals)
        let needs = ScanNeeds(
            sums: true,
            figures: true,
            events: true,
            lists: query.lists.filter { $0.column.dictionary != nil },
            vitals: Set(query.vitals + query.seriesVitals + measured),
            sessionKeys: query.selection == .sessions
        )
        try pass(source, segments, needs) { run in
            run.addSums()
            run.visitors.add(run.rows, run.lists)
            run.values.add(run.rows, run.lists)
            run.selection?.add(run.rows)
            for index in run.lists.indices { run.lists[index]?.addFirst(run.rows) }
        }
        visitors.finish()
        values.finish()
    }

    private mutating func addSums() {
        let rows = rows
        if rows.isOneBucket {
            var sum = Figures()
            rows.forEachActive { session in sum &+= rows.figures[session] }
            bucketSums[rows.segmentBuckets.lowerBound] &+= Sums(sum)
        } else {
            let sums = rows.scratch.even
            for bucket in rows.segmentBuckets { sums[row: bucket] = Figures() }
            // Mostly the bucket is that of the row before, whose sum is at hand.
            let buckets = rows.buckets
            var (bucket, sum) = (UInt16(rows.segmentBuckets.lowerBound), Figures())
            rows.forEachInRange { row in
                if buckets[row] != bucket {
                    sums[bucket] &+= sum
                    (bucket, sum) = (buckets[row], Figures())
                }
                sum &+= rows.figuresOf(row)
            }
            sums[bucket] &+= sum
            rows.forEachActive { session in
                let flags = UInt64(rows.sessionFlags[session])
                guard flags != 0 else { return }
                sums[rows.sessionBuckets[session]] &+= Figures(1 << 32, flags >> 1, 0, 0)
            }
            for bucket in rows.segmentBuckets { bucketSums[bucket] &+= Sums(sums[row: bucket]) }
        }
        for event in rows.events {
            guard let lane = event.lane else { continue }
            bucketSums[Int(event.bucket)][lane] &+= Int64(event.count)
        }
    }

    /// What the first pass could not count: figures of rows that it has chosen, and what did not fit into the memory.
    private mutating func details<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) {
        var isFirst = true
        while true {
            let isCounting = isFirst
            let detailed = lists.indices.filter { isCounting && lists[$0]?.needsDetails == true }
            let wanted = lists.indices.filter {
                detailed.contains($0) || values.isOpen($0) || visitors.isOpen($0)
            }
            guard !wanted.isEmpty || values.isOpen(nil) || visitors.isOpen(nil) else { return }
            let own = wanted.compactMap { lists[$0]?.list }
            let measured = detailed.compactMap { lists[$0]?.list }.filter { $0.measure == .vitals }.flatMap(\.vitals)
            let needs = ScanNeeds(
                sums: !detailed.isEmpty,
                figures: !detailed.isEmpty || visitors.isOpen,
                events: !detailed.isEmpty || own.contains { $0.column.scope == .event },
                lists: own,
                vitals: values.openVitals.union(measured)
            )
            try pass(source, wanted.isEmpty ? openSegments(segments) : segments, needs) { run in
                run.visitors.add(run.rows, run.lists)
                run.values.add(run.rows, run.lists)
                for index in detailed { run.lists[index]?.addDetails(run.rows) }
            }
            visitors.finish()
            values.finish()
            isFirst = false
        }
    }

    /// Those that may have times of the buckets that are to be counted next.
    private func openSegments(_ segments: [SegmentInfo]) -> [SegmentInfo] {
        // Visitors of the whole range are counted before those of buckets.
        guard visitors.openBuckets != nil || !visitors.isOpen(nil) else { return segments }
        let open = [visitors.openBuckets, values.openBuckets].compactMap { $0 }
        let (first, end) = (open.map(\.lowerBound).min() ?? 0, open.map(\.upperBound).max() ?? query.edges.count)
        return segments.filter { info in
            (first == 0 || info.lastTime >= query.edges[first])
                && (end >= query.edges.count || info.firstTime < query.edges[end])
        }
    }

    private mutating func exactValues<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) {
        let small = values.needingExact
        guard !small.isEmpty else { return }
        let needs = ScanNeeds(
            lists: small.compactMap { $0.list.flatMap { lists[$0]?.list } },
            vitals: Set(small.compactMap(\.vital)),
            remainders: true
        )
        try pass(source, segments.filter { values.mayHaveExact($0, query.edges) }, needs) { run in
            for set in small { run.values.addExact(set, run.rows, run.lists) }
        }
        for set in small { set.finishExact() }
    }

    // MARK: - Result

    private func result() -> ScanResult {
        var result = ScanResult()
        result.damagedSegments = damaged.count
        result.selection = selection
        result.hasTooManyVisitors = visitors.hasTooMany
        result.total = Aggregate(bucketSums.reduce(Sums(), &+))
        result.total.visitors = visitors.total
        for vital in query.vitals { result.total.vitals[vital.rawValue] = values.summary(.whole, vital, 0) }
        for bucket in bucketSums.indices {
            var aggregate = Aggregate(bucketSums[bucket])
            aggregate.visitors = visitors.bucket(bucket)
            for vital in query.seriesVitals {
                aggregate.vitals[vital.rawValue] = values.summary(.bucket, vital, bucket)
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
            sum.visitors = visitors.row(index, row)
            if work.scope == .resource {
                sum.durations = values.summary(.list(index), nil, row)
            } else if work.scope != .event {
                for vital in work.list.vitals {
                    sum.vitals[vital.rawValue] = values.summary(.list(index), vital, row)
                }
            }
            result.rows.append((code, sum, work.list.withSeries ? work.series[row] : []))
        }
        return result
    }
}
