import Segments

/// Figures of a query by a scan over segments, in the order of `RawFigures`.
struct ScannedFigures<Source: SegmentSource> {
    let source: Source
    let dictionaries: DimensionDictionaries
    let issues: IssueTexts

    func figures(_ query: FigureQuery) throws(Source.Failure) -> Figures {
        var scanned = ScanQuery(from: query.from, to: query.to, edges: query.edges)
        scanned.filters = query.filters.map { .init(column: $0.column, codes: codes($0.values, $0.column)) }
        (scanned.vitals, scanned.seriesVitals) = (query.vitals, query.seriesVitals)
        (scanned.withVisitors, scanned.withSeriesVisitors) = (query.withVisitors, query.withSeriesVisitors)
        scanned.issues = query.issues.map { codes($0, .eventIssue) }
        scanned.lists = query.lists.map { list in
            var result = ScanQuery.List(column: list.column, measure: list.measure, limit: list.limit)
            result.eventKinds = Set(list.kinds)
            result.resourceKind = list.resourceKind
            result.only = list.only.map { Array(codes($0, list.column)).sorted() }
            (result.withVisitors, result.vitals, result.withSeries) = (list.withVisitors, list.vitals, list.withSeries)
            return result
        }
        let result = try scan(scanned, source, dictionaries)
        var figures = Figures()
        add("total", result.total, query.withVisitors, &figures)
        for vital in query.vitals { add("total", "\(vital)", result.total.vitals[vital.rawValue], &figures) }
        for (index, bucket) in result.buckets.enumerated() {
            add(String(index), bucket, query.withSeriesVisitors, &figures)
            for vital in query.seriesVitals {
                add(String(index), "\(vital)", bucket.vitals[vital.rawValue], &figures)
            }
        }
        for (number, list) in query.lists.enumerated() {
            addList("list \(number) \(list.column)", list, result.lists[number], &figures)
        }
        return figures
    }

    private func codes(_ texts: [String], _ column: Column) -> Set<UInt32> {
        guard let dictionary = column.dictionary else { return [] }
        let known = column == .eventIssue ? texts.flatMap { issues.idsByMessage[$0] ?? [$0] } : texts
        return Set(known.compactMap { dictionaries.code(of: $0, in: dictionary) })
    }

    private func add(
        _ name: String,
        _ sum: Aggregate,
        _ withVisitors: Bool,
        _ figures: inout Figures,
        isPageView: Bool = false
    ) {
        figures.add("\(name) pageViews", sum.pageViews)
        figures.add("\(name) eventsReceived", sum.eventsReceived)
        figures.add("\(name) engaged", sum.engagedPageViews)
        figures.add("\(name) engagedMs", sum.engagedMilliseconds)
        if withVisitors { figures.add("\(name) visitors", sum.visitors ?? -1) }
        figures.add("\(name) sessions", sum.sessions)
        if !isPageView { figures.add("\(name) bounces", sum.bounces) }
        figures.add("\(name) errors", sum.errors)
        figures.add("\(name) customEvents", sum.customEvents)
    }

    private func add(_ name: String, _ vital: String, _ summary: VitalSummary?, _ figures: inout Figures) {
        let summary = summary ?? VitalSummary()
        figures.add("\(name) \(vital) count", summary.count)
        figures.add("\(name) \(vital) p50", summary.p50, of: summary.count)
        figures.add("\(name) \(vital) p75", summary.p75, of: summary.count)
        figures.add("\(name) \(vital) p95", summary.p95, of: summary.count)
        figures.add("\(name) \(vital) good", summary.good)
        figures.add("\(name) \(vital) needsImprovement", summary.needsImprovement)
        figures.add("\(name) \(vital) poor", summary.poor)
    }

    private func addList(_ name: String, _ list: FigureQuery.List, _ result: ListResult, _ figures: inout Figures) {
        figures.add("\(name) count", result.count)
        figures.add("\(name) total", result.total)
        for (index, row) in wanted(list, result).enumerated() {
            let name = "\(name) row \(index)"
            let text = list.column.dictionary.map { dictionaries.text(row.code, $0) } ?? ""
            let shown = list.column == .eventIssue ? issues.messages[text] ?? text : text
            figures.add(name, "\(shown) \(measure(row.sum, list))")
            switch list.column.scope {
            case .session: add(name, row.sum, list.withVisitors, &figures)
            case .pageView: add(name, row.sum, list.withVisitors, &figures, isPageView: true)
            case .event: if list.withVisitors { figures.add("\(name) visitors", row.sum.visitors ?? -1) }
            case .resource:
                figures.add("\(name) requests", row.sum.requests)
                figures.add("\(name) bytes", row.sum.bytes)
                add(name, "duration", row.sum.durations, &figures)
            }
            for vital in list.vitals { add(name, "\(vital)", row.sum.vitals[vital.rawValue], &figures) }
            if list.withSeries { figures.add("\(name) series", row.series.map(String.init).joined(separator: ",")) }
        }
    }

    /// Rows; those of values that were asked for by the order of all other lists, without empty ones.
    private func wanted(
        _ list: FigureQuery.List,
        _ result: ListResult
    ) -> [(code: UInt32, sum: Aggregate, series: [Int64])] {
        guard list.only != nil, let dictionary = list.column.dictionary else { return result.rows }
        return result.rows.filter { measure($0.sum, list) > 0 }.sorted { one, other in
            let (left, right) = (measure(one.sum, list), measure(other.sum, list))
            let (first, second) = (dictionaries.text(one.code, dictionary), dictionaries.text(other.code, dictionary))
            return left != right ? left > right : first.utf8.lexicographicallyPrecedes(second.utf8)
        }
    }

    private func measure(_ sum: Aggregate, _ list: FigureQuery.List) -> Int64 {
        switch list.measure {
        case .pageViews: sum.pageViews
        case .sessions: sum.sessions
        case .errors: sum.errors
        case .events: list.kinds == [.custom] ? sum.customEvents : sum.errors
        case .requests: sum.requests
        case .vitals, .slowVitals: list.vitals.first.flatMap { sum.vitals[$0.rawValue]?.count } ?? 0
        }
    }
}
