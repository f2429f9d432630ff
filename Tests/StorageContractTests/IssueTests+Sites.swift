import Events
import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import Reports
@testable import Rollups

/// An issue that several sites have, in reports of all of them.
extension IssueTests {
    private func text(
        _ store: any Store,
        site: String? = nil,
        _ filters: [ReportFilter] = []
    ) throws -> IssueText {
        var query = try Self.query(filters)
        query.site = site
        let row = try #require(try reports(store).issues(query).rows.first)
        let detail = try #require(try reports(store).issue(query, row.issue)).text
        #expect(detail.state == row.text.state && detail.site == row.text.site)
        #expect(detail.firstSeen == row.text.firstSeen && detail.lastSeen == row.text.lastSeen)
        #expect(detail.releases == row.text.releases)
        return detail
    }

    private func listed(_ store: any Store, _ state: IssueState) throws -> Int {
        var listing = IssueListing()
        listing.state = state
        let report = try reports(store).issues(Self.query(), listing)
        #expect(report.states[state, default: 0] == Int64(report.rows.count))
        return report.rows.count
    }

    @Test(arguments: Engine.allCases)
    func `an issue of several sites has the times and releases of all of them`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            visit("v_1", ["a"], release: "b1", at: 0, site: "b.example")
                + visit("v_2", ["a"], release: "a1", at: 60, site: "a.example")
                + visit("v_3", ["a"], release: "b1", at: 90, site: "a.example")
        )
        try store.catchUp()
        let all = try text(store)
        #expect([all.firstSeen, all.lastSeen] == [Self.start, Self.start + 90] && all.site == "a.example")
        #expect(all.releases.map(\.name) == ["b1", "a1"])
        #expect(all.releases.map { $0.firstSeen - Self.start } == [0, 60])
        #expect(all.releases.map { $0.lastSeen - Self.start } == [90, 60])
        let own = try text(store, site: "a.example")
        #expect([own.firstSeen, own.lastSeen] == [Self.start + 60, Self.start + 90])
        #expect(own.releases.map(\.name) == ["a1", "b1"])
        let filtered = try text(store, [ReportFilter("is", "site", ["b.example"])])
        #expect(filtered.lastSeen == Self.start && filtered.site == "b.example")
        #expect(filtered.releases.map(\.name) == ["b1"])
    }

    @Test(arguments: Engine.allCases)
    func `an issue of several sites is open if it is open on one of them`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            visit("v_1", ["a"], release: "1", at: 0, site: "b.example")
                + visit("v_2", ["a"], release: "1", at: 60, site: "a.example")
                // Only by a bot, so the site does not count.
                + visit("v_3", ["a"], release: "1", at: 70, site: "c.example", agent: Self.bot)
        )
        try store.catchUp()
        let issue = try #require(try ids(store)["a"])
        _ = try decide(store, issue, .resolved, at: 100, site: "a.example")
        #expect(try text(store).state == .unresolved && text(store).site == "b.example")
        #expect(try text(store).decision == nil)
        #expect(try listed(store, .unresolved) == 1 && listed(store, .resolved) == 0)
        #expect(try text(store, site: "a.example").state == .resolved)
        _ = try decide(store, issue, .ignored, at: 110, site: "b.example")
        #expect(try text(store).state == .resolved && text(store).site == "a.example")
        #expect(try listed(store, .resolved) == 1 && listed(store, .ignored) == 0)
        try store.append(visit("v_4", ["a"], release: "2", at: 120, site: "a.example"))
        try store.append(visit("v_5", ["a"], release: "1", at: 130, site: "b.example"))
        try store.catchUp()
        let back = try text(store)
        #expect(back.state == .regressed && back.site == "a.example" && back.regressedIn == "2")
        #expect(back.decision?.changedAt == Self.start + 100 && back.lastSeen == Self.start + 130)
        #expect(try listed(store, .regressed) == 1)
        _ = try decide(store, issue, .ignored, at: 200)
        #expect(try text(store).state == .ignored)
    }
}
