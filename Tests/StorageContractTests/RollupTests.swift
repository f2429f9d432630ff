import Insight
import Numbers
import Storage
import Telemetry
import TestSupport
import Testing

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

    private func counts(_ database: Database, _ dimension: String, _ columns: String) throws -> [[String?]] {
        try database.rows(
            "select value, \(columns) from insight_counts where dimension = '\(dimension)' and grain = 2 order by value"
        )
    }

    private func catchUp(_ store: any Store) throws {
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
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
        try catchUp(store)
        #expect(
            try counts(database, "all", "events, views, sessions, bounces, errors, engagements, engaged_ms") == [
                ["", "6", "3", "2", "1", "3", "1", "5000"]
            ]
        )
        #expect(try counts(database, "path", "views") == [["/", "1"], ["/users/:id", "2"]])
        #expect(try counts(database, "browser", "views") == [["Chrome", "1"], ["Firefox", "2"]])
        #expect(try counts(database, "entry", "sessions, bounces") == [["/", "1", "1"], ["/users/:id", "1", "0"]])
        #expect(try counts(database, "exit", "sessions") == [["/", "1"], ["/users/:id", "1"]])
    }

    @Test(arguments: Engine.allCases)
    func `the last value that a page view tells counts, in whatever portion it comes`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let tellings = [(2, 1000), (4, 3000), (3, 2000)]
        _ = try writer.append(Batch(events: [event("pageview")]))
        for (seq, value) in tellings {
            try catchUp(store)
            _ = try writer.append(Batch(events: [event("webvitals", seq: seq, payload: #"{"LCP":\#(value)}"#)]))
        }
        try catchUp(store)
        let row = try store.makeDatabase().rows(
            "select visitors, lcp, inp, cls, fcp, ttfb, duration from insight_sketches where dimension = 'all' and grain = 1"
        )
        let cell = CellSketches(try #require(row.first)[...])
        let histogram = try #require(cell.histograms[.lcp])
        #expect(histogram.count == 1)
        #expect(abs((histogram.quantile(0.75) ?? 0) / 3000 - 1) < 0.025)
        #expect(cell.visitors.estimate.rounded() == 1)
    }

    @Test(arguments: Engine.allCases)
    func `robots are counted apart, with reasons, and nothing of theirs is lost`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        _ = try store.makeWriter().append(
            Batch(events: [
                event("pageview"), event("pageview", visitor: "v_2", session: "s_2", view: "p_2", agent: "curl/8.5.0"),
            ])
        )
        try catchUp(store)
        #expect(
            try database.rows(
                "select audience, views from insight_counts where dimension = 'all' and grain = 2 order by audience"
            ) == [["0", "1"], ["1", "1"]]
        )
        #expect(
            try database.rows("select visitor_id, score, reasons from insight_robots") == [
                ["v_2", "60", "user agent names a program"]
            ]
        )
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
                view: "p_\(number)",
                payload: payload,
                seconds: Int64(number),
                agent: Self.agents[number % 2]
            )
        }
        _ = try store.makeWriter().append(Batch(events: events))
        try catchUp(store)
        #expect(
            try database.rows("select message, last_seen - first_seen, browsers, paths from insight_issues") == [
                ["Cannot read properties of undefined", "2", "2 Firefox\n1 Chrome", "3 /"]
            ]
        )
        #expect(try counts(database, "issue", "errors").map { $0[1] } == ["3"])
    }

    @Test(arguments: Engine.allCases)
    func `a line break in what a page says is none in what is kept of it`(engine: Engine) throws {
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
            try catchUp(store)
        }
        #expect(try database.column("select paths from insight_issues") == ["2 /a 9 b"])
        #expect(try database.rows("select reasons, score from insight_robots") == [["one 9 two", "60"]])
        #expect(try Rollups(store.makeDatabase()).differences().map(\.table) == [])
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
            if part % 2 == 0 { try catchUp(store) }
        }
        try catchUp(store)
        #expect(
            try database.rows(
                "select count(*), sum(views) from insight_counts where dimension = 'path' and grain = 2"
            ) == [["1001", "1200"]]
        )
        #expect(
            try database.rows(
                "select views from insight_counts where dimension = 'path' and grain = 2 and value = '(other)'"
            ) == [["200"]]
        )
        #expect(try Rollups(store.makeDatabase()).differences().isEmpty)
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
        try database.rows("update insight_counts set views = views + 1 where dimension = 'all' and grain = 2")
        try database.rows("delete from insight_sketches where dimension = 'browser'")
        let found = try Rollups(store.makeDatabase()).differences()
        #expect(found.map(\.table) == ["insight_counts", "insight_sketches"])
        try followers[0].clear()
        while try followers[1].advance() > 0 {}
        #expect(try Rollups(store.makeDatabase()).differences().map(\.table) == [])
        #expect(
            try database.column("select sum(events) from insight_counts where dimension = 'all' and grain = 1") == [
                "6000"
            ]
        )
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
