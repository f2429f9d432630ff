package import Sketches
package import Storage

/// What rows are counted by, one at a time.
package enum Dimension: String, CaseIterable, Sendable, Hashable {
    case all, path, entry, exit, browser, system, device, referrer, campaign, language, screen, country, release
    case connection, navigation, event, issue, resource
    /// Issues of errors that are not the site's; they count in no other figure.
    case noise
    case lcpElement = "lcp_element"
    case lcpPart = "lcp_part"
    case inpElement = "inp_element"
    case inpPart = "inp_part"
    case clsElement = "cls_element"
    case thirdParty = "third_party"
    /// Kinds of numbers that were out of their range, by the name of a `Claim`.
    case invalid

    /// How many values of a day, a site and people or robots are kept apart; those that come after them are `(other)`.
    ///
    /// Nil for values that no sender chooses.
    var valuesMax: Int? {
        switch self {
        case .all, .lcpPart, .inpPart, .invalid: nil
        case .browser, .system, .device, .connection, .navigation: 50
        case .path, .entry, .exit: 1000
        case .referrer, .campaign, .event, .issue, .noise, .resource, .thirdParty: 300
        case .language, .screen, .country, .release, .lcpElement, .inpElement, .clsElement: 200
        }
    }

    /// How many times as many values all sites together may have on a day.
    static let storeShare = 20

    /// Whether it is kept by the minute, too.
    var hasMinutes: Bool { self == .all }
}

/// Lengths of time that cells stand for.
package enum Grain: Int64, CaseIterable, Sendable, Hashable {
    case minute = 0
    case hour = 1
    case day = 2

    package var seconds: Int64 {
        switch self {
        case .minute: 60
        case .hour: 3600
        case .day: 86_400
        }
    }

    /// The start of the bucket that holds a moment, both in seconds since 1970.
    package func bucket(_ seconds: Int64) -> Int64 {
        // The first bucket of all begins before the first moment that an integer holds.
        let moment = max(seconds, Int64.min + self.seconds)
        return moment - ((moment % self.seconds) + self.seconds) % self.seconds
    }
}

/// Values that page views tell, each with a histogram in a cell.
package enum Metric: String, CaseIterable, Sendable, Hashable {
    case lcp, inp, cls, fcp, ttfb, duration

    /// Its place among all.
    var place: Int {
        switch self {
        case .lcp: 0
        case .inp: 1
        case .cls: 2
        case .fcp: 3
        case .ttfb: 4
        case .duration: 5
        }
    }

    /// Its name in a payload.
    var key: String {
        switch self {
        case .lcp: "LCP"
        case .inp: "INP"
        case .cls: "CLS"
        case .fcp: "FCP"
        case .ttfb: "TTFB"
        case .duration: "duration"
        }
    }
    /// Those that are vitals of a page view.
    static let vitals: [Metric] = [.lcp, .inp, .cls, .fcp, .ttfb]
}

/// Which cell.
package struct CellKey: Hashable, Sendable {
    package var dimension: Dimension
    package var grain: Grain
    /// Start of the bucket, seconds since 1970.
    package var bucket: Int64
    package var site: String
    /// 0 for people, 1 for robots.
    package var audience: Int64
    package var value: String

    /// What stands for values beyond the number that is kept.
    static let other = "(other)"
}

/// Numbers of a cell, or what is to be added to them.
package struct Counters: Equatable, Sendable {
    package var events: Int64 = 0
    package var views: Int64 = 0
    /// Sessions that began in the bucket.
    package var sessions: Int64 = 0
    /// Those of them that saw one page.
    package var bounces: Int64 = 0
    package var errors: Int64 = 0
    /// Page views that told how long they were engaged with.
    package var engagements: Int64 = 0
    package var engagedMilliseconds: Int64 = 0
    /// What else adds up: bytes of third parties.
    package var amount: Int64 = 0

    package init() {}

    /// In the order of the table's columns.
    package var all: [Int64] {
        [events, views, sessions, bounces, errors, engagements, engagedMilliseconds, amount]
    }

    /// Reads the columns of a row, in the order of the table.
    package init(_ row: ArraySlice<SQLValue>) {
        let numbers = row.map { $0.integer ?? 0 }
        guard numbers.count == Self.columns.count else { return }
        (events, views, sessions, bounces) = (numbers[0], numbers[1], numbers[2], numbers[3])
        (errors, engagements, engagedMilliseconds, amount) = (numbers[4], numbers[5], numbers[6], numbers[7])
    }

    package static let columns = [
        "events", "views", "sessions", "bounces", "errors", "engagements", "engaged_ms", "amount",
    ]

    package mutating func add(_ other: Counters) {
        events.add(saturating: other.events)
        views.add(saturating: other.views)
        sessions.add(saturating: other.sessions)
        bounces.add(saturating: other.bounces)
        errors.add(saturating: other.errors)
        engagements.add(saturating: other.engagements)
        engagedMilliseconds.add(saturating: other.engagedMilliseconds)
        amount.add(saturating: other.amount)
    }
}

/// Histograms of some metrics, at the metrics' places.
struct Histograms: Sendable {
    /// Empty, or one for each metric.
    private var all: [LogHistogram] = []

    var isEmpty: Bool { all.isEmpty }

    subscript(metric: Metric) -> LogHistogram { all.isEmpty ? LogHistogram() : all[metric.place] }

    mutating func add(_ mark: LogHistogram.Mark, _ metric: Metric) {
        makeRoom()
        all[metric.place].add(mark)
    }

    mutating func add(_ other: Histograms) {
        guard !other.isEmpty else { return }
        makeRoom()
        for place in all.indices { all[place].merge(other.all[place]) }
    }

    private mutating func makeRoom() {
        if all.isEmpty { all = Array(repeating: LogHistogram(), count: Metric.allCases.count) }
    }
}

/// What has been added to a cell and taken from it since it was last written.
struct CellChange: Sendable {
    var counters = Counters()
    var visitors = HyperLogLog()
    var added = Histograms()
    var removed = Histograms()

    var touchesSketches: Bool { !visitors.isEmpty || !added.isEmpty || !removed.isEmpty }

    mutating func add(_ other: CellChange) {
        counters.add(other.counters)
        visitors.merge(other.visitors)
        added.add(other.added)
        removed.add(other.removed)
    }
}

/// Sketches of a cell as they are kept.
package struct CellSketches: Sendable {
    package var visitors = HyperLogLog()
    package var histograms: [Metric: LogHistogram] = [:]

    package init() {}

    mutating func add(_ change: CellChange) {
        visitors.merge(change.visitors)
        for metric in Metric.allCases {
            let (added, removed) = (change.added[metric], change.removed[metric])
            guard !added.isEmpty || !removed.isEmpty else { continue }
            histograms[metric, default: LogHistogram()].merge(added)
            histograms[metric, default: LogHistogram()].subtract(removed)
        }
    }

    package mutating func merge(_ other: CellSketches) {
        visitors.merge(other.visitors)
        for (metric, histogram) in other.histograms { histograms[metric, default: LogHistogram()].merge(histogram) }
    }
}
