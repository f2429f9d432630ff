import Reports
import Rollups
import Segments
import Storage
import Testing

/// The audit's wrong figures (F1 to F27), each as its kind: a small set of events, the right number, and the same number by SQL.
@Suite struct `Figures of the audit` {
    typealias Sent = AuditBench.Sent
    private static let hour: Int64 = 3600
    private static let mobile = KnownTexts.agents[1]
    private static let firefox = KnownTexts.agents[4]

    /// One session of one page view each.
    private static func visits(
        _ count: Int,
        at: Int64,
        step: Int64 = 60,
        name: String,
        _ change: (inout Sent, Int) -> Void = { _, _ in }
    )
        -> [Sent]
    {
        (0..<count).map { number in
            var sent = Sent(at: at + Int64(number) * step, view: "p_\(name)_\(number)", session: "s_\(name)_\(number)")
            sent.visitor = "v_\(name)_\(number)"
            change(&sent, number)
            return sent
        }
    }

    @Test(arguments: Engine.allCases)
    func `F1: hours of a whole day have their own page views`(engine: Engine) throws {
        let events = (0..<24).flatMap { hour in
            Self.visits(hour % 5 + 1, at: Int64(hour) * Self.hour + 30, name: "\(hour)")
        }
        let query = AuditBench.query(0, 24 * Self.hour, edges: (1..<24).map { Int64($0) * Self.hour })
        let figures = try AuditBench(engine, events).figures(query)
        #expect((0..<24).map { figures["\($0) pageViews"] } == (0..<24).map { String($0 % 5 + 1) })
        #expect(figures["total pageViews"] == "70")
    }

    @Test(arguments: Engine.allCases)
    func `F2: a range ends at its second`(engine: Engine) throws {
        let events = Self.visits(90, at: 10 * Self.hour, step: 30, name: "a")
        let figures = try AuditBench(engine, events).figures(AuditBench.query(10 * Self.hour + 17, 10 * Self.hour + 77))
        #expect(figures["total pageViews"] == "2")
        #expect(figures["total sessions"] == "2")
    }

    @Test(arguments: Engine.allCases)
    func `F3: a filter on pages selects page views, their entries and their errors`(engine: Engine) throws {
        var events = Self.visits(6, at: 0, name: "a") { $0.path = $1 < 4 ? "/pricing" : "/" }
        events += Self.visits(3, at: 400, name: "a") { sent, _ in
            sent.view += "_2"
            sent.path = "/docs/guide"
        }
        events.append(
            Sent(type: "error", at: 70, view: "p_a_1", session: "s_a_1", visitor: "v_a_1", payload: #"{"count":7}"#)
        )
        events.append(Sent(type: "error", at: 70, view: "p_a_1_2", session: "s_a_1", visitor: "v_a_1"))
        var query = AuditBench.query(0, Self.hour)
        query.filters = [.init(column: .path, values: ["/pricing"])]
        query.lists = [.init(column: .entryPath, measure: .sessions, limit: 5)]
        let figures = try AuditBench(engine, events).figures(query)
        #expect(figures["total pageViews"] == "4")
        #expect(figures["total errors"] == "7")
        #expect(figures["list 0 entryPath row 0"] == "/pricing 4")
    }

    @Test(arguments: Engine.allCases)
    func `F4 to F7: two filters have visitors, days, errors and issues of their own`(engine: Engine) throws {
        let day = 24 * Self.hour
        var events = (0..<5).flatMap { number in
            Self.visits(number + 2, at: Int64(number) * day, name: "\(number)") {
                $0.agent = $1 < 2 ? Self.mobile : Self.firefox
            }
        }
        for number in 0..<3 {
            let payload =
                #"{"name":"Fault","message":"fault \#(["a", "b", "c"][number]) broke","count":\#(number + 1)}"#
            var error = Sent(type: "error", at: 9, view: "p_0_0", session: "s_0_0", visitor: "v_0_0", payload: payload)
            error.agent = Self.mobile
            events.append(error)
            events.append(
                Sent(type: "error", at: 9, view: "p_1_2", session: "s_1_2", visitor: "v_1_2", payload: payload)
            )
        }
        var query = AuditBench.query(0, 5 * day, edges: (1..<5).map { $0 * day })
        query.filters = [.init(column: .browser, values: ["Chrome"]), .init(column: .device, values: ["Mobile"])]
        query.lists = [.init(column: .eventIssue, measure: .errors, kinds: [.error], limit: 5, withVisitors: true)]
        let bench = try AuditBench(engine, events)
        let figures = try bench.figures(query)
        #expect(figures["total visitors"] == "10")
        #expect((0..<5).map { figures["\($0) pageViews"] } == ["2", "2", "2", "2", "2"])
        #expect(figures["total errors"] == "6")
        #expect(
            (0..<3).map { figures["list 0 eventIssue row \($0)"] } == [
                "fault c broke 3", "fault b broke 2", "fault a broke 1",
            ]
        )
        // The same on each request.
        #expect(try bench.figures(query) == figures)
    }

