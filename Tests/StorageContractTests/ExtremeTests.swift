import Storage
import Events
import TestSupport
import Testing

/// The outermost values that the parser lets through, and those that only a fault of ours could bring.
@Suite struct ExtremeTests {
    /// Numbers at the parser's limits: their length, their exponent, and both together.
    private static let numbers = [
        "1e9999", "-1e-9999", "9." + String(repeating: "9", count: 1016) + "e9999",
        "0." + String(repeating: "1", count: 1016) + "e-9999", String(repeating: "7", count: 1024), "-0", "-0.0e0",
    ]

    @Test(arguments: Engine.allCases, numbers)
    func `every number that the parser lets through is kept, as a string where a database would write it out`(
        engine: Engine,
        number: String
    ) throws {
        let database = try Database(engine)
        let payload = #"{"n":\#(number)}"#
        let stored = number.contains("9999") ? #""\#(number)""# : number
        let batch = try Batch(
            events: [Event.sample(payload: payload)],
            submissions: [Submission.sample(#"{"browser":\#(payload),"battery":\#(number)}"#)]
        )
        #expect(try database.migrated().makeWriter().append(batch).stored == 2)
        #expect(try database.json("collector_events", "payload", equals: #"{"n":\#(stored)}"#))
        #expect(try database.json("debug_data", "browser_info", equals: #"{"n":\#(stored)}"#))
        #expect(try database.json("debug_data", "battery", equals: stored))
    }

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases)
    func `texts, depth and size at their limits are kept`(engine: Engine) throws {
        let database = try Database(engine)
        let identifier = String(repeating: "🙂", count: 64)
        let location = "/" + String(repeating: "%", count: 2047)
        let deep = #"{"d":"# + String(repeating: "[", count: 62) + String(repeating: "]", count: 62) + "}"
        let events = try [
            Event.sample(
                visitor: identifier,
                payload: deep,
                more: [("path", "\"\(location)\""), ("referrer", "\"\(location)\""), ("seq", "2147483647")],
                userAgent: String(repeating: "ü", count: 4096)
            ),
            Event.sample(visitor: #"\t\r\n\u001f\u007f\"\\'$1;--"#),
        ]
        #expect(try database.migrated().makeWriter().append(Batch(events: events)).stored == 2)
        let rows = try database.records(.events)
        #expect(rows[0]["visitor_id"] == identifier && rows[0]["seq"] == "2147483647")
        #expect(rows[0]["path"] == location && rows[0]["referrer"] == location)
        #expect(rows[0]["user_agent"] == String(repeating: "ü", count: 4096))
        #expect(rows[1]["visitor_id"] == "\t\r\n\u{1F}\u{7F}\"\\'$1;--")
        try database.rows("delete from collector_events where seq = 0")
        #expect(try database.json("collector_events", "payload", equals: deep))
    }

    @Test(arguments: Engine.allCases)
    func `a payload as large as a request reads back whole`(engine: Engine) throws {
        let database = try Database(engine)
        let payload = #"{"t":""# + String(repeating: "aé🙂 ", count: 32_000) + #""}"#
        _ = try database.migrated().makeWriter().append(Batch(events: [try Event.sample(payload: payload)]))
        #expect(try database.json("collector_events", "payload", equals: payload))
    }

    @Test(arguments: [#"{"n":1e200000}"#, #"{"t":"\u0000"}"#, "{", #"{"t":"\ud800"}"#])
    func `a payload that PostgreSQL cannot hold is refused with its batch, and the writer goes on`(
        payload: String
    ) throws {
        let database = try Database(.postgresql)
        let writer = try database.migrated().makeWriter()
        let good = try Event.sample()
        // The parser lets none of these through.
        var bad = good
        bad.payload = Slice(start: bad.bytes.count, count: payload.utf8.count)
        bad.bytes += Array(payload.utf8)
        for batch in [Batch(events: [good, bad]), Batch(events: [bad, good], submissions: [try Submission.sample()])] {
            let error = #expect(throws: StoreError.self) { try writer.append(batch) }
            guard case .refused(let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(!reason.contains("u0000") && !reason.contains("1e2"), "the reason goes to the log, without data")
        }
        #expect(try database.count("collector_events") == 0)
        #expect(try database.count("debug_data") == 0)
        #expect(try writer.append(Batch(events: [good], submissions: [try Submission.sample()])).stored == 2)
    }
}
