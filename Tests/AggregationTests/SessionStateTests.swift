import Segments
import Testing

@testable import Aggregation

/// A page view of a person.
private func pageView(
    _ id: Int64,
    _ pageView: String = "p_1",
    _ path: String = "/",
    _ payload: String? = nil
) -> TestEvent {
    TestEvent(id, "pageview", payload ?? #"{"language":"fr","screenResolution":"1920x1080","innerWidth":1200}"#)
        .with { ($0.pageView, $0.path) = (pageView, path) }
}

@Suite struct SessionStateTests {
    @Test func `vitals that arrive before their page view are those of the page view`() throws {
        let bench = try SessionBench([TestEvent(1, "webvitals", #"{"LCP":1500}"#), pageView(2, "p_1", "/de/")])
        let row = try bench.row()
        #expect(bench.text(.language, row.language) == "fr")
        #expect(row.pageViews.count == 1)
        let view = row.pageViews[0]
        #expect((view.isCounted, view.time, view.eventsReceived) == (true, TestEvent.day + 2, 2))
        #expect(view.vitals == [1500, nil, nil, nil, nil])
        #expect(bench.text(.path, view.path) == "/de/")
    }

    @Test func `the valid value with the highest seq counts, then the one with the highest id`() throws {
        let row = try SessionBench([
            pageView(1),
            TestEvent(2, "webvitals", #"{"LCP":1000,"INP":90}"#).with { $0.seq = 9 },
            TestEvent(3, "webvitals", #"{"LCP":3000,"INP":"fast"}"#).with { $0.seq = 4 },
            TestEvent(4, "webvitals", #"{"LCP":1100,"CLS":0.1}"#).with { $0.seq = 9 },
            TestEvent(5, "webvitals", #"{"LCP":700000}"#).with { $0.seq = 20 },
        ]).row()
        #expect(row.pageViews[0].vitals == [1100, 90, 100, nil, nil])
    }

    @Test func `a value just beyond a threshold stays beyond it`() throws {
        let bench = try SessionBench([
            pageView(1),
            TestEvent(2, "webvitals", #"{"LCP":2500.00001,"INP":200.000001,"CLS":0.1000000001,"FCP":1800}"#),
        ])
        let vitals = try bench.row().pageViews[0].vitals.compactMap(\.self)
        #expect(vitals[0] > 2500 && vitals[1] > 200 && vitals[2] > 100 && vitals[3] == 1800)
        #expect(vitals[0] < 2500.001)
    }

    @Test func `engagement and scroll depth count by their own last valid report, rounded`() throws {
        let row = try SessionBench([
            pageView(1), TestEvent(2, "engagement", #"{"engagedMs":4000.5,"scrollDepth":80}"#),
            TestEvent(3, "engagement", #"{"engagedMs":9000.4}"#),
            TestEvent(4, "engagement", #"{"engagedMs":1e12,"scrollDepth":101}"#),
        ]).row()
        #expect((row.pageViews[0].engagement, row.pageViews[0].scrollDepth) == (9000, 80))
    }

    @Test func `a soft navigation's vitals count for nothing`() throws {
        let bench = try SessionBench([
            pageView(1), TestEvent(2, "webvitals", #"{"LCP":9e9,"navigationType":"soft-navigation"}"#),
            TestEvent(3, "webvitals", #"{"LCP":800,"navigationType":"reload"}"#),
            TestEvent(4, "webvitals", #"{"navigationType":"prerender"}"#),
        ])
        let view = try bench.row().pageViews[0]
        #expect(view.vitals[0] == 800)
        #expect(bench.text(.navigation, view.navigation) == "reload")
        #expect(try bench.row().events == [])
    }

    @Test func `a value that is not good has the cause of its own report`() throws {
        let slow = #""attribution":{"LCP":{"target":"img.hero","elementRenderDelay":900,"timeToFirstByte":100}}"#
        let first = TestEvent(2, "webvitals", #"{"LCP":4000,\#(slow)}"#)
        var bench = try SessionBench([pageView(1), first])
        #expect(bench.text(.element, try bench.row().pageViews[0].lcpElement) == "img.hero")
        #expect(bench.text(.part, try bench.row().pageViews[0].lcpPart) == "elementRenderDelay")
        bench.add(TestEvent(3, "webvitals", #"{"LCP":2500,\#(slow)}"#))
        #expect(try bench.row().pageViews[0].lcpElement == 0)
        #expect(try bench.row().pageViews[0].lcpPart == 0)
    }

    @Test func `the session is described by its first page view, by time and id`() throws {
        let bench = try SessionBench([
            TestEvent(1, "custom").with { ($0.pageView, $0.agent) = ("p_0", TestEvent.firefox) },
            pageView(2, "p_2", "/second").with { $0.seconds = TestEvent.day + 50 },
            pageView(3, "p_1", "/first", #"{"language":"de","campaign":{"utm_source":"mail"}}"#).with {
                ($0.seconds, $0.referrer) = (TestEvent.day + 40, "https://www.search.example/q")
            },
        ])
        let row = try bench.row()
        #expect(row.pageViews.map { bench.text(.path, $0.path) } == ["/", "/first", "/second"])
        #expect(row.pageViews.map(\.isCounted) == [false, true, true])
        #expect(bench.text(.language, row.language) == "de")
        #expect(bench.text(.browser, row.browser) == "Chrome")
        #expect(bench.text(.referrer, row.referrer) == "search.example")
        #expect(bench.text(.campaign, row.campaign) == "mail")
    }

    @Test func `of two page view events with one id the first counts`() throws {
        let bench = try SessionBench([pageView(4, "p_1", "/again"), pageView(2, "p_1", "/once")])
        let row = try bench.row()
        #expect(row.pageViews.map { bench.text(.path, $0.path) } == ["/once"])
        #expect((row.pageViews[0].time, row.pageViews[0].eventsReceived) == (TestEvent.day + 2, 2))
    }

    @Test func `a session without page view events has rows that are not counted, and its first event's user agent`()
        throws
    {
        let bench = try SessionBench([
            TestEvent(5, "error", #"{"message":"x"}"#).with { $0.path = "/b" },
            TestEvent(3, "error", #"{"message":"y"}"#).with { ($0.path, $0.agent) = ("/a", TestEvent.firefox) },
        ])
        let row = try bench.row()
        #expect(row.pageViews.map(\.isCounted) == [false])
        #expect(bench.text(.path, row.pageViews[0].path) == "/a")
        #expect(bench.text(.browser, row.browser) == "Firefox")
        #expect((row.referrer, row.language) == (0, 0))
        #expect(row.events.map(\.kind) == [.error, .error])
    }

    @Test func `two sites within one session are two sessions`() throws {
        let events = [pageView(1), pageView(2, "p_2").with { $0.site = "other.example" }]
        let ids = events.map { SessionID($0.stored()) }
        #expect(Set(ids).count == 2)
    }

    @Test func `bots are known by their user agent, and hints are reasons that leave a session human`() throws {
        let bot = try SessionBench([pageView(1).with { $0.agent = TestEvent.bot }])
        #expect(bot.text(.traffic, try bot.row().traffic) == "bot")
        #expect(bot.text(.botReasons, try bot.row().botReasons) == "bot user agent")
        let hinted = try SessionBench([
            pageView(1, "p_1", "/", #"{"language":"","screenResolution":"0x0"}"#),
            TestEvent(2, "webvitals", #"{"FCP":100,"TTFB":500}"#),
            TestEvent(3, "fingerprint_ready", #"{"fingerprints":{"automation":["webdriver","no screen"]}}"#),
        ])
        #expect(hinted.text(.traffic, try hinted.row().traffic) == "human")
        #expect(
            hinted.text(.botReasons, try hinted.row().botReasons)
                == "impossible timings\nno language\nno screen\nwebdriver"
        )
        let plain = try SessionBench([pageView(1)])
        #expect(try plain.row().botReasons == 0)
    }

    @Test func `client hints name a browser that calls itself Chrome, in any order of events`() throws {
        func hints(_ id: Int64, _ brand: String) -> TestEvent {
            let list = #"[{"brand":"Chromium"},{"brand":"\#(brand)"}]"#
            return TestEvent(id, "fingerprint_ready", #"{"fingerprints":{"signals":{"hints":{"brands":\#(list)}}}}"#)
        }
        let events = [pageView(1), hints(2, "Google Chrome"), hints(3, "Brave"), hints(4, "Opera GX")]
        for order in [events, events.reversed(), [events[2], events[0], events[3], events[1]]] {
            let bench = try SessionBench(order)
            #expect(bench.text(.browser, try bench.row().browser) == "Brave")
        }
        let firefox = try SessionBench([pageView(1).with { $0.agent = TestEvent.firefox }, hints(2, "Brave")])
        #expect(firefox.text(.browser, try firefox.row().browser) == "Firefox")
    }

    @Test func `types of the contract that have no figures of their own are custom events`() throws {
        let contract = try PayloadContract()
        let own = Set(OwnEventType.allCases.map(\.rawValue))
        #expect(own.isSubset(of: contract.events.keys))
        #expect(Set(contract.events.keys).subtracting(own) == ["outbound", "download", "identify", "*"])
        for type in contract.events.keys.sorted() + ["signup"] {
            let bench = try SessionBench([TestEvent(1, type)])
            let custom = try bench.row().events.filter { $0.kind == .custom }
            #expect(custom.map { bench.text(.eventName, $0.name) } == (own.contains(type) ? [] : [type]))
            #expect(custom.allSatisfy { $0.count == 1 && $0.issue == 0 && $0.time == TestEvent.day + 1 })
        }
    }

    @Test func `an error counts as often as it says, within limits, and noise is a kind of its own`() throws {
        let bench = try SessionBench([
            TestEvent(1, "error", #"{"message":"x","count":3}"#),
            TestEvent(2, "error", #"{"message":"x","count":99999}"#),
            TestEvent(3, "error", #"{"message":"x","count":2,"noise":"extension"}"#),
        ])
        let events = try bench.row().events
        #expect(events.map(\.kind) == [.error, .error, .invalid, .noise])
        #expect(events.map(\.count) == [3, 1, 1, 2])
        #expect(events.map { bench.text(.eventName, $0.name) } == ["error", "error", "error", "error"])
        #expect(bench.text(.issue, events[2].issue) == "count")
        #expect(bench.aggregator.issues.values.map(\.lastEventID).sorted() == [2, 3])
    }

    @Test func `values that are out of range are rows by the name of the field`() throws {
        let bench = try SessionBench([
            TestEvent(1, "webvitals", #"{"LCP":999999999999999,"INP":80,"CLS":1e300,"FCP":-1,"TTFB":700000}"#),
            TestEvent(2, "engagement", #"{"engagedMs":-5,"scrollDepth":1000}"#),
            TestEvent(
                3,
                "resources",
                #"{"slowest":[{"name":"https://a.test/x","duration":5,"transferSize":1e14},{"name":"y","duration":-1}],"thirdParties":[{"host":"b.test","duration":1e14,"bytes":7}]}"#
            ),
        ])
        let row = try bench.row()
        #expect(row.events.allSatisfy { $0.kind == .invalid })
        let described = row.events.map {
            "\(bench.text(.eventName, $0.name)) \(bench.text(.issue, $0.issue)) \($0.count)"
        }
        #expect(
            described == [
                "webvitals LCP 1", "webvitals CLS 1", "webvitals FCP 1", "webvitals TTFB 1", "engagement engagedMs 1",
                "engagement scrollDepth 1", "resources resource.duration 2", "resources resource.bytes 1",
            ]
        )
        #expect(row.pageViews[0].vitals == [nil, 80, nil, nil, nil])
        #expect(row.resources.map { bench.text(.resource, $0.name) } == ["https://a.test/x"])
        #expect(row.resources.map(\.bytes) == [0])
    }

    @Test func `a replayed event changes its session and nothing else`() throws {
        var bench = try SessionBench()
        bench.aggregator.isReplaying = true
        let fingerprint = #"{"fingerprints":{"hash":"h","parts":{"canvas":{"hash":"c","stable":true}}}}"#
        let events = [
            pageView(1), TestEvent(2, "error", #"{"message":"x"}"#), TestEvent(3, "fingerprint_ready", fingerprint),
        ]
        for event in events { bench.add(event) }
        #expect(bench.aggregator.issues.isEmpty && bench.aggregator.fingerprints.isEmpty)
        #expect(try bench.described() == SessionBench(events).described())
        #expect(try SessionBench(events).aggregator.issues.count == 1)
        #expect(try SessionBench(events).aggregator.fingerprints.count == 1)
        let bots = try SessionBench(events.map { $0.with { $0.agent = TestEvent.bot } })
        #expect(bots.aggregator.fingerprints.isEmpty)
    }
}