    @Test(arguments: Engine.allCases)
    func `F8 to F10: percentiles and shares are those of the values`(engine: Engine) throws {
        var events = Self.visits(109, at: 0, step: 1, name: "a") { sent, _ in
            sent.path = "/blog/topic-oa"
            sent.agent = Self.mobile
        }
        events += (0..<109).map { number in
            let payload = #"{"LCP":\#(2000 + number * 10)}"#
            return Sent(
                type: "webvitals",
                at: 200,
                view: "p_a_\(number)",
                session: "s_a_\(number)",
                visitor: "v_a_\(number)",
                payload: payload,
                agent: Self.mobile
            )
        }
        var query = AuditBench.query(0, Self.hour)
        query.vitals = [.lcp]
        query.filters = [.init(column: .device, values: ["Mobile"]), .init(column: .path, values: ["/blog/topic-oa"])]
        let figures = try AuditBench(engine, events).figures(query)
        #expect(figures["total lcp p75"] == "≈2810.0")
        #expect(figures["total lcp good"] == "51")
        #expect(figures["total lcp count"] == "109")
    }

    @Test(arguments: Engine.allCases)
    func `F11 and F12: an issue's browsers, pages and visitors are those of the range, without bots`(
        engine: Engine
    ) throws {
        let fault = #"{"name":"Fault","message":"fault a broke"}"#
        var events = Self.visits(12, at: 0, step: Self.hour, name: "a") { sent, number in
            sent.agent = number % 4 == 3 ? KnownTexts.bots[0] : number % 2 == 0 ? Self.firefox : Self.mobile
        }
        events += events.map { view in
            var error = view
            (error.type, error.payload) = ("error", fault)
            return error
        }
        var query = AuditBench.query(Self.hour, 8 * Self.hour)
        query.filters = [.init(column: .traffic, values: ["human"])]
        query.issues = ["fault a broke"]
        query.lists = [
            .init(column: .browser, measure: .errors, limit: 20, withVisitors: true),
            .init(column: .path, measure: .errors, limit: 20, withVisitors: true),
        ]
        let figures = try AuditBench(engine, events).figures(query)
        #expect(figures["total errors"] == "5")
        #expect(figures["list 0 browser row 0"] == "Firefox 3")
        #expect(figures["list 0 browser row 1"] == "Chrome 2")
        #expect(figures["list 1 path row 0"] == "/ 5")
    }

