import Numbers

/// Counters of the server process since it started, which cover all sites.
package struct ServerCounters: Equatable, Sendable {
    package var uptimeSeconds: Int64
    package var duplicates: Int64
    /// Records that the database refused, that an address sent beyond the rate limit, and that neither store nor journal could take.
    package var refused: Int64
    package var rateLimited: Int64
    package var unavailable: Int64
    package var isJournaling: Bool
    package var isJournalFull: Bool
    package var journalRecords: Int64
    package var deadLetters: Int64

    package init(
        uptimeSeconds: Int64,
        duplicates: Int64,
        refused: Int64,
        rateLimited: Int64,
        unavailable: Int64,
        isJournaling: Bool,
        isJournalFull: Bool,
        journalRecords: Int64,
        deadLetters: Int64
    ) {
        self.uptimeSeconds = uptimeSeconds
        self.duplicates = duplicates
        (self.refused, self.rateLimited, self.unavailable) = (refused, rateLimited, unavailable)
        (self.isJournaling, self.isJournalFull) = (isJournaling, isJournalFull)
        (self.journalRecords, self.deadLetters) = (journalRecords, deadLetters)
    }
}

/// One check of the tracking.
package enum TrackingCheck: String, CaseIterable, Sendable {
    case lastEvent = "last_event"
    case gaps, delivery, dropped, rejected, storage, csp, versions, clock, vitals, reports, bots, duplicates, consent

    package enum State: String, CaseIterable, Sendable {
        case ok, warning, problem, unknown
    }

    /// Whether figures of the range are missing when it is not ok.
    var isAboutCompleteness: Bool {
        switch self {
        case .lastEvent, .gaps, .delivery, .dropped, .csp, .vitals: true
        // Counters of the server cover all sites and times since it started, and guests do not see them.
        case .rejected, .storage, .duplicates: false
        case .versions, .clock, .reports, .bots, .consent: false
        }
    }
}

/// Whether the tracking is complete: decides on figures, without a database.
package struct TrackingChecks: Equatable, Sendable {
    package enum Conclusion: String, CaseIterable, Sendable {
        case complete, incomplete, unknown
        case notReceiving = "not_receiving"
    }

    /// The figures on which the checks decide.
    package struct Input: Sendable {
        /// Seconds since 1970.
        package var now: Int64 = 0
        /// Whether the range has ended, so that nothing more can arrive.
        package var isOver = false
        /// The latest event of the range in seconds since 1970; nil if it has none.
        package var lastEvent: Int64?
        /// If the range has no event, the end of the last hour before it that has page views, in seconds since 1970; nil if none is known.
        package var earlierPageViews: Int64?
        /// The page views of the four weeks before the latest of both times.
        package var usualPageViews: Int64 = 0
        package var gaps = TrafficGaps(counts: [], start: 0, checked: 0, known: 0)
        /// Nil if the delivery reports were not read.
        package var figures: TrackingFigures?
        package var events: Int64 = 0
        package var botEvents: Int64 = 0
        /// Requests for the tracker's own script or endpoint that a Content Security Policy has blocked.
        package var blocked: Int64 = 0
        /// The version of the tracker that this server serves.
        package var version = ""
        /// Nil for guests of a share link, and without a database.
        package var server: ServerCounters?

        package init() {}
    }

    /// The fewest page views, or events, on which a share is judged.
    package static let sampleMin: Int64 = 30
    static let deliveryGood = 0.99
    package static let deliveryPoor = 0.95
    static let droppedGood = 0.005
    static let vitalsMissingGood = 0.2
    static let vitalsMissingPoor = 0.5
    static let clockGood = 0.05
    /// If the clocks of most visitors seem to be wrong, it is the server's.
    static let clockPoor = 0.5
    static let botsGood = 0.5
    static let reportsMissingGood = 0.5
    /// Silence is judged from a day on, since traffic differs by time of day, and if this many page views would be expected.
    static let silenceSecondsMin: Int64 = 86_400
    static let silenceExpectedMin = 20.0
    /// The fewest page views expected in an open gap without which nothing seems to be received.
    static let gapExpectedMin = 15.0
    /// Seconds within which an earlier version of the tracker still counts as in use.
    static let versionSeconds: Int64 = 86_400

    package let states: [TrackingCheck: TrackingCheck.State]
    package let conclusion: Conclusion
    /// The checks that led to it, in order.
    package let reasons: [TrackingCheck]

    package init(_ input: Input) {
        var states: [TrackingCheck: TrackingCheck.State] = [:]
        for check in TrackingCheck.allCases { states[check] = input.state(of: check) }
        self.states = states
        func checks(_ state: TrackingCheck.State) -> [TrackingCheck] {
            TrackingCheck.allCases.filter { $0.isAboutCompleteness && states[$0] == state }
        }
        let failed = checks(.problem) + checks(.warning)
        if states[.lastEvent] == .problem {
            (conclusion, reasons) = (.notReceiving, [.lastEvent])
        } else if !failed.isEmpty {
            (conclusion, reasons) = (.incomplete, failed)
        } else if states[.delivery] == .unknown {
            (conclusion, reasons) = (.unknown, [.delivery])
        } else {
            (conclusion, reasons) = (.complete, [])
        }
    }
}

