import Segments
import Numbers
import Storage

/// How far the figures of a range can be trusted: what its page views emitted, dropped and lost, and how much bots sent.
struct QualityReport {
    /// Page views whose delivery reports are read.
    static let pageViewsMax: Int64 = 200_000

    /// Sums of delivery reports.
    struct Delivery: Equatable {
        var pageViews: Int64 = 0
        var emitted: Int64 = 0
        var dropped: Int64 = 0
        var received: Int64 = 0
        var lost: Int64 = 0
        /// Delivery reports whose numbers cannot be true.
        var invalid: Int64 = 0
    }

    let range: ReportRange
    let events: Int64
    let botEvents: Int64
    let invalidValues: Int64
    private(set) var delivery: Delivery?
    /// Why there are no sums of delivery reports.
    private(set) var refusal: String?

    /// The query of `context` includes bots and has no filter but its site.
    init(_ context: ReportContext) throws(ReportError) {
        range = context.query.range
        var scan = context.plainScanQuery(from: range.from, to: range.to)
        scan.withVisitors = false
        var bots = scan
        bots.filters.append(context.filter(.traffic, [ReportContext.bot]))
        scan.lists = [ReportDimension.invalid.list(limit: 1)]
        let all = try context.run(scan)
        events = all.total.eventsReceived
        invalidValues = all.lists[0].total
        botEvents = try context.run(bots).total.eventsReceived
        guard all.total.pageViews <= Self.pageViewsMax else {
            refusal = "Delivery reports of more than \(Self.pageViewsMax) page views are not read: narrow the range"
            return
        }
        do throws(ReportError) {
            delivery = try Self.delivery(context)
        } catch .store(.queryTimeout) {
            refusal = "Reading the delivery reports took too long: narrow the range"
        }
    }

    private static func delivery(_ context: ReportContext) throws(ReportError) -> Delivery {
        let (range, time) = (context.query.range, context.database.dialect.time)
        var parameters: [SQLValue] = [.integer(range.from), .integer(range.to)]
        var condition = "received_at >= \(time("?1")) and received_at < \(time("?2")) and event_type = 'pageview'"
        if let site = context.query.site {
            parameters.append(.text(site))
            condition += " and site = ?3"
        }
        let isValid = "filter (where emitted <= \(ClaimLimits.emittedEventsMax))"
        func sum(_ expression: String) -> String { "cast(coalesce(sum(\(expression)) \(isValid), 0) as bigint)" }
        // The view pageview_completeness says the same; joined with a list, PostgreSQL would group all of it.
        let row = try context.database.reportRows(
            """
            with own as materialized (
                select distinct pageview_id, visitor_id from collector_events where \(condition)
            ),
            delivered as materialized (
                select ledger.emitted, ledger.dropped, (
                    select count(*) from collector_events as event
                    where event.pageview_id = ledger.pageview_id and event.visitor_id = ledger.visitor_id
                        and event.seq > 0
                ) as received
                from own
                cross join pageview_ledger as ledger
                where ledger.pageview_id = own.pageview_id and ledger.visitor_id = own.visitor_id
            )
            select cast(count(*) \(isValid) as bigint), \(sum("emitted")), \(sum("dropped")), \(sum("received")),
                \(sum("case when emitted - dropped > received then emitted - dropped - received else 0 end")),
                cast(count(*) as bigint)
            from delivered
            """,
            parameters
        ).first
        let numbers = (row ?? []).map { $0.integer ?? 0 }
        guard numbers.count == 6 else { return Delivery() }
        return Delivery(
            pageViews: numbers[0],
            emitted: numbers[1],
            dropped: numbers[2],
            received: numbers[3],
            lost: numbers[4],
            invalid: numbers[5] - numbers[0]
        )
    }

    var json: JSONOut {
        .object([
            ("range", range.json), ("events", .integer(events)), ("robot_events", .integer(botEvents)),
            ("views", JSONOut(delivery?.pageViews)), ("emitted", JSONOut(delivery?.emitted)),
            ("received", JSONOut(delivery?.received)), ("dropped", JSONOut(delivery?.dropped)),
            ("lost", JSONOut(delivery?.lost)),
            ("invalid_values", .integer(invalidValues.adding(saturating: delivery?.invalid ?? 0))),
            ("refused", JSONOut(refusal)),
        ])
    }
}

extension Reports {
    /// Filters of the query other than its site do not apply.
    package func quality(_ query: ReportQuery) throws(ReportError) -> JSONOut {
        var query = query
        (query.includesBots, query.filters) = (true, [])
        return try computed(query) { context throws(ReportError) in try QualityReport(context) }.json
    }
}
