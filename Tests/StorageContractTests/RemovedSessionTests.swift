import Events
import Reports
import Rollups
import Segments
import Storage
import TestSupport
import Testing

@testable import Reports
@testable import Rollups

/// Sessions whose events have been removed, and what comes for them later.
@Suite struct `Removed sessions` {
    private static let day: Int64 = 86_400
    /// 2026-11-23, 17:59:44 UTC.
    private static let start: Int64 = 1_795_456_784

    private func event(
        _ type: String = "pageview",
        session: String = "s_1",
        view: String = "p_1",
        seq: Int = 1,
        at seconds: Int64
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v_1","session_id":"\(session)","pageview_id":"\(view)","event_type":"\(type)","seq":\(seq),\
            "path":"/","site":"shop.example","payload":{"engagedMs":1000}}
            """,
            userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            receivedAt: (Self.start + seconds) * 1_000_000
        )
    }

    private func remove(_ store: any Store, before seconds: Int64) throws -> Int {
        let retention = try Retention(store.makeDatabase())
        var removed = 0
        while true {
            let step = try retention.removeEvents(before: Self.start + seconds, now: Self.start + seconds)
            removed += step.rows
            if step.isLast { return removed }
        }
    }

    private func totals(_ store: any Store) throws -> (sessions: Int64, pageViews: Int64) {
        let totals = try StoredFigures(store).totals()
        return (totals.sessions, totals.pageViews)
    }

    @Test(arguments: Engine.allCases)
    func `are not counted again when a late event comes, which is counted as late`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([try event(at: 0), try event("engagement", seq: 2, at: 5), try event(session: "s_2", at: 100)])
        try store.catchUp()
        #expect(try remove(store, before: 50) == 2)
        try store.append([
            try event("engagement", seq: 3, at: 4 * Self.day), try event(session: "s_3", at: 4 * Self.day),
        ])
        try store.catchUp()
        #expect(try totals(store) == (3, 3))
        #expect(try database.column("select late_events from insight_position") == ["1"])
        for _ in 0..<2 {
            #expect(try store.differences() == [])
            try Rollups(store.makeDatabase()).clear()
            try store.catchUp()
            #expect(try totals(store) == (3, 3))
            #expect(try database.column("select late_events from insight_position") == ["1"])
        }
    }

    @Test(arguments: Engine.allCases)
    func `are those that are over: a session that goes on is spared for a day`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([try event(at: 0)])
        try store.append((1..<30).map { try event("engagement", seq: $0 + 1, at: Int64($0) * 3600) })
        try store.catchUp()
        #expect(try remove(store, before: 10 * 3600) == 0)
        #expect(try remove(store, before: 24 * 3600) == 0)
        #expect(try remove(store, before: 25 * 3600) == 30)
        #expect(try totals(store).sessions == 1)
        #expect(try database.count("collector_events") == 0)
    }

    @Test(arguments: Engine.allCases)
    func `may have more events than one step removes`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let count = 3 * RemovalPlan.rowsMax + 7
        try store.append([try event(view: "p_0", at: 0)])
        try store.append((1..<count).map { try event("sale", view: "p_\($0 % 3)", seq: $0 + 1, at: Int64($0 / 10)) })
        try store.append([try event(session: "s_2", view: "p_9", at: 1)])
        try store.catchUp()
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let query = ReportQuery(range: try ReportRange(from: Self.start - 60, to: Self.start + Self.day))
        let events = try reports.overview(query, now: Self.start).totals.customEvents
        let retention = try Retention(store.makeDatabase())
        var (removed, steps) = (0, 0)
        while removed < count + 1, steps < 100 {
            let step = try retention.removeEvents(before: Self.start + Self.day, now: Self.start)
            #expect(step.rows <= RemovalPlan.rowsMax)
            (removed, steps) = (removed + step.rows, steps + 1)
            // A rebuild in the middle leaves the session alone.
            if steps == 2 {
                try Rollups(store.makeDatabase()).clear()
                try store.catchUp()
            }
        }
        #expect(removed == count + 1)
        #expect(try database.count("collector_events") == 0)
        #expect(try reports.overview(query, now: Self.start).totals.customEvents == events)
        #expect(try totals(store).sessions == 2)
    }

    @Test(arguments: Engine.allCases)
    func `are refused to filters that read events, with the time from which on they are there`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([try event(at: 0), try event(session: "s_2", at: 3 * Self.day)])
        try store.catchUp()
        #expect(try remove(store, before: 1000) == 1)
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        func overview(from seconds: Int64, _ filter: ReportFilter) throws -> Int64 {
            let range = try ReportRange(from: Self.start + seconds, to: Self.start + 4 * Self.day)
            let query = ReportQuery(range: range, filters: [filter], isComparing: false)
            return try reports.overview(query, now: Self.start).totals.sessions
        }
        let visitor = try ReportFilter("is", "visitor", ["v_1"])
        let property = try ReportFilter("is", "property:plan", ["pro"])
        #expect(try overview(from: 10, visitor) == 1)
        for filter in [visitor, property] {
            let error = #expect(throws: ReportError.self) { try overview(from: -60, filter) }
            guard case .refused(let sentence) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(sentence.contains("2026-11-23 17:59 UTC have been removed"))
        }
    }

    @Test(arguments: Engine.allCases)
    func `leave the figures when page views are removed, and do not come back`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 48)
        let border = bench.random.start + 2 * Self.day
        let retention = try Retention(bench.store.makeDatabase())
        // Those with events stay.
        #expect(try retention.removePageViews(before: RemovalTimes(border)) == Retention.Step())
        try bench.remove(before: border)
        let live = "select sum(sessions - dead_sessions) from segments"
        let all = Int(try bench.database.column(live)[0] ?? "") ?? 0
        let old = try StoredFigures(bench.store, to: border).totals().sessions
        var (removed, step) = (0, Retention.Step(rows: 1, isLast: false))
        while !step.isLast {
            step = try retention.removePageViews(before: RemovalTimes(border))
            removed += step.rows
        }
        let left = try StoredFigures(bench.store, to: border).totals().sessions
        #expect(removed > 0)
        // Sessions that were active at the border have all of their events.
        #expect(left < old / 4)
        for _ in 0..<2 {
            #expect(try bench.database.column(live) == ["\(all - removed)"])
            #expect(try StoredFigures(bench.store, to: border).totals().sessions == left)
            #expect(try bench.store.differences() == [])
            try Rollups(bench.store.makeDatabase()).clear()
            try bench.store.catchUp()
        }
    }

    @Test(arguments: Engine.allCases)
    func `are lost with a segment that is damaged, and the rebuild says so`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([try event(at: 0)])
        try store.catchUp()
        #expect(try remove(store, before: 1000) == 1)
        try store.append([try event(session: "s_2", at: 3 * Self.day)])
        try store.catchUp()
        try database.rows("delete from segment_columns where segment_id = 1 and column_id = \(Column.path.rawValue)")
        let lost = try Rollups(store.makeDatabase()).clear()
        #expect(lost.ids == [1] && lost.sessions == 1)
        try store.catchUp()
        #expect(try totals(store).sessions == 1)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `have a limit of time for their keys, after which the table does not grow`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([try event(at: 0), try event(session: "s_2", at: 100 * Self.day)])
        try store.catchUp()
        #expect(try remove(store, before: 1000) == 1)
        let retention = try Retention(store.makeDatabase())
        #expect(try retention.removeKeys(now: Self.start + 1000).rows == 0)
        #expect(try remove(store, before: 101 * Self.day) == 1)
        #expect(try retention.removeKeys(now: Self.start + 101 * Self.day).rows == 1)
        #expect(try database.count("removed_sessions") == 1)
    }

    @Test(arguments: Engine.allCases)
    func `go with submissions, delivery reports and dead letters of their age`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let times: [Int64] = [0, 10, 1000]
        _ = try store.makeWriter().append(
            Batch(
                submissions: try times.map { try Submission.sample(receivedAt: (Self.start + $0) * 1_000_000) },
                reports: try times.map {
                    try DeliveryReport.sample(pageview: "p_\($0)", receivedAt: (Self.start + $0) * 1_000_000)
                }
            )
        )
        try store.append([try event(at: 0), try event(session: "s_2", at: 0)])
        let ids = try database.column("select id from collector_events order by id")
        let values = "\(ids[0] ?? ""), 'x', \(Self.start)"
        try database.rows("insert into rollup_dead_letters (event_id, reason, at) values (\(values))")
        try store.catchUp()
        let retention = try Retention(store.makeDatabase())
        #expect(try retention.removeSubmissions(before: Self.start + 11) == Retention.Step(rows: 2, isLast: true))
        #expect(try retention.removeDeliveryReports(before: Self.start + 11) == Retention.Step(rows: 2, isLast: true))
        #expect(try retention.removeDeadLetters(before: Self.start + 1) == Retention.Step(rows: 1, isLast: true))
        #expect(try database.count("debug_data") == 1)
        #expect(try database.column("select pageview_id from delivery_reports") == ["p_1000"])
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try database.column("select id from collector_events") == [ids[1]])
    }
}
