import Reports
import Rollups
import Segments
import Storage
import Events
import TestSupport
import Testing

/// What the rollup worker keeps in segments, whatever the portions in which events are read.
@Suite struct SegmentRollupTests {
    private static let start: Int64 = 1_795_456_784_000_000
    private static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

    private func event(_ type: String, session: Int, view: Int = 1, path: String = "/", seconds: Int64) throws -> Event
    {
        try Event.parsed(
            """
            {"visitor_id":"v_\(session % 40)","session_id":"s_\(session)","pageview_id":"p_\(session)_\(view)",\
            "event_type":"\(type)","path":"\(path)","site":"shop.example","payload":{"engagedMs":\(seconds)}}
            """,
            userAgent: Self.agent,
            receivedAt: Self.start + seconds * 1_000_000
        )
    }

    /// Events of sessions that go on one beside the other, with late ones at the end.
    private func fill(_ store: any Store, sessions: Int) throws {
        var events: [Event] = []
        for step in 0..<3 {
            for session in 0..<sessions {
                let seconds = Int64(step * 600 + session)
                events.append(
                    try event("pageview", session: session, view: step, path: "/p\(session % 9)", seconds: seconds)
                )
                events.append(try event("engagement", session: session, view: step, seconds: seconds + 5))
            }
        }
        for session in 0..<5 { events.append(try event("sale", session: session, view: 9, seconds: 200_000)) }
        let writer = try store.makeWriter()
        for start in stride(from: 0, to: events.count, by: Batch.recordsMax) {
            _ = try writer.append(Batch(events: Array(events[start..<min(start + Batch.recordsMax, events.count)])))
        }
    }

    private func catchUp(_ store: any Store, limit: Int) throws {
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance(limit: limit) > 0 {}
    }

    private func totals(_ database: Database) throws -> [[String?]] {
        try database.rows("select sum(sessions - dead_sessions) from segments")
    }

    @Test(arguments: Engine.allCases, [7, 100, 10_000])
    func `portions of any size give the sessions that the events make`(engine: Engine, limit: Int) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try fill(store, sessions: 60)
        try catchUp(store, limit: limit)
        #expect(try totals(database) == [["60"]])
        #expect(try Rollups(store.makeDatabase()).differences().map(\.table) == [])
        #expect(try database.rows("select count(*) from visitor_numbers") == [["40"]])
    }

    @Test(arguments: Engine.allCases)
    func `two workers at once count each session once`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try fill(store, sessions: 60)
        let workers = try (0..<2).map { _ in try Rollups(store.makeDatabase()) }
        var turn = 0
        while try workers[turn % 2].advance(limit: 11) > 0 { turn += 1 }
        #expect(try totals(database) == [["60"]])
        #expect(try Rollups(store.makeDatabase()).differences().map(\.table) == [])
    }

    @Test(arguments: Engine.allCases)
    func `verify finds a segment that was changed, by site and day`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try fill(store, sessions: 20)
        try catchUp(store, limit: 10_000)
        try database.rows("delete from segment_columns where column_id = \(Column.path.rawValue)")
        let found = try Rollups(store.makeDatabase()).differences()
        #expect(!found.isEmpty)
        try Rollups(store.makeDatabase()).clear()
        try catchUp(store, limit: 10_000)
        #expect(try Rollups(store.makeDatabase()).differences().map(\.table) == [])
    }
}
