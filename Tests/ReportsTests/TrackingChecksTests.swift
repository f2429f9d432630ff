import Testing
import Texts

@testable import Reports

/// What figures mean for the completeness of the tracking.
@Suite struct TrackingChecksTests {
    private static let now: Int64 = 1_795_900_000
    private static let hour = TrafficGaps.hour

    private func view(
        emitted: Int64? = 10,
        received: Int64 = 10,
        dropped: Int64 = 0,
        age: Int64 = 7200,
        tracker: String? = "1.0",
        vitals: Bool = true,
        skew: Int64? = nil
    ) -> TrackingFigures.PageView {
        var view = TrackingFigures.PageView(time: Self.now - age)
        (view.emitted, view.received, view.dropped) = (emitted, received, dropped)
        (view.tracker, view.isVisibleLoad, view.hasVitals) = (tracker, true, vitals)
        view.clientTime = (Self.now - age) * 1_000_000
        view.originalTime = skew.map { (Self.now - age + $0) * 1_000_000 }
        return view
    }

    private func figures(_ views: [TrackingFigures.PageView]) -> TrackingFigures {
        var figures = TrackingFigures()
        for view in views { figures.add(view, now: Self.now) }
        return figures
    }

    private func input(_ views: [TrackingFigures.PageView]) -> TrackingChecks.Input {
        var input = TrackingChecks.Input()
        (input.now, input.lastEvent, input.version) = (Self.now, Self.now - 60, "1.0")
        (input.figures, input.events, input.usualPageViews) = (figures(views), 10 * Int64(views.count), 28_000)
        input.server = server()
        return input
    }

    private func server() -> ServerCounters {
        ServerCounters(
            uptimeSeconds: 60,
            duplicates: 2,
            refused: 0,
            rateLimited: 0,
            unavailable: 0,
            isJournaling: false,
            isJournalFull: false,
            journalRecords: 0,
            deadLetters: 0
        )
    }

    private var complete: TrackingChecks.Input { input(Array(repeating: view(), count: 50)) }

    @Test func `tracking without losses is complete, although consent is never known`() {
        let checks = TrackingChecks(complete)
        #expect(checks.conclusion == .complete)
        #expect(checks.reasons.isEmpty)
        #expect(checks.states[.consent] == .unknown)
        #expect(checks.states[.delivery] == .ok)
        #expect(checks.states[.gaps] == .unknown)
    }

    @Test(
        arguments: [(0, .ok), (4, .ok), (6, .warning), (24, .warning), (26, .problem)] as [(Int, TrackingCheck.State)]
    )
    func `lost events decide on the delivery rate`(lost: Int, state: TrackingCheck.State) {
        let views = (0..<50).map { view(received: $0 < lost ? 9 : 10) }
        let checks = TrackingChecks(input(views))
        #expect(checks.states[.delivery] == state)
        #expect(checks.conclusion == (state == .ok ? .complete : .incomplete))
        #expect(checks.reasons == (state == .ok ? [] : [.delivery]))
    }

    @Test func `few events are not judged`() {
        let checks = TrackingChecks(input([view(received: 0), view()]))
        #expect(checks.states[.delivery] == .unknown)
        #expect(checks.conclusion == .unknown)
        #expect(checks.reasons == [.delivery])
    }

    @Test func `delivery reports that were not read leave the conclusion open`() {
        var input = complete
        input.figures = nil
        #expect(TrackingChecks(input).conclusion == .unknown)
    }

    @Test func `a range without an event is judged by the traffic before it`() {
        var input = complete
        input.lastEvent = nil
        // No traffic is known, or the range has just begun.
        #expect(TrackingChecks(input).states[.lastEvent] == .unknown)
        input.earlierPageViews = Self.now - 9 * 3600
        #expect(TrackingChecks(input).states[.lastEvent] == .unknown)
        #expect(TrackingChecks(input).conclusion == .complete)
        input.earlierPageViews = Self.now - 2 * 86_400
        #expect(TrackingChecks(input).conclusion == .notReceiving)
        #expect(TrackingChecks(input).reasons == [.lastEvent])
        // A page view in three days.
        input.usualPageViews = 9
        #expect(TrackingChecks(input).states[.lastEvent] == .unknown)
        input.usualPageViews = 28_000
        input.isOver = true
        #expect(TrackingChecks(input).states[.lastEvent] == .unknown)
    }

    @Test func `silence is judged by the traffic before it`() {
        var input = complete
        input.lastEvent = Self.now - 2 * 86_400
        #expect(TrackingChecks(input).conclusion == .notReceiving)
        // A page view in three days: two days without one say little.
        input.usualPageViews = 9
        #expect(TrackingChecks(input).states[.lastEvent] == .warning)
        input.lastEvent = Self.now - 3600
        #expect(TrackingChecks(input).states[.lastEvent] == .ok)
        input.lastEvent = Self.now - 2 * 86_400
        input.isOver = true
        #expect(TrackingChecks(input).states[.lastEvent] == .ok)
    }

    @Test func `an open gap in the traffic of the hour is noticed within hours`() {
        let week = 7 * 24
        var counts = Array(repeating: Int64(10), count: 5 * week)
        counts[counts.count - 1] = 0
        func checks() -> TrackingChecks {
            var input = complete
            let start = Self.now - Int64(counts.count) * Self.hour
            input.gaps = TrafficGaps(
                counts: counts,
                start: start,
                checked: start + 4 * Int64(week) * Self.hour,
                known: start
            )
            input.lastEvent = Self.now - 3 * Self.hour
            return TrackingChecks(input)
        }
        // One such hour could be chance.
        #expect(checks().conclusion == .incomplete)
        counts[counts.count - 2] = 0
        #expect(checks().conclusion == .notReceiving)
    }

