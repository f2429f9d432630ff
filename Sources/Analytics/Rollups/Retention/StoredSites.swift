import Storage
import Texts

/// The sites of the stored events, with the time of the oldest event of each.
struct StoredSites {
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
        // Each query reads one entry of the index.
        while let next = try database.rows(
            """
            select site, \(database.dialect.microseconds("received_at")) from collector_events
            where site > ?1 order by site, received_at limit 1
            """,
            [.text(last)]
        ).first, let site = next[0].text {
            note(site, next[1].integer.map { $0 / 1_000_000 })
            last = site
        }
        return found
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
