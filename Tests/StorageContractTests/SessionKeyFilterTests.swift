import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// Filters that select sessions by stored events, on sites that found no room for a name of their own.
@Suite struct SessionKeyFilterTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func events(_ number: Int) throws -> [Event] {
        try [("pageview", "{}"), ("sale", #"{"plan":"plan-\#(number)"}"#)].map { type, payload in
            try Event.parsed(
                """
                {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)",\
                "event_type":"\(type)","path":"/","site":"site-\(number).example","payload":\(payload)}
                """,
                receivedAt: Self.start
            )
        }
    }

    @Test(arguments: Engine.allCases)
    func `visitors and properties are found on named and on other sites`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append((0..<510).flatMap { try events($0) })
        try store.catchUp()
        let seconds = Self.start / 1_000_000
        func sessions(_ subject: String, _ value: String) throws -> Int64 {
            let query = ReportQuery(
                range: try ReportRange(from: seconds - 60, to: seconds + 60),
                filters: [try ReportFilter("is", subject, [value])],
                includesBots: true
            )
            let report = try Reports(store.makeDatabase(), DictionaryCache()).overview(query, now: seconds)
            return report.totals.sessions
        }
        #expect(try StoredFigures(store).sessions(.site)["(other)"] == 10)
        for number in [7, 505] {
            #expect(try sessions("visitor", "v_\(number)") == 1, "visitor \(number)")
            #expect(try sessions("property:plan", "plan-\(number)") == 1, "property \(number)")
        }
    }
}