    @Test func `the server's counters are shown, but owner and guest get one conclusion`() {
        var input = complete
        input.server?.rateLimited = 1
        #expect(TrackingChecks(input).states[.rejected] == .warning)
        #expect(TrackingChecks(input).conclusion == .complete)
        input = complete
        input.server?.deadLetters = 1
        #expect(TrackingChecks(input).states[.storage] == .warning)
        input.server?.isJournalFull = true
        #expect(TrackingChecks(input).states[.storage] == .problem)
        #expect(TrackingChecks(input).conclusion == .complete)
        input.server = nil
        #expect(TrackingChecks(input).states[.storage] == .unknown)
        #expect(TrackingChecks(input).conclusion == .complete)
    }

    @Test func `an earlier version counts as in use for a day, and does not make tracking incomplete`() {
        let old = Array(repeating: view(age: 90_000, tracker: "0.9"), count: 40)
        let new = Array(repeating: view(age: 60), count: 40)
        #expect(TrackingChecks(input(old + new)).states[.versions] == .ok)
        let both = TrackingChecks(input(old + new + [view(age: 3600, tracker: "0.9")]))
        #expect(both.states[.versions] == .warning)
        #expect(both.conclusion == .complete)
        #expect(TrackingChecks(input([view(tracker: nil)])).states[.versions] == .unknown)
    }

    @Test func `many wrong clocks are the server's`() {
        func state(_ wrong: Int) -> TrackingCheck.State? {
            TrackingChecks(input((0..<40).map { view(skew: $0 < wrong ? 3600 : nil) })).states[.clock]
        }
        #expect(state(0) == .ok)
        #expect(state(2) == .ok)
        #expect(state(3) == .warning)
        #expect(state(20) == .problem)
    }

    @Test func `blocked requests, missing vitals and dropped events are reasons`() {
        var input = complete
        input.blocked = 1
        #expect(TrackingChecks(input).reasons == [.csp])
        let bare = Array(repeating: view(vitals: false), count: 50)
        #expect(TrackingChecks(self.input(bare)).reasons == [.vitals])
        // A page that has just been opened has no vitals yet.
        let fresh = Array(repeating: view(age: 60, vitals: false), count: 50)
        #expect(TrackingChecks(self.input(fresh)).states[.vitals] == .unknown)
        let dropping = Array(repeating: view(emitted: 1000, received: 993, dropped: 7), count: 50)
        #expect(TrackingChecks(self.input(dropping)).reasons == [.dropped])
    }
}

/// The sums over page views.
@Suite struct TrackingFiguresTests {
    private func view(_ tracker: String?, at time: Int64 = 0, skew: Int64? = nil) -> TrackingFigures.PageView {
        var view = TrackingFigures.PageView(time: time)
        (view.tracker, view.clientTime) = (tracker, time * 1_000_000)
        view.originalTime = skew.map { (time + $0) * 1_000_000 }
        return view
    }

    @Test func `the most frequent versions are listed, and the others are summed up`() {
        var figures = TrackingFigures()
        for number in 0..<12 { for _ in 0...number { figures.add(view("1.\(number)"), now: 0) } }
        #expect(figures.versions.map(\.name) == ["1.11", "1.10", "1.9", "1.8", "1.7", "1.6", "1.5", "1.4", "(other)"])
        #expect(figures.versions.last?.pageViews == 10)
    }

    @Test(arguments: ["<b>1</b>", "1 0", "\u{202e}", "0123456789012345678901234567890123"])
    func `what is no version is not listed as one`(text: String) {
        var figures = TrackingFigures()
        figures.add(view(text), now: 0)
        #expect(figures.versions.map(\.name) == ["(other)"])
    }

    @Test func `the median of wrong clocks has a direction`() {
        var figures = TrackingFigures()
        #expect(figures.medianSkew == nil)
        for skew in [-7200, 120, 3600] as [Int64] { figures.add(view(nil, skew: skew), now: 0) }
        figures.add(view(nil), now: 0)
        #expect(figures.medianSkew == 120)
        #expect(figures.wrongClocks == 3)
        #expect(figures.clocks == 4)
    }

    @Test func `only the tracker's own addresses count as blocked requests of the tracker`() {
        let tracker = TrackerAddresses(
            scripts: ["collector.js", "collector-details.js"],
            endpoints: ["/events"],
            host: "Collect.example"
        )
        let hosts = tracker.hosts(blocked: ["https://cdn.example:8443/x/collector-details.js", "inline"])
        #expect(hosts == ["collect.example", "cdn.example:8443"])
        for own in [
            "https://other.example/collector.js", "https://cdn.example:8443/x/collector-details.js",
            "https://collect.example/events", "http://collect.example/base/events", "https://cdn.example:8443/events",
        ] {
            #expect(tracker.contains(own, hosts: hosts), "\(own)")
        }
        for other in [
            "inline", "events", "https://api.example/events", "https://collect.example/my-events", "https://events",
            "https://cdn.example/events", "https://c.test/app.js", "https://c.test/", "https://c.test/collector.css",
            "https://c.test/collector-of-stamps.js", "https://c.test/?/collector.js",
        ] {
            #expect(!tracker.contains(other, hosts: hosts), "\(other)")
        }
    }
}
