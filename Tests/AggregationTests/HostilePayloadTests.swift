import JSON
import Segments
import Testing

@testable import Aggregation

private let types = OwnEventType.allCases.map(\.rawValue)

@Suite struct HostilePayloadTests {
    @Test(arguments: [
        "", " ", "null", "[]", "{", "{\"LCP\":1", "{\"LCP\":1}x", "{\"engagedMs\":}", "\"\"",
        "{\"language\":\"\u{FFFD}",
        String(repeating: "[", count: 5000),
        "{\"a\":" + String(repeating: "[", count: 70) + String(repeating: "]", count: 70) + "}",
        "{\"LCP\":1,\"engagedMs\":1,\"slowest\":[{\"name\":\"a\",\"duration\":1}],\"x\":tru}",
    ])
    func `an event with an unknown payload counts and adds no details`(payload: String) throws {
        let bench = try SessionBench(types.enumerated().map { TestEvent(Int64($0.offset + 1), $0.element, payload) })
        let row = try bench.row()
        #expect(row.pageViews.count == 1)
        #expect(row.pageViews[0].eventsReceived == types.count)
        #expect(row.pageViews[0].vitals == [nil, nil, nil, nil, nil])
        #expect(row.pageViews[0].engagement == nil)
        #expect(row.resources == [])
        #expect(row.events.map(\.kind) == [.error])
        #expect((row.language, row.screen, row.campaign) == (0, 0, 0))
    }

    @Test func `values of other types than expected are missing`() throws {
        let payload = #"""
            {"language":7,"screenResolution":[],"release":{},"campaign":"x","country":null,"innerWidth":"0","hidden":1,
            "LCP":"1","INP":true,"CLS":[],"FCP":{},"TTFB":null,"navigationType":5,"attribution":[],"engagedMs":"5",
            "scrollDepth":null,"slowest":{"name":"a"},"thirdParties":[1,"x",[],{"host":1,"duration":1},{"host":"h","duration":"1"}],
            "message":{},"frames":"x","count":"3","noise":1,"fingerprints":[],"name":[],"kind":0}
            """#
        let bench = try SessionBench(types.enumerated().map { TestEvent(Int64($0.offset + 1), $0.element, payload) })
        let row = try bench.row()
        #expect(row.pageViews[0].vitals == [nil, nil, nil, nil, nil])
        #expect(
            (row.pageViews[0].engagement, row.pageViews[0].scrollDepth, row.pageViews[0].navigation) == (nil, nil, 0)
        )
        #expect(row.events.map(\.count) == [1])
        #expect(row.resources == [])
        #expect((row.language, row.screen, row.campaign, row.country, row.botReasons) == (0, 0, 0, 0, 0))
    }

    @Test func `texts are cut, and hold no character that PostgreSQL refuses`() throws {
        let long = String(repeating: "é", count: 4000)
        let bench = try SessionBench([
            TestEvent(1, "pageview", #"{"language":"\#(long)","release":"a\u0000b","country":"D\u0045"}"#)
                .with {
                    $0.referrer = "https://\(long)/"; $0.path = "/\(long)"
                },
            TestEvent(2, long), TestEvent(3, "a\u{0}b"),
        ])
        let row = try bench.row()
        #expect(bench.text(.language, row.language) == String(repeating: "é", count: 99) + "…")
        #expect(bench.text(.release, row.pageViews[0].release) == "a\u{FFFD}b")
        #expect(bench.text(.country, row.country) == "DE")
        #expect(bench.text(.path, row.pageViews[0].path) == "/:id")
        #expect(bench.text(.referrer, row.referrer).utf8.count <= DimensionText.valueBytesMax + 3)
        #expect(bench.text(.eventName, row.events[0].name).utf8.count <= DimensionText.valueBytesMax + 3)
        #expect(bench.text(.eventName, row.events[1].name) == "a\u{FFFD}b")
    }

    @Test(arguments: [
        ("DE", "DE", "sender"), ("de", "DE", "sender"), ("Germany", "US", "time_zone"), ("XX", "US", "time_zone"),
        ("", "US", "time_zone"), ("D\u{E9}", "US", "time_zone"),
    ])
    func `a country that is no code does not hide the time zone`(sent: String, country: String, source: String) throws {
        let payload = #"{"country":"\#(sent)","timeZone":"America/New_York"}"#
        let bench = try SessionBench([TestEvent(1, "pageview", payload)])
        let row = try bench.row()
        #expect(bench.text(.country, row.country) == country)
        #expect(bench.text(.locationSource, row.locationSource) == source)
    }

    @Test func `the last of duplicate members counts`() throws {
        let bench = try SessionBench([TestEvent(1, "webvitals", #"{"LCP":1,"LCP":2,"INP":5,"INP":"x"}"#)])
        #expect(try bench.row().pageViews[0].vitals == [2, nil, nil, nil, nil])
    }

    @Test(arguments: [
        "0", "-0", "1", "0.1", "123456789.125", "999999999999999", "1e3", "0.000000000000001", "1234567890.12345678",
        "-5.5",
        "2500.0000000001", "1E-400", "1e999", "100000000000000000000", "0.30000000000000004",
    ])
    func `a number is read as the nearest Double`(text: String) throws {
        let payload = Payload("{\"n\":\(text)}")
        var members = PayloadMembers(payload.range)
        let member = try #require(payload.next(&members))
        #expect(payload.number(member.value) == LazyJSON("{\"n\":\(text)}")["n"].number)
    }

    @Test func `reasons and resources of one event have limits`() throws {
        let list = (0..<500).map { "\"reason \($0)\"" }.joined(separator: ",")
        let resources = (0..<500).map { #"{"name":"/\#($0)","duration":-1}"# }.joined(separator: ",")
        let bench = try SessionBench([
            TestEvent(1, "fingerprint_ready", #"{"fingerprints":{"automation":[\#(list)]}}"#),
            TestEvent(2, "resources", #"{"slowest":[\#(resources)]}"#),
        ])
        let row = try bench.row()
        #expect(bench.text(.botReasons, row.botReasons).split(separator: "\n").count == 12)
        #expect(row.events.map(\.count) == [10])
    }
}
