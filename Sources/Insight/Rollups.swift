package import Storage

/// Keeps the rollups equal to the events: reads what has been committed since its position, and writes what follows from it together with
/// the new position, in one transaction.
///
/// Any number of processes may do so for one database: who finds the position moved begins again from there.
package final class Rollups {
    /// Events of one query, and of one transaction at most.
    package static let readMax: Int64 = 2000
    package static let portionMax = 10_000
    /// Milliseconds of one query.
    static let readMilliseconds: Int32 = 600_000

    private let database: any Database
    private var fold: Fold
    /// Issues that the owner decided about under a name of the public hash; nil when not looked up yet.
    private var oldDecisions: Set<IssueKey>?
    /// Where the memory of the fold stands; nil when nothing is known.
    private var position: Int64?

    /// - Throws: what reading the store's secret throws; `.schema` before it is migrated.
    package init(_ database: any Database) throws(StoreError) {
        self.database = database
        fold = Fold(hashes: try KeyedHashes(database))
    }

    /// The last event that is in the rollups.
    package func lastEventID() throws(StoreError) -> Int64 {
        let row = try database.rows("select last_event_id from insight_position where id = 1").first
        guard let id = row?.first?.integer else { throw .schema(reason: "the table insight_position is empty") }
        return id
    }

    /// Takes in one portion of what has been committed.
    ///
    /// Gives how many events were taken in: 0 when there is nothing new, or another process was quicker.
    package func advance(
        limit: Int = portionMax,
        while isNeeded: () -> Bool = { true }
    ) throws(StoreError) -> Int {
        let start = try lastEventID()
        if position != start {
            fold.reset()
            position = start
        }
        let end = try database.settledEventID()
        guard end > start else { return 0 }
        do {
            let last = try read(from: start, to: end, limit: limit, while: isNeeded)
            guard isNeeded() else {
                position = nil
                return 0
            }
            let (count, changes) = (fold.eventsCount, fold.take())
            let isOurs = try database.transaction(
                ifChanged: "update insight_position set last_event_id = ?1 where id = 1 and last_event_id = ?2",
                [.integer(last), .integer(start)]
            ) { () throws(StoreError) in
                try RollupWriter(database: database).write(changes)
                try keepDecisions(changes.issues)
            }
            guard isOurs else {
                position = nil
                return 0
            }
            position = last
            return count
        } catch {
            // What was added up is in no table; the next call begins from the position that is.
            position = nil
            throw error
        }
    }

    /// - Returns: the id of the last event that was read, or `to` when there is none left before it.
    private func read(
        from start: Int64,
        to end: Int64,
        limit: Int,
        while isNeeded: () -> Bool = { true }
    ) throws(StoreError) -> Int64 {
        let columns = StoredEvent.columns(database.dialect)
        var last = start
        repeat {
            let read = try database.bounded(
                """
                select \(columns)
                from (select * from collector_events where id > ?1 and id <= ?2 order by id) as found order by id
                """,
                [.integer(last), .integer(end)],
                limit: Self.readMax,
                milliseconds: Self.readMilliseconds
            )
            let events = read.rows.compactMap { StoredEvent($0) }
            try recall(events, before: last)
            for event in events { fold.add(event) }
            last = events.last?.id ?? end
            if !read.isCut { last = end }
        } while last < end && isNeeded() && fold.eventsCount + Int(Self.readMax) <= limit
        return last
    }

    /// Reads what came before of page views and sessions that are not remembered.
    private func recall(_ events: [StoredEvent], before last: Int64) throws(StoreError) {
        var (views, sessions): (Set<String>, Set<String>) = ([], [])
        for event in events {
            if !fold.views.has(event.pageviewID) { views.insert(event.pageviewID) }
            if event.type == "pageview", !fold.sessions.has(event.sessionID) { sessions.insert(event.sessionID) }
        }
        let columns = StoredEvent.columns(database.dialect)
        try each(Array(views)) { names, places throws(StoreError) in
            try database.stream(
                """
                select \(columns) from collector_events
                where pageview_id in (\(places)) and event_type in ('pageview', 'webvitals', 'engagement') and id <= ?1
                order by id
                """,
                [.integer(last)] + names,
                milliseconds: Self.readMilliseconds
            ) { row in
                if let event = StoredEvent(row) { fold.recall(event, .view) }
                return true
            }
        }
        // Of a session the first two page views tell how it began and whether it went on, the last one where it ended.
        try each(Array(sessions)) { names, places throws(StoreError) in
            try database.stream(
                """
                select \(columns)
                from (
                    select *, row_number() over (partition by session_id order by id) as place,
                        row_number() over (partition by session_id order by id desc) as place_from_end
                    from collector_events
                    where session_id in (\(places)) and event_type = 'pageview' and id <= ?1
                ) as earlier
                where place <= 2 or place_from_end = 1
                order by id
                """,
                [.integer(last)] + names,
                milliseconds: Self.readMilliseconds
            ) { row in
                if let event = StoredEvent(row) { fold.recall(event, .session) }
                return true
            }
        }
    }

    private static let namesMax = 256

    private func each(
        _ names: [String],
        _ body: ([SQLValue], String) throws(StoreError) -> Void
    ) throws(StoreError) {
        for start in stride(from: 0, to: names.count, by: Self.namesMax) {
            let part = database.padded(names[start..<min(start + Self.namesMax, names.count)].map { .text($0) })
            try body(part, (2..<2 + part.count).map { "?\($0)" }.joined(separator: ", "))
        }
    }

    /// Files what the owner has decided about issues under their keyed names, when it is still filed under the public ones.
    private func keepDecisions(_ issues: [IssueKey: IssueChange]) throws(StoreError) {
        let decided: Set<IssueKey>
        if let oldDecisions {
            decided = oldDecisions
        } else {
            let rows = try database.rows("select site, issue from insight_issue_states")
            decided = Set(rows.map { IssueKey(site: $0[0].text ?? "", issue: $0[1].text ?? "") })
            oldDecisions = decided
        }
        guard !decided.isEmpty else { return }
        for (key, change) in issues {
            let old = change.description.publicID
            guard decided.contains(IssueKey(site: key.site, issue: old)) else { continue }
            _ = try database.change(
                """
                update insight_issue_states set issue = ?1 where site = ?2 and issue = ?3
                    and not exists (select 1 from insight_issue_states as kept where kept.site = ?2 and kept.issue = ?1)
                """,
                [.text(key.issue), .text(key.site), .text(old)]
            )
        }
    }

    // MARK: - Anew, and checked

    /// Empties the rollups, so that `advance` makes them anew.
    package func clear() throws(StoreError) {
        try database.transaction { () throws(StoreError) in
            _ = try database.change("update insight_position set last_event_id = 0 where id = 1")
            for table in RollupWriter.tables { _ = try database.change("delete from \(table)") }
        }
        position = nil
    }

    /// Makes the rollups once more from the events, beside those that there are, and compares; `progress` is told how many have been read.
    ///
    /// Gives rows that there are and should not be, or the other way round, by table; nothing when all is well.
    package func differences(
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> [(table: String, wrong: Int64, missing: Int64)] {
        var result: [(table: String, wrong: Int64, missing: Int64)] = []
        try database.snapshot { () throws(StoreError) in
            let end = try lastEventID()
            let lasting = try database.shadow(RollupWriter.tables)
            fold.reset()
            var last: Int64 = 0
            var count: Int64 = 0
            while last < end {
                last = try read(from: last, to: end, limit: Self.portionMax)
                count += Int64(fold.eventsCount)
                try RollupWriter(database: database).write(fold.take())
                progress(count)
            }
            for table in RollupWriter.tables {
                func count(_ first: String, _ second: String) throws(StoreError) -> Int64 {
                    try database.rows(
                        "select count(*) from (select * from \(first) except select * from \(second)) as difference"
                    ).first?.first?.integer ?? 0
                }
                let wrong = try count(lasting + table, table)
                let missing = try count(table, lasting + table)
                if wrong + missing > 0 { result.append((table, wrong, missing)) }
            }
        }
        position = nil
        return result
    }
}
