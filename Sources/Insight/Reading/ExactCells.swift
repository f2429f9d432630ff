import Storage

extension Question {
    /// The parts of the range that are no whole hours, each within one hour.
    var partialHours: [(from: Int64, to: Int64)] {
        let (first, last) = (Grain.hour.bucket(from), Grain.hour.bucket(to))
        if first == last { return from < to && to - from < Grain.hour.seconds ? [(from, to)] : [] }
        let begin = from == first ? [] : [(from: from, to: first + Grain.hour.seconds)]
        return begin + (to == last ? [] : [(from: last, to: to)])
    }

    /// The whole hours of the range.
    var wholeHours: Question {
        let first = Grain.hour.bucket(from + Grain.hour.seconds - 1)
        return exactly(from: first, to: max(first, Grain.hour.bucket(to)))
    }
}

/// Cells of all events of a range whose ends are no whole hours: kept hours, and at the ends kept minutes and single events.
///
/// Events, page views, errors and visitors are exact to the second. What later events correct (bounces, engagement, vitals) is attributed to
/// whole minutes: of a minute that is cut, the last value within the range counts.
struct ExactCells: Cells {
    let sample: Sample? = nil
    private let sums: [Int64: Sum]
    /// Events that are read for one end of a range; beyond them a sample of the whole range answers.
    static let eventsMax = 20_000

    /// Nil when an end of the range holds more events than are read.
    init?(database: any Database, question: Question) throws(StoreError) {
        var sums: [Int64: Sum] = [:]
        let whole = question.wholeHours
        if whole.from < whole.to {
            for (bucket, sum) in try RollupCells(database: database, question: whole).series(.all, "") {
                sums[question.interval.bucket(bucket), default: Sum()].add(sum)
            }
        }
        for part in question.partialHours {
            let bucket = question.interval.bucket(part.from)
            guard let sum = try Self.sum(database, question.exactly(from: part.from, to: part.to)) else { return nil }
            sums[bucket, default: Sum()].add(sum)
        }
        self.sums = sums
    }

    func series(_ dimension: Dimension, _ value: String) throws(StoreError) -> [Int64: Sum] {
        dimension == .all ? sums : [:]
    }

    func ranking(
        _ dimension: Dimension,
        by ranking: Ranking,
        limit: Int,
        sketches columns: SketchColumns
    ) throws(StoreError) -> Ranked { Ranked() }

    func trends(_ dimension: Dimension, _ values: [String]) throws(StoreError) -> [String: [Int64: Int64]] { [:] }

    // MARK: - Part of an hour

    /// The sum of a part of an hour; nil when it holds too many events.
    static func sum(_ database: any Database, _ part: Question) throws(StoreError) -> Sum? {
        let minute = Grain.minute.seconds
        let (first, end) = (Grain.minute.bucket(part.from + minute - 1), Grain.minute.bucket(part.to))
        let minutes = RollupMinutes(database: database)
        guard first < end, try minutes.areComplete(hour: Grain.hour.bucket(part.from)) else {
            return try EventSum(database: database, question: part).sum()
        }
        var sum = try minutes.sum(part.exactly(from: first, to: end))
        for ends in [(part.from, first), (end, part.to)] where ends.0 < ends.1 {
            let cut = part.exactly(from: ends.0, to: ends.1)
            guard let more = try EventSum(database: database, question: cut).sum() else { return nil }
            sum.add(more)
        }
        return sum
    }
}

/// Cells of minutes, which are kept for a few days.
struct RollupMinutes {
    let database: any Database

