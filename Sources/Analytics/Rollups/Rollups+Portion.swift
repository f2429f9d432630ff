import Crypto
import Events
import Segments
import Storage
import Aggregation
import Texts

/// A portion of events, aggregated into the sessions that it touches.
struct Portion {
    var last: (id: Int64, receivedAt: Int64?)
    var events = 0
    var sessions: [CachedSession] = []
    /// Indices of `sessions`.
    private(set) var numbers: [SessionID: Int] = [:]
    /// Page views whose delivery may have changed.
    var touched: [PageViewKey: TouchedPageView] = [:]
    /// Approximate size of the session states in bytes.
    var bytes = 0
    var changes = SegmentChanges()
    var issues: [IssueKey: IssueChange] = [:]
    var releases = ReleaseChanges()
    var fingerprints: [FingerprintReading] = []
    /// The numbers of their visitors, by id.
    var fingerprintVisitors: [ByteText: UInt32] = [:]
    /// Events of removed sessions, which do not count; without those that were counted as such before.
    var lateEvents: Int64 = 0

    /// Limit of session states that one portion holds in memory, in bytes.
    static let bytesMax = 128 << 20

    /// Adds a session that the portion does not have.
    ///
    /// - Returns: its index in `sessions`.
    mutating func append(_ session: CachedSession) -> Int {
        numbers[session.state.id] = sessions.count
        bytes += session.state.size
        sessions.append(session)
        return sessions.count - 1
    }

    /// Discards the state of a session whose events have been removed.
    mutating func discard(_ number: Int) {
        let state = sessions[number].state
        sessions[number].state = SessionState(state.id)
        sessions[number].isRemoved = true
        bytes += sessions[number].state.size - state.size
    }
}

extension Rollups {
    func takeIn(
        from start: RollupPosition,
        to end: Int64,
        limit: Int,
        while isNeeded: () -> Bool
    ) throws(StoreError) -> Int {
        var portion = try read(from: start.lastEventID, to: end, limit: limit, while: isNeeded)
        guard isNeeded() else {
            undo()
            return 0
        }
        try finish(&portion, after: start.lastSegmentID)
        let next = start.moved(
            to: portion.last.id,
            receivedAt: portion.last.receivedAt,
            lastSegmentID: portion.changes.added.last?.info.id ?? start.lastSegmentID,
            visitors: visitors.count
        )
        let isOurs = try start.move(database, to: next, lateEvents: portion.lateEvents) { () throws(StoreError) in
            try write(portion)
            try keepDecisions(portion.issues.mapValues(\.description.formerIDs))
        }
        guard isOurs else {
            undo()
            known = nil
            return 0
        }
        keep(portion)
        known = next
        progress.position = next.lastEventID
        // A portion may have delivery reports only.
        return max(1, portion.events)
    }

    /// Reverts a portion that was not written; sessions it took out of the cache are read again.
    func undo() {
        names.undo()
        visitors.undo()
        aggregator.undo()
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
        try IssueWriter(database: database, dictionaries: aggregator.dictionaries)
            .write(portion.issues, humans: portion.releases.humanIssues)
        try ReleaseWriter(database: database, dictionaries: aggregator.dictionaries).write(portion.releases)
        try writeFingerprints(portion)
        try names.write()
    }

    private func writeFingerprints(_ portion: Portion) throws(StoreError) {
        guard !portion.fingerprints.isEmpty else { return }
        let blocks = FingerprintBlocks(database: database, limits: fingerprintLimits)
        if uncheckedFingerprints >= fingerprintLimits.unchecked {
            try blocks.fold(visitors: visitors.count)
            uncheckedFingerprints = 0
        }
        let writer = FingerprintWriter(database: database, names: names, visitors: portion.fingerprintVisitors)
        let changes = try writer.write(portion.fingerprints)
        try blocks.write(changes)
        uncheckedFingerprints += changes.count
    }

