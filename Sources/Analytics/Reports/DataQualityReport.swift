import Segments
import Numbers
import Storage
import Aggregation
import Rollups
import Texts

/// The reliability of the figures of a range: the events that its page views emitted, dropped and lost, and the share of bots.
package struct DataQualityReport: Sendable {
    /// Sums of delivery reports.
    package struct Delivery: Equatable, Sendable {
        package private(set) var pageViews: Int64 = 0
        package private(set) var emitted: Int64 = 0
        package private(set) var dropped: Int64 = 0
        package private(set) var received: Int64 = 0
        package private(set) var lost: Int64 = 0
        /// The number of delivery reports with impossible numbers.
        fileprivate var invalid: Int64 = 0

        init() {}

        fileprivate init(_ sums: DeliverySums) {
            (pageViews, emitted, dropped, lost) = (sums.pageViews, sums.emitted, sums.dropped, sums.lost)
            received = emitted - dropped - lost
            invalid = sums.invalid
        }

        /// Adds a page view; a page cannot drop more events than it has emitted, and more cannot be received than it has sent.
        mutating func add(emitted: Int64, dropped: Int64, received: Int64) {
            guard emitted <= PlausibleRanges.emittedEventsMax else { return invalid += 1 }
            let dropped = min(dropped, emitted)
            let received = min(received, emitted - dropped)
            pageViews += 1
            self.emitted += emitted
            self.dropped += dropped
            self.received += received
            lost += emitted - dropped - received
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
        scan.withDelivery = true
        let hasFormer = try Self.hasFormer(context)
        if hasFormer, !context.query.filters.isEmpty { scan.selection = .sessions }
        let all = try context.run(scan)
        events = all.total.eventsReceived
        botEvents = try context.run(bots).total.eventsReceived
        var delivery = Delivery(all.delivery)
        invalidValues = all.lists[0].total.adding(saturating: delivery.invalid)
        guard hasFormer else {
            self.delivery = delivery
            return
        }
        guard scan.selection == nil || all.selection?.sessionKeys != nil else {
            refusal =
                "The filters select more than \(ScanSelection.sessionsMax) sessions: "
                + "narrow the range to see delivery figures"
            return
        }
        let before = delivery.invalid
        do throws(ReportError) {
            try Self.addFormer(context, all.selection?.sessionKeys, to: &delivery)
            invalidValues = invalidValues.adding(saturating: delivery.invalid - before)
            self.delivery = delivery
        } catch .store(.queryTimeout) {
            refusal = "Reading the delivery reports took too long: narrow the range"
        }
    }

    // MARK: - Page views from before migration 0032

    /// The condition of reports of page views whose events retention removed before segments had figures of delivery.
    private static let former = "opened_at >= ?1 and opened_at < ?2"

    private static func parameters(_ range: ReportRange) -> [SQLValue] {
        [.integer(range.from * 1_000_000), .integer(range.to * 1_000_000)]
    }

    private static func hasFormer(_ context: ReportContext) throws(ReportError) -> Bool {
        do throws(StoreError) {
            let sql = "select 1 from delivery_reports where \(former) limit 1"
            return try !context.database.rows(sql, parameters(context.query.range)).isEmpty
        } catch { throw .store(error) }
    }

    /// Adds all of these page views of the range, or those of some sessions.
    private static func addFormer(
        _ context: ReportContext,
        _ keys: Set<UInt64>?,
        to delivery: inout Delivery
    ) throws(ReportError) {
        let hashes = try context.hashes()
        var sums = delivery
        try context.database.reportStream(
            """
            select report.opened_site, report.visitor_id, report.opened_session, report.emitted, report.dropped,
                report.removed + (
                    select count(*) from collector_events as event
                    where event.pageview_id = report.pageview_id and event.visitor_id = report.visitor_id
                        and event.seq > 0
                )
            from delivery_reports as report
            where \(former)
            """,
            parameters(context.query.range)
        ) { row in
            let texts = row.prefix(3).map { $0.text ?? "" }
            if let site = context.query.site, !haveSameBytes(site, texts[0]) { return true }
            let key = hashes.sessionKey(site: texts[0], visitor: texts[1], session: texts[2])
            guard keys?.contains(key) ?? true else { return true }
            sums.add(emitted: row[3].integer ?? 0, dropped: row[4].integer ?? 0, received: row[5].integer ?? 0)
            return true
        }
        delivery = sums
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