extension TrackingChecks.Input {
    fileprivate func state(of check: TrackingCheck) -> TrackingCheck.State {
        switch check {
        case .lastEvent: lastEventState
        case .gaps: gaps.hoursChecked == 0 ? .unknown : gaps.gaps.isEmpty ? .ok : .warning
        case .delivery: deliveryState
        case .dropped: share(figures?.delivery.dropped, of: figures?.delivery.emitted, good: TrackingChecks.droppedGood)
        case .rejected: server.map { $0.refused + $0.rateLimited + $0.unavailable > 0 ? .warning : .ok } ?? .unknown
        case .storage: storageState
        case .csp: blocked > 0 ? .warning : events > 0 ? .ok : .unknown
        case .versions: versionsState
        case .clock:
            share(
                figures?.wrongClocks,
                of: figures?.clocks,
                good: TrackingChecks.clockGood,
                poor: TrackingChecks.clockPoor
            )
        case .vitals:
            share(
                figures?.loadsWithoutVitals,
                of: figures?.loads,
                good: TrackingChecks.vitalsMissingGood,
                poor: TrackingChecks.vitalsMissingPoor
            )
        case .reports:
            share(
                figures.map { $0.pageViews - $0.delivery.pageViews },
                of: figures?.pageViews,
                good: TrackingChecks.reportsMissingGood
            )
        case .bots: share(botEvents, of: events, good: TrackingChecks.botsGood)
        case .duplicates: server == nil ? .unknown : .ok
        // Nothing is sent for visitors who refuse, so they cannot be counted.
        case .consent: .unknown
        }
    }

    /// Good up to a share, a problem from another one on; unknown if there are too few.
    private func share(
        _ part: Int64?,
        of whole: Int64?,
        good: Double,
        poor: Double = .infinity
    ) -> TrackingCheck.State {
        guard let part, let whole, whole >= TrackingChecks.sampleMin else { return .unknown }
        let share = Double(part) / Double(whole)
        return share <= good ? .ok : share < poor ? .warning : .problem
    }

    private var lastEventState: TrackingCheck.State {
        guard !isOver else { return lastEvent == nil ? .unknown : .ok }
        guard let silentSince = lastEvent ?? earlierPageViews else { return .unknown }
        if let gap = gaps.open, gap.expected >= TrackingChecks.gapExpectedMin, lastEvent ?? .min < gap.from {
            return .problem
        }
        let silence = now - silentSince
        let quiet: TrackingCheck.State = lastEvent == nil ? .unknown : .warning
        guard silence >= TrackingChecks.silenceSecondsMin else { return lastEvent == nil ? .unknown : .ok }
        let rate = Double(usualPageViews) / Double(TrafficGaps.weeks * 7 * 86_400)
        return rate * Double(silence) >= TrackingChecks.silenceExpectedMin ? .problem : quiet
    }

    private var deliveryState: TrackingCheck.State {
        guard let figures, figures.delivery.emitted >= TrackingChecks.sampleMin else { return .unknown }
        let rate = Double(figures.delivery.received) / Double(figures.delivery.emitted)
        return rate >= TrackingChecks.deliveryGood ? .ok : rate >= TrackingChecks.deliveryPoor ? .warning : .problem
    }

    private var storageState: TrackingCheck.State {
        guard let server else { return .unknown }
        if server.isJournalFull { return .problem }
        return server.isJournaling || server.journalRecords > 0 || server.deadLetters > 0 ? .warning : .ok
    }

    private var versionsState: TrackingCheck.State {
        guard let versions = figures?.versions, !versions.isEmpty else { return .unknown }
        let known = versions.filter { !$0.name.isEmpty }
        guard !known.isEmpty else { return .unknown }
        let end = versions.map(\.lastSeen).max() ?? now
        let isOldInUse = known.contains {
            $0.name != version && $0.lastSeen > end - TrackingChecks.versionSeconds
        }
        return isOldInUse ? .warning : .ok
    }
}
