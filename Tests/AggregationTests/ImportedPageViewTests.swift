import Segments
import Testing

@testable import Aggregation

private let payload = """
    {"imported":{"product":"umami","browser":"edge-chromium","browserVersion":"120.0","system":"Mac OS","device":"laptop"}}
    """

@Suite struct ImportedPageViewTests {
    @Test func `an imported page view without a user agent is a human with the browser and system of the export`()
        throws
    {
        let bench = try SessionBench([TestEvent(1, "pageview", payload).with { $0.agent = nil }])
        let row = try bench.row()
        #expect(bench.text(.traffic, row.traffic) == "human" && row.botReasons == 0)
        #expect(bench.text(.browser, row.browser) == "Edge")
        #expect(bench.text(.browserVersion, row.browserVersion) == "Edge 120")
        #expect(bench.text(.system, row.system) == "macOS" && bench.text(.device, row.device) == "Desktop")
        #expect(bench.text(.imported, row.imported) == "umami")
    }

    @Test func `the user agent decides if there is one`() throws {
        let bench = try SessionBench([TestEvent(1, "pageview", payload).with { $0.agent = TestEvent.bot }])
        let row = try bench.row()
        #expect(bench.text(.traffic, row.traffic) == "bot")
        #expect(bench.text(.imported, row.imported) == "umami")
    }

    @Test(arguments: [
        "{}", #"{"imported":"umami"}"#, #"{"imported":{}}"#, #"{"imported":{"product":7}}"#, #"{"imported":[]}"#,
    ])
    func `without a product, a page view is not imported`(payload: String) throws {
        let bench = try SessionBench([TestEvent(1, "pageview", payload).with { $0.agent = nil }])
        let row = try bench.row()
        #expect(bench.text(.traffic, row.traffic) == "bot" && row.imported == 0)
    }

    @Test func `other events of the session do not make it imported`() throws {
        let bench = try SessionBench([
            TestEvent(1, "signup", payload).with { $0.agent = nil }, TestEvent(2, "pageview"),
        ])
        #expect(try bench.row().imported == 0)
    }
}
