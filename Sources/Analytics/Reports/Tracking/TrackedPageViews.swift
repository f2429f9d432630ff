import Rollups
import Storage
import Texts

/// The page views of a range with their delivery reports, read from the stored events.
struct TrackedPageViews {
    /// The time range in seconds since 1970: `from` is inclusive, `to` exclusive.
    let from: Int64
    let to: Int64
    private(set) var total = TrackingFigures()
    private(set) var bySite: [ByteText: TrackingFigures] = [:]

    /// `now` is in seconds since 1970.
    init(_ context: ReportContext, from: Int64, to: Int64, now: Int64) throws(ReportError) {
        (self.from, self.to) = (from, to)
        var (total, bySite) = (TrackingFigures(), [ByteText: TrackingFigures]())
        let site = context.query.site
        let sql = Self.sql(context.database.dialect, withSite: site != nil)
        let parameters: [SQLValue] = [.integer(from), .integer(to)] + (site.map { [.text($0)] } ?? [])
        try context.database.reportStream(sql, parameters) { row in
            let site = ByteText(row[0].text ?? "")
            let view = TrackingFigures.PageView(row)
            total.add(view, now: now)
            bySite[site, default: TrackingFigures()].add(view, now: now)
            return true
        }
        (self.total, self.bySite) = (total, bySite)
    }

    /// One row for each page view, also if it was stored twice.
    ///
    /// The last number is twice the events received, and 1 more with vitals: so the events of a page view are read once.
    private static func sql(_ dialect: SQLDialect, withSite: Bool) -> String {
        """
        select min(\(Rollups.namedSite)),
            max(\(dialect.microseconds("own.received_at"))),
            max(\(dialect.microseconds("own.client_timestamp"))),
            max(\(dialect.microseconds("own.client_timestamp_original"))),
            max(substr(own.payload ->> 'collector', 1, 64)),
            min(substr(own.payload ->> 'sample', 1, 64)),
            max(substr(own.payload ->> 'kind', 1, 64)),
            max(substr(own.payload ->> 'hidden', 1, 64)),
            max(report.emitted), max(report.dropped), (
                select sum(case when event.seq > 0 then 2 else 0 end)
                    + max(case when event.event_type = 'webvitals' then 1 else 0 end)
                from collector_events as event
                where event.pageview_id = own.pageview_id and event.visitor_id = own.visitor_id
            )
        from collector_events as own
        left join delivery_reports as report
            on report.pageview_id = own.pageview_id and report.visitor_id = own.visitor_id
        where own.received_at >= \(dialect.time("?1")) and own.received_at < \(dialect.time("?2"))
            and own.event_type = 'pageview' \(withSite ? "and \(Rollups.namedSite) = ?3" : "")
        group by own.visitor_id, own.pageview_id
        """
    }
}

extension TrackingFigures.PageView {
    /// Kinds of page views that load a page.
    private static let loads: Set<String> = ["navigate", "reload", "back_forward", "prerender"]

    fileprivate init(_ row: [SQLValue]) {
        self.init(time: (row[1].integer ?? 0) / 1_000_000)
        (clientTime, originalTime) = (row[2].integer, row[3].integer)
        tracker = row[4].text
        isSampled = row[5].text.flatMap { Double($0) }.map { $0 < 1 } ?? false
        // Booleans of JSON are numbers in SQLite, words in PostgreSQL.
        let isHidden = ["1", "true"].contains(row[7].text ?? "")
        isVisibleLoad = !isHidden && Self.loads.contains(row[6].text ?? "")
        let number = row[10].integer ?? 0
        (emitted, dropped, received) = (row[8].integer, row[9].integer ?? 0, number / 2)
        hasVitals = number % 2 == 1
    }
}
