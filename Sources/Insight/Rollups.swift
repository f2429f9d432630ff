package import Storage
import Telemetry

/// Keeps the rollups equal to the events: reads what has been committed since its position, and writes what follows from it together with
/// the new position, in one transaction.
///
/// Any number of processes may do so for one database: who finds the position moved begins again from there. A portion that the database
/// refuses is halved, down to the one event that it refuses; that one is set aside in the dead letters, and the rollups are those of all others.
package final class Rollups {
    /// Events of one query, and of one transaction at most.
    package static let readMax: Int64 = 2000
    package static let portionMax = 10_000
    /// Milliseconds of one query.
    static let readMilliseconds: Int32 = 600_000

    let database: any Database
    var fold: Fold
    private let names: AdmittedNames
    /// Issues that the owner decided about under a name of the public hash; nil when not looked up yet.
    private var oldDecisions: Set<IssueKey>?
    /// Where the memory of the fold stands; nil when nothing is known.
    private var known: RollupPosition?
    /// Events of the next portion at most: fewer while an event is looked for that cannot be written.
    private var portionLimit = portionMax
    /// What `advance` found last.
    private(set) var progress = Progress()
    private var news = News()

    /// How far the rollups have come.
    struct Progress: Sendable {
        /// The last event that is in the rollups, and the last that can be read.
        var position: Int64 = 0
        var highWaterMark: Int64 = 0
        /// Why the rollups were emptied; nil since they have been complete again.
        var reason: RollupStatus.Reason?
        var deadLetters: Int64 = 0
        var isBehind: Bool { position < highWaterMark }
    }

    /// What an operator should know of.
    struct News: Sendable {
        /// Events that were set aside, and the last of them.
        var setAside = 0
        var last: (id: Int64, reason: String)?
        /// Whether the rollups were emptied because the events had been replaced.
        var wereReplaced = false
    }

    /// - Throws: what reading the store's secret throws; `.schema` before it is migrated.
    package init(_ database: any Database) throws(StoreError) {
        self.database = database
        names = AdmittedNames(database)
        fold = Fold(hashes: try KeyedHashes(database))
        fold.names = names
    }

    /// The last event that is in the rollups.
    package func lastEventID() throws(StoreError) -> Int64 { try RollupPosition.read(database).lastEventID }

    /// Hands over what has happened since the last call.
    func takeNews() -> News {
        defer { news = News() }
        return news
    }

    // MARK: - Portions

    /// Takes in one portion of what has been committed.
    ///
    /// Gives how many events were taken in or set aside: 0 when there is nothing new, or another process was quicker.
    package func advance(
        limit: Int = portionMax,
        while isNeeded: () -> Bool = { true }
    ) throws(StoreError) -> Int {
        while true {
            let start = try startingPosition()
            let end = try database.settledEventID()
            progress.position = start.lastEventID
            progress.highWaterMark = max(end, start.lastEventID)
            progress.reason = start.reason
            guard end > start.lastEventID else {
                try finish(start)
                return 0
            }
            let limit = min(limit, portionLimit)
            do throws(StoreError) {
                let count = try takeIn(from: start, to: end, limit: limit, while: isNeeded)
                if count > 0 { portionLimit = min(Self.portionMax, portionLimit * 2) }
                if !progress.isBehind { try finish(start) }
                return count
            } catch {
                // What was added up is in no table; the next portion begins from the position that is.
                undo()
                guard case .refused(let reason) = error else {
                    known = nil
                    throw error
                }
                guard limit <= 1 else {
                    portionLimit = limit / 2
                    continue
                }
                return try setAside(after: start, to: end, reason: reason)
            }
        }
    }

    /// The position, after the rollups were emptied if they are those of other events.
    private func startingPosition() throws(StoreError) -> RollupPosition {
        var start = try RollupPosition.read(database)
        if try start.isOfOtherEvents(database) {
            try start.clear(database, reason: .rebuild)
            news.wereReplaced = true
            start = try RollupPosition.read(database)
        }
        if known?.lastEventID != start.lastEventID || known?.generation != start.generation {
            undo()
            names.forget()
            progress.deadLetters = try RollupPosition.deadLettersListed(database) + start.deadLettersUnlisted
            known = start
        }
        return start
    }

    private func finish(_ position: RollupPosition) throws(StoreError) {
        try position.complete(database)
        progress.reason = nil
    }

    /// Forgets what was added up and not written, and the memory of earlier events.
    private func undo() {
        fold.reset()
        names.undo()
    }

    private func takeIn(
        from start: RollupPosition,
        to end: Int64,
        limit: Int,
        while isNeeded: () -> Bool
    ) throws(StoreError) -> Int {
        let last = try read(from: start.lastEventID, to: end, limit: limit, while: isNeeded)
        guard isNeeded() else {
            undo()
            return 0
        }
        let (count, changes) = (fold.eventsCount, fold.take())
        let isOurs = try start.move(database, to: last.id, receivedAt: last.receivedAt) { () throws(StoreError) in
            try RollupWriter(database: database, names: names).write(changes)
            try keepDecisions(changes.issues)
        }
        guard isOurs else {
            undo()
            known = nil
            return 0
        }
        names.keep()
        known = start.moved(to: last.id)
        progress.position = last.id
        return count
    }

    /// Writes what was added up, without a position.
    func write() throws(StoreError) {
        try RollupWriter(database: database, names: names).write(fold.take())
        names.keep()
    }

    /// Passes over the first event after the position, which the database refuses.
    private func setAside(
        after start: RollupPosition,
        to end: Int64,
        reason: String
    ) throws(StoreError) -> Int {
        let row = try database.rows(
            "select min(id) from collector_events where id > ?1 and id <= ?2",
            [.integer(start.lastEventID), .integer(end)]
        ).first
        // Without an event it is the position that cannot be written.
        guard let id = row?[0].integer else { throw .unavailable(reason: reason) }
        let now = WallClock.microseconds() / 1_000_000
        guard try start.setAside(database, event: id, reason: reason, at: now) else { return 0 }
        known = start.moved(to: id)
        progress.position = id
        progress.deadLetters += 1
        news.setAside += 1
        news.last = (id, reason)
        return 1
    }

    // MARK: - Reading

    /// - Returns: the last event that was read, or `to` when there is none left before it.
    func read(
        from start: Int64,
        to end: Int64,
        limit: Int,
        while isNeeded: () -> Bool = { true }
    ) throws(StoreError) -> (id: Int64, receivedAt: Int64?) {
        let columns = StoredEvent.columns(database.dialect)
        var last: (id: Int64, receivedAt: Int64?) = (start, nil)
        repeat {
            let rowsMax = min(Self.readMax, Int64(limit - fold.eventsCount))
            let read = try database.bounded(
                """
                select \(columns)
                from (
                    select * from collector_events
                    where id > ?1 and id <= ?2 and id not in (select event_id from rollup_dead_letters)
                    order by id
                ) as found
                order by id
                """,
                [.integer(last.id), .integer(end)],
                limit: rowsMax,
                milliseconds: Self.readMilliseconds
            )
            let events = read.rows.compactMap { StoredEvent($0) }.map { named($0, isNew: true) }
            try recall(events, before: last.id)
            for event in events { fold.add(event) }
            try names.check()
            if let row = read.rows.last, let id = row[0].integer { last = (id, row[1].integer) }
            if !read.isCut { last = (end, last.id == end ? last.receivedAt : nil) }
        } while last.id < end && isNeeded() && fold.eventsCount < limit && !fold.isLarge
        return last
    }

    /// The event under the site that it counts for.
    private func named(_ event: StoredEvent, isNew: Bool) -> StoredEvent {
        var event = event
        event.site = names.site(event.site, of: event.id, seconds: event.seconds, isNew: isNew)
        return event
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
                    and id not in (select event_id from rollup_dead_letters)
                order by id
                """,
                [.integer(last)] + names,
                milliseconds: Self.readMilliseconds
            ) { row in
                if let event = StoredEvent(row) { fold.recall(named(event, isNew: false), .view) }
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
                        and id not in (select event_id from rollup_dead_letters)
                ) as earlier
                where place <= 2 or place_from_end = 1
                order by id
                """,
                [.integer(last)] + names,
                milliseconds: Self.readMilliseconds
            ) { row in
                if let event = StoredEvent(row) { fold.recall(named(event, isNew: false), .session) }
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
}
