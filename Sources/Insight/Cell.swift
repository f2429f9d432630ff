package import Sketches

/// What rows are counted by, one at a time.
package enum Dimension: String, CaseIterable, Sendable, Hashable {
    case all, path, entry, exit, browser, system, device, referrer, campaign, language, screen, country, release
    case connection, navigation, event, issue, resource
    case lcpElement = "lcp_element"
    case lcpPart = "lcp_part"
    case inpElement = "inp_element"
    case inpPart = "inp_part"
    case clsElement = "cls_element"
    case thirdParty = "third_party"

    /// Values of a bucket and a site that are kept apart; what comes after them is `(other)`.
    var valuesMax: Int? {
        switch self {
        case .all, .browser, .system, .device, .connection, .navigation, .lcpPart, .inpPart: nil
        case .path, .entry, .exit: 1000
        case .referrer, .campaign, .event, .issue, .resource, .thirdParty: 300
        case .language, .screen, .country, .release, .lcpElement, .inpElement, .clsElement: 200
        }
    }

    /// Whether it is kept by the minute, too.
    var hasMinutes: Bool { self == .all || self == .path }
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
        seconds - ((seconds % self.seconds) + self.seconds) % self.seconds
    }

    /// Seconds for which minutes are kept; hours and days stay.
    static let minutesKept: Int64 = 2 * 86_400
}

/// Values that page views tell, each with a histogram in a cell.
package enum Metric: String, CaseIterable, Sendable, Hashable {
    case lcp, inp, cls, fcp, ttfb, duration

    /// Its name in a payload.
    var key: String { rawValue.uppercased() }
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
        get { [events, views, sessions, bounces, errors, engagements, engagedMilliseconds, amount] }
        set {
            guard newValue.count == Self.columns.count else { return }
            (events, views, sessions, bounces) = (newValue[0], newValue[1], newValue[2], newValue[3])
            (errors, engagements, engagedMilliseconds, amount) = (newValue[4], newValue[5], newValue[6], newValue[7])
        }
    }

    package static let columns = [
        "events", "views", "sessions", "bounces", "errors", "engagements", "engaged_ms", "amount",
    ]

    package mutating func add(_ other: Counters) { all = zip(all, other.all).map { $0 &+ $1 } }
}

/// What has been added to a cell and taken from it since it was last written.
struct CellChange: Sendable {
    var counters = Counters()
    var visitors = HyperLogLog()
    var added: [Metric: LogHistogram] = [:]
    var removed: [Metric: LogHistogram] = [:]

    var touchesSketches: Bool { !visitors.isEmpty || !added.isEmpty || !removed.isEmpty }

    mutating func add(_ other: CellChange) {
        counters.add(other.counters)
        visitors.merge(other.visitors)
        for (metric, histogram) in other.added { added[metric, default: LogHistogram()].merge(histogram) }
        for (metric, histogram) in other.removed { removed[metric, default: LogHistogram()].merge(histogram) }
    }
}

/// Sketches of a cell as they are kept.
package struct CellSketches: Sendable {
    package var visitors = HyperLogLog()
    package var histograms: [Metric: LogHistogram] = [:]

    package init() {}

    mutating func add(_ change: CellChange) {
        visitors.merge(change.visitors)
        for (metric, histogram) in change.added { histograms[metric, default: LogHistogram()].merge(histogram) }
        for (metric, histogram) in change.removed { histograms[metric, default: LogHistogram()].subtract(histogram) }
    }

    package mutating func merge(_ other: CellSketches) {
        visitors.merge(other.visitors)
        for (metric, histogram) in other.histograms { histograms[metric, default: LogHistogram()].merge(histogram) }
    }
}