    @Test(arguments: Engine.allCases)
    func `F17 to F19: referrers have all sessions, and a filter on one all their page views`(engine: Engine) throws {
        let sources = [
            "https://www.example.org/b", "https://example.org/", "android-app://com.google.android.gm/", nil,
            "https://blog.example.org/x", "https://Search.Example/", "https://Search.Example/", "about:blank",
        ]
        var events = Self.visits(sources.count, at: 0, name: "a") { sent, number in
            sent.site = "www.example.org"
            sent.referrer = sources[number]
        }
        var second = events[5]
        (second.view, second.at, second.referrer) = ("p_second", 900, "https://www.example.org/b")
        events.append(second)
        let bench = try AuditBench(engine, events)
        var query = AuditBench.query(0, Self.hour)
        query.lists = [.init(column: .referrer, measure: .sessions, limit: 20)]
        let figures = try bench.figures(query)
        #expect(figures["list 0 referrer total"] == figures["total sessions"])
        let rows = (0..<7).map { figures["list 0 referrer row \($0)"] ?? "" }
        #expect(
            rows == [
                "(self-referral) 2", "search.example 2", "(direct) 1", "(other address) 1",
                "android-app://com.google.android.gm 1", "blog.example.org 1", "",
            ]
        )
        query.filters = [.init(column: .referrer, values: ["search.example"])]
        let filtered = try bench.figures(query)
        #expect(filtered["total pageViews"] == "3")
        #expect(filtered["total sessions"] == "2")
        #expect(filtered["total bounces"] == "1")
    }

    @Test(arguments: Engine.allCases)
    func `F20 and F21: vitals may come before their page view, and few values have their own percentiles`(
        engine: Engine
    ) throws {
        let bench = try AuditBench(engine, [Sent(type: "webvitals", at: 5, payload: #"{"LCP":1500,"INP":100}"#)])
        try bench.add([Sent(at: 9, payload: #"{"language":"fr"}"#)])
        try bench.add(
            Self.visits(2, at: 60, name: "a") { $0.payload = $1 == 0 ? #"{"language":"fr"}"# : "{}" }
                + [
                    Sent(
                        type: "webvitals",
                        at: 80,
                        view: "p_a_0",
                        session: "s_a_0",
                        visitor: "v_a_0",
                        payload: #"{"INP":340}"#
                    )
                ]
        )
        var query = AuditBench.query(0, Self.hour)
        query.vitals = [.lcp, .inp]
        query.filters = [.init(column: .language, values: ["fr"])]
        let figures = try bench.figures(query)
        #expect(figures["total lcp p75"] == "≈1500.0")
        #expect(figures["total inp p95"] == "≈328.0")
    }

    @Test(arguments: Engine.allCases)
    func `F23: rows that are drained after an outage count when they were received`(engine: Engine) throws {
        let bench = try AuditBench(engine, Self.visits(20, at: 10 * Self.hour, name: "live"))
        try bench.add(Self.visits(600, at: 2 * Self.hour, step: 2, name: "drained"))
        let figures = try bench.figures(AuditBench.query(2 * Self.hour, 2 * Self.hour + 600))
        #expect(figures["total pageViews"] == "300")
        #expect(try bench.figures(AuditBench.query(0, 24 * Self.hour))["total pageViews"] == "620")
    }

    @Test(arguments: Engine.allCases)
    func `F26: one session id on two sites is a session on each`(engine: Engine) throws {
        let events = [Sent(), Sent(at: 60, view: "p_2", site: "www.example.org", path: "/pricing")]
        var query = AuditBench.query(0, Self.hour)
        query.lists = [.init(column: .site, measure: .sessions, limit: 5)]
        let figures = try AuditBench(engine, events).figures(query)
        #expect(figures["total sessions"] == "2")
        #expect(figures["total bounces"] == "2")
        #expect(figures["total visitors"] == "1")
        #expect(figures["list 0 site row 1"] == "www.example.org 1")
    }

    @Test(arguments: Engine.allCases)
    func `F27: a fault is one issue in all browsers and after a deploy, two faults of a minified file are two`(
        engine: Engine
    ) throws {
        func error(
            _ number: Int,
            _ message: String,
            _ function: String,
            _ file: String,
            _ line: Int,
            _ column: Int
        ) -> Sent {
            let frame =
                #"{"function":"\#(function)","file":"https://shop.example/\#(file)","line":\#(line),"column":\#(column)}"#
            let payload = #"{"name":"TypeError","message":"\#(message)","frames":[\#(frame)]}"#
            return Sent(type: "error", at: Int64(number), view: "p_1", seq: number, payload: payload)
        }
        let events = [
            Sent(), error(2, "Cannot read properties of undefined (reading 'price')", "Cart.buy", "app.js", 10, 21),
            error(3, "t is undefined", "buy", "app.js", 10, 19),
            error(4, "undefined is not an object (evaluating 't.price')", "buy", "app.js", 10, 25),
            error(5, "Cannot read properties of undefined (reading 'price')", "Cart.buy", "app.js", 11, 21),
            error(6, "Cannot read properties of undefined (reading 'a')", "t", "app.min.js", 1, 1200),
            error(7, "Cannot read properties of undefined (reading 'b')", "t", "app.min.js", 1, 64_000),
        ]
        let bench = try AuditBench(engine, events)
        let reading = try bench.store.makeDatabase()
        let dictionaries = try DictionaryCache().current(reading)
        var query = ScanQuery(from: AuditBench.start, to: AuditBench.start + 60, edges: [AuditBench.start])
        var list = ScanQuery.List(column: .eventIssue, measure: .errors, limit: 10)
        list.eventKinds = [.error]
        query.lists = [list]
        let result: ScanResult = try scan(query, SegmentReader(reading), dictionaries)
        #expect(result.lists[0].rows.map { $0.sum.errors } == [4, 1, 1])
        #expect(try bench.database.column("select count(*) from insight_issues") == ["3"])
    }
}
