import Segments
import TestSupport
import Testing

@testable import Aggregation

/// Random events of one session, hostile ones among them, with times that do not follow their ids.
private func events(_ count: Int, _ random: inout TestRandom) -> [TestEvent] {
    let payloads: [String: [String]] = [
        "pageview": [
            #"{"language":"fr","screenResolution":"1x1"}"#, #"{"language":"","campaign":{"utm_campaign":"c"}}"#, "{",
            "[]",
        ],
        "webvitals": [
            #"{"LCP":1500,"navigationType":"reload"}"#,
            #"{"LCP":1e99,"CLS":0.3,"attribution":{"CLS":{"element":"p"}}}"#,
            #"{"FCP":10,"TTFB":90,"INP":300,"navigationType":"soft-navigation"}"#, #"{"FCP":10,"TTFB":90}"#,
        ],
        "engagement": [#"{"engagedMs":100,"scrollDepth":7}"#, #"{"engagedMs":-1}"#, #"{"scrollDepth":55.5}"#],
        "error": [#"{"message":"a","count":2}"#, #"{"message":"b","noise":"script_error"}"#, "null"],
        "resources": [#"{"slowest":[{"name":"/a.js","duration":5}],"thirdParties":[{"host":"h","duration":1}]}"#],
        "fingerprint_ready": [
            #"{"fingerprints":{"automation":["webdriver"]}}"#, #"{"fingerprints":{"hash":"h"}}"#,
            #"{"fingerprints":{"signals":{"hints":{"brands":[{"brand":"Brave"}]}}}}"#,
            #"{"fingerprints":{"signals":{"hints":{"brands":[{"brand":"Chromium"},{"brand":"Opera GX"}]}}}}"#,
        ],
        "signup": ["{}"],
    ]
    let types = payloads.keys.sorted()
    let agents = [TestEvent.chrome, TestEvent.firefox, TestEvent.bot, nil]
    return (1...count).map { number in
        let type = types[random.below(types.count)]
        let choices = payloads[type] ?? []
        return TestEvent(Int64(number * 3), type, choices[random.below(choices.count)]).with {
            $0.pageView = "p_\(random.below(1 + count / 5))"
            $0.seq = Int64(random.below(6))
            $0.seconds = TestEvent.day + Int64(random.below(count))
            $0.path = ["/", "/a", "/users/17", nil][random.below(4)]
            $0.referrer = [nil, "https://search.example/", "x"][random.below(3)]
            $0.agent = agents[random.below(4)]
        }
    }
}

@Suite struct SessionOrderTests {
    @Test(arguments: UInt64(1)...40)
    func `a session is the same in whatever order its events are added`(seed: UInt64) throws {
        var random = TestRandom(seed)
        let events = events(1 + random.below(40), &random)
        let expected = try SessionBench(events).described()
        for _ in 0..<10 {
            #expect(try SessionBench(events.shuffled(using: &random)).described() == expected)
        }
    }

    @Test func `an event that is added again changes nothing`() throws {
        var random = TestRandom(7)
        let events = events(30, &random)
        #expect(
            try SessionBench(events + events.shuffled(using: &random)).described() == SessionBench(events).described()
        )
    }

    @Test func `of 6,000 events only the first 5,000 by id count, in any order`() throws {
        var random = TestRandom(11)
        // Without reasons to believe in a bot, which are looked for again with each event.
        let events =
            events(6000, &random).filter { $0.type != "fingerprint_ready" && $0.type != "webvitals" }
            .map { event in
                event.with {
                    ($0.agent, $0.payload) = (TestEvent.chrome, event.type == "pageview" ? "{}" : event.payload)
                }
            }
            + (1...2000).map { TestEvent(Int64(20_000 + $0), "signup") }
        let expected = try SessionBench(Array(events.prefix(SessionState.eventsMax))).described()
        #expect(try SessionBench(events).described() == expected)
        #expect(try SessionBench(events.reversed()).described() == expected)
        var bench = try SessionBench(events.shuffled(using: &random))
        #expect(try bench.described() == expected)
        #expect(try bench.row().pageViews.reduce(0) { $0 + Int($1.eventsReceived) } == SessionState.eventsMax)
        let size = bench.state?.size
        for event in events.suffix(500) { bench.add(event.with { $0.id += 100_000 }) }
        #expect(bench.state?.size == size)
    }
}

/// A generator of the same numbers on every run.
struct TestRandom: RandomNumberGenerator {
    private var generator: SplitMix64

    init(_ seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
}
