import Events
import Storage
import TestSupport
import Testing
import TimeZones

@testable import Reports
@testable import Rollups

/// The first page views of releases by humans, which annotate charts.
@Suite struct FirstReleaseTests {
    /// 2026-11-24, 00:00 UTC.
    private static let day: Int64 = 1_795_478_400

    private struct View {
        var release: String
        /// Seconds from the start of the range.
        var at: Int64
        var isBot = false
    }

    private func releases(_ engine: Engine, _ views: [View], includesBots: Bool = false) throws -> [String: Int64] {
        let database = try Database(engine)
        let store = try database.migrated()
        let agents = [false: "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0", true: "Googlebot/2.1 (bot)"]
        let events = try views.enumerated().map { number, view in
            try Event.parsed(
                """
                {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)",\
                "event_type":"pageview","path":"/","site":"shop.example","payload":{"release":"\(view.release)"}}
                """,
                userAgent: agents[view.isBot],
                receivedAt: (Self.day + view.at) * 1_000_000
            )
        }
        try store.append(events)
        try store.catchUp()
        let range = try ReportRange(from: Self.day, to: Self.day + 86_400, zone: .utc, interval: nil)
        let query = ReportQuery(range: range, includesBots: includesBots)
        let report = try Reports(store.makeDatabase(), DictionaryCache()).annotations(query)
        #expect(report.releases.map(\.at) == report.releases.map(\.at).sorted())
        return Dictionary(uniqueKeysWithValues: report.releases.map { ($0.release, $0.at - Self.day) })
    }

    private let plain = [
        View(release: "earlier", at: -100), View(release: "earlier", at: 500), View(release: "new", at: 3601),
        View(release: "new", at: 9000), View(release: "with-bot", at: 601, isBot: true),
        View(release: "with-bot", at: 659), View(release: "later", at: 86_400),
    ]

    @Test(arguments: Engine.allCases)
    func `have the minute of the first page view, if it is in the range`(engine: Engine) throws {
        #expect(try releases(engine, plain) == ["with-bot": 600, "new": 3600])
    }

    @Test(arguments: Engine.allCases)
    func `are searched when the first page view was a bot's`(engine: Engine) throws {
        let bots = [
            View(release: "bot-first", at: 10, isBot: true), View(release: "bot-first", at: 4000),
            View(release: "bot-before", at: -50, isBot: true), View(release: "bot-before", at: 7201),
            View(release: "only-bots", at: 20, isBot: true),
        ]
        let humans: [String: Int64] = ["with-bot": 600, "new": 3600, "bot-first": 3960, "bot-before": 7200]
        #expect(try releases(engine, plain + bots) == humans)
        let all: [String: Int64] = ["with-bot": 600, "new": 3600, "bot-first": 0, "only-bots": 0]
        #expect(try releases(engine, plain + bots, includesBots: true) == all)
    }
}
