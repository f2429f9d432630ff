import Segments

/// Percentiles and shares of each vital, over time and as a distribution.
struct PerformanceReport {
    let range: ReportRange
    let current: ScanResult
    var previous: Aggregate?

    init(_ context: ReportContext) throws(ReportError) {
        range = context.query.range
        var scan = try context.scanQuery(range)
        (scan.vitals, scan.seriesVitals) = (Vital.allCases, Vital.allCases)
        (scan.totals, scan.withVisitors, scan.withDistribution) = (.none, false, true)
        current = try context.run(scan)
        if context.comparesPrevious(try context.bounds()) {
            var scan = try context.scanQuery(range.previous, withSeries: false)
            (scan.vitals, scan.totals, scan.withVisitors) = (Vital.allCases, .none, false)
            previous = try context.run(scan).total
        }
    }

    var json: JSONOut {
        let buckets = range.buckets
        return .object([
            ("range", range.json),
            ("metrics", .object(Vital.allCases.map { ($0.name, metric($0, buckets)) })),
        ])
    }

    private func metric(_ vital: Vital, _ buckets: [Int64]) -> JSONOut {
        let (good, fair) = vital.thresholds
        let points = zip(buckets, current.buckets).map { start, sum in
            let summary = sum.vitals[vital.rawValue] ?? VitalSummary()
            return JSONOut.object([
                ("t", .integer(start)), ("count", .integer(summary.count)),
                ("p50", FigureJSON.value(summary.p50, vital)), ("p75", FigureJSON.value(summary.p75, vital)),
                ("p95", FigureJSON.value(summary.p95, vital)),
            ])
        }
        let distribution = current.total.vitals[vital.rawValue]?.distribution ?? []
        return .object([
            ("figures", FigureJSON.figures(current.total.vitals[vital.rawValue], vital)),
            ("previous", FigureJSON.figures(previous?.vitals[vital.rawValue], vital)),
            ("good", JSONOut(good, digits: 3)), ("fair", JSONOut(fair, digits: 3)), ("series", .array(points)),
            (
                "distribution",
                .array(
                    distribution.map {
                        .array([JSONOut(vital.inReportUnit($0.upperBound), digits: 4), .integer($0.count)])
                    }
                )
            ),
        ])
    }
}

/// Each vital by the values of a dimension: the pages, browsers and so on that have most page views.
struct VitalsByReport {
    let range: ReportRange
    let dimension: ReportDimension
    let rows: [(value: String, views: Int64, sum: Aggregate)]
    let count: Int64

    init(_ context: ReportContext, _ dimension: ReportDimension, limit: Int) throws(ReportError) {
        range = context.query.range
        self.dimension = dimension
        var scan = try context.scanQuery(range, withSeries: false)
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        var list = dimension.list(limit: dimension.skipsNone ? limit + 1 : limit)
        list.vitals = Vital.allCases
        // A page view has vitals, whatever its dimension is; entry and exit pages are ranked by their sessions.
        if list.measure == .sessions, dimension != .entry, dimension != .exit { list.measure = .pageViews }
        let measure = list.measure
        scan.lists = [list]
        let found = try context.run(scan).lists[0]
        let known = found.rows.filter { !(dimension.skipsNone && $0.code == DimensionDictionaries.none) }
        rows = known.prefix(limit).map { row in
            let views = measure == .vitals ? measure.value(row.sum, dimension) : row.sum.pageViews
            return (context.text(row.code, dimension.column), views, row.sum)
        }
        count = found.count - (known.count < found.rows.count ? 1 : 0)
    }

    var json: JSONOut {
        .object([
            ("range", range.json), ("dimension", .text(dimension.rawValue)), ("count", .integer(count)),
            (
                "rows",
                .array(
                    rows.map { row in
                        .object(
                            [("value", .text(row.value)), ("views", .integer(row.views))]
                                + Vital.allCases.map { ($0.name, FigureJSON.figures(row.sum.vitals[$0.rawValue], $0)) }
                        )
                    }
                )
            ),
        ])
    }
}

extension Reports {
    package func performance(_ query: ReportQuery) throws(ReportError) -> JSONOut {
        try computed(query) { context throws(ReportError) in try PerformanceReport(context) }.json
    }

    package func vitals(
        _ query: ReportQuery,
        by dimension: ReportDimension,
        limit: Int
    ) throws(ReportError) -> JSONOut {
        try computed(query) { context throws(ReportError) in
            try VitalsByReport(context, dimension, limit: min(limit, Self.limitMax))
        }.json
    }
}
