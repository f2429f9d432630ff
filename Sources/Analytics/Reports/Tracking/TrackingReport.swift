import Segments
import Storage
import Texts

/// Whether the tracking of a range is complete, bots included.
package struct TrackingReport: Sendable {
    /// The most sites of the list.
    package static let sitesMax = 50
    /// The most page views whose delivery reports are read, the latest ones.
    static let pageViewsMax: Int64 = 25_000
    /// The same after a timeout.
    static let fewerPageViewsMax: Int64 = 5000

    /// Seconds after the end of a range from which on it counts as over.
    private static let endedSeconds: Int64 = 60

    package struct SiteRow: Sendable {
        package let site: String
        package let pageViews: Int64
        /// Seconds since 1970; nil if it was not looked up.
        package let lastEvent: Int64?
        /// Nil if the delivery reports were not read.
        package let figures: TrackingFigures?
        package let blocked: Int64
    }

    package let range: ReportRange
    /// The time of the report in seconds since 1970.
    package let now: Int64
    package let pageViews: Int64
    package let events: Int64
    package let botEvents: Int64
    package let lastEvent: Int64?
    package let gaps: TrafficGaps
    package let blocked: BlockedRequests
    /// Nil if they were not read.
    package let figures: TrackingFigures?
    /// The start of the delivery reports that were read, in seconds since 1970; later than the range begins if it has too many page views.
    package let figuresFrom: Int64?
    /// Their end, in seconds since 1970; up to a minute earlier than that of the range if they were read for another report.
    package let figuresTo: Int64?
    /// The reason why there are no figures.
    package let refusal: String?
    /// Those with the most page views, and how many there are.
    package let sites: [SiteRow]
    package let siteCount: Int64
    package let version: String
    package let server: ServerCounters?
    package let checks: TrackingChecks

    init(
        _ context: ReportContext,
        now: Int64,
        version: String,
        server: ServerCounters?,
        tracker: TrackerAddresses,
        tracked: TrackedCache
    ) throws(ReportError) {
        (range, self.now, self.version, self.server) = (context.query.range, now, version, server)
        // Events of the current second count.
        let end = max(range.from + 1, min(range.to, now + 1))
        let hours = try HourlyPageViews(context, from: range.from, to: end)
        let scan = try Self.scan(context, from: range.from, to: end)
        (pageViews, events, botEvents) = (scan.total.pageViews, scan.total.eventsReceived, scan.bots)
        siteCount = scan.siteCount
        gaps = hours.gaps
        blocked = try BlockedRequests(context, tracker)
        let latest = try LatestBySite(context, from: range.from, to: end, sites: scan.sites)
        lastEvent = latest.latest
        let read = try Self.pageViews(context, tracked, hours, count: scan.total.pageViews, end: end, now: now)
        (figures, figuresFrom, figuresTo) = (read.views?.total, read.views?.from, read.views?.to)
        refusal = read.refusal
        let blocks = Dictionary(grouping: blocked.rows.filter(\.isOwn)) { ByteText($0.site) }
        sites = scan.sites.map { site, days in
            let key = ByteText(site)
            return SiteRow(
                site: site,
                pageViews: days.reduce(0, +),
                lastEvent: latest.times[key],
                figures: read.views.map { $0.bySite[key] ?? TrackingFigures() },
                blocked: blocks[key, default: []].reduce(0) { $0 + $1.count }
            )
        }
        var input = TrackingChecks.Input()
        (input.now, input.isOver, input.lastEvent) = (now, range.to < now - Self.endedSeconds, lastEvent)
        (input.gaps, input.figures) = (gaps, figures)
        input.earlierPageViews = hours.lastPageViews
        if !input.isOver, let since = lastEvent ?? input.earlierPageViews {
            input.usualPageViews = try Self.usual(context, before: since)
        }
        (input.events, input.botEvents, input.blocked) = (events, botEvents, blocked.own)
        (input.version, input.server) = (version, server)
        checks = TrackingChecks(input)
    }

    /// The page views of the four weeks before a time.
    private static func usual(_ context: ReportContext, before end: Int64) throws(ReportError) -> Int64 {
        let all = context.includingBots
        let from = max(end - TrafficGaps.weeks * 7 * 86_400, context.query.scope.times?.lowerBound ?? .min)
        var scan = all.plainScanQuery(from: min(from, end), to: end + 1)
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        return try all.run(scan).total.pageViews
    }

    private struct Scan {
        let total: Aggregate
        let bots: Int64
        /// The page views by day.
        let sites: [(site: String, days: [Int64])]
        let siteCount: Int64
    }

    private static func scan(_ context: ReportContext, from: Int64, to: Int64) throws(ReportError) -> Scan {
        let all = context.includingBots
        var scan = all.plainScanQuery(from: from, to: to)
        scan.edges = Array(stride(from: from, to: to, by: 86_400))
        // Later edges have to be whole minutes.
        scan.edges = scan.edges.enumerated().map { $0.offset == 0 ? $0.element : $0.element / 60 * 60 }
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        scan.lists = [ScanQuery.List(column: .site, measure: .pageViews, limit: sitesMax)]
        scan.lists[0].withSeries = true
        let result = try all.run(scan)
        var bots = all.plainScanQuery(from: from, to: to)
        (bots.withVisitors, bots.totals) = (false, .withoutEngagement)
        bots.filters.append(context.filter(.traffic, [ReportContext.bot]))
        return Scan(
            total: result.total,
            bots: try all.run(bots).total.eventsReceived,
            sites: result.lists[0].rows.map { (context.dictionaries.text($0.code, .site), $0.series) },
            siteCount: result.lists[0].count
        )
    }

    /// The page views of the range, or of its latest hours if it has too many or if reading them takes too long.
    private static func pageViews(
        _ context: ReportContext,
        _ tracked: TrackedCache,
        _ hours: HourlyPageViews,
        count: Int64,
        end: Int64,
        now: Int64
    ) throws(ReportError) -> (views: TrackedPageViews?, refusal: String?) {
        let border = try context.eventsBorder()
        let generation = try context.generation()
        guard border < end else {
            return (nil, "The events of this range have been removed: choose a later range")
        }
        var tried: Int64?
        for limit in [pageViewsMax, fewerPageViewsMax] {
            let from = count <= limit ? context.query.range.from : hours.start(ofLatest: limit)
            guard let from = from.map({ max($0, border) }), from < end, from != tried else { continue }
            tried = from
            do throws(ReportError) {
                let views = try tracked.views(
                    context.query.site,
                    generation: generation,
                    from: from,
                    to: end,
                    now: now
                ) { () throws(ReportError) in
                    try context.database.reportAttempt { () throws(ReportError) in
                        try TrackedPageViews(context, from: from, to: end, now: now)
                    }
                }
                return (views, nil)
            } catch .store(.queryTimeout) {
                // Fewer may be read in time.
            }
        }
        return (nil, "The delivery reports could not be read in time: narrow the range, or select one site")
    }
}

