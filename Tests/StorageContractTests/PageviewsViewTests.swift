import Storage
import Events
import TestSupport
import Testing

/// The view `pageviews`, by which owners query page views with their own SQL.
@Suite struct PageviewsViewTests {
    private func event(
        _ type: String,
        seq: Int,
        view: String = "p_1",
        site: String = "a.example",
        _ payload: String
    ) throws
        -> Event
    {
        try Event.parsed(
            """
            {"visitor_id":"v_1","session_id":"s_1","pageview_id":"\(view)","event_type":"\(type)","seq":\(seq),\
            "path":"/users/7","site":"\(site)","payload":\(payload)}
            """,
            userAgent: "Mozilla/5.0",
            receivedAt: 1_795_456_784_000_000 + Int64(seq) * 1_000_000
        )
    }

    private func rows(_ engine: Engine, _ events: [Event], _ columns: String) throws -> [[String?]] {
        let database = try Database(engine)
        _ = try database.migrated().makeWriter().append(Batch(events: events))
        return try database.rows("select \(columns) from pageviews order by pageview_id, site")
    }

    @Test(arguments: Engine.allCases)
    func `holds the final values of a page view, whatever the order of its reports`(engine: Engine) throws {
        let rows = try rows(
            engine,
            [
                try event("webvitals", seq: 4, #"{"LCP":1500,"CLS":0.25,"INP":40}"#),
                try event("webvitals", seq: 3, #"{"LCP":900,"INP":null}"#),
                try event("webvitals", seq: 9, #"{"navigationType":"soft-navigation","LCP":1,"TTFB":5}"#),
                try event("engagement", seq: 6, #"{"engagedMs":5000,"scrollDepth":80}"#),
                try event("error", seq: 7, #"{"count":3}"#),
                try event("error", seq: 8, #"{"count":2,"noise":"extension"}"#),
                try event("pageview", seq: 1, #"{"language":"fr","campaign":{"utm_source":"letter"}}"#),
                try event("pageview", seq: 2, #"{"language":"de"}"#),
            ],
            """
            path, language, utm_source, cast(lcp as integer), cast(inp as integer), cast(cls * 100 as integer), ttfb, \
            cast(engaged_ms as integer), cast(scroll_depth as integer), errors, events
            """
        )
        #expect(rows == [["/users/7", "fr", "letter", "1500", "40", "25", nil, "5000", "80", "3", "8"]])
    }

    @Test(arguments: Engine.allCases)
    func `leaves out values that senders cannot have measured`(engine: Engine) throws {
        let rows = try rows(
            engine,
            [
                try event("pageview", seq: 1, #"{"campaign":"spring","language":7}"#),
                try event("webvitals", seq: 2, #"{"LCP":1e300,"INP":-1,"CLS":"0.1","FCP":[1],"TTFB":600001}"#),
                try event("engagement", seq: 3, #"{"engagedMs":86400001,"scrollDepth":101}"#),
                try event("error", seq: 4, #"{"count":1e9}"#),
            ],
            "utm_source, lcp, inp, cls, fcp, ttfb, engaged_ms, scroll_depth, errors"
        )
        #expect(rows == [[nil, nil, nil, nil, nil, nil, nil, nil, "1"]])
    }

    @Test(arguments: Engine.allCases)
    func `has one row for each site that names the page view, and none without its own event`(engine: Engine) throws {
        let rows = try rows(
            engine,
            [
                try event("pageview", seq: 1, site: "a.example", "{}"),
                try event("pageview", seq: 2, site: "b.example", "{}"),
                try event("webvitals", seq: 3, site: "b.example", #"{"LCP":700}"#),
                try event("webvitals", seq: 4, view: "p_2", #"{"LCP":800}"#),
            ],
            "pageview_id, site, cast(lcp as integer)"
        )
        #expect(rows == [["p_1", "a.example", nil], ["p_1", "b.example", "700"]])
    }
}
