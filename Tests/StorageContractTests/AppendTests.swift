import Storage
import Events
import TestSupport
import Testing

/// What both engines must make of what is appended.
@Suite struct AppendTests {
    private static let firstID = "0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f"
    private static let secondID = "0198f0c2-7b1e-7cc3-98c4-dc0c0c073990"

    @Test(arguments: Engine.allCases)
    func `every column of an event reads back as it was sent`(engine: Engine) throws {
        let database = try Database(engine)
        let event = try Event.sample(
            visitor: "v_ß🙂",
            eventID: Self.firstID.uppercased(),
            payload: #"{"LCP":1286}"#,
            more: [
                ("seq", "-2147483648"), ("path", #""/größe?q=🙂""#), ("referrer", #""https:\/\/x.test\/\u00e9""#),
                ("client_timestamp", #""2026-11-23T17:59:44.049Z""#), ("site", #""größe.example""#),
            ],
            userAgent: "Agent/1.0 (ü)",
            ipHash: String(repeating: "a", count: 64),
            location: Location(country: "de", regionCode: "BE", cityName: "Größe", source: .database)
        )
        let appended = try database.migrated().makeWriter().append(Batch(events: [event]))
        #expect(appended == Appended(stored: 1, duplicates: 0))
        #expect(
            try database.records(.events) == [
                [
                    "received_at": "2026-11-23T17:59:44.821673Z", "client_timestamp": "2026-11-23T17:59:44.049000Z",
                    "visitor_id": "v_ß🙂", "session_id": "s_1", "pageview_id": "p_1", "event_type": "pageview",
                    "seq": "-2147483648", "path": "/größe?q=🙂", "referrer": "https://x.test/é",
                    "ip_hash": String(repeating: "a", count: 64), "user_agent": "Agent/1.0 (ü)",
                    "event_id": Self.firstID, "site": "größe.example", "client_timestamp_original": nil,
                    "country": "DE", "region": "DE-BE", "city": "Größe, DE-BE", "location_source": "database",
                ]
            ]
        )
        #expect(try database.json("collector_events", "payload", equals: #"{"LCP":1286}"#))
    }

    @Test(arguments: Engine.allCases)
    func `missing fields are NULL, a missing seq is zero and a missing payload empty`(engine: Engine) throws {
        let database = try Database(engine)
        _ = try database.migrated().makeWriter().append(Batch(events: [try Event.sample()]))
        #expect(
            try database.records(.events) == [
                [
                    "received_at": "2026-11-23T17:59:44.821673Z", "client_timestamp": nil, "visitor_id": "v_1",
                    "session_id": "s_1", "pageview_id": "p_1", "event_type": "pageview", "seq": "0", "path": nil,
                    "referrer": nil, "ip_hash": nil, "user_agent": nil, "event_id": nil, "site": nil,
                    "client_timestamp_original": nil, "country": nil, "region": nil, "city": nil,
                    "location_source": nil,
                ]
            ]
        )
        #expect(try database.json("collector_events", "payload", equals: "{}"))
    }

    @Test(arguments: Engine.allCases)
    func `numbers of a payload keep their value, and on SQLite their spelling`(engine: Engine) throws {
        let database = try Database(engine)
        let payload =
            #"{"z":123456789012345678901234567890,"a":1.0,"e":1e2,"m":-0.10,"t":"\u00e9 🙂 \"\\","l":[ 1, null ,true]}"#
        _ = try database.migrated().makeWriter().append(Batch(events: [try Event.sample(payload: payload)]))
        #expect(try database.json("collector_events", "payload", equals: payload))
    }

