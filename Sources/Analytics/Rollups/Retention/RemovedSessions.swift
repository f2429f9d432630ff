import Aggregation
import Segments
import Storage

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
/// A session is kept if it began before the border of retention and has no events left. A session whose events are
/// being removed counts as one without events.
struct KeptSessions {
    /// In seconds since 1970.
    let border: Int64
    /// Keys of the sessions with events from before the border that have not been removed.
    private let complete: Set<UInt64>
    /// The time of the first of these events, in seconds since 1970.
    private let completeFrom: Int64

    /// Nil when nothing has been removed.
    init?(_ database: any Database, _ hashes: KeyedHashes, _ position: RollupPosition) throws(StoreError) {
        guard let removed = RemovedSessions(position, database) else { return nil }
        border = position.retainedFrom
        var (found, first): (Set<UInt64>, Int64) = ([], .max)
        try database.stream(
            """
            select \(Rollups.namedSite) as named_site, visitor_id, session_id,
                min(\(database.dialect.microseconds("received_at")))
            from collector_events as own
            where received_at < \(database.dialect.time("?1"))
            group by 1, 2, 3
            """,
            [.integer(position.retainedFrom)],
            milliseconds: Rollups.readMilliseconds
        ) { row in
            found.insert(
                hashes.sessionKey(site: row[0].text ?? "", visitor: row[1].text ?? "", session: row[2].text ?? "")
            )
            first = min(first, (row[3].integer ?? 0) / 1_000_000)
            return true
        }
        complete = found.subtracting(try removed.among(Array(found)))
        completeFrom = first
    }

    func contains(_ key: UInt64, startingAt time: Int64) -> Bool { time < border && !complete.contains(key) }

    /// Whether all sessions of a segment are kept, by its times alone.
    func containsAll(_ info: SegmentInfo) -> Bool {
        info.lastTime < border && (complete.isEmpty || info.lastTime < completeFrom)
    }

    /// Whether none of its sessions is kept, by its times alone.
    func containsNone(_ info: SegmentInfo) -> Bool { info.firstTime >= border }
}
