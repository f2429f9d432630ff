import Segments
import Numbers
import Storage
import Aggregation
import Rollups

/// The reliability of the figures of a range: the events that its page views emitted, dropped and lost, and the share of bots.
package struct DataQualityReport: Sendable {
    /// The most page views whose delivery reports are read.
    static let pageViewsMax: Int64 = 200_000

    /// Sums of delivery reports.
    package struct Delivery: Equatable, Sendable {
        package private(set) var pageViews: Int64 = 0
        package private(set) var emitted: Int64 = 0
        package private(set) var dropped: Int64 = 0
        package private(set) var received: Int64 = 0
        package private(set) var lost: Int64 = 0
        /// The number of delivery reports with impossible numbers.
        fileprivate var invalid: Int64 = 0

        mutating func add(emitted: Int64, dropped: Int64, received: Int64) {
            guard emitted <= PlausibleRanges.emittedEventsMax else { return invalid += 1 }
            pageViews += 1
            self.emitted += emitted
            self.dropped = self.dropped.adding(saturating: dropped)
            self.received += received
            lost += max(0, emitted - min(dropped, emitted) - received)
        }
    }

    package let range: ReportRange
    package let events: Int64
    package let botEvents: Int64
    /// The number of events and delivery reports with impossible numbers.
    package private(set) var invalidValues: Int64
    package private(set) var delivery: Delivery?
    /// The reason why there are no sums of delivery reports.
    package private(set) var refusal: String?

    /// Creates the report; the query of `context` includes bots.
    init(_ context: ReportContext) throws(ReportError) {
        range = context.query.range
        var scan = try context.scanQuery(range, withSeries: false)
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        var bots = scan
        bots.filters.append(context.filter(.traffic, [ReportContext.bot]))
        scan.lists = [ReportDimension.invalid.list(limit: 1)]
        if !context.query.filters.isEmpty { scan.selection = .sessions }
        let all = try context.run(scan)
        events = all.total.eventsReceived
        invalidValues = all.lists[0].total
        botEvents = try context.run(bots).total.eventsReceived
        // There are at most as many sessions as page views.
        guard all.total.pageViews <= Self.pageViewsMax, scan.selection == nil || all.selection?.sessionKeys != nil
        else {
            refusal = "The range has more than \(Self.pageViewsMax) page views: narrow it to see delivery figures"
            return
        }
        do throws(ReportError) {
            let delivery = try Self.delivery(context, all.selection?.sessionKeys)
            invalidValues = invalidValues.adding(saturating: delivery.invalid)
            self.delivery = delivery
        } catch .store(.queryTimeout) {
            refusal = "Reading the delivery reports took too long: narrow the range"
        }
    }

    /// The sums over the page views of the range, or over those of some sessions.
    private static func delivery(_ context: ReportContext, _ keys: Set<UInt64>?) throws(ReportError) -> Delivery {
        let (range, time) = (context.query.range, context.database.dialect.time)
        let hashes = try context.hashes()
        var delivery = Delivery()
        // A page view whose event came twice counts once, by the first. The second part has the page views whose events
        // retention has removed.
        // Same as the view pageview_delivery, which PostgreSQL would group entirely when it is joined with a list.
        try context.database.reportStream(
            """
            with own as materialized (
                select min(\(Rollups.namedSite)) as named_site, visitor_id, min(session_id) as session_id, pageview_id
                from collector_events as own
                where received_at >= \(time("?1")) and received_at < \(time("?2")) and event_type = 'pageview'
                group by visitor_id, pageview_id
            )
            select named_site, own.visitor_id, own.session_id, report.emitted, report.dropped, (
                select count(*) from collector_events as event
                where event.pageview_id = own.pageview_id and event.visitor_id = own.visitor_id and event.seq > 0
            )
            from own
            cross join delivery_reports as report
            where report.pageview_id = own.pageview_id and report.visitor_id = own.visitor_id
                and report.opened_at is null and not exists (
                    select 1 from collector_events as earlier
                    where earlier.pageview_id = own.pageview_id and earlier.visitor_id = own.visitor_id
                        and earlier.event_type = 'pageview' and earlier.received_at < \(time("?1"))
                )
            union all
            select report.opened_site, report.visitor_id, report.opened_session, report.emitted, report.dropped,
                report.removed + (
                    select count(*) from collector_events as event
                    where event.pageview_id = report.pageview_id and event.visitor_id = report.visitor_id
                        and event.seq > 0
                )
            from delivery_reports as report
            where report.opened_at >= ?3 and report.opened_at < ?4
            """,
            [
                .integer(range.from), .integer(range.to), .integer(range.from * 1_000_000),
                .integer(range.to * 1_000_000),
            ]
        ) { row in
            let texts = row.prefix(3).map { $0.text ?? "" }
            if let site = context.query.site, site != texts[0] { return true }
            let key = hashes.sessionKey(site: texts[0], visitor: texts[1], session: texts[2])
            guard keys?.contains(key) ?? true else { return true }
            delivery.add(emitted: row[3].integer ?? 0, dropped: row[4].integer ?? 0, received: row[5].integer ?? 0)
            return true
        }
        return delivery
    }
}

extension Reports {
    /// Bots are always included, also when the query excludes them.
    package func dataQuality(_ query: ReportQuery) throws(ReportError) -> DataQualityReport {
        var query = query
        query.includesBots = true
        return try computed(query) { context throws(ReportError) in try DataQualityReport(context) }
    }
}
