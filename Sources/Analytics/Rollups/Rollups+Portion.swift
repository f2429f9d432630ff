import Crypto
import Segments
import Storage
import Aggregation

/// A portion of events, aggregated into the sessions that it touches.
struct Portion {
    var last: (id: Int64, receivedAt: Int64?)
    var events = 0
    var sessions: [SessionID: CachedSession] = [:]
    /// Approximate size of the session states in bytes.
    var bytes = 0
    var changes = SegmentChanges()
    var issues: [IssueKey: IssueChange] = [:]
    var releases = ReleaseChanges()
    var fingerprints: [FingerprintReading] = []
    /// Events of removed sessions, which do not count; without those that were counted as such before.
    var lateEvents: Int64 = 0

    /// Limit of session states that one portion holds in memory, in bytes.
    static let bytesMax = 128 << 20
}

extension Rollups {
    func takeIn(
        from start: RollupPosition,
        to end: Int64,
        limit: Int,
        while isNeeded: () -> Bool
    ) throws(StoreError) -> Int {
        let portion = try read(from: start.lastEventID, to: end, limit: limit, while: isNeeded)
        guard isNeeded() else {
            undo()
            return 0
        }
        let rows = try finish(portion, after: start.lastSegmentID)
        let next = start.moved(
            to: portion.last.id,
            receivedAt: portion.last.receivedAt,
            lastSegmentID: rows.changes.added.last?.info.id ?? start.lastSegmentID,
            visitors: visitors.count
        )
        let isOurs = try start.move(database, to: next, lateEvents: rows.lateEvents) { () throws(StoreError) in
            try write(rows)
            try keepDecisions(rows.issues.mapValues(\.description.formerIDs))
        }
        guard isOurs else {
            undo()
            known = nil
            return 0
        }
        keep(rows)
        known = next
        progress.position = next.lastEventID
        return portion.events
    }

    /// Reverts a portion that was not written; sessions it took out of the cache are read again.
    func undo() {
        names.undo()
        visitors.undo()
        aggregator.dictionaries.undo()
        (aggregator.issues, aggregator.fingerprints, aggregator.isReplaying) = ([:], [], false)
        ownersIssues = nil
    }

    func write(_ portion: Portion) throws(StoreError) {
        try portion.changes.write(database)
        try database.insert(
            "insert into dimension_values (dictionary, code, value, site, day, event_id)",
            aggregator.dictionaries.pending.map {
                [
                    .integer(Int64($0.dictionary.rawValue)), .integer(Int64($0.code)), .text($0.text),
                    .integer(Int64($0.site)), .integer($0.day), .integer($0.eventID),
                ]
            }
        )
        try visitors.write()
        try IssueWriter(database: database).write(portion.issues)
        try ReleaseWriter(database: database, dictionaries: aggregator.dictionaries).write(portion.releases)
        try FingerprintWriter(database: database, names: names).write(portion.fingerprints)
        try names.write()
    }

    func keep(_ portion: Portion) {
        aggregator.dictionaries.keep()
        visitors.keep()
        names.keep()
        store.apply(portion.changes)
        for (id, session) in portion.sessions { sessions.put(id, session) }
    }

    // MARK: - Events

    /// Reads events and adds them to their sessions, up to the limits of a portion.
    func read(
        from start: Int64,
        to end: Int64,
        limit: Int,
        while isNeeded: () -> Bool = { true }
    ) throws(StoreError) -> Portion {
        var portion = Portion(last: (start, nil))
        let columns = StoredEvent.columns(database.dialect)
        repeat {
            if let handed = try handedOver(after: portion.last.id, through: end, limit: limit - portion.events) {
                let events = handed.map { named($0, isNew: true) }
                let added = try add(events, before: start, to: &portion)
                portion.events += added
                try names.check()
                giveBack(handed[added...])
                portion.last = (events[added - 1].id, events[added - 1].receivedAt)
                continue
            }
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
                [.integer(portion.last.id), .integer(end)],
                limit: min(Self.readMax, Int64(limit - portion.events)),
                milliseconds: Self.readMilliseconds
            )
            let events = read.rows.compactMap { row in StoredEvent(row).map { named($0, isNew: true) } }
            let added = try add(events, before: start, to: &portion)
            portion.events += added
            try names.check()
            let isWhole = added == events.count
            let last = isWhole ? read.rows.last : read.rows.first { $0[0].integer == events[added - 1].id }
            if let last, let id = last[0].integer { portion.last = (id, last[1].integer) }
            if isWhole, !read.isCut { portion.last = (end, portion.last.id == end ? portion.last.receivedAt : nil) }
        } while portion.last.id < end && isNeeded() && portion.events < limit && portion.bytes < Portion.bytesMax
        return portion
    }

    // MARK: - Rows

    /// Encodes the changed sessions of a portion as segments and marks the rows that they replace as dead.
    func finish(_ read: Portion, after lastSegmentID: Int64) throws(StoreError) -> Portion {
        var portion = read
        let changed = portion.sessions.filter { $0.value.hasChanged || !$0.value.isWritten }
        let old = changed.values.filter(\.isWritten)
        let positions = try store.find(old.map { ($0.key, $0.first, $0.last) })
        store.markDead(Array(positions.values), in: &portion.changes)
        // Assign numbers in the order of first events, so that they do not depend on the portions.
        let order = changed.filter { $0.value.visitor == nil }
            .map { (id: $0.key, first: $0.value.state.records.first?.id ?? 0) }
            .sorted { $0.first < $1.first }
        let hashes = order.map { aggregator.hashes.visitors.hash($0.id.visitorID) }
        let numbers = try visitors.numbers(of: hashes)
        for (one, hash) in zip(order, hashes) { portion.sessions[one.id]?.visitor = numbers[hash] }
        var rows: [SessionRow] = []
        for id in changed.keys {
            guard let session = portion.sessions[id] else { continue }
            let row = session.state.row(key: session.key, visitor: session.visitor ?? 0)
            guard !row.pageViews.isEmpty else { continue }
            rows.append(row)
            portion.releases.add(row, site: id.site)
            portion.sessions[id]?.note(row)
        }
        portion.changes.added = SegmentStore.encode(rows, after: lastSegmentID)
        (portion.issues, portion.fingerprints) = (aggregator.issues, aggregator.fingerprints)
        (aggregator.issues, aggregator.fingerprints) = ([:], [])
        return portion
    }
}