/// The page views of the latest hours of a range, and of the weeks before them.
struct HourlyPageViews {
    private let counts: [Int64]
    /// The start of the first whole hour, in seconds since 1970.
    private let start: Int64
    /// The first hour of the range that is counted.
    private let checked: Int64
    let gaps: TrafficGaps

    init(_ context: ReportContext, from: Int64, to: Int64) throws(ReportError) {
        let hour = TrafficGaps.hour
        // Only whole hours are compared.
        let first = max(from, to - TrafficGaps.daysMax * 86_400)
        checked = (first + hour - 1) / hour * hour
        start = checked - TrafficGaps.weeks * 7 * 86_400
        let edges = Array(stride(from: start, to: max(to, start + 1), by: Int(hour)).map { Int64($0) })
        let all = context.includingBots
        // What the sender may not read counts as unknown.
        let earliest = context.query.scope.times?.lowerBound ?? .min
        var scan = all.plainScanQuery(from: max(start, min(earliest, from)), to: max(to, start + 1))
        scan.edges = edges
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        counts = try all.run(scan).buckets.map(\.pageViews)
        let known = max(try context.bounds()?.first ?? Int64.max, earliest, try context.pageViewsBorder())
        let whole = Int(max(0, to - start) / hour)
        gaps = TrafficGaps(counts: Array(counts.prefix(whole)), start: start, checked: checked, known: known)
    }

    /// The start of the earliest hour from which on there are at most `limit` page views; nil if one hour has more.
    func start(ofLatest limit: Int64) -> Int64? {
        var (sum, index) = (Int64(0), counts.count)
        while index > 0, start + Int64(index - 1) * TrafficGaps.hour >= checked, sum + counts[index - 1] <= limit {
            index -= 1
            sum += counts[index]
        }
        return index < counts.count ? start + Int64(index) * TrafficGaps.hour : nil
    }

    /// The end of the last hour that has page views, in seconds since 1970; nil if none has.
    var lastPageViews: Int64? {
        counts.lastIndex { $0 > 0 }.map { start + Int64($0 + 1) * TrafficGaps.hour }
    }
}

extension Reports {
    /// Filters of the query are ignored.
    ///
    /// `now` is in seconds since 1970; `version` is that of the tracker that this server serves, `tracker` its addresses.
    package func tracking(
        _ query: ReportQuery,
        now: Int64,
        version: String,
        server: ServerCounters?,
        tracker: TrackerAddresses
    ) throws(ReportError) -> TrackingReport {
        var query = query
        (query.filters, query.includesBots) = ([], true)
        return try computed(query) { context throws(ReportError) in
            try TrackingReport(
                context,
                now: now,
                version: version,
                server: server,
                tracker: tracker,
                tracked: tracked
            )
        }
    }
}
