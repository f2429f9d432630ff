package import Storage
import Telemetry

/// Finds events themselves.
package struct EventReader {
    let database: any Database
    /// Events of one answer, and of one query of a search, which begins with as many as are wanted.
    package static let limitMax: Int64 = 500
    static let chunkMax: Int64 = 1000
    /// A search stops after so many milliseconds or events, and says how far it has come.
    static let milliseconds = 50
    static let scannedMax: Int64 = 50_000
    /// Events of one visitor that are told.
    static let journeyMax: Int64 = 3000
    /// Bytes of the delivery reports of one page of a journey.
    static let reportsBytesMax = 1 << 20
    /// Submissions of `/collect` that are told.
    static let submissionsMax: Int64 = 50

    package init(database: any Database) { self.database = database }

    /// What is looked for; nil for anything.
    package struct Search: Sendable {
        package var visitor: String?
        package var session: String?
        package var pageview: String?
        package var type: String?
        package var path: String?
        package var site: String?
        /// A member of the payload, and the text or number that it must have.
        package var key: String?
        package var value: String?
        /// Seconds since 1970.
        package var from: Int64?
        package var to: Int64?

        package init() {}

        /// Whether an event is one of those.
        package func matches(_ event: StoredEvent) -> Bool {
            if let type, event.type != type { return false }
            if let site, event.site != site { return false }
            if let path, event.path.map(PathTemplate.of) != path, event.path != path { return false }
            if let visitor, event.visitorID != visitor { return false }
            if let session, event.sessionID != session { return false }
            if let pageview, event.pageviewID != pageview { return false }
            if let from, event.seconds < from { return false }
            if let to, event.seconds >= to { return false }
            guard let key else { return true }
            var found = JSONTree(event.payload)
            for name in key.split(separator: ".") { found = found[String(name)] }
            guard let value else { return !found.isNull }
            return found.text == value || found.literal == value
        }

        /// The column of an index that narrows the search, and what it must hold.
        fileprivate var narrowing: (column: String, value: String)? {
            if let pageview { return ("pageview_id", pageview) }
            if let session { return ("session_id", session) }
            return visitor.map { ("visitor_id", $0) }
        }
    }

    /// Ids of the first event of a range and of the one behind its last.
    ///
    /// Ids grow with the time, but for a few of the same moment: they are found by halving, which needs no index of times.
    func ids(from: Int64, to: Int64) throws(StoreError) -> (first: Int64, end: Int64) {
        let ends = try database.rows(
            "select (select min(id) from collector_events), (select max(id) from collector_events)",
            [],
            milliseconds: RollupCells.milliseconds
        ).first
        guard let lowest = ends?[0].integer, let highest = ends?[1].integer else { return (0, 0) }
        let first = try firstID(at: from, lowest, highest + 1)
        return (first, try firstID(at: to, first, highest + 1))
    }

    /// The id of the first event at a moment or later, between an id and another.
    private func firstID(at moment: Int64, _ lowest: Int64, _ end: Int64) throws(StoreError) -> Int64 {
        var (low, high) = (lowest, end)
        while low < high {
            let row = try database.rows(
                """
                select id, \(database.dialect.microseconds("received_at")) from collector_events
                where id >= ?1 order by id limit 1
                """,
                [.integer(low + (high - low) / 2)],
                milliseconds: RollupCells.milliseconds
            ).first
            guard let row, let id = row[0].integer, let time = row[1].integer else { return high }
            if time >= moment * 1_000_000 {
                high = low + (high - low) / 2
            } else {
                low = id + 1
            }
        }
        return low
    }

    /// Events like those of a search below an id, the latest first, and where to go on when the search stopped and there may be more.
    package func latest(
        _ search: Search,
        before: Int64?,
        limit: Int64
    ) throws(StoreError) -> (events: [StoredEvent], next: Int64?) {
        let limit = min(max(1, limit), Self.limitMax)
        var end = before ?? .max
        if before == nil, let to = search.to { end = try ids(from: 0, to: to).end }
        let start = ContinuousClock.now
        var found: [StoredEvent] = []
        var foundBytes = 0
        var scanned: Int64 = 0
        var chunk = limit
        let narrowing = search.narrowing
        let condition = narrowing.map { "\($0.column) = ?3 and " } ?? ""
        while true {
            let read = try database.bounded(
                """
                select \(StoredEvent.columns(database.dialect)) from collector_events
                where \(condition)id < ?1 order by id desc limit ?2
                """,
                [.integer(end), .integer(chunk)] + (narrowing.map { [.text($0.value)] } ?? []),
                milliseconds: RollupCells.milliseconds
            )
            for event in read.rows.lazy.compactMap({ StoredEvent($0) }) {
                end = event.id
                scanned += 1
                if let from = search.from, event.seconds < from - 60 { return (found, nil) }
                if search.matches(event) {
                    found.append(event)
                    foundBytes += event.payload.utf8.count
                }
                if found.count >= Int(limit) || foundBytes >= ReadBudget.bytesMax { return (found, end) }
            }
            if !read.isCut, read.rows.count < Int(chunk) { return (found, nil) }
            chunk = min(2 * chunk, Self.chunkMax)
            if scanned >= Self.scannedMax || start.duration(to: .now) > .milliseconds(Self.milliseconds) {
                return (found, end)
            }
        }
    }

    /// Events after an id, in order, up to another, within a number of rows and of bytes.
    ///
    /// - Returns: the events, and the id up to which everything has been read: `end` when there is no more.
    package func after(
        _ id: Int64,
        to end: Int64,
        limit: Int64,
        bytesMax: Int = ReadBudget.bytesMax
    ) throws(StoreError) -> (events: [StoredEvent], last: Int64) {
        let read = try database.bounded(
            """
            select \(StoredEvent.columns(database.dialect)) from collector_events
            where id > ?1 and id <= ?2 order by id limit ?3
            """,
            [.integer(id), .integer(end), .integer(limit)],
            milliseconds: RollupCells.milliseconds,
            bytesMax: bytesMax
        )
        let hasMore = read.isCut || read.rows.count >= Int(limit)
        return (read.rows.compactMap { StoredEvent($0) }, hasMore ? read.rows.last?[0].integer ?? end : end)
    }

    /// Ids of the events of a range: of the first one and of the one behind the last.
    func ids(_ question: Question) throws(StoreError) -> (first: Int64, end: Int64) {
        try ids(from: question.from, to: question.to)
    }

    /// What an export of a range goes through: the id before its first event, and its last.
    package func span(_ question: Question) throws(StoreError) -> (after: Int64, to: Int64) {
        let (first, end) = try ids(question)
        return (first - 1, end - 1)
    }

    // MARK: - One visitor

    /// What one visitor did, the latest page of it: sessions, in them page views, in them events in the order in which they happened, and
    /// what is missing.
    ///
    /// `before` is `next` of the page before; a page ends where its events have `ReadBudget.bytesMax` bytes.
    package func journey(visitor: String, before: Int64? = nil) throws(StoreError) -> JSONOut {
        let read = try database.bounded(
            """
            select \(StoredEvent.columns(database.dialect)) from collector_events
            where visitor_id = ?1 and id < ?2 order by id desc limit ?3
            """,
            [.text(visitor), .integer(before ?? .max), .integer(Self.journeyMax)],
            milliseconds: RollupCells.milliseconds
        )
        let events = read.rows.compactMap { StoredEvent($0) }.reversed()
        let isCut = read.isCut || read.rows.count >= Int(Self.journeyMax)
        let next = isCut ? read.rows.last?[0].integer : nil
        var ledger: [String: (emitted: Int64, dropped: Int64, reasons: String)] = [:]
        let told = try database.bounded(
            """
            select pageview_id, emitted, dropped, \(database.dialect.json("drop_reasons"))
            from pageview_ledger
            where pageview_id in (
                select pageview_id from collector_events where visitor_id = ?1 and id < ?2 and id >= ?3
            )
            limit ?4
            """,
            [.text(visitor), .integer(before ?? .max), .integer(next ?? 0), .integer(Self.journeyMax)],
            milliseconds: RollupCells.milliseconds,
            bytesMax: Self.reportsBytesMax
        )
        for row in told.rows {
            ledger[row[0].text ?? ""] = (row[1].integer ?? 0, row[2].integer ?? 0, row[3].text ?? "{}")
        }
        var sessions: [(id: String, views: [(id: String, events: [StoredEvent])])] = []
        for event in events {
            let session: Int
            if let known = sessions.firstIndex(where: { $0.id == event.sessionID }) {
                session = known
            } else {
                session = sessions.count
                sessions.append((event.sessionID, []))
            }
            if let view = sessions[session].views.firstIndex(where: { $0.id == event.pageviewID }) {
                sessions[session].views[view].events.append(event)
            } else {
                sessions[session].views.append((event.pageviewID, [event]))
            }
        }
        return .object([
            ("visitor", .text(visitor)), ("cut", .bool(isCut)), ("next", JSONOut(next)),
            (
                "sessions",
                .array(
                    sessions.map { session in
                        .object([
                            ("session", .text(session.id)),
                            ("views", .array(session.views.map { Self.view($0.id, $0.events, ledger[$0.id]) })),
                        ])
                    }
                )
            ),
        ])
    }

    private static func view(
        _ id: String,
        _ events: [StoredEvent],
        _ told: (emitted: Int64, dropped: Int64, reasons: String)?
    ) -> JSONOut {
        let sorted = events.sorted { ($0.seq, $0.id) < ($1.seq, $1.id) }
        let numbers = Set(sorted.map(\.seq).filter { $0 > 0 })
        let highest = max(numbers.max() ?? 0, told?.emitted ?? 0)
        // More holes than can be read are only counted.
        let missing =
            highest > 0 && highest <= 5000 ? Array((1...highest).lazy.filter { !numbers.contains($0) }.prefix(200)) : []
        return .object([
            ("pageview", .text(id)), ("path", JSONOut(sorted.first { $0.path != nil }?.path)),
            ("emitted", JSONOut(told?.emitted)), ("dropped", JSONOut(told?.dropped)),
            ("drop_reasons", told.map { .stored($0.reasons) } ?? .null),
            ("missing", .array(missing.map { .integer($0) })),
            ("events", .array(sorted.map(\.json))),
        ])
    }

    // MARK: - Submissions

    /// The last submissions of `/collect`: what they said of vitals and errors.
    package func submissions() throws(StoreError) -> JSONOut {
        let dialect = database.dialect
        let read = try database.bounded(
            """
            select id, \(dialect.microseconds("timestamp")), visitor_id, \(dialect.json("browser_info")),
                \(dialect.json("performance_data")), \(dialect.json("errors"))
            from debug_data order by id desc limit ?1
            """,
            [.integer(Self.submissionsMax)],
            milliseconds: RollupCells.milliseconds
        )
        return .object([
            ("cut", .bool(read.isCut)),
            (
                "submissions",
                .array(
                    read.rows.map { row in
                        let vitals = JSONTree(row[4].text ?? "")["webVitals"]
                        let agent = UserAgent(JSONTree(row[3].text ?? "")["userAgent"].text)
                        let errors = JSONTree(row[5].text ?? "").elements
                        return .object(
                            [
                                ("id", JSONOut(row[0].integer)), ("t", JSONOut(row[1].integer.map { $0 / 1000 })),
                                ("visitor", JSONOut(row[2].text)), ("browser", .text(agent.browser)),
                                ("system", .text(agent.system)), ("device", .text(agent.device)),
                            ]
                                + Metric.vitals.map { metric in
                                    let told = vitals[metric.key]
                                    return (metric.rawValue, JSONOut(told.number ?? told["value"].number, digits: 4))
                                } + [
                                    ("errors", .integer(Int64(errors.count))),
                                    ("message", JSONOut(errors.first?["message"].text)),
                                ]
                        )
                    }
                )
            )
        ])
    }
}

extension StoredEvent {
    /// The event as the API tells it; `t` in milliseconds since 1970.
    package var json: JSONOut {
        .object([
            ("id", .integer(id)), ("t", .integer(receivedAt / 1000)), ("type", .text(type)), ("seq", .integer(seq)),
            ("site", .text(site)), ("path", JSONOut(path)), ("referrer", JSONOut(referrer)),
            ("visitor", .text(visitorID)), ("session", .text(sessionID)), ("pageview", .text(pageviewID)),
            ("user_agent", JSONOut(userAgent)), ("payload", .stored(payload)),
        ])
    }
}