    /// Whether all events of an hour are in its minutes.
    func areComplete(hour: Int64) throws(StoreError) -> Bool {
        let rows = try database.rows(
            """
            select grain, cast(sum(events) as bigint) from insight_counts
            where dimension = 'all' and grain in (0, 1) and bucket >= ?1 and bucket < ?2
            group by grain
            """,
            [.integer(hour), .integer(hour + Grain.hour.seconds)],
            milliseconds: RollupCells.milliseconds
        )
        let sums = Dictionary(rows.map { ($0[0].integer, $0[1].integer ?? 0) }, uniquingKeysWith: { first, _ in first })
        return sums[Grain.minute.rawValue] == sums[Grain.hour.rawValue]
    }

    /// The sum of whole minutes.
    func sum(_ question: Question) throws(StoreError) -> Sum {
        var parameters: [SQLValue] = [.integer(question.from), .integer(question.to)]
        var condition = "dimension = 'all' and grain = 0 and bucket >= ?1 and bucket < ?2"
        if !question.includesRobots { condition += " and audience = 0" }
        if let site = question.site {
            parameters.append(.text(site))
            condition += " and site = ?3"
        }
        var sum = Sum()
        let counters = Counters.columns.joined(separator: ", ")
        for (columns, table) in [(counters, "insight_counts"), (SketchColumns.all.list, "insight_sketches")] {
            let rows = try database.rows(
                "select \(columns) from \(table) where \(condition)",
                parameters,
                milliseconds: RollupCells.milliseconds
            )
            for row in rows {
                if table == "insight_counts" {
                    sum.counters.add(Counters(row[...]))
                } else {
                    sum.sketches.merge(CellSketches(row[...]))
                }
            }
        }
        return sum
    }
}

/// The sum of the events of a short time, from the events themselves.
struct EventSum {
    let database: any Database
    let question: Question
    private static let pageMax: Int64 = 2000

    init(database: any Database, question: Question) {
        self.database = database
        self.question = question
    }

    /// Nil when there are more than `ExactCells.eventsMax`.
    func sum() throws(StoreError) -> Sum? {
        guard let events = try events() else { return nil }
        var fold = Fold(hashes: try KeyedHashes(database))
        fold.countsRobots = question.includesRobots
        try recallSessions(events, &fold)
        for event in events.sorted(by: { $0.id < $1.id }) where question.site == nil || event.site == question.site {
            fold.add(event)
        }
        let cells = EventCells(fold.take(), interval: .hour, sample: nil)
        return try cells.series(.all, "")[Grain.hour.bucket(question.from)] ?? Sum()
    }

    private func events() throws(StoreError) -> [StoredEvent]? {
        let reader = EventReader(database: database)
        var search = EventReader.Search()
        (search.from, search.to) = (question.from, question.to)
        var events: [StoredEvent] = []
        var cursor: EventCursor?
        repeat {
            let page = try reader.page(search, .ascending, from: cursor, limit: Self.pageMax)
            events += page.events
            cursor = page.next
            guard events.count <= ExactCells.eventsMax else { return nil }
        } while cursor != nil
        return events
    }

    /// A session counts where it began: one that began before is none of this time.
    private func recallSessions(_ events: [StoredEvent], _ fold: inout Fold) throws(StoreError) {
        let views = events.filter { $0.type == "pageview" }
        let ids = Set(views.map(\.id))
        let sessions = Array(Set(views.map(\.sessionID)))
        for start in stride(from: 0, to: sessions.count, by: EventReader.namesMax) {
            let part = sessions[start..<min(start + EventReader.namesMax, sessions.count)]
            let names = database.padded(part.map { .text($0) })
            let places = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
            let rows = try database.rows(
                """
                select \(StoredEvent.columns(database.dialect)) from collector_events
                where id in (
                    select min(id) from collector_events
                    where session_id in (\(places)) and event_type = 'pageview' group by session_id
                )
                """,
                names,
                milliseconds: RollupCells.milliseconds
            )
            for event in rows.compactMap({ StoredEvent($0) }) where !ids.contains(event.id) {
                // Twice, so that it is no bounce any more, which the minute that it began in knows already.
                fold.recall(event, .session)
                fold.recall(event, .session)
            }
        }
    }
}
