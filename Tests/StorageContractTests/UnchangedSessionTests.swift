import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// Sessions whose rows are written only when an event changes them.
@Suite struct UnchangedSessionTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func event(_ number: Int, session: String = "s") throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v","session_id":"\(session)","pageview_id":"p_\(session)_\(number % 7)",\
            "event_type":"\(number < 7 ? "pageview" : "sale")","path":"/","site":"shop.example","payload":{}}
            """,
            userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            receivedAt: Self.start + Int64(number) * 1_000_000
        )
    }

    private func segments(_ database: Database) throws -> [[String?]] {
        try database.rows("select id, sessions, page_views, dead_sessions from segments order by id")
    }

    @Test(arguments: Engine.allCases)
    func `an event beyond those that count rewrites nothing`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append((0..<SessionState.eventsMax).map { try event($0) })
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
        let before = try segments(database)
        #expect(before == [["1", "1", "7", "0"]])
        try store.append([event(6000)])
        while try rollups.advance() > 0 {}
        #expect(try segments(database) == before)
        #expect(try rollups.lastEventID() == 5001)
        // A worker that has just started replays the session.
        try store.append([event(6001), event(1, session: "other")])
        try store.catchUp()
        try store.append([event(6002), event(2, session: "other")])
        try store.catchUp()
        let totals = try StoredFigures(store).totals()
        #expect([totals.pageViews, totals.sessions, totals.visitors] == [9, 2, 1])
        #expect(try segments(database).first == before.first)
        #expect(try store.differences() == [])
    }
}
