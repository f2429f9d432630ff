/// One scan: the state that its passes share.
struct ScanRun {
    private let query: ScanQuery
    private let dictionaries: DimensionDictionaries
    private let limits: ScanLimits
    private let rows: ScanRows
    private let counts: ScanCounts
    private(set) var damaged: Set<Int64>
    private let cache: (ScanCache, generation: Int64)?

    init(
        _ query: ScanQuery,
        _ dictionaries: DimensionDictionaries,
        _ limits: ScanLimits,
        damaged: Set<Int64>,
        cache: (ScanCache, generation: Int64)?
    ) {
        (self.query, self.dictionaries, self.limits, self.damaged) = (query, dictionaries, limits, damaged)
        self.cache = damaged.isEmpty && query.isKept ? cache : nil
        rows = ScanRows()
        counts = ScanCounts(query, dictionaries, limits)
    }

    /// Runs all passes; returns nil when one has found damaged segments after others had counted them.
    mutating func result<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) -> ScanResult? {
        try first(source, segments)
        let known = damaged
        counts.choose(dictionaries)
        try details(source, segments)
        try exactValues(source, segments)
        guard damaged == known else { return nil }
        var result = counts.result()
        result.damagedSegments = damaged.count
        return result
    }

    private mutating func pass<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo],
        _ needs: ScanNeeds,
        _ step: ScanCounts.Step
    ) throws(Source.Failure) {
        var missing: [Int64: SegmentInfo] = [:]
        for info in segments where !damaged.contains(info.id) {
            if info.hasPossibleCounts { missing[info.id] = info } else { damaged.insert(info.id) }
        }
        let infos = segments.filter { missing[$0.id] != nil }
        guard !infos.isEmpty else { return }
        let pageViews = infos.reduce(0) { $0 + $1.pageViews }
        let pipeline = ScanPipeline(counts, step, rows, limits, pageViews: pageViews)
        defer { pipeline.finish() }
        try source.read(infos.map(\.id), needs.columns(query)) { id, columns in
            guard let info = missing.removeValue(forKey: id) else { return }
            let free = pipeline.takeFree()
            do throws(DamagedSegment) {
                let hasRows = try free.load(
                    SegmentColumns(info, columns, issueAliases: query.issueAliases),
                    query,
                    needs
                )
                if hasRows { pipeline.count(free) } else { pipeline.giveBack(free) }
            } catch {
                pipeline.giveBack(free)
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
        let measured = query.lists.filter(\.measure.readsVitals).flatMap(\.vitals)
        let needs = ScanNeeds(
            visitors: query.withVisitors || query.withSeriesVisitors || query.selection == .visitors,
            sums: query.totals != .none,
            engagement: query.totals == .all,
            figures: query.totals != .none || query.withVisitors || query.withSeriesVisitors
                || query.selection != nil,
            events: query.withEvents,
            lists: query.lists.filter { $0.column.dictionary != nil },
            vitals: Set(query.vitals + query.seriesVitals + measured),
            sessionKeys: query.selection == .sessions || query.latestErrorsMax > 0,
            delivery: query.withDelivery
        )
        let counted = try countLasting(source, segments, needs)
        try pass(source, segments.filter { !counted.contains($0.id) }, needs, .first)
        counts.finish()
    }

    /// Counts the segments that rarely change, or adds what an earlier scan has counted in them; returns their ids.
    private mutating func countLasting<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo],
        _ needs: ScanNeeds
    ) throws(Source.Failure) -> Set<Int64> {
        guard let (cache, generation) = cache else { return [] }
        let lasting = cache.lasting(segments, query)
        guard !lasting.isEmpty else { return [] }
        let key = query.withoutRange
        var known: Set<Int64> = []
        if let entry = cache.entry(key, generation: generation, lasting), counts.add(entry.counts) {
            known = Set(entry.segments.map(\.id))
        }
        let new = lasting.filter { !known.contains($0.id) }
        try pass(source, new, needs, .first)
        let pageViews = new.reduce(0) { $0 + $1.pageViews }
        if pageViews >= cache.pageViewsMin, damaged.isEmpty, counts.isWhole {
            let copy = ScanCounts(query, dictionaries, limits)
            let bytes = counts.bytes + key.bytes + lasting.reduce(0) { $0 + $1.dead.count }
            if copy.add(counts) {
                cache.add(.init(query: key, generation: generation, segments: lasting, counts: copy, bytes: bytes))
            }
        }
        return Set(lasting.map(\.id))
    }

    /// Runs the passes for figures that the first one could not count: those of rows that it has chosen, and those over the memory limit.
    private mutating func details<Source: SegmentSource>(
        _ source: Source,
        _ segments: [SegmentInfo]
    ) throws(Source.Failure) {
        var isFirst = true
        while true {
            let (lists, values, visitors) = (counts.lists, counts.values, counts.visitors)
            let isCounting = isFirst
            let detailed = lists.indices.filter { isCounting && lists[$0]?.needsDetails == true }
            let wanted = lists.indices.filter {
                detailed.contains($0) || values.isOpen($0) || visitors.isOpen($0)
            }
            guard !wanted.isEmpty || values.isOpen(nil) || visitors.isOpen(nil) else { return }
            let own = wanted.compactMap { lists[$0]?.list }
            let measured = detailed.compactMap { lists[$0]?.list }.filter(\.measure.readsVitals).flatMap(\.vitals)
            let sums = !detailed.isEmpty && query.totals != .none
            let needs = ScanNeeds(
                visitors: visitors.isOpen,
                sums: sums,
                engagement: sums && query.totals == .all,
                figures: sums || visitors.isOpen(nil) || own.contains { $0.column.scope == .session },
                events: !detailed.isEmpty || own.contains { $0.column.scope == .event },
                lists: own,
                vitals: values.openVitals.union(measured)
            )
            let read = wanted.isEmpty ? openSegments(segments) : segments
            try pass(source, read, needs, .details(lists: detailed))
            counts.finish()
            isFirst = false
        }
    }

    /// The segments that may contain times of the buckets to be counted next.
    private func openSegments(_ segments: [SegmentInfo]) -> [SegmentInfo] {
        let (values, visitors) = (counts.values, counts.visitors)
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
        let small = counts.startExact()
        guard !small.isEmpty else { return }
        let needs = ScanNeeds(
            visitors: false,
            lists: small.compactMap { $0.list.flatMap { counts.lists[$0]?.list } },
            vitals: Set(small.compactMap(\.vital)),
            remainders: true
        )
        try pass(source, segments.filter { counts.values.mayHaveExact($0, query.edges) }, needs, .exact)
        counts.finishExact()
    }
}
