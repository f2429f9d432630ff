import Reports
import Rollups
import Segments
import Storage
import Events
import TestSupport
import Testing
import DemoData

/// What both engines must make of the events of page views, whatever the portions in which they are read.
@Suite struct RollupTests {
    private static let start: Int64 = 1_795_456_784_000_000
    private static let agents = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ]

    private func event(
        _ type: String,
        seq: Int = 1,
        visitor: String = "v_1",
        session: String = "s_1",
        view: String = "p_1",
        path: String = "/",
        payload: String = "{}",
        seconds: Int64 = 0,
        agent: String = agents[0]
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"\(visitor)","session_id":"\(session)","pageview_id":"\(view)","event_type":"\(type)","seq":\(seq),\
            "path":"\(path)","site":"shop.example","payload":\(payload)}
            """,
            userAgent: agent,
            receivedAt: Self.start + seconds * 1_000_000
        )
    }

    @Test(arguments: Engine.allCases)
    func `numbers of a day are those of its events`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let events = [
            try event("pageview", path: "/users/1"),
            try event("error", seq: 2, path: "/users/1", payload: #"{"count":3}"#),
            try event("engagement", seq: 3, path: "/users/1", payload: #"{"engagedMs":4000}"#),
            try event("engagement", seq: 4, path: "/users/1", payload: #"{"engagedMs":5000}"#),
            try event("pageview", view: "p_2", path: "/users/2", seconds: 60),
            try event("pageview", visitor: "v_2", session: "s_2", view: "p_3", path: "/", agent: Self.agents[1]),
        ]
        _ = try store.makeWriter().append(Batch(events: events))
        try store.catchUp()
        let figures = try StoredFigures(store)
        let totals = try figures.totals()
        #expect([totals.eventsReceived, totals.pageViews, totals.sessions, totals.bounces] == [6, 3, 2, 1])
        #expect([totals.errors, totals.engagedPageViews, totals.engagedMilliseconds] == [3, 1, 5000])
        #expect(totals.visitors == 2)
        #expect(try figures.pageViews(.path) == ["/": 1, "/users/:id": 2])
        #expect(try figures.pageViews(.browser) == ["Chrome": 1, "Firefox": 2])
        #expect(try figures.sessions(.entryPath) == ["/": 1, "/users/:id": 1])
        #expect(try figures.rows(.entryPath, .sessions).mapValues(\.bounces) == ["/": 1, "/users/:id": 0])
        #expect(try figures.sessions(.exitPath) == ["/": 1, "/users/:id": 1])
    }

    @Test(arguments: Engine.allCases)
    func `the last value that a page view reports counts, in whatever portion it comes`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let reports = [(2, 1000), (4, 3000), (3, 2000)]
        _ = try writer.append(Batch(events: [event("pageview")]))
        for (seq, value) in reports {
            try store.catchUp()
            _ = try writer.append(Batch(events: [event("webvitals", seq: seq, payload: #"{"LCP":\#(value)}"#)]))
        }
        try store.catchUp()
        let totals = try StoredFigures(store).totals()
        let lcp = try #require(totals.vitals[Vital.lcp.rawValue])
        #expect(lcp.count == 1)
        #expect(lcp.p75 == 3000)
        #expect(totals.visitors == 1)
    }

    @Test(arguments: Engine.allCases)
    func `bots are counted apart, with reasons, and nothing of theirs is lost`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        _ = try store.makeWriter().append(
            Batch(events: [
                event("pageview"), event("pageview", visitor: "v_2", session: "s_2", view: "p_2", agent: "curl/8.5.0"),
            ])
        )
        try store.catchUp()
        let figures = try StoredFigures(store)
        #expect(try figures.totals("human").pageViews == 1)
        #expect(try figures.totals("bot").pageViews == 1)
        #expect(try figures.sessions(.botReasons) == ["": 1, "bot user agent": 1])
    }

    @Test(arguments: Engine.allCases)
    func `an error of three engines is one issue`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let functions = ["Cart.total", "total", "total"]
        let messages = ["Cannot read properties of undefined", "t is undefined", "undefined is not an object"]
        let events = try (0..<3).map { number in
            let payload = """
                {"kind":"error","name":"TypeError","message":"\(messages[number])","frames":[{"function":"\(functions[number])",\
                "file":"https://shop.example/app.\(number)bcdef0123.js?v=\(number)","line":12,"column":\(number)}]}
                """
            return try event(
                "error",
                session: "s_\(number)",
                view: "p_\(number)",
                payload: payload,
                seconds: Int64(number),
                agent: Self.agents[number % 2]
            )
        }
        _ = try store.makeWriter().append(Batch(events: events))
        try store.catchUp()
        #expect(
            try database.rows("select message, last_seen - first_seen from insight_issues") == [
                ["Cannot read properties of undefined", "2"]
            ]
        )
        let figures = try StoredFigures(store)
        #expect(try figures.errors(.eventIssue).map(\.value) == [3])
        #expect(try figures.errors(.browser) == ["Firefox": 2, "Chrome": 1])
        #expect(try figures.errors(.path) == ["/": 3])
    }

    @Test(arguments: Engine.allCases)
    func `a line break in a reason of a browser is none in what is kept of it`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        for number in 0..<2 {
            let hints = #"{"fingerprints":{"automation":["one\n9 two"]}}"#
            _ = try writer.append(
                Batch(events: [
                    event("error", seq: 1, view: "p_\(number)", path: #"/a\n9 b"#),
                    event("fingerprint_ready", seq: 2, view: "p_\(number)", payload: hints),
                ])
            )
            try store.catchUp()
        }
        let figures = try StoredFigures(store)
        #expect(try figures.rows(.botReasons, .errors, [.error]).mapValues(\.errors) == ["one 9 two": 2])
        #expect(try figures.errors(.path).count == 1)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `values beyond the limit are one, and which they are depends on the order of the events alone`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        for part in 0..<4 {
            let events = try (0..<300).map { number in
                try event("pageview", view: "p_\(part)_\(number)", path: "/page-\(part)-\(Self.word(number))")
            }
            _ = try writer.append(Batch(events: events))
            if part % 2 == 0 { try store.catchUp() }
        }
        try store.catchUp()
        let paths = try StoredFigures(store).pageViews(.path)
        #expect(paths.count == 1001)
        #expect(paths.values.reduce(0, +) == 1200)
        #expect(paths["(other)"] == 200)
        #expect(try store.differences() == [])
    }

    private static func word(_ number: Int) -> String {
        let letters = Array("abcdefghijklmnopqrst")
        return String([letters[number / 20], letters[number % 20], "x"])
    }

    @Test(arguments: Engine.allCases)
    func `rollups made in small portions by several are those made at once, and a wrong one is found and mended`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        var data = DemoData(DemoRun(seed: 7, events: 6000, end: Self.start, idPrefix: 1))
        let writer = try store.makeWriter()
        let followers = try (0..<3).map { _ in try Rollups(store.makeDatabase()) }
        var turn = 0
        while let events = data.next() {
            for start in stride(from: 0, to: events.count, by: 1000) {
                _ = try writer.append(Batch(events: Array(events[start..<min(start + 1000, events.count)])))
            }
            if turn % 5 == 0 { _ = try followers[turn / 5 % 3].advance(limit: 1 + turn) }
            turn += 1
        }
        while try followers[0].advance() > 0 {}
        let checker = try Rollups(store.makeDatabase())
        #expect(try checker.differences().map(\.table) == [])
        let id = try #require(try database.column("select min(id) from segments")[0])
        try database.rows(
            "delete from segment_columns where column_id = \(Column.path.rawValue) and segment_id = \(id)"
        )
        try database.rows("update insight_issues set last_seen = last_seen + 1")
        let found = try store.differences()
        #expect(found.contains("segment \(id) (damaged)"))
        #expect(found.contains { $0.hasPrefix("segments of ") })
        #expect(found.contains("insight_issues"))
        #expect(try StoredFigures(store).damagedSegments == 1)
        try followers[0].clear()
        while try followers[1].advance() > 0 {}
        #expect(try store.differences() == [])
        #expect(try StoredFigures(store).totals().eventsReceived == 6000)
    }

    @Test func `on PostgreSQL nothing is passed over that is committed late`() throws {
        let database = try Database(.postgresql)
        let store = try database.migrated()
        let slow = try store.makeDatabase()
        let rollups = try Rollups(store.makeDatabase())
        let insert = """
            insert into collector_events (visitor_id, session_id, pageview_id, event_type) values ('v', 's', 'p', 'pageview')
            """
        try slow.transaction { () throws(StoreError) in
            _ = try slow.change(insert)
            // A higher id that is there before the lower one.
            _ = try store.makeDatabase().change(insert)
            #expect(try rollups.advance() == 0)
            #expect(try rollups.advance() == 0)
        }
        #expect(try rollups.advance() == 2)
        #expect(try rollups.lastEventID() == 2)
    }
}
