import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// Events at the ends of what the tables hold, also such as other programs write: the figures go on, the same on either
/// engine.
@Suite struct HostileEventTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func event(
        _ type: String = "pageview",
        visitor: String = "v_1",
        session: String = "s_1",
        view: String,
        site: String = "shop.example",
        path: String = "/",
        payload: String = "{}",
        seconds: Int64 = 0
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"\(visitor)","session_id":"\(session)","pageview_id":"\(view)","event_type":"\(type)",\
            "path":"\(path)","site":"\(site)","payload":\(payload)}
            """,
            receivedAt: Self.start + seconds * 1_000_000
        )
    }

    /// Writes an event as another program would; values are SQL.
    private func insert(_ database: Database, _ values: [String: String]) throws {
        var row = [
            "received_at": "'2026-11-24T06:00:00.000000Z'", "visitor_id": "'v'", "session_id": "'s'",
            "pageview_id": "'p'",
            "event_type": "'pageview'", "site": "'shop.example'", "path": "'/'", "payload": "'{}'",
        ]
        row.merge(values) { $1 }
        let names = row.keys.sorted()
        let list = names.compactMap { row[$0] }.joined(separator: ", ")
        try database.rows("insert into collector_events (\(names.joined(separator: ", "))) values (\(list))")
    }

    @Test(arguments: Engine.allCases, [1, 1000])
    func `one session with events of 1970, of today and of 2200 lies in one segment`(engine: Engine, limit: Int) throws
    {
        let database = try Database(engine)
        let store = try database.migrated()
        for (number, year) in ["1970-01-01", "2026-11-24", "2106-02-07", "2200-05-05"].enumerated() {
            try insert(database, ["received_at": "'\(year)T00:00:00.000000Z'", "pageview_id": "'p\(number)'"])
        }
        try insert(database, ["visitor_id": "'w'", "received_at": "'1969-12-31T23:59:59.000000Z'"])
        try store.catchUp(limit: limit)
        let totals = try StoredFigures(store).totals()
        #expect([totals.pageViews, totals.sessions] == [5, 2])
        #expect(try StoredFigures(store, from: 0, to: 86_400).totals().pageViews == 2)
        #expect(try StoredFigures(store, from: Int64(UInt32.max)).totals().pageViews == 1)
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a time that is none leaves all other events their figures`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try insert(database, ["pageview_id": "'p1'"])
        try insert(database, ["received_at": engine == .sqlite ? "'never'" : "'infinity'", "pageview_id": "'p2'"])
        try insert(database, ["pageview_id": "'p3'"])
        try store.catchUp()
        try insert(database, ["pageview_id": "'p4'"])
        try store.catchUp()
        #expect(try StoredFigures(store).totals().pageViews == 3)
        #expect(try database.column("select last_event_id from insight_position") == ["4"])
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `empty texts are values like others`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let empty = ["visitor_id", "session_id", "pageview_id", "site", "path", "referrer", "user_agent"]
        try insert(database, Dictionary(uniqueKeysWithValues: empty.map { ($0, "''") }))
        try insert(database, ["event_type": "''", "site": "null", "path": "null"])
        try store.catchUp(limit: 1)
        let figures = try StoredFigures(store)
        let totals = try figures.totals()
        #expect([totals.pageViews, totals.eventsReceived, totals.customEvents] == [1, 2, 1])
        #expect(try figures.pageViews(.site) == ["": 1])
        #expect(try figures.sessions(.referrer) == ["(direct)": 1])
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `texts of 200 bytes stay whole, longer ones are cut at a character`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let (whole, long) = (String(repeating: "é", count: 100), String(repeating: "🙂", count: 60))
        try store.append([
            event(view: "p_1", payload: #"{"release":"\#(whole)"}"#),
            event(view: "p_2", payload: #"{"release":"\#(long)"}"#),
        ])
        try store.catchUp()
        let cut = String(repeating: "🙂", count: 49) + "…"
        #expect(try StoredFigures(store).pageViews(.release) == [whole: 1, cut: 1])
        #expect(try store.differences() == [])
    }

    @Test func `the character of the code 0 in a file that another program wrote is shown as what it is not`() throws {
        let database = try Database(.sqlite)
        let store = try database.migrated()
        let zero = "'a' || char(0) || 'b'"
        let names = ["visitor_id", "session_id", "pageview_id", "site", "path", "user_agent", "event_type"]
        try insert(database, Dictionary(uniqueKeysWithValues: names.map { ($0, zero) }))
        try store.catchUp()
        try insert(database, Dictionary(uniqueKeysWithValues: names.map { ($0, zero) }))
        try store.catchUp()
        let figures = try StoredFigures(store)
        #expect(try figures.rows(.eventName, .events, [.custom]).mapValues(\.customEvents) == ["a\u{FFFD}b": 2])
        #expect(try figures.totals().eventsReceived == 2)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases, [700, 10_000])
    func `only the first 5,000 events of a session count`(engine: Engine, limit: Int) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let resources = (0..<10).map { #"{"name":"/r\#($0)","duration":5}"# }.joined(separator: ",")
        try store.append(
            (0..<6000).map { number in
                number % 2 == 0
                    ? try event(view: "p_\(number)", seconds: Int64(number))
                    : try event(
                        "resources",
                        view: "p_\(number - 1)",
                        payload: #"{"slowest":[\#(resources)],"thirdParties":[]}"#,
                        seconds: Int64(number)
                    )
            }
        )
        try store.catchUp(limit: limit)
        let totals = try StoredFigures(store).totals()
        #expect([totals.pageViews, totals.eventsReceived, totals.sessions] == [2500, 5000, 1])
        #expect(try StoredFigures(store).rows(.resourceName, .requests).values.reduce(0) { $0 + $1.requests } == 25_000)
        #expect(try store.differences() == [])
    }

    @Test(.onOneServer("a foreign table takes its rows one by one"), arguments: Engine.allCases)
    func `sessions with more page views than a segment holds lie in several`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try insert(database, [:])
        try database.rows(
            """
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 70000)
            insert into collector_events (received_at, visitor_id, session_id, pageview_id, event_type, site, path, payload)
            select received_at, visitor_id || cast(i % 15 as text), session_id, 'p' || cast(i as text), event_type, site, path,
                payload
            from collector_events cross join n where id = 1
            """
        )
        try store.catchUp(limit: Rollups.rebuildPortionMax)
        let totals = try StoredFigures(store).totals()
        #expect([totals.pageViews, totals.sessions] == [70_001, 16])
        #expect(try StoredFigures(store).damagedSegments == 0)
        let largest = try #require(try database.column("select max(page_views) from segments")[0])
        #expect(try #require(Int(largest)) <= SegmentEncoder.pageViewsMax)
    }

    @Test(arguments: Engine.allCases)
    func `a hundred sites of one visitor are a hundred sessions`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let events = try (0..<300).map { try event(view: "p_\($0)", site: "site-\($0 % 100).example") }
        try store.append(events)
        try store.catchUp(limit: 70)
        let figures = try StoredFigures(store)
        let totals = try figures.totals()
        #expect([totals.sessions, totals.pageViews, totals.visitors] == [100, 300, 1])
        let sites = try figures.pageViews(.site)
        #expect(sites.count == 100)
        #expect(sites.values.allSatisfy { $0 == 3 })
        #expect(try store.differences() == [])
    }
}
