import Aggregation
import Storage
import Texts

/// The events that one step of retention removes: those of sessions that are over, oldest first.
///
/// Whole sessions are removed, so that a session has either all of its events or none: then later events cannot change
/// the figures that it leaves behind.
struct RemovalPlan {
    /// Limit of events among which sessions are searched, and of rows that are removed in one transaction.
    static let searchedMax: Int64 = 300
    static let rowsMax = 1500
    /// Seconds by which an active session may delay its removal: a sender could otherwise prevent it forever.
    static let spareSeconds: Int64 = 86_400

    /// A page view with removed events.
    struct PageView: Hashable {
        @ByteText var pageviewID: String
        @ByteText var visitorID: String
    }

    /// Which events are searched, and the times before which they are removed.
    struct Search {
        var events = SiteEvents.all
        var times: RemovalTimes
        /// The time up to which events are searched, in seconds since 1970.
        var end: Int64

        /// All events from before a time.
        init(before time: Int64) { (times, end) = (RemovalTimes(time), time) }

        /// Those of a site from before a time.
        init(_ site: String?, before end: Int64, _ times: RemovalTimes) {
            (events, self.end, self.times) = (.site(site), end, times)
        }
    }

    var ids: [Int64] = []
    /// The keys of the removed sessions, with their sites.
    var keys: [UInt64: String] = [:]
    /// The number of removed events with a `seq`, which delivery reports count.
    var pageViews: [PageView: Int64] = [:]
    /// The end of the last second of removed events by site, in seconds since 1970.
    var borders: [ByteText: Int64] = [:]
    /// Nil when all events before the time have been searched.
    var next: SiteEvents.Cursor?

    /// Finds the next sessions without an event from the time of their site on.
    ///
    /// Sessions with events after `position`, the last aggregated one, are left alone, and with an archive, those with an event
    /// that it does not have.
    init(
        _ database: any Database,
        _ hashes: KeyedHashes,
        _ search: Search,
        after cursor: SiteEvents.Cursor?,
        position: Int64,
        archived: ArchivedRows? = nil
    ) throws(StoreError) {
        let oldest = try search.events.rows(
            "session_id, visitor_id",
            database,
            before: search.end,
            after: cursor,
            through: position,
            limit: Self.searchedMax
        )
        if oldest.count == Int(Self.searchedMax), let last = oldest.last {
            next = SiteEvents.Cursor(time: last[1], id: last[0].integer ?? 0)
        }
        let sessions = Set(oldest.compactMap { $0[2].text.map { ByteText($0) } })
        guard !sessions.isEmpty else { return }
        let visitors = Set(oldest.compactMap { $0[3].text.map { ByteText($0) } })
        let rows = try Self.rows(database, sessions.sorted().map(\.text), visitors.sorted().map(\.text))
        let isCut = rows.count > Self.rowsMax
        var groups = Self.groups(rows.prefix(Self.rowsMax))
        // The last session may have more events; if it is the only one, it is removed in parts.
        let last = groups.last?.session
        let isLast = { (group: Group) in
            haveSameBytes(group.session.sessionID, last?.sessionID)
                && haveSameBytes(group.session.visitorID, last?.visitorID)
        }
        let isGiant = isCut && groups.allSatisfy(isLast)
        if isCut, !isGiant { groups.removeAll(where: isLast) }
        for group in groups {
            guard let time = search.times.time(of: group.session.site),
                isGiant ? group.begins(before: time) : group.isOver(before: time, position: position),
                group.isIn(archived, through: position)
            else { continue }
            add(group, hashes, before: time, position)
        }
    }

    private struct Event {
        var id: Int64
        var time: Int64
        var pageviewID: String
        var isNumbered: Bool
    }

    private struct Group {
        var session: SessionID
        var events: [Event] = []

        func isOver(before time: Int64, position: Int64) -> Bool {
            guard events.allSatisfy({ $0.id <= position }) else { return false }
            let times = events.map { $0.time / 1_000_000 }
            guard let first = times.min(), let last = times.max() else { return false }
            return last < time || first < time - RemovalPlan.spareSeconds
        }

        func begins(before time: Int64) -> Bool { events.contains { $0.time / 1_000_000 < time } }

        /// Whether an archive has the events that would be removed; true without an archive.
        func isIn(_ archived: ArchivedRows?, through position: Int64) -> Bool {
            guard let archived else { return true }
            return events.allSatisfy {
                $0.id > position || archived.contains("collector_events", microseconds: $0.time, number: $0.id)
            }
        }
    }

    /// The events of these visitors in sessions of these ids: other visitors may have sessions of the same ids.
    private static func rows(
        _ database: any Database,
        _ sessions: [String],
        _ visitors: [String]
    ) throws(StoreError) -> [[SQLValue]] {
        let (ids, owners) = (
            database.padded(sessions.map { .text($0) }), database.padded(visitors.map { .text($0) })
        )
        func names(_ first: Int, _ count: Int) -> String {
            (first..<first + count).map { "?\($0)" }.joined(separator: ", ")
        }
        return try database.rows(
            """
            select id, \(database.dialect.microseconds("received_at")), \(Rollups.namedSite) as named_site, visitor_id,
                session_id, pageview_id, seq
            from collector_events as own
            where session_id in (\(names(2, ids.count))) and visitor_id in (\(names(2 + ids.count, owners.count)))
            order by session_id, visitor_id, id
            limit ?1
            """,
            [.integer(Int64(rowsMax + 1))] + ids + owners
        )
    }

    /// Sessions in the order of the rows; those of one visitor on several sites are adjacent.
    private static func groups(_ rows: some Sequence<[SQLValue]>) -> [Group] {
        var groups: [Group] = []
        var indexes: [SessionID: Int] = [:]
        for row in rows {
            let session = SessionID(site: row[2].text ?? "", visitorID: row[3].text ?? "", sessionID: row[4].text ?? "")
            if indexes[session] == nil {
                indexes[session] = groups.count
                groups.append(Group(session: session))
            }
            let event = Event(
                id: row[0].integer ?? 0,
                time: row[1].integer ?? 0,
                pageviewID: row[5].text ?? "",
                isNumbered: row[6].integer ?? 0 > 0
            )
            groups[indexes[session] ?? 0].events.append(event)
        }
        return groups
    }

    private mutating func add(_ group: Group, _ hashes: KeyedHashes, before time: Int64, _ position: Int64) {
        let site = group.session.site
        keys[hashes.sessionKey(group.session)] = site
        for event in group.events where event.id <= position {
            ids.append(event.id)
            let second = event.time / 1_000_000
            if second < time { borders[ByteText(site)] = max(borders[ByteText(site)] ?? 0, second + 1) }
            let view = PageView(pageviewID: event.pageviewID, visitorID: group.session.visitorID)
            pageViews[view, default: 0] += event.isNumbered ? 1 : 0
        }
    }

    /// The number of events with a `seq` by page view, of events with these ids.
    static func pageViews(_ database: any Database, of ids: [Int64]) throws(StoreError) -> [PageView: Int64] {
        guard !ids.isEmpty else { return [:] }
        let values = database.padded(ids.map { .integer($0) })
        let names = (1...values.count).map { "?\($0)" }.joined(separator: ", ")
        let rows = try database.rows(
            "select pageview_id, visitor_id, seq from collector_events where id in (\(names))",
            values
        )
        var found: [PageView: Int64] = [:]
        for row in rows {
            let view = PageView(pageviewID: row[0].text ?? "", visitorID: row[1].text ?? "")
            found[view, default: 0] += row[2].integer ?? 0 > 0 ? 1 : 0
        }
        return found
    }
}
