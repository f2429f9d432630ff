/// What somebody wants to know: of which time, which site, and of whom.
package struct Question: Sendable, Hashable {
    /// Seconds since 1970: the start of the first bucket and the moment up to which it goes.
    package var from: Int64
    package var to: Int64
    /// Nil: all of them.
    package var site: String?
    /// All of them must hold.
    package var filters: [Filter]
    /// Whether those who behave like programs are counted, too.
    package var includesRobots: Bool
    /// Whether the range is exactly the one that was asked for; otherwise it begins with a whole bucket and goes on to the present.
    package var isExact = false

    /// A dimension and the value that it must have.
    package struct Filter: Sendable, Hashable {
        package var dimension: Dimension
        package var value: String

        package init(dimension: Dimension, value: String) {
            self.dimension = dimension
            self.value = value
        }
    }

    /// Seconds of a range, and filters, at most.
    package static let secondsMax: Int64 = 800 * 86_400
    package static let filtersMax = 6
    /// Seconds up to which buckets are hours.
    static let hourlySecondsMax: Int64 = 3 * 86_400
    /// Dimensions that page views can be filtered by.
    package static let filterable: Set<Dimension> = [
        .path, .browser, .system, .device, .referrer, .campaign, .language, .screen, .country, .release, .connection,
        .event,
    ]

    package init(
        from: Int64,
        to: Int64,
        site: String? = nil,
        filters: [Filter] = [],
        includesRobots: Bool = false
    ) {
        let interval = Self.interval(seconds: to - from)
        self.from = interval.bucket(from)
        self.to = to
        self.site = site
        self.filters = filters
        self.includesRobots = includesRobots
    }

    /// The question about exactly the time from one moment to another.
    package func exactly(from: Int64, to: Int64) -> Question {
        var question = self
        (question.from, question.to, question.isExact) = (from, to, true)
        return question
    }

    /// Buckets of a series.
    package var interval: Grain { Self.interval(seconds: to - from) }

    private static func interval(seconds: Int64) -> Grain { seconds <= hourlySecondsMax ? .hour : .day }

    /// Starts of the buckets of the series.
    var buckets: [Int64] {
        Array(stride(from: interval.bucket(from), to: max(to, from + 1), by: Int64.Stride(interval.seconds)))
    }

    /// The same question about the time before.
    package var previous: Question {
        if isExact { return exactly(from: 2 * from - to, to: from) }
        var question = self
        let length = Int64(buckets.count) * interval.seconds
        question.from = from - length
        question.to = to - length
        return question
    }
}
