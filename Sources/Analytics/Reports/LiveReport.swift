import Rollups
import Segments
import Storage
import Texts

/// Visitors with a page view in the last minutes.
package struct LiveReport: Sendable {
    package static let minutes: Int64 = 5

    /// Nil when visitors cannot be counted.
    package let visitors: Int64?
    package let visitorsRefusal: String?
    /// The latest event in seconds since 1970; nil if there is none among the last `latestMax` events of all sites.
    package let lastEvent: Int64?

    /// The most events that are read.
    private static let latestMax: Int64 = 2000

    /// `now` is in seconds since 1970.
    init(_ context: ReportContext, now: Int64) throws(ReportError) {
        // Includes the current second.
        let end = now + 1
        let result = try context.run(context.plainScanQuery(from: end - Self.minutes * 60, to: end))
        (visitors, visitorsRefusal) = (result.total.visitors, result.visitorsRefusal)
        lastEvent = try Self.lastEvent(context, now: now)
    }

    private static func lastEvent(_ context: ReportContext, now: Int64) throws(ReportError) -> Int64? {
        var found: Int64?
        try context.database.reportStream(
            """
            select \(Rollups.namedSite), \(context.database.dialect.microseconds("received_at"))
            from collector_events as own order by id desc limit ?1
            """,
            [.integer(latestMax)]
        ) { row in
            let isWanted = context.query.site.map { haveSameBytes($0, row[0].text ?? "") } ?? true
            if isWanted { found = row[1].integer.map { min($0 / 1_000_000, now) } }
            return found == nil
        }
        return found.flatMap { context.query.scope.times?.contains($0) ?? true ? $0 : nil }
    }
}

/// The sites with page views at any time that the sender may read.
package struct SitesReport: Sendable {
    /// The most sites of a list.
    static let sitesMax = 200

    package let sites: [(site: String, pageViews: Int64)]

    init(_ context: ReportContext) throws(ReportError) {
        let times = context.query.scope.times ?? 0..<Int64.max
        guard let bounds = try context.bounds(), bounds.last >= times.lowerBound, bounds.first < times.upperBound else {
            sites = []
            return
        }
        let (from, to) = (max(bounds.first, times.lowerBound), min(bounds.last + 1, times.upperBound))
        var scan = context.plainScanQuery(from: from, to: to)
        scan.withVisitors = false
        scan.lists = [ScanQuery.List(column: .site, measure: .pageViews, limit: Self.sitesMax)]
        sites = try context.run(scan).lists[0].rows.map { row in
            (context.dictionaries.text(row.code, .site), row.sum.pageViews)
        }
    }
}

extension Reports {
    package func live(
        site: String?,
        now: Int64,
        scope: ReportScope = ReportScope()
    ) throws(ReportError) -> LiveReport {
        let range = try ReportRange(from: now - LiveReport.minutes * 60, to: now)
        return try computed(ReportQuery(range: range, site: site, scope: scope)) { context throws(ReportError) in
            try LiveReport(context, now: now)
        }
    }

    package func sites(_ scope: ReportScope = ReportScope()) throws(ReportError) -> SitesReport {
        let range = try ReportRange(from: 0, to: 1)
        let query = ReportQuery(range: range, site: scope.site, includesBots: true, scope: scope)
        return try computed(query) { context throws(ReportError) in try SitesReport(context) }
    }
}
