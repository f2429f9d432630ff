import Events
import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// Filters, goals, steps and searches by the value of a payload's member.
@Suite struct PropertyValueTests {
    private static let start: Int64 = 1_795_456_784_000_000

    /// The member `k` of the payload of one event each, as sent.
    private static let sent = [
        "1", "1.0", "1.50", "1e2", "1E2", "100", "1e-7", "0.0000001", "12345678901234567890", "9007199254740993",
        "1e300",
        "-0", "-0.0", "0", #""1""#, #""1e2""#, "true", #""true""#, "null", "[1]", #"{"x":1}"#, #""""#, #""(none)""#,
        #""\u00e9""#, #""e\u0301""#,
    ]

    /// Values that are looked for, and the sent ones that have them.
    private static let wanted: [(value: String, sent: [String])] = [
        ("1", ["1", "1.0", #""1""#]), ("1.0", ["1", "1.0"]), ("1.5", ["1.50"]), ("100", ["1e2", "1E2", "100"]),
        ("1e2", ["1e2", "1E2", "100", #""1e2""#]), ("1E+02", ["1e2", "1E2", "100"]), ("1e-7", ["1e-7", "0.0000001"]),
        ("0.00000010", ["1e-7", "0.0000001"]), ("12345678901234567890", ["12345678901234567890"]),
        ("12345678901234567000", []), ("9007199254740992", []), ("9007199254740993", ["9007199254740993"]),
        ("1e300", ["1e300"]), ("0", ["-0", "-0.0", "0"]),
        ("-0.0", ["-0", "-0.0", "0"]), ("true", ["true", #""true""#]), ("null", []), ("[1]", []), ("01", ["1", "1.0"]),
        ("", [#""""#]), ("(none)", [#""(none)""#]), ("\u{E9}", [#""\u00e9""#]), ("e\u{301}", [#""e\u0301""#]),
    ]

    private func store(_ database: Database) throws -> any Store {
        let store = try database.migrated()
        let events = try Self.sent.enumerated().flatMap { number, value in
            try [("pageview", "{}"), ("sale", #"{"k":\#(value)}"#)].map { type, payload in
                try Event.parsed(
                    """
                    {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)",\
                    "event_type":"\(type)","path":"/","site":"shop.example","payload":\(payload)}
                    """,
                    receivedAt: Self.start
                )
            }
        }
        try store.append(events)
        try store.catchUp()
        return store
    }

    @Test(arguments: Engine.allCases)
    func `numbers have their exact value in any notation, texts their bytes`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try store(database)
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let range = try ReportRange(from: Self.start / 1_000_000 - 60, to: Self.start / 1_000_000 + 60)
        for (value, sent) in Self.wanted {
            let filtered = ReportQuery(
                range: range,
                filters: [try ReportFilter("is", "property:k", [value])],
                includesBots: true,
                isComparing: false
            )
            #expect(try reports.overview(filtered, now: 0).totals.sessions == Int64(sent.count), "filter \(value)")
            var search = EventQueries.Search()
            (search.key, search.value) = ("k", value)
            let found = try EventQueries(database: store.makeDatabase()).latest(search, before: nil, limit: 100)
            let numbers = Set(sent.compactMap { Self.sent.firstIndex(of: $0) }.map { "s_\($0)" })
            #expect(Set(try #require(found).events.map(\.sessionID)) == numbers, "search for \(value)")
            let steps = [try Milestone("page", "/"), try Milestone("event", "sale", property: "k", value: value)]
            let query = ReportQuery(range: range, filters: [], includesBots: true, isComparing: false)
            let funnel = try reports.funnel(query, steps, scope: .session, window: nil)
            #expect(funnel.steps[1].count == Int64(sent.count), "step \(value)")
        }
    }

    @Test(arguments: Engine.allCases)
    func `a name with a point is a member with this name, or else one within another`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let payloads = [#"{"a.b":1}"#, #"{"a":{"b":1}}"#, #"{"a.b":2,"a":{"b":1}}"#, #"{"a.b":null,"a":{"b":1}}"#]
        try store.append(
            payloads.enumerated().map { number, payload in
                try Event.parsed(
                    """
                    {"visitor_id":"v","session_id":"s_\(number)","pageview_id":"p_\(number)",\
                    "event_type":"sale","path":"/","site":"shop.example","payload":\(payload)}
                    """,
                    receivedAt: Self.start
                )
            }
        )
        var search = EventQueries.Search()
        (search.key, search.value) = ("a.b", "1")
        let found = try EventQueries(database: store.makeDatabase()).latest(search, before: nil, limit: 100)
        #expect(Set(try #require(found).events.map(\.sessionID)) == ["s_0", "s_1", "s_3"])
    }

    @Test(arguments: Engine.allCases)
    func `the value of an event does not depend on how its number was sent`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let values = ["1e2", "1e-70", "1e300", "-0", "12.50"]
        try store.append(
            values.enumerated().flatMap { number, value in
                try [("pageview", "{}"), ("sale", #"{"value":\#(value)}"#)].map { type, payload in
                    try Event.parsed(
                        """
                        {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)",\
                        "event_type":"\(type)","path":"/","site":"shop.example","payload":\(payload)}
                        """,
                        receivedAt: Self.start
                    )
                }
            }
        )
        try store.catchUp()
        #expect(try StoredFigures(store).rows(.eventIssue, .events, [.invalid]).mapValues(\.eventsReceived).count == 1)
        #expect(try store.differences() == [])
    }
}
