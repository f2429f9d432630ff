import Events
package import Segments
import Storage
package import TimeZones

/// How many visitors came back in the periods after the one in which they were first seen in the range.
package struct RetentionReport: Sendable {
    package enum Period: String, CaseIterable, Sendable { case day, week, month }

    package let range: ReportRange
    package let period: Period
    /// The starts of the periods in seconds since 1970, and whether the range has only a part of each.
    package let periods: [(start: Int64, isPartial: Bool)]
    package let figures: RetentionFigures

    init(_ context: ReportContext, _ period: Period) throws(ReportError) {
        (range, self.period) = (context.query.range, period)
        var edges = Self.starts(range.zone, from: range.from, to: range.to, period, range.weekStart)
        guard edges.count <= RetentionLimits.periodsMax else {
            throw .refused(
                "A retention report has \(RetentionLimits.periodsMax) periods at most: narrow the range or choose a longer period"
            )
        }
        var query = try context.scanQuery(range, withSeries: false)
        query.edges = edges
        let result = try context.scanning { reader throws(StoreError) in try scanRetention(query, reader) }
        try context.checkDamage(result.damagedSegments)
        guard !result.hasTooManyVisitors else { throw .refused(ScanResult.visitorsSentence) }
        figures = result.figures
        // The start of the next period is beyond the range, at most two months.
        let (zone, from, to) = (range.zone, range.from, range.to)
        let later = Self.starts(zone, from: to, to: to + 62 * CivilDate.daySeconds, period, range.weekStart)
        edges.append(later.first { $0 >= to } ?? to)
        periods = zip(edges, edges.dropFirst()).map { start, end in
            (start: start, isPartial: start < from || end > to)
        }
    }

    /// The starts of the periods that overlap a range.
    package static func starts(
        _ zone: Zone,
        from: Int64,
        to: Int64,
        _ period: Period,
        _ weekStart: Weekday
    ) -> [Int64] {
        let interval: Interval =
            switch period {
            case .day: .day
            case .week: .week
            case .month: .month
            }
        return zone.bucketStarts(from: from, to: to, interval, weekStart: weekStart)
    }
}

extension Reports {
    package func retention(
        _ query: ReportQuery,
        by period: RetentionReport.Period
    ) throws(ReportError) -> RetentionReport {
        try computed(query) { context throws(ReportError) in
            try RetentionReport(context, period)
        }
    }
}
