package import Segments
import Storage
import Events
import TimeZones

/// The totals and series of the range and of the previous period.
package struct OverviewReport: Sendable {
    /// The figures of one bucket, with its start in seconds since 1970.
    package struct Bucket: Sendable {
        package let start: Int64
        package let sum: Aggregate
    }

    package static let vitals: [Vital] = [.lcp, .inp, .cls]

    package let range: ReportRange
    package let totals: Aggregate
    package let series: [Bucket]
    /// Nil when data of the previous period is incomplete, so that there is nothing to compare with.
    package private(set) var previous: Aggregate?
    package private(set) var previousSeries: [Bucket] = []
    /// The start of the last minute with an event of any site, in seconds since 1970; 0 for none, and for senders who may read only a part.
    package let updated: Int64
    package private(set) var visitorsRefusal: String?

    init(_ context: ReportContext, now: Int64) throws(ReportError) {
        range = context.query.range
        let bounds = try context.bounds()
        let current = try context.run(Self.scanQuery(context, range))
        (totals, series) = (current.total, Self.series(current, range))
        visitorsRefusal = current.visitorsRefusal
        updated = context.query.scope.isEverything ? try context.lastTime(upTo: now, bounds) / 60 * 60 : 0
        guard try context.comparesPrevious(bounds) else { return }
        let past = try context.run(Self.scanQuery(context, range.previous))
        (previous, previousSeries) = (past.total, Self.series(past, range.previous))
        visitorsRefusal = visitorsRefusal ?? past.visitorsRefusal
    }

    private static func series(_ result: ScanResult, _ range: ReportRange) -> [Bucket] {
        zip(range.buckets, result.buckets).map { Bucket(start: $0, sum: $1) }
    }

    private static func scanQuery(_ context: ReportContext, _ range: ReportRange) throws(ReportError) -> ScanQuery {
        var scan = try context.scanQuery(range)
        (scan.vitals, scan.seriesVitals) = (vitals, vitals)
        (scan.withVisitors, scan.withSeriesVisitors) = (true, true)
        return scan
    }
}

extension ReportContext {
    /// The first and last time of all segments; nil when there are none.
    func bounds() throws(ReportError) -> (first: Int64, last: Int64)? {
        let row = try database.reportRows("select min(first_time), max(last_time) from segments").first
        guard let first = row?[0].integer, let last = row?[1].integer else { return nil }
        // A damaged store may have any number, with which arithmetic on dates would trap.
        let dates = ISO8601.storableMicroseconds
        let (earliest, latest) = (dates.lowerBound / 1_000_000, dates.upperBound / 1_000_000)
        return (min(max(first, earliest), latest), min(max(last, earliest), latest))
    }

    /// The time of the last event up to a moment, also when other events are dated in the future; 0 for none.
    func lastTime(upTo now: Int64, _ bounds: (first: Int64, last: Int64)?) throws(ReportError) -> Int64 {
        guard let bounds, bounds.last > now else { return bounds?.last ?? 0 }
        let dialect = database.dialect
        let rows = try database.reportRows(
            "select \(dialect.microseconds("max(received_at)")) from collector_events where received_at < \(dialect.time("?1"))",
            [.integer(now + 1)]
        )
        return (rows.first?[0].integer ?? 0) / 1_000_000
    }

    /// Whether the previous period is requested and has complete data: it must not begin before the day of the first event or, for ranges
    /// shorter than a day, before its hour or minute.
    ///
    /// Nor before the time up to which retention has removed page views of its sites.
    func comparesPrevious(_ bounds: (first: Int64, last: Int64)?) throws(ReportError) -> Bool {
        guard query.isComparing, let bounds, try pageViewsBorder() <= query.range.previousFrom else { return false }
        let range = query.range
        let isShort = range.to - range.from < CivilDate.daySeconds - 3600
        let unit = isShort && (range.interval == .minute || range.interval == .hour) ? range.interval : .day
        return range.zone.bucketStart(bounds.first, unit) <= range.previousFrom
    }
}

extension Reports {
    /// `now` is in seconds since 1970.
    package func overview(_ query: ReportQuery, now: Int64) throws(ReportError) -> OverviewReport {
        try computed(query) { context throws(ReportError) in try OverviewReport(context, now: now) }
    }
}
