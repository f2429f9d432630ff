import Events
import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import Alerts
@testable import Reports
@testable import Rollups

/// Errors of bots: stored and listed with bots, but without effect on states and on what reports without bots say.
extension IssueTests {
    private func text(
        _ store: any Store,
        _ message: String,
        includesBots: Bool = false
    ) throws -> IssueText? {
        var query = try Self.query()
        query.includesBots = includesBots
        return try reports(store).issues(query).rows.first { $0.text.message == message }?.text
    }

    @Test(arguments: Engine.allCases)
    func `errors of bots do not end a decision`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let messages = ["a", "b", "c", "d"]
        try store.append(visit("v_1", messages, release: "1", at: 0))
        try store.catchUp()
        let ids = try ids(store)
        _ = try decide(store, #require(ids["a"]), .resolved, at: 10)
        _ = try decide(store, #require(ids["b"]), .resolved, at: 10) { $0.release = .current }
        _ = try decide(store, #require(ids["c"]), .resolved, at: 10) { $0.release = .next }
        _ = try decide(store, #require(ids["d"]), .ignored, at: 10) { ($0.untilErrors, $0.untilVisitors) = (1, 1) }
        try store.append(
            visit("v_2", messages, release: "1", at: 20, agent: Self.bot)
                + visit("v_3", messages, release: "2", at: 30, agent: Self.bot)
        )
        try store.catchUp()
        try expectStates(["a": .resolved, "b": .resolved, "c": .resolved, "d": .ignored], store)
        #expect(try text(store, "a", includesBots: true)?.state == .resolved)
        try store.append(visit("v_4", messages, release: "2", at: 40))
        try store.catchUp()
        try expectStates(["a": .regressed, "b": .regressed, "c": .regressed, "d": .unresolved], store)
        #expect(try text(store, "a")?.regressedIn == "2")
    }

    @Test(arguments: Engine.allCases)
    func `times and releases are those of humans unless bots are included`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            visit("v_1", ["a", "b"], release: "1", at: 0, agent: Self.bot) + visit("v_2", ["a"], release: "2", at: 60)
                + visit("v_3", ["a"], release: "3", at: 90, agent: Self.bot)
        )
        try store.catchUp()
        func check(_ comment: Comment) throws {
            let human = try #require(try text(store, "a"), comment)
            #expect([human.firstSeen, human.lastSeen] == [Self.start + 60, Self.start + 60], comment)
            #expect(human.releases.map(\.name) == ["2"], comment)
            let all = try #require(try text(store, "a", includesBots: true), comment)
            #expect([all.firstSeen, all.lastSeen] == [Self.start, Self.start + 90], comment)
            #expect(all.releases.map(\.name) == ["1", "2", "3"], comment)
            #expect(try text(store, "b") == nil, comment)
            let bots = try #require(try text(store, "b", includesBots: true), comment)
            #expect([bots.firstSeen, bots.lastSeen] == [Self.start, Self.start], comment)
            #expect(bots.state == .unresolved && bots.releases.map(\.name) == ["1"], comment)
        }
        try check("as the events arrive")
        #expect(try store.differences() == [])
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        try check("after a rebuild")
    }

    @Test(arguments: Engine.allCases)
    func `errors of bots neither begin an alert nor prevent one`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        func alerts(_ kind: AlertKind, at seconds: Int64) throws -> [String] {
            let measurer = AlertMeasurer(
                try store.makeDatabase(),
                DictionaryCache(),
                now: Self.start + seconds,
                server: AlertServerState()
            )
            let rule = AlertRule(id: "r", kind: kind, createdAt: Self.start + 20)
            guard case .measured(let found) = try measurer.measure(rule) else { return ["not measured"] }
            return found.findings.filter { $0.level == .exceeded }.map(\.title).sorted()
        }
        try store.append(visit("v_1", ["a"], at: 0, agent: Self.bot) + visit("v_2", ["b"], at: 0))
        try store.catchUp()
        _ = try decide(store, #require(ids(store)["b"]), .resolved, at: 10)
        try store.append(visit("v_3", ["b"], at: 30, agent: Self.bot))
        try store.catchUp()
        #expect(try alerts(.regressedIssue, at: 40) == [] && alerts(.newIssue, at: 40) == [])
        try store.append(visit("v_4", ["a", "b", "c"], at: 50))
        try store.catchUp()
        #expect(try alerts(.regressedIssue, at: 60) == ["Regressed issue on shop.example: Error: b"])
        #expect(
            try alerts(.newIssue, at: 60) == [
                "New issue on shop.example: Error: a", "New issue on shop.example: Error: c",
            ]
        )
    }

    @Test(arguments: Engine.allCases)
    func `a session that turns out to be a human's counts with its earlier errors`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let page = try visit("v_1", [], at: 5)
        let errors = try visit("v_1", ["a"], at: 0, agent: Self.bot).dropFirst()
        try store.append(Array(errors))
        try store.catchUp()
        #expect(try text(store, "a") == nil)
        try store.append(page)
        try store.catchUp()
        #expect(try text(store, "a")?.firstSeen == Self.start)
        #expect(try database.column("select human_last_seen from insight_issues") == ["\(Self.start)"])
        // The page view of a bot in the same session, which was received before.
        try store.append(visit("v_1", [], at: -30, agent: Self.bot))
        try store.catchUp()
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `issues from before the upgrade keep their times where their events have been removed`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(visit("v_1", ["a"], release: "1", at: 0) + visit("v_2", ["b"], release: "1", at: 90_000))
        try store.catchUp()
        let issue = try #require(try reports(store).issues(Self.query()).rows.first?.issue)
        try removeEvents(store, before: Self.start + 86_400)
        try #require(try database.count("collector_events") == 2)
        for table in ["insight_issues", "insight_issue_releases"] {
            for column in ["human_first_seen", "human_last_seen"] {
                try database.rows("alter table \(table) drop column \(column)")
            }
        }
        try database.rows("delete from schema_migrations where name = '0042_issues_of_humans'")
        let upgraded = try database.migrated()
        try upgraded.catchUp()
        #expect(try upgraded.differences() == [])
        try upgraded.append(visit("v_3", ["a"], release: "1", at: 91_000))
        try upgraded.catchUp()
        let report = try #require(try reports(upgraded).issue(Self.query(to: 100_000), issue))
        #expect(report.text.firstSeen == Self.start && report.text.releases.map(\.firstSeen) == [Self.start])
    }
}
