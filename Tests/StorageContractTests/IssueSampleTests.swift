import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// The latest errors of an issue that several sites have.
@Suite struct IssueSampleTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func event(_ number: Int, _ type: String, _ site: String) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)","event_type":"\(type)",\
            "path":"/","site":"\(site)","payload":{"kind":"error","name":"TypeError","message":"it broke"}}
            """,
            receivedAt: Self.start + Int64(number) * 1_000_000
        )
    }

    /// Events of one visitor on each site, in their order.
    private func filled(_ database: Database, _ sites: [String]) throws -> any Store {
        let store = try database.migrated()
        let events = try sites.enumerated().flatMap { number, site in
            [try event(number, "pageview", site), try event(number, "error", site)]
        }
        try store.append(events)
        try store.catchUp()
        return store
    }

    private func samples(_ store: any Store, _ site: String?) throws -> [String] {
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let seconds = Self.start / 1_000_000
        let range = try ReportRange(from: seconds - 60, to: seconds + 3600)
        let query = ReportQuery(range: range, site: site, includesBots: true)
        let issue = try #require(try reports.issues(query).rows.first?.issue)
        return try #require(try reports.issue(query, issue)).samples.map(\.visitorID)
    }

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases)
    func `are of the site that is asked about`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try filled(database, ["one.example", "two.example", "one.example", ""])
        #expect(try samples(store, nil) == ["v_3", "v_2", "v_1", "v_0"])
        #expect(try samples(store, "one.example") == ["v_2", "v_0"])
        #expect(try samples(store, "two.example") == ["v_1"])
    }

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases)
    func `are of all sites without a name of their own where these are asked about`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try filled(database, (0..<503).map { "site-\($0).example" } + ["site-7.example"])
        #expect(try samples(store, "(other)") == ["v_502", "v_501", "v_500"])
        #expect(try samples(store, "site-7.example") == ["v_503", "v_7"])
    }
}
