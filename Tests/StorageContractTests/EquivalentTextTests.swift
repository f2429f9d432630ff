import Erasure
import Events
import Segments
import Storage
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

    private func event(
        _ type: String,
        _ session: String,
        path: String = "/",
        site: String = "shop.example",
        payload: String = "{}"
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v_\(session)","session_id":"\(session)","pageview_id":"p_\(session)",\
            "event_type":"\(type)","path":"\(path)","site":"\(site)","payload":\(payload)}
            """,
            receivedAt: Self.start
        )
    }

    private func query(_ filters: [ReportFilter] = []) throws -> ReportQuery {
        let seconds = Self.start / 1_000_000
        return ReportQuery(
            range: try ReportRange(from: seconds - 60, to: seconds + 60),
            filters: filters,
            includesBots: true,
            isComparing: false
        )
    }

    /// The bytes of texts, which equality of `String` does not compare.
    private func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    @Test(arguments: Engine.allCases)
    func `a path with other bytes is another one, also after a restart`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let (path, missing) = ("/\(Self.decomposed)", "/\(Self.composed)")
        try store.append([event("pageview", "s1", path: path)])
        try store.catchUp()
        try store.append([event("pageview", "s2", path: "/x"), event("404", "s2", path: missing)])
        try store.catchUp()
        #expect(try store.differences() == [])
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let lists = try reports.breakdowns(query(), [.notFound, .path], ListSelection(limit: 10)).lists
        #expect(bytes(lists[0].rows.map(\.value)) == bytes([missing]))
        #expect(Set(bytes(lists[1].rows.map(\.value))) == Set(bytes([path, "/x"])))
        for wanted in [Self.composed, Self.decomposed] {
            let found = try reports.overview(query([ReportFilter("is", "path", ["/\(wanted)"])]), now: 0)
            #expect(found.totals.sessions == (wanted.utf8.count == Self.decomposed.utf8.count ? 1 : 0))
        }
    }

    @Test(arguments: Engine.allCases)
    func `a goal with a property reads the events of its own name`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        func sale(_ name: String, _ session: String) throws -> Event {
            let payload =
                bytes([name]) == bytes([Self.composed]) ? #"{"plan":"yes","value":1"# : #"{"plan":"no","value":100"#
            return try event(name, session, payload: payload + #","currency":"EUR"}"#)
        }
        try store.append([
            event("pageview", "s1"), sale(Self.composed, "s1"), sale(Self.decomposed, "s1"),
            event("pageview", "s2"), sale(Self.decomposed, "s2"), sale(Self.composed, "s2"),
        ])
        try store.catchUp()
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let goals = [(Self.composed, "yes"), (Self.decomposed, "yes"), (Self.decomposed, "no")]
        for (number, goal) in goals.enumerated() {
            let milestone = try Milestone("event", goal.0, property: "plan", value: goal.1)
            try reports.goalTables.add(
                Goal(id: "g\(number)", site: nil, name: "", milestone: milestone, createdAt: Int64(number))
            )
        }
        let rows = try reports.conversions(query()).rows
        #expect(rows.map(\.figures.conversions) == [2, 0, 2])
        #expect(rows.map { $0.figures.values.values.map(\.sum) } == [[20_000], [], [2_000_000]])
        for (plan, count) in [("yes", 2), ("no", 2)] {
            let found = try reports.overview(query([ReportFilter("is", "property:plan", [plan])]), now: 0)
            #expect(found.totals.sessions == Int64(count))
        }
    }

    @Test(arguments: Engine.allCases)
    func `sites with other bytes have their own privacy modes, settings and figures of tracking`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let sites = [Self.decomposed, Self.composed]
        for (site, mode) in zip(sites, [PrivacyMode.anonymous, .full]) {
            try reports.store(SitePrivacy(site: site, mode: mode), now: 1)
            try reports.store(SiteSettings(site: site, timeZone: "Europe/Berlin"), now: 1)
        }
        let modes = try PrivacyTables(store.makeDatabase()).modes()
        #expect(sites.map { modes.mode(of: $0) } == [.anonymous, .full])
        #expect(bytes(try reports.settings().map(\.site)) == bytes(sites))
        try store.append([
            event("pageview", "s1", site: sites[0]), event("pageview", "s2", site: sites[1]),
            event("pageview", "s3", site: sites[1]),
        ])
        try store.catchUp()
        let tracker = TrackerAddresses(scripts: [], endpoints: [], host: nil)
        let seconds = Self.start / 1_000_000
        let tracking = try reports.tracking(query(), now: seconds, version: "1", server: nil, tracker: tracker)
        #expect(bytes(tracking.sites.map(\.site)) == bytes([sites[1], sites[0]]))
        #expect(tracking.sites.map(\.pageViews) == [2, 1])
        #expect(tracking.sites.map { $0.figures?.pageViews } == [2, 1])
        #expect(tracking.sites.map(\.lastEvent) == [seconds, seconds])
    }

    @Test func `a visitor with other bytes is another one`() throws {
        #expect(try VisitorScope(visitor: Self.composed) != VisitorScope(visitor: Self.decomposed))
        #expect(
            try VisitorScope(visitor: "v", site: Self.composed) != VisitorScope(visitor: "v", site: Self.decomposed)
        )
        #expect(SQLValue.text(Self.composed) != .text(Self.decomposed))
        #expect(!ReportScope(site: Self.composed).contains(site: Self.decomposed, seconds: 0))
    }
}