    @Test(arguments: Engine.allCases)
    func `the first and the last moment that a client may name are kept`(engine: Engine) throws {
        let database = try Database(engine)
        let moments = ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"]
        let events = try moments.map { try Event.sample(more: [("client_timestamp", "\"\($0)\"")]) }
        _ = try database.migrated().makeWriter().append(Batch(events: events))
        #expect(
            try database.records(.events).map { $0["client_timestamp"] } == [
                "0001-01-01T00:00:00.000000Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z",
            ]
        )
    }

    // MARK: - Counted once

    @Test(arguments: Engine.allCases)
    func `an event that comes again under its id is absorbed and counted`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let first = try Event.sample(eventID: Self.firstID)
        let second = try Event.sample(eventID: Self.secondID)
        #expect(try writer.append(Batch(events: [first, first])) == Appended(stored: 1, duplicates: 1))
        #expect(try writer.append(Batch(events: [first, second])) == Appended(stored: 1, duplicates: 1))
        #expect(try writer.append(Batch(events: [second])) == Appended(stored: 0, duplicates: 1))
        #expect(try database.count("collector_events") == 2)
    }

    @Test(arguments: Engine.allCases)
    func `the same id of another visitor is another event`(engine: Engine) throws {
        let database = try Database(engine)
        let events = try ["v_1", "v_2"].map { try Event.sample(visitor: $0, eventID: Self.firstID) }
        let appended = try database.migrated().makeWriter().append(Batch(events: events))
        #expect(appended == Appended(stored: 2, duplicates: 0))
    }

    @Test(arguments: Engine.allCases)
    func `events without an id are always appended`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let event = try Event.sample()
        for _ in 0..<2 {
            #expect(try writer.append(Batch(events: [event, event])) == Appended(stored: 2, duplicates: 0))
        }
        #expect(try database.count("collector_events") == 4)
    }

    // MARK: - Submissions

    @Test(arguments: Engine.allCases)
    func `every part of a submission reads back in its column`(engine: Engine) throws {
        let database = try Database(engine)
        let body = #"""
            {"browser":{"b":1.0},"performance":{"p":[1e2]},"fingerprints":{"f":"🙂"},"errors":[{"message":"x"}],"network":{"n":1},
            "battery":null,"benchmarks":[2],"timestamp":"2026-11-23T17:59:44+01:00","visitor_id":"v_1","session_id":"s_1",
            "pageview_id":7,"other":1}
            """#
        let submission = try Submission.sample(body, ip: "2001:db8::1")
        let appended = try database.migrated().makeWriter().append(Batch(submissions: [submission]))
        #expect(appended == Appended(stored: 1, duplicates: 0))
        #expect(
            try database.records(.submissions) == [
                [
                    "timestamp": "2026-11-23T17:59:44.821673Z", "client_timestamp": "2026-11-23T16:59:44.000000Z",
                    "ip": "2001:db8::1", "battery": nil, "visitor_id": "v_1", "session_id": "s_1", "pageview_id": "7",
                ]
            ]
        )
        let parts = [
            ("browser_info", #"{"b":1.0}"#), ("performance_data", #"{"p":[1e2]}"#), ("fingerprints", #"{"f":"🙂"}"#),
            ("errors", #"[{"message":"x"}]"#), ("network", #"{"n":1}"#), ("benchmarks", "[2]"),
        ]
        for (column, json) in parts {
            #expect(try database.json("debug_data", column, equals: json), "\(column)")
        }
    }

    @Test(arguments: Engine.allCases)
    func `parts that a submission lacks are empty or NULL`(engine: Engine) throws {
        let database = try Database(engine)
        _ = try database.migrated().makeWriter().append(Batch(submissions: [try Submission.sample()]))
        #expect(
            try database.records(.submissions) == [
                [
                    "timestamp": "2026-11-23T17:59:44.821673Z", "client_timestamp": nil, "ip": nil, "battery": nil,
                    "visitor_id": nil, "session_id": nil, "pageview_id": nil,
                ]
            ]
        )
        for column in ["browser_info", "performance_data", "fingerprints"] {
            #expect(try database.json("debug_data", column, equals: "{}"), "\(column)")
        }
        #expect(try database.json("debug_data", "errors", equals: "[]"))
        #expect(try database.column("select count(network) + count(benchmarks) from debug_data") == ["0"])
    }

    // MARK: - Batches

    @Test(arguments: Engine.allCases)
    func `a batch of a thousand is stored in its order, and the next after it`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        for round in 0..<2 {
            let events = try (0..<1000).map { try Event.sample(more: [("seq", String(round * 1000 + $0))]) }
            #expect(try writer.append(Batch(events: events)).stored == 1000)
        }
        #expect(try database.column("select seq from collector_events order by id") == (0..<2000).map { String($0) })
    }

    @Test(.onOneServer("each shard has its own transaction"), arguments: Engine.allCases)
    func `events and submissions go in one transaction`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let batch = try Batch(events: [Event.sample(), Event.sample()], submissions: [Submission.sample()])
        #expect(try writer.append(batch) == Appended(stored: 3, duplicates: 0))
        try database.rows("drop table debug_data")
        let error = #expect(throws: StoreError.self) { try writer.append(batch) }
        guard case .unavailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try database.count("collector_events") == 2)
    }

    @Test(arguments: Engine.allCases)
    func `an empty batch stores nothing`(engine: Engine) throws {
        let database = try Database(engine)
        #expect(try database.migrated().makeWriter().append(Batch()) == Appended(stored: 0, duplicates: 0))
    }

    @Test(.onOneServer("each shard has its own transaction"), arguments: Engine.allCases)
    func `a batch with a value that the database refuses is refused whole, and the writer goes on`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        // A rule of the owner's, since the schema itself takes everything that the parser lets through.
        try database.refuse(visitor: "v_bad")
        let writer = try store.makeWriter()
        let good = try Event.sample()
        let bad = try Event.sample(visitor: "v_bad")
        for batch in [Batch(events: [good, bad]), Batch(events: [bad], submissions: [try Submission.sample()])] {
            let error = #expect(throws: StoreError.self) { try writer.append(batch) }
            guard case .refused = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(try database.count("collector_events") == 0)
        #expect(try database.count("debug_data") == 0)
        #expect(try writer.append(Batch(events: [good])).stored == 1)
    }

    @Test(arguments: Engine.allCases)
    func `the ids of a batch are those of its rows, in its order, and none when an event was there already`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let events = try (1...50).map { number in
            try Event.parsed(
                """
                {"visitor_id":"v","session_id":"s","pageview_id":"p\(number)","event_type":"a","seq":\(number),
                "event_id":"01900000-0000-7000-8000-\(String(100_000_000_000 + number))"}
                """,
                receivedAt: 1_795_456_784_000_000
            )
        }
        let ids = try writer.append(Batch(events: events)).eventIDs
        let rows = try database.rows("select id, seq from collector_events order by seq")
        #expect(ids.map { String($0) } == rows.map { $0[0] })
        #expect(try writer.append(Batch(events: [events[0]])).eventIDs.isEmpty)
    }
}
