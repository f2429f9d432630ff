import Segments
import Testing

@testable import Aggregation

/// Names of members that are written with escapes: PostgreSQL stores them without.
@Suite struct EscapedNameTests {
    @Test func `members are found by their names, however these are written`() throws {
        let bench = try SessionBench([
            TestEvent(1, "pageview", #"{"l\u0061nguage":"de-DE"}"#),
            TestEvent(2, "webvitals", #"{"\u004cCP":1200,"navig\u0061tionType":"reload"}"#),
            TestEvent(3, "resources", #"{"slow\u0065st":[{"n\u0061me":"https://a.test/b.js","durati\u006fn":9}]}"#),
            TestEvent(4, "engagement", #"{"eng\u0061gedMs":700}"#),
            TestEvent(5, "error", #"{"n\u0061me":"TypeError","message":"m"}"#),
            TestEvent(6, "error", #"{"name":"TypeError","message":"m"}"#),
        ])
        let row = try bench.row()
        #expect(bench.text(.language, row.language) == "de-DE")
        #expect(row.pageViews[0].vitals[Vital.lcp.rawValue] == 1200)
        #expect(bench.text(.navigation, row.pageViews[0].navigation) == "reload")
        #expect(row.pageViews[0].engagement == 700)
        #expect(row.resources.map(\.duration) == [9])
        #expect(Set(row.events.map(\.issue)).count == 1)
    }

    @Test func `the last of duplicate members counts, escaped or not`() throws {
        #expect(LazyJSON(#"{"name":"a","\u006eame":"b"}"#)["name"].text == "b")
        #expect(LazyJSON(#"{"\u006eame":"b","name":"a"}"#)["name"].text == "a")
        #expect(LazyJSON(#"{"\u006eam":"b"}"#)["name"].isNull)
        let bench = try SessionBench([TestEvent(1, "engagement", #"{"engagedMs":1,"eng\u0061gedMs":2}"#)])
        #expect(try bench.row().pageViews[0].engagement == 2)
    }
}
