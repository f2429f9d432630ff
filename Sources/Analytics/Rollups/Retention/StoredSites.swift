import Storage
import Texts

/// The sites of the stored events, with the time of the oldest event of each.
struct StoredSites {
    /// The most sites that one query returns.
    private static let pageSites: Int64 = 500

    private let database: any Database
    /// The sites that figures show by name.
    private let admitted: Set<ByteText>

    init(_ database: any Database) throws(StoreError) {
        self.database = database
        admitted = Set(
            try database.rows("select site from rollup_sites").compactMap { $0[0].text.map { ByteText($0) } }
        )
    }

    /// The time before which events of a site are removed, by the name that figures show.
    ///
    /// Events of a site from before it got a name of its own are searched with its other ones.
    func time(_ times: RemovalTimes, of site: String?) -> Int64? {
        guard let site, !site.isEmpty else { return times.time(of: "") }
        return times.time(of: admitted.contains(ByteText(site)) ? site : Rollups.otherSite)
    }

    /// The sites that have events from before their time, with that of the oldest one, in seconds since 1970.
    func overdue(_ times: RemovalTimes) throws(StoreError) -> [(site: String?, oldest: Int64, time: Int64)] {
        var found: [(site: String?, oldest: Int64, time: Int64)] = []
        func note(_ site: String?, _ oldest: Int64?) {
            guard let oldest, let time = time(times, of: site), oldest < time else { return }
            found.append((site, oldest, time))
        }
        note(nil, try Self.oldest(database, .site(nil)))
        note("", try Self.oldest(database, .site("")))
        var last = ""
        while true {
            let page = try named(after: last)
            for row in page { note(row[0].text, row[1].integer.map { $0 / 1_000_000 }) }
            guard page.count == Int(Self.pageSites), let next = page.last?[0].text else { return found }
            last = next
        }
    }

    /// Reads one entry of the index for each site.
    private func named(after site: String) throws(StoreError) -> [[SQLValue]] {
        try database.rows(
            """
            with recursive names(site) as (
                select site from (select site from collector_events where site > ?1 order by site limit 1) as first
                union all
                select (
                    select own.site from collector_events as own where own.site > names.site order by own.site limit 1
                )
                from names where names.site is not null
            )
            select site, (
                select \(database.dialect.microseconds("own.received_at")) from collector_events as own
                where own.site >= names.site and own.site <= names.site order by own.site, own.received_at limit 1
            )
            from names where site is not null limit ?2
            """,
            [.text(site), .integer(Self.pageSites)]
        )
    }

    /// The time of the oldest of some events, in seconds since 1970; nil without one.
    static func oldest(_ database: any Database, _ events: SiteEvents) throws(StoreError) -> Int64? {
        let rows = try database.rows(
            """
            select \(database.dialect.microseconds("received_at")) from collector_events
            where \(events.condition("?1")) order by \(events.order) limit 1
            """,
            events.parameters
        )
        return rows.first?.first?.integer.map { $0 / 1_000_000 }
    }

    /// The time of the oldest event that figures may attribute to a site.
    static func oldest(_ database: any Database, attributedTo site: String) throws(StoreError) -> Int64? {
        var oldest: Int64?
        for events in SiteEvents.attributed(to: site) {
            if let time = try Self.oldest(database, events) { oldest = min(oldest ?? time, time) }
        }
        return oldest
    }
}
