import Rollups
import Segments
import Storage
import Texts

/// The time of the latest event of each site within a range.
///
/// Active sites are among the latest events. For the others, the events of the day of their last page view, and of the day after it, are
/// read: an event later than that, from a page that was open for so long, does not count.
struct LatestBySite {
    /// The most events that are read from the end of the range.
    private static let eventsMax: Int64 = 20_000
    /// The most further sites that are looked up.
    private static let lookupsMax = 20
    private static let day: Int64 = 86_400

    /// Seconds since 1970.
    private(set) var times: [ByteText: Int64] = [:]
    /// That of all sites; nil if the range has no event.
    private(set) var latest: Int64?

    /// `days` are the page views of each site by day, from `from` on.
    init(
        _ context: ReportContext,
        from: Int64,
        to: Int64,
        sites: [(site: String, days: [Int64])]
    ) throws(ReportError) {
        var missing = Set(sites.map { ByteText($0.site) })
        var found: [ByteText: Int64] = [:]
        try context.database.reportStream(
            Self.sql(context.database.dialect) + " order by received_at desc, id desc limit ?3",
            [.integer(from), .integer(to), .integer(Self.eventsMax)]
        ) { row in
            let site = ByteText(row[0].text ?? "")
            if let wanted = context.query.site, ByteText(wanted) != site { return true }
            // The latest comes first.
            if found[site] == nil { found[site] = (row[1].integer ?? 0) / 1_000_000 }
            missing.remove(site)
            return !missing.isEmpty || found.isEmpty
        }
        for (site, days) in sites.filter({ missing.contains(ByteText($0.site)) }).prefix(Self.lookupsMax) {
            guard let index = days.lastIndex(where: { $0 > 0 }) else { continue }
            let start = from + Int64(index) * Self.day
            let microseconds = context.database.dialect.microseconds("max(received_at)")
            let rows = try context.database.reportRows(
                "select \(microseconds) from (\(Self.sql(context.database.dialect))) as events where named_site = ?3",
                [.integer(start), .integer(min(to, start + 2 * Self.day)), .text(site)]
            )
            found[ByteText(site)] = rows.first?[0].integer.map { $0 / 1_000_000 }
        }
        (times, latest) = (found, found.values.max())
    }

    private static func sql(_ dialect: SQLDialect) -> String {
        """
        select \(Rollups.namedSite) as named_site, \(dialect.microseconds("received_at")) as time, received_at, id
        from collector_events as own
        where received_at >= \(dialect.time("?1")) and received_at < \(dialect.time("?2"))
        """
    }
}
