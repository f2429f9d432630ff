import Aggregation
import Segments
package import Storage
import Texts

/// Removes old events and what belongs to them, in small transactions.
///
/// Figures stay: they are in segments. A removal commits what later events and rebuilds need to leave them alone: the
/// border before which events may be missing, the keys of the removed sessions, and the numbers of their events that
/// delivery reports count. `RollupPosition.retentionStep` makes a removal and a rebuild exclude each other. An instance
/// is used by one thread.
package final class Retention {
    /// Rows read at once of tables that are searched in the order of their keys.
    static let pageRows: Int64 = 1000
    /// Segments changed in one transaction.
    private static let segmentsMax = 8
    /// Seconds for which the keys of removed sessions are kept after the border has passed their removal.
    static let keysSeconds: Int64 = 30 * 86_400

    private let database: any Database
    private let hashes: KeyedHashes
    /// What may be removed; nil without an archive.
    private let archived: ArchivedRows?
    private var cursor: SiteEvents.Cursor?
    private var reportCursor: (pageview: String, visitor: String)?
    /// Segments from which no session has to be removed.
    private var searched: Set<Int64> = []

    /// With an archive, only rows are removed that it has.
    ///
    /// - Throws: `.schema` before the database is migrated.
    package init(_ database: any Database, archived: ArchivedRows? = nil) throws(StoreError) {
        (self.database, self.archived) = (database, archived)
        hashes = try KeyedHashes(database)
    }

    /// What a step did.
    package struct Step: Sendable, Equatable {
        /// Removed rows.
        package var rows = 0
        /// Whether everything has been searched since the first step.
        package var isLast = true
    }

    // MARK: - Events

    /// Removes the oldest sessions that have no event from `time` on (seconds since 1970), with all of their events.
    ///
    /// Steps continue one another until `isLast`. A step may remove nothing although there is more to do, for example
    /// when another process has removed the same events.
    package func removeEvents(before time: Int64, now: Int64) throws(StoreError) -> Step {
        try removeEvents(RemovalPlan.Search(before: time), now: now)
    }

    /// The same for the events of a search.
    func removeEvents(_ search: RemovalPlan.Search, now: Int64) throws(StoreError) -> Step {
        let position = try RollupPosition.read(database)
        let plan = try RemovalPlan(
            database,
            hashes,
            search,
            after: cursor,
            position: position.lastEventID,
            archived: archived
        )
        cursor = plan.next
        guard !plan.ids.isEmpty else { return Step(rows: 0, isLast: plan.next == nil) }
        guard try write(plan, position, now: now) else { return Step(rows: 0, isLast: plan.next == nil) }
        return Step(rows: plan.ids.count, isLast: plan.next == nil)
    }

    /// - Returns: whether the position had not changed since the plan was made.
    private func write(_ plan: RemovalPlan, _ position: RollupPosition, now: Int64) throws(StoreError) -> Bool {
        try database.transaction(
            ifChanged: """
                update insight_position
                set retention_step = retention_step + 1, removed_events = removed_events + ?1,
                    retained_from = case when retained_from < ?2 then ?2 else retained_from end,
                    retained_from_others =
                        case when borders_step = retention_step then retained_from_others else retained_from end,
                    borders_step = retention_step + 1
                where id = 1 and generation = ?3 and retention_step = ?4 and last_event_id >= ?5
                """,
            [
                .integer(Int64(plan.ids.count)), .integer(plan.borders.values.max() ?? 0),
                .integer(position.generation),
                .integer(position.retentionStep), .integer(position.lastEventID),
            ]
        ) { () throws(StoreError) in
            try RetentionBorders.move(plan.borders, database)
            try database.insert(
                "insert into removed_sessions (session_key, removed_at, site)",
                plan.keys.sorted { $0.key < $1.key }.map {
                    [.integer(Int64(bitPattern: $0.key)), .integer(now), .text($0.value)]
                },
                "on conflict (session_key) do nothing"
            )
            try keepDelivery(plan.pageViews)
            try delete("rollup_dead_letters", "event_id", plan.ids)
            try delete("collector_events", "id", plan.ids)
        }
    }

    /// Adds the removed events to the delivery reports of their page views, in the order in which ingest locks them.
    private func keepDelivery(
        _ pageViews: [RemovalPlan.PageView: Int64]
    ) throws(StoreError) {
        func key(_ view: RemovalPlan.PageView) -> (ByteText, ByteText) {
            (ByteText(view.pageviewID), ByteText(view.visitorID))
        }
        let sorted = pageViews.sorted { key($0.key) < key($1.key) }
        for (view, removed) in sorted {
            _ = try database.change(
                "update delivery_reports set removed = removed + ?3 where pageview_id = ?1 and visitor_id = ?2",
                [.text(view.pageviewID), .text(view.visitorID), .integer(removed)]
            )
        }
    }

    private func delete(_ table: String, _ column: String, _ ids: [Int64]) throws(StoreError) {
        try database.delete(table, key: [column], ids.map { [.integer($0)] }, where: "true")
    }

    // MARK: - Other rows

    /// Removes submissions received before a time; those of one step.
    package func removeSubmissions(before time: Int64) throws(StoreError) -> Step {
        let rows = try database.rows(
            """
            select id, \(database.dialect.microseconds("timestamp")) from debug_data
            where timestamp is not null order by id limit ?1
            """,
            [.integer(Self.pageRows)]
        )
        let old = rows.prefix { ($0[1].integer ?? .max) / 1_000_000 < time && isArchived("debug_data", $0[1], $0[0]) }
            .compactMap { $0[0].integer }
        try delete("debug_data", "id", Array(old))
        return Step(rows: old.count, isLast: old.count < Int(Self.pageRows))
    }

    /// Removes delivery reports whose last part came before a time, if the events of their page views have been removed;
    /// those of one step.
    ///
    /// Figures of delivery are computed from the others.
    package func removeDeliveryReports(before time: Int64) throws(StoreError) -> Step {
        let last = database.dialect.microseconds("last_received_at")
        let rows = try database.rows(
            """
            select pageview_id, visitor_id, case when \(last) < \(time * 1_000_000) and not exists (
                select 1 from collector_events as event
                where event.pageview_id = report.pageview_id and event.visitor_id = report.visitor_id
            ) then 1 else 0 end, \(database.dialect.microseconds("first_received_at")), coalesce(revision, 0)
            from delivery_reports as report
            \(reportCursor == nil ? "" : "where (pageview_id, visitor_id) > (?2, ?3)")
            order by pageview_id, visitor_id
            limit ?1
            """,
            [.integer(Self.pageRows)] + (reportCursor.map { [.text($0.pageview), .text($0.visitor)] } ?? [])
        )
        let old = rows.filter { $0[2].integer == 1 && isArchived("delivery_reports", $0[3], $0[4]) }
        try database.delete(
            "delivery_reports",
            key: ["pageview_id", "visitor_id"],
            old.map { [$0[0], $0[1]] },
            where: "true"
        )
        let isLast = rows.count < Int(Self.pageRows)
        reportCursor = isLast ? nil : rows.last.map { ($0[0].text ?? "", $0[1].text ?? "") }
        return Step(rows: old.count, isLast: isLast)
    }

    /// Removes events that the database refused to aggregate before a time, with their dead letters; those of one step.
    package func removeDeadLetters(before time: Int64) throws(StoreError) -> Step {
        let rows = try database.rows(
            "select event_id from rollup_dead_letters where at < ?1 order by event_id limit ?2",
            [.integer(time), .integer(Self.pageRows)]
        )
        let ids = try archivedEvents(rows.compactMap { $0[0].integer })
        let pageViews = try RemovalPlan.pageViews(database, of: ids)
        try database.transaction { () throws(StoreError) in
            try keepDelivery(pageViews)
            try delete("rollup_dead_letters", "event_id", ids)
            try delete("collector_events", "id", ids)
        }
        return Step(rows: ids.count, isLast: ids.count < Int(Self.pageRows))
    }

    /// Removes the keys of sessions that were removed long ago, if their sites have no events of that time.
    package func removeKeys(now: Int64) throws(StoreError) -> Step {
        var step = Step()
        for site in try database.rows(Self.sitesOfKeys).map({ $0[0].text }) {
            // Those that an earlier version has removed may be of any site.
            let oldest =
                if let site {
                    try StoredSites.oldest(database, attributedTo: site)
                } else {
                    try StoredSites.oldest(database, .all)
                }
            let count = try database.change(
                """
                delete from removed_sessions where session_key in (
                    select session_key from removed_sessions
                    where \(site == nil ? "site is null" : "site = ?3") and removed_at < ?1 limit ?2
                )
                """,
                [.integer(min(now, oldest ?? now) - Self.keysSeconds), .integer(Self.pageRows)]
                    + (site.map { [.text($0)] } ?? [])
            )
            step.rows += count
            if count == Int(Self.pageRows) { step.isLast = false }
        }
        return step
    }

    /// The sites of removed sessions: reads one entry of the index for each.
    private static let sitesOfKeys = """
        with recursive names(site) as (
            select site from (select site from removed_sessions where site is not null order by site limit 1) as first
            union all
            select (select own.site from removed_sessions as own where own.site > names.site order by own.site limit 1)
            from names where names.site is not null
        )
        select site from names where site is not null
        union all
        select site from (select site from removed_sessions where site is null limit 1) as former
        """

    // MARK: - Page views

    /// Removes sessions that began before the time of their site from the figures, if their events have been removed; one step.
    package func removePageViews(before times: RemovalTimes) throws(StoreError) -> Step {
        let position = try RollupPosition.read(database)
        guard let latest = times.latest, let kept = try KeptSessions(database, hashes, position) else { return Step() }
        var changes = SegmentChanges()
        var (sessions, borders): (Int, [ByteText: Int64]) = (0, [:])
        let reader = SegmentReader(database)
        let old = try reader.segments(from: .min, to: min(latest, kept.borders.latest))
        for var info in old
        where changes.removed.count + changes.marked.count < Self.segmentsMax && !searched.contains(info.id) {
            let before = info.deadSessions
            try reader.read([info.id], SegmentDecoder.startColumns) { _, columns in
                guard let starts = SegmentDecoder.starts(info, columns) else { return }
                for (row, start) in starts.enumerated() where kept.contains(start) {
                    let site = ByteText(kept.site(start.site))
                    guard let time = times.time(of: site.text), start.time < time, !info.isDead(row) else { continue }
                    info.markDead(row)
                    borders[site] = max(borders[site] ?? 0, start.time + 1)
                }
            }
            guard info.deadSessions > before else {
                searched.insert(info.id)
                continue
            }
            sessions += info.deadSessions - before
            if info.deadSessions == info.sessions {
                changes.removed.append(info.id)
            } else {
                changes.marked.append(info)
            }
        }
        guard sessions > 0 else { return Step() }
        let next = position.moved(
            to: position.lastEventID,
            receivedAt: position.lastReceivedAt,
            lastSegmentID: position.lastSegmentID,
            visitors: position.visitors
        )
        let isOurs = try position.move(database, to: next) { () throws(StoreError) in
            try changes.write(database)
            try RetentionBorders.movePageViews(borders, database)
        }
        return Step(rows: isOurs ? sessions : 0, isLast: false)
    }

    // MARK: - The archive

    private func isArchived(_ table: String, _ microseconds: SQLValue, _ number: SQLValue) -> Bool {
        guard let archived else { return true }
        guard let time = microseconds.integer, let number = number.integer else { return false }
        return archived.contains(table, microseconds: time, number: number)
    }

    /// Those of some events that may be removed.
    private func archivedEvents(_ ids: [Int64]) throws(StoreError) -> [Int64] {
        guard archived != nil, !ids.isEmpty else { return ids }
        let kept = try database.lookup(
            "collector_events",
            key: ["id"],
            ids.map { [.integer($0)] },
            columns: ["id"],
            expressions: [database.dialect.microseconds("own.received_at")]
        ).filter { !isArchived("collector_events", $0[1], $0[0]) }.compactMap { $0[0].integer }
        return ids.filter { !kept.contains($0) }
    }

    // MARK: - The lease

    /// Makes this process the one that removes rows until a time in seconds since 1970, unless another one is.
    ///
    /// - Returns: Whether it is.
    package func acquire(_ holder: String, now: Int64, until: Int64) throws(StoreError) -> Bool {
        try database.change(
            """
            update insight_position
            set retention_holder = ?1, retention_until = ?2
            where id = 1 and (retention_holder is null or retention_holder = ?1 or retention_until < ?3)
            """,
            [.text(holder), .integer(until), .integer(now)]
        ) == 1
    }

    /// Lets another process take over at once.
    package func release(_ holder: String) throws(StoreError) {
        _ = try database.change(
            "update insight_position set retention_holder = null where id = 1 and retention_holder = ?1",
            [.text(holder)]
        )
    }
}
