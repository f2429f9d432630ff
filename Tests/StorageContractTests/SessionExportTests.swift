import Events
import Reports
import Segments
import Storage
import TestSupport
import Testing

/// The rows of `collector export sessions`.
@Suite struct SessionExportTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func event(_ type: String, _ payload: String, after seconds: Int64) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"\(type)","path":"/",\
            "site":"shop.example","seq":\(seconds + 1),"payload":\(payload)}
            """,
            receivedAt: Self.start + seconds * 1_000_000
        )
    }

    private func durations(_ store: any Store) throws -> [Int64] {
        let export = SegmentExport(try store.makeDatabase(), .sessions)
        let index = try #require(export.names.firstIndex(of: "duration_seconds"))
        var durations: [Int64] = []
        try export.run { rows in
            for row in rows { if case .number(let seconds) = row[index] { durations.append(seconds) } }
            return true
        }
        return durations
    }

    @Test(arguments: Engine.allCases)
    func `a session lasts until its last page view, error or custom event`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([
            event("pageview", "{}", after: 0),
            event("webvitals", #"{"LCP":1200}"#, after: 500),
            event("webvitals", #"{"LCP":900000}"#, after: 600),
            event("engagement", #"{"engagedMs":-5}"#, after: 700),
        ])
        try store.catchUp()
        #expect(try StoredFigures(store).rows(.eventIssue, .events, [.invalid]).isEmpty == false)
        #expect(try durations(store) == [0])
        try store.append([event("signup", #"{"value":1e12}"#, after: 300)])
        try store.catchUp()
        #expect(try durations(store) == [300])
        try store.append([event("error", #"{"message":"Script error.","noise":"script_error"}"#, after: 400)])
        try store.catchUp()
        #expect(try durations(store) == [400])
    }
}