    func keep(_ portion: Portion) {
        aggregator.dictionaries.keep()
        visitors.keep()
        names.keep()
        store.apply(portion.changes)
        // Whether a session is removed is looked up again for the next portion.
        for session in portion.sessions where !session.isRemoved { sessions.put(session.state.id, session) }
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
        let end = try reportsEnd(after: start, through: end)
        repeat {
            if let handed = try handedOver(after: portion.last.id, through: end, limit: limit - portion.events) {
                var events = handed
                for index in events.indices { name(&events[index], isNew: true) }
                let added = try add(events, before: start, to: &portion)
                portion.events += added
                try names.check()
                giveBack(handed[added...])
                portion.last = (events[added - 1].id, events[added - 1].receivedAt)
                continue
            }
            var chunk = try chunk(
                after: portion.last.id,
                through: end,
                limit: limit - portion.events,
                isLarge: limit >= Self.rebuildPortionMax
            )
            for index in chunk.events.indices { name(&chunk.events[index], isNew: true) }
            let added = try add(chunk.events, before: start, to: &portion)
            portion.events += added
            try names.check()
            let isWhole = added == chunk.events.count
            let last = isWhole ? chunk.rows.last : chunk.rows.first { $0.id == chunk.events[added - 1].id }
            if let last { portion.last = last }
            if isWhole, let end = chunk.end {
                portion.last = (end, portion.last.id == end ? portion.last.receivedAt : nil)
            }
        } while portion.last.id < end && isNeeded() && portion.events < limit && portion.bytes < Portion.bytesMax
        if isNeeded() { try updateDelivery(&portion, after: start) }
        return portion
    }

    /// Reads the next events; those of a large portion in advance, if there is a connection for it.
    private func chunk(
        after last: Int64,
        through end: Int64,
        limit: Int,
        isLarge: Bool
    ) throws(StoreError) -> EventChunk {
        guard let ahead, isLarge else { return try EventChunk(database, after: last, through: end, limit: limit) }
        if reading?.after != last { stopReading() }
        let events = reading?.events ?? ReadAhead(ahead, after: last, through: end)
        reading = nil
        do throws(StoreError) {
            let chunk = try events.next()
            if chunk.end == nil { reading = (events, chunk.next(after: last)) } else { events.stop() }
            return chunk
        } catch {
            events.stop()
            throw error
        }
    }

    /// Discards events that were read in advance.
    func stopReading() {
        reading?.events.stop()
        reading = nil
    }

    // MARK: - Rows

    /// Encodes the changed sessions of a portion as segments and marks the rows that they replace as dead.
    func finish(_ portion: inout Portion, after lastSegmentID: Int64) throws(StoreError) {
        // A session without events was looked up for a delivery report.
        let changed = portion.sessions.indices.filter {
            portion.sessions[$0].needsWriting && !portion.sessions[$0].state.records.isEmpty
        }
        let old = changed.filter { portion.sessions[$0].isWritten }
        let positions = try store.find(
            old.map { (portion.sessions[$0].key, portion.sessions[$0].first, portion.sessions[$0].last) }
        )
        store.markDead(Array(positions.values), in: &portion.changes)
        // Assign numbers in the order of first events, so that they do not depend on the portions.
        for index in changed where portion.sessions[index].state.id.visitorID == anonymousVisitor {
            portion.sessions[index].visitor = VisitorBits.anonymousNumber
        }
        let order = changed.filter { portion.sessions[$0].visitor == nil }
            .map { (index: $0, first: portion.sessions[$0].state.records.first?.id ?? 0) }
            .sorted { $0.first < $1.first }
        let hashes = order.map { aggregator.hashes.visitors.hash(portion.sessions[$0.index].state.id.visitorID) }
        let numbers = try visitors.numbers(of: hashes)
        for (one, hash) in zip(order, hashes) { portion.sessions[one.index].visitor = numbers[hash] }
        var rows: [SessionRow] = []
        for index in changed {
            let row = portion.sessions[index].row()
            guard !row.pageViews.isEmpty else { continue }
            rows.append(row)
            let state = portion.sessions[index].state
            portion.releases.add(row, site: state.id.site, isHuman: state.hasHumanAgent)
            portion.sessions[index].note(row)
        }
        portion.changes.added = SegmentStore.encode(rows, after: lastSegmentID)
        (portion.issues, portion.fingerprints) = (aggregator.issues, aggregator.fingerprints)
        (aggregator.issues, aggregator.fingerprints) = ([:], [])
        try numberFingerprints(&portion)
    }

    /// Finds the numbers of the visitors with fingerprints, which mostly have one by their sessions.
    private func numberFingerprints(_ portion: inout Portion) throws(StoreError) {
        let ids = portion.fingerprints.map(\.visitorID)
        let hashes = ids.map { aggregator.hashes.visitors.hash($0) }
        let numbers = try visitors.numbers(of: hashes)
        for (id, hash) in zip(ids, hashes) { portion.fingerprintVisitors[ByteText(id)] = numbers[hash] }
    }
}
