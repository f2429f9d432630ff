import Aggregation
import Segments
import Storage
import Texts

/// The sessions whose events retention has removed, as listed in `removed_sessions`.
struct RemovedSessions {
    /// The highest id that was aggregated before the rollups were last cleared.
    var countedThrough: Int64
    private let database: any Database

    /// Nil when nothing has been removed.
    init?(_ position: RollupPosition, _ database: any Database) {
        guard position.retainedFrom > 0 else { return nil }
        self.init(countedThrough: position.countedThrough, database)
    }

    init(countedThrough: Int64, _ database: any Database) {
        (self.countedThrough, self.database) = (countedThrough, database)
    }

    /// The removed ones of some sessions.
    func among(_ keys: [UInt64]) throws(StoreError) -> Set<UInt64> {
        let rows = try database.lookup(
            "removed_sessions",
            key: ["session_key"],
            keys.map { [.integer(Int64(bitPattern: $0))] },
            columns: ["session_key"]
        )
        return Set(rows.compactMap { $0[0].integer.map { UInt64(bitPattern: $0) } })
    }
}

/// The sessions that a rebuild keeps, because their events have been removed; it recomputes all others.
///
/// A session is kept if it began before the border of its site and has no events left. A session whose events are
/// being removed counts as one without events.
struct KeptSessions {
    let borders: RetentionBorders
    /// The sites by their codes in segments, with their borders in seconds since 1970.
    private var sites: [(name: String, border: Int64)] = [("", 0), (Rollups.otherSite, 0)]
    /// The earliest border of them.
    private let earliest: Int64
    /// Keys of the sessions with events from before their border that have not been removed.
    private var complete: Set<UInt64> = []
    /// The time of the first of these events, in seconds since 1970.
    private var completeFrom = Int64.max

    /// Nil when nothing has been removed.
    init?(_ database: any Database, _ hashes: KeyedHashes, _ position: RollupPosition) throws(StoreError) {
        guard let removed = RemovedSessions(position, database) else { return nil }
        borders = try RetentionBorders(database)
        let known = try database.rows(
            "select code, value from dimension_values where dictionary = ?1 order by code",
            [.integer(Int64(Column.Dictionary.site.rawValue))]
        )
        for row in known {
            let code = Int(clamping: row[0].integer ?? 0)
            // Codes are assigned in order; one without a text is that of a site which is not known.
            while sites.count < min(code, Int(UInt16.max)) { sites.append((Rollups.otherSite, 0)) }
            if sites.count == code { sites.append((row[1].text ?? "", 0)) }
        }
        for code in sites.indices { sites[code].border = borders.events(of: sites[code].name) }
        earliest = sites.map(\.border).min() ?? 0
        try findStored(database, hashes, .all, from: 0, to: borders.others, of: nil)
        for (site, border) in borders.own {
            for events in SiteEvents.attributed(to: site) {
                try findStored(database, hashes, events, from: borders.others, to: border, of: site)
            }
        }
        complete.subtract(try removed.among(Array(complete)))
    }

    /// Notes the sessions that have events from a time on and before another one, of the site to which figures attribute them.
    private mutating func findStored(
        _ database: any Database,
        _ hashes: KeyedHashes,
        _ events: SiteEvents,
        from start: Int64,
        to end: Int64,
        of site: String?
    ) throws(StoreError) {
        var cursor: SiteEvents.Cursor?
        if start > 0 { cursor = SiteEvents.Cursor(time: database.dialect.keyOfTime(start * 1_000_000), id: 0) }
        while start < end {
            let rows = try events.rows(
                "\(Rollups.namedSite) as named_site, visitor_id, session_id, \(database.dialect.microseconds("received_at"))",
                database,
                before: end,
                after: cursor,
                limit: Rollups.readMax
            )
            for row in rows where site == nil || haveSameBytes(site, row[2].text ?? "") {
                complete.insert(
                    hashes.sessionKey(site: row[2].text ?? "", visitor: row[3].text ?? "", session: row[4].text ?? "")
                )
                completeFrom = min(completeFrom, (row[5].integer ?? 0) / 1_000_000)
            }
            guard rows.count == Int(Rollups.readMax), let last = rows.last else { return }
            cursor = SiteEvents.Cursor(time: last[1], id: last[0].integer ?? 0)
        }
    }

    /// The site of a code in segments.
    func site(_ code: UInt32) -> String { Int(code) < sites.count ? sites[Int(code)].name : Rollups.otherSite }

    func contains(_ key: UInt64, of site: UInt32, startingAt time: Int64) -> Bool {
        let border = Int(site) < sites.count ? sites[Int(site)].border : borders.events(of: Rollups.otherSite)
        return time < border && !complete.contains(key)
    }

    func contains(_ start: SegmentDecoder.Start) -> Bool {
        contains(start.key, of: start.site, startingAt: start.time)
    }

    /// Whether all sessions of a segment are kept, by its times alone.
    func containsAll(_ info: SegmentInfo) -> Bool {
        info.lastTime < earliest && (complete.isEmpty || info.lastTime < completeFrom)
    }

    /// Whether none of its sessions is kept, by its times alone.
    func containsNone(_ info: SegmentInfo) -> Bool { info.firstTime >= borders.latest }
}
