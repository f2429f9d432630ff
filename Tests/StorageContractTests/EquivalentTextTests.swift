import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// Texts that look the same and have other bytes.
@Suite struct EquivalentTextTests {
    private static let start: Int64 = 1_795_456_784_000_000
    /// One character, and a letter with an accent of its own.
    private static let composed = "caf\u{E9}"
    private static let decomposed = "cafe\u{301}"

    private func event(_ number: Int, site: String = "shop.example", session: String, view: String) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v","session_id":"\(session)","pageview_id":"\(view)","event_type":"pageview",\
            "path":"/\(number)","site":"\(site)","payload":{}}
            """,
            receivedAt: Self.start + Int64(number) * 1_000_000
        )
    }

    @Test(arguments: Engine.allCases, [1, 100])
    func `sessions, page views and sites with other bytes are others`(engine: Engine, limit: Int) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([
            event(1, session: Self.composed, view: "a"), event(2, session: Self.decomposed, view: "b"),
            event(3, session: "s", view: Self.composed), event(4, session: "s", view: Self.decomposed),
            event(5, site: Self.composed, session: "t", view: "c"),
            event(6, site: Self.decomposed, session: "u", view: "d"),
        ])
        try store.catchUp(limit: limit)
        let totals = try StoredFigures(store).totals()
        #expect([totals.pageViews, totals.sessions] == [6, 5])
        #expect(try database.count("rollup_sites") == 3)
        try store.append([event(7, session: Self.decomposed, view: "e")])
        try store.catchUp()
        #expect(try StoredFigures(store).totals().sessions == 5)
        #expect(try store.differences() == [])
    }
}
