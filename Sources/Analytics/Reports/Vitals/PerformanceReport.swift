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
    /// The experience score of the range and of the previous period.
    package let score: ExperienceScore
    package let previousScore: ExperienceScore

    init(_ context: ReportContext) throws(ReportError) {
        let range = context.query.range
        var scan = try context.scanQuery(range)
        (scan.vitals, scan.seriesVitals) = (Vital.allCases, Vital.allCases)
        (scan.totals, scan.withVisitors, scan.withDistribution) = (.none, false, true)
        let current = try context.run(scan)
        var previous: Aggregate?
        if try context.comparesPrevious(context.bounds()) {
            var scan = try context.scanQuery(range.previous, withSeries: false)
            (scan.vitals, scan.totals, scan.withVisitors) = (Vital.allCases, .none, false)
            previous = try context.run(scan).total
        }
        self.range = range
        score = ExperienceScore(current.total.vitals)
        previousScore = ExperienceScore(previous?.vitals ?? [])
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

extension Reports {
    package func performance(_ query: ReportQuery) throws(ReportError) -> PerformanceReport {
        try computed(query) { context throws(ReportError) in try PerformanceReport(context) }
    }
}
