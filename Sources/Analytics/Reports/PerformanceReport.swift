package import Segments

/// The percentiles and ratings of each vital, over time and as a distribution.
package struct PerformanceReport: Sendable {
    package struct Metric: Sendable {
        package let vital: Vital
        /// The summary of the range, with the distribution, and of the previous period.
        package let summary: VitalSummary
        package let previous: VitalSummary
        /// By bucket, with its start in seconds since 1970.
        package let series: [(start: Int64, summary: VitalSummary)]
    }

    package let range: ReportRange
    package let metrics: [Metric]

    init(_ context: ReportContext) throws(ReportError) {
        let range = context.query.range
        var scan = try context.scanQuery(range)
        (scan.vitals, scan.seriesVitals) = (Vital.allCases, Vital.allCases)
        (scan.totals, scan.withVisitors, scan.withDistribution) = (.none, false, true)
        let current = try context.run(scan)
        var previous: Aggregate?
        if context.comparesPrevious(try context.bounds()) {
            var scan = try context.scanQuery(range.previous, withSeries: false)
            (scan.vitals, scan.totals, scan.withVisitors) = (Vital.allCases, .none, false)
            previous = try context.run(scan).total
        }
        self.range = range
        let buckets = range.buckets
        metrics = Vital.allCases.map { vital in
            Metric(
                vital: vital,
                summary: current.total.vitals[vital.rawValue] ?? VitalSummary(),
                previous: previous?.vitals[vital.rawValue] ?? VitalSummary(),
                series: zip(buckets, current.buckets).map { ($0, $1.vitals[vital.rawValue] ?? VitalSummary()) }
            )
        }
    }
}

/// Each vital by the values of a dimension with the most page views, such as pages or browsers.
package struct VitalsByReport: Sendable {
    package let range: ReportRange
    package let dimension: ReportDimension
    package let rows: [(value: String, pageViews: Int64, sum: Aggregate)]
    /// The number of all values.
    package let count: Int64

    init(_ context: ReportContext, _ dimension: ReportDimension, limit: Int) throws(ReportError) {
        range = context.query.range
        self.dimension = dimension
        var scan = try context.scanQuery(range, withSeries: false)
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        var list = dimension.list(limit: dimension.skipsNone ? limit + 1 : limit)
        list.vitals = Vital.allCases
        // Vitals belong to page views, so lists are ranked by page views; entry and exit pages are ranked by sessions.
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
}

extension Reports {
    package func performance(_ query: ReportQuery) throws(ReportError) -> PerformanceReport {
        try computed(query) { context throws(ReportError) in try PerformanceReport(context) }
    }

    package func vitals(
        _ query: ReportQuery,
        by dimension: ReportDimension,
        limit: Int
    ) throws(ReportError) -> VitalsByReport {
        try computed(query) { context throws(ReportError) in
            try VitalsByReport(context, dimension, limit: min(limit, Self.limitMax))
        }
    }
}
