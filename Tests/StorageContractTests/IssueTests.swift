import Events
import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import Reports
@testable import Rollups

/// The owner's decisions about issues, merges and releases, on both engines.
@Suite struct IssueTests {
    static let start: Int64 = 1_795_456_784
    static let bot = "Googlebot/2.1 (+http://www.google.com/bot.html)"
    private static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

    /// A page view of a visitor with errors of some messages, in a release.
    func visit(
        _ visitor: String,
        _ messages: [String],
        release: String? = nil,
        at seconds: Int64,
        site: String = "shop.example",
        path: String = "/",
        line: Int? = nil,
        agent: String = Self.agent
    ) throws -> [Event] {
        let lineNumber = line.map { #","lineno":\#($0)"# } ?? ""
        let payloads =
            [#"{"language":"en"\#(release.map { #","release":"\#($0)""# } ?? "")}"#]
            + messages.map {
                #"{"kind":"error","name":"Error","message":"\#($0)","frames":[],"source":"app.js"\#(lineNumber)}"#
            }
        return try payloads.enumerated().map { seq, payload in
            try Event.parsed(
                """
                {"visitor_id":"\(visitor)","session_id":"s_\(visitor)","pageview_id":"p_\(visitor)_\(seconds)",\
                "event_type":"\(seq == 0 ? "pageview" : "error")","seq":\(seq + 1),"path":"\(path)","site":"\(site)",\
                "payload":\(payload)}
                """,
                userAgent: agent,
                receivedAt: (Self.start + seconds) * 1_000_000 + Int64(seq)
            )
        }
    }

    func reports(_ store: any Store) throws -> Reports { Reports(try store.makeDatabase(), DictionaryCache()) }

    static func query(to seconds: Int64 = 86_400, _ filters: [ReportFilter] = []) throws -> ReportQuery {
        ReportQuery(range: try ReportRange(from: start - 60, to: start + seconds), filters: filters)
    }

    func states(_ store: any Store) throws -> [String: IssueState] {
        let rows = try reports(store).issues(Self.query()).rows
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.text.message, $0.text.state) })
    }

    func ids(_ store: any Store) throws -> [String: String] {
        let rows = try reports(store).issues(Self.query()).rows
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.text.message, $0.issue) })
    }

    func decide(
        _ store: any Store,
        _ issue: String,
        _ state: IssueState,
        at seconds: Int64,
        site: String? = nil,
        _ change: (inout IssueDecisionRequest) -> Void = { _ in }
    ) throws -> IssueDecision? {
        var request = IssueDecisionRequest(state: state)
        change(&request)
        return try reports(store).decide(issue, site: site, request, now: Self.start + seconds)
    }

    /// Checks states, and that a rebuild from the events gives the same.
    func expectStates(_ wanted: [String: IssueState], _ store: any Store) throws {
        #expect(try states(store) == wanted)
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try states(store) == wanted, "after a rebuild")
        #expect(try store.differences() == [])
    }

    // MARK: - Releases

    @Test(arguments: Engine.allCases)
    func `an issue resolved in a release comes back in a newer one only`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            visit("v_1", ["a", "b", "c"], release: "2.0", at: 0) + visit("v_2", ["a"], release: "10.0", at: 100)
        )
        try store.catchUp()
        let ids = try ids(store)
        for (message, release) in [("a", IssueDecisionRequest.Release.next), ("b", .current)] {
            let decision = try decide(store, #require(ids[message]), .resolved, at: 200) { $0.release = release }
            #expect(decision?.release == "10.0" && decision?.isNext == (release == .next))
        }
        // An old tab, and the release itself.
        try store.append(
            visit("v_3", ["a", "b"], release: "2.0", at: 300) + visit("v_4", ["a"], release: "10.0", at: 400)
        )
        try store.catchUp()
        try expectStates(["a": .resolved, "b": .resolved, "c": .unresolved], store)
        try store.append(visit("v_5", ["b"], release: "10.0", at: 500) + visit("v_6", ["a"], release: "9.0", at: 600))
        try store.catchUp()
        try expectStates(["a": .regressed, "b": .regressed, "c": .unresolved], store)
        let issue = try #require(ids["a"])
        let detail = try #require(try reports(store).issue(Self.query(), issue))
        #expect(detail.text.releases.map(\.name) == ["2.0", "10.0", "9.0"])
        #expect(detail.text.releases.map { $0.lastSeen - Self.start } == [300, 400, 600])
        #expect(detail.text.regressedIn == "9.0")
    }

    @Test(arguments: Engine.allCases)
    func `the release of a page view counts when its pageview event arrives after its errors`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let events = try visit("v_1", ["a"], release: "1.0", at: 0)
        try store.append(Array(events[1...]))
        try store.catchUp()
        #expect(try database.count("insight_issue_releases") == 0)
        try store.append([events[0]])
        try store.catchUp()
        #expect(
            try database.rows("select release, last_seen - first_seen from insight_issue_releases") == [["1.0", "0"]]
        )
        #expect(try database.rows("select release from insight_releases") == [["1.0"]])
        #expect(try store.differences() == [])
    }

    @Test func `a release cannot be named where the site reports none`() throws {
        let database = try Database(.sqlite)
        let store = try database.migrated()
        try store.append(visit("v_1", ["a"], at: 0))
        try store.catchUp()
        let issue = try #require(try ids(store)["a"])
        #expect(throws: ReportError.refused("shop.example reports no release: resolve the issue without one")) {
            try decide(store, issue, .resolved, at: 1) { $0.release = .current }
        }
        #expect(try decide(store, "00", .resolved, at: 1) == nil)
    }

    // MARK: - Conditions

    @Test(arguments: Engine.allCases)
    func `an ignored issue is unresolved again after further errors, or further visitors`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(visit("v_1", ["a", "b", "c"], at: 0))
        try store.catchUp()
        let ids = try ids(store)
        _ = try decide(store, #require(ids["a"]), .ignored, at: 10) { $0.untilErrors = 3 }
        _ = try decide(store, #require(ids["b"]), .ignored, at: 10) { $0.untilVisitors = 2 }
        _ = try decide(store, #require(ids["c"]), .ignored, at: 10)
        try store.append(visit("v_1", ["a", "a", "b", "b", "b", "c"], at: 20))
        try store.catchUp()
        try expectStates(["a": .ignored, "b": .ignored, "c": .ignored], store)
        try store.append(visit("v_2", ["a", "b", "c"], at: 30))
        try store.catchUp()
        try expectStates(["a": .unresolved, "b": .unresolved, "c": .ignored], store)
        _ = try decide(store, #require(ids["b"]), .unresolved, at: 40)
        #expect(try states(store)["b"] == .unresolved)
    }

    // MARK: - Merges

    @Test(arguments: Engine.allCases)
    func `merged issues are one, whose visitors are distinct, until one is split off again`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let events =
            try visit("v_1", ["a", "b"], release: "1", at: 0) + visit("v_2", ["b"], release: "2", at: 60)
            + visit("v_3", ["c"], at: 120)
        try store.append(events)
        try store.catchUp()
        let ids = try ids(store)
        let (a, b, c) = (try #require(ids["a"]), try #require(ids["b"]), try #require(ids["c"]))
        let before = try reports(store).issue(Self.query(), b)
        _ = try decide(store, a, .ignored, at: 130)
        #expect(try reports(store).merge(b, into: a, now: 1) == a)
        let list = try reports(store).issues(Self.query())
        #expect(list.rows.map(\.text.message) == ["a", "c"])
        #expect(list.rows.map(\.errors) == [3, 1] && list.rows.map(\.visitors) == [2, 1])
        #expect(list.rows[0].text.merged == [b] && list.rows[0].text.state == .ignored)
        #expect(list.rows[0].text.releases.map(\.name) == ["1", "2"])
        let detail = try #require(try reports(store).issue(Self.query(), b))
        #expect(detail.issue == a && detail.errors == 3 && detail.visitors == 2 && detail.samples.count == 3)
        #expect(detail.text.lastSeen == Self.start + 60 && detail.members.map(\.text.message) == ["b"])
        for issue in [a, b] {
            let filter = try ReportFilter("is", "issue", [issue])
            #expect(try reports(store).overview(Self.query([filter]), now: Self.start).totals.visitors == 2)
        }
        #expect(try reports(store).merge(a, into: c, now: 2) == c, "with those merged into it")
        #expect(try reports(store).issues(Self.query()).rows.map(\.errors) == [4])
        #expect(throws: ReportError.self) { try reports(store).merge(c, into: b, now: 3) }
        #expect(throws: ReportError.self) { try reports(store).merge(c, into: c, now: 3) }
        #expect(throws: ReportError.self) { try reports(store).merge(c, into: "00", now: 3) }
        #expect(try reports(store).merge("00", into: c, now: 3) == nil)
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try reports(store).issues(Self.query()).rows.map(\.errors) == [4], "after a rebuild")
        #expect(try reports(store).unmerge(b) && reports(store).unmerge(a))
        #expect(try !reports(store).unmerge(a))
        let after = try reports(store).issue(Self.query(), b)
        #expect(after?.errors == before?.errors && after?.visitors == before?.visitors)
        #expect(try states(store) == ["a": .ignored, "b": .unresolved, "c": .unresolved])
    }

    @Test(arguments: Engine.allCases)
    func `a merge is kept when other rules of grouping give the issues other ids`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.shareHashKey()
        let events = try visit("v_1", ["a", "b"], at: 0)
        try store.append(events)
        try store.catchUp()
        let ids = try ids(store)
        let former = ["a", "b"].map { "former-\($0)" }
        let keys = try ["a", "b"].map { IssueKey(site: "shop.example", issue: try #require(ids[$0])) }
        try database.rows("insert into insight_issue_aliases values ('\(former[1])', '\(former[0])', 1)")
        let rollups = try Rollups(store.makeDatabase())
        try rollups.keepDecisions([keys[0]: [former[0]], keys[1]: [former[1]]])
        #expect(
            try database.rows("select issue, target from insight_issue_aliases where issue = '\(keys[1].issue)'") == [
                [keys[1].issue, keys[0].issue]
            ]
        )
    }

    // MARK: - Lists and occurrences

    @Test(arguments: Engine.allCases)
    func `a list is searched, sorted, counted by state and read by pages`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            visit("v_1", ["alpha", "alpha", "alpha"], at: 0) + visit("v_2", ["beta"], at: 60)
                + visit("v_3", ["beta"], at: 90)
                + visit("v_4", ["gamma"], at: 30)
        )
        try store.catchUp()
        _ = try decide(store, #require(try ids(store)["gamma"]), .resolved, at: 1000)
        func found(_ change: (inout IssueListing) -> Void) throws -> [String] {
            var listing = IssueListing()
            change(&listing)
            return try reports(store).issues(Self.query(), listing).rows.map(\.text.message)
        }
        #expect(try found { _ in } == ["alpha", "beta", "gamma"])
        #expect(try found { $0.sort = .visitors } == ["beta", "alpha", "gamma"])
        #expect(try found { $0.sort = .lastSeen } == ["beta", "gamma", "alpha"])
        #expect(try found { $0.sort = .firstSeen } == ["beta", "gamma", "alpha"])
        #expect(try found { ($0.limit, $0.offset) = (1, 1) } == ["beta"])
        #expect(try found { $0.search = "ERROR: ALP" } == ["alpha"])
        #expect(try found { $0.search = "app.js" }.count == 3)
        #expect(try found { $0.state = .resolved } == ["gamma"])
        var listing = IssueListing()
        (listing.state, listing.limit) = (.unresolved, 1)
        let report = try reports(store).issues(Self.query(), listing)
        #expect(report.count == 2 && report.total == 5 && report.rest == 2)
        #expect(report.states == [.unresolved: 2, .resolved: 1])
        #expect(report.rows[0].visitors == 1 && report.rows[0].trend.reduce(0, +) == 3)
    }

    @Test(arguments: Engine.allCases)
    func `every occurrence is on one page, the latest first, also many of one second`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        var events = try visit("v_0", Array(repeating: "a", count: 7), at: 5)
        for number in 1..<8 {
            events += try visit(
                "v_\(number)",
                ["a", "b"],
                at: Int64(number * 3),
                path: number % 2 == 0 ? "/even" : "/odd"
            )
        }
        try store.append(events)
        try store.catchUp()
        let issue = try #require(try ids(store)["a"])
        func pages(_ query: ReportQuery) throws -> [[StoredEventID]] {
            var (pages, before): ([[StoredEventID]], Int64?) = ([], nil)
            repeat {
                let page = try #require(try reports(store).occurrences(query, issue, before: before, limit: 3))
                pages.append(page.events.map { StoredEventID(id: $0.id, time: $0.receivedAt, visitor: $0.visitorID) })
                before = page.next
            } while before != nil && pages.count < 20
            return pages
        }
        let all = try pages(Self.query()).flatMap(\.self)
        #expect(all.count == 14 && Set(all.map(\.id)).count == 14)
        #expect(all == all.sorted { ($1.time, $1.id) < ($0.time, $0.id) })
        #expect(try pages(Self.query()).dropLast().allSatisfy { $0.count == 3 })
        let even = try pages(Self.query([ReportFilter("is", "path", ["/even"])])).flatMap(\.self)
        #expect(even.map(\.visitor) == ["v_6", "v_4", "v_2"])
        #expect(try pages(Self.query(to: 7)).flatMap(\.self).count == 9)
        let found = try #require(try reports(store).properties(Self.query(), issue))
        #expect(found.errors == 14 && found.properties.map(\.name) == ["message", "source"])
        #expect(found.properties[1].rows == [.init(value: "app.js", errors: 14)])
        #expect(try reports(store).occurrences(Self.query(), issue, before: 99_999, limit: 3) == nil)
        #expect(try reports(store).occurrences(Self.query(), "00", before: nil, limit: 3) == nil)
    }
}

private struct StoredEventID: Equatable {
    let id: Int64
    let time: Int64
    let visitor: String
}
