/// A query over segments, expressed in dictionary codes.
package struct ScanQuery: Sendable, Equatable {
    /// A condition on a dictionary column: the code must be one of `codes`.
    ///
    /// On a session column it selects sessions, on a page view column page views. On `eventName` it selects
    /// sessions with such a custom event at any time, on `eventIssue` sessions with such an error,
    /// on `eventPath` those with such a missing page.
    package struct Filter: Sendable, Equatable {
        package var column: Column
        package var codes: Set<UInt32>

        /// Traps for a resource column.
        package init(column: Column, codes: Set<UInt32>) {
            precondition(column.scope != .resource)
            (self.column, self.codes) = (column, codes)
        }

        /// Whether events of this kind can match: the name of an error or invalid value is only its event type.
        func selects(_ kind: EventKind?) -> Bool {
            switch column {
            case .eventIssue: kind == .error || kind == .noise
            case .eventPath: kind == .notFound
            default: kind == .custom
            }
        }
    }

    /// The number by which a list ranks its values, and which its total sums up.
    package enum Measure: Sendable {
        case pageViews, sessions, errors, events, requests
        /// Page views with a value of one of the list's vitals, and those with such a value that is not good.
        case vitals, slowVitals

        var readsVitals: Bool { self == .vitals || self == .slowVitals }
    }

    /// Which figures of sessions and page views are counted; the others are 0.
    ///
    /// Visitors, events and vitals do not depend on it.
    package enum Totals: Sendable {
        case all, withoutEngagement
        /// Not possible with lists of sessions or page views.
        case none
    }

    /// The values of one column with the largest numbers.
    package struct List: Sendable, Equatable {
        package var column: Column
        /// For lists of events and resources: the kinds of rows that count.
        package var eventKinds: Set<EventKind> = []
        package var resourceKind: ResourceKind?
        package var measure: Measure
        /// Maximum number of rows: the largest first, ties ordered by the bytes of their texts.
        package var limit: Int
        /// Number of rows to leave out before the first.
        package var offset = 0
        /// Codes of the values that the list has, its count and total included; nil for all.
        package var among: Set<UInt32>?
        /// Whether the empty text is no value of the list.
        package var skipsNone = false
        /// Codes of the rows to return, instead of the largest.
        package var only: [UInt32]?
        package var withVisitors = false
        package var vitals: [Vital] = []
        /// Whether each row includes its measure by bucket.
        package var withSeries = false
        /// Whether the rows have sums; otherwise only their vitals are set.
        package var withSums = true

        package init(column: Column, measure: Measure, limit: Int) {
            (self.column, self.measure, self.limit) = (column, measure, limit)
        }
    }

    /// The range in seconds since 1970: `from` is inclusive, `to` is exclusive.
    package var from: Int64
    package var to: Int64
    /// Start times of the buckets in seconds since 1970, ascending.
    ///
    /// The first is at or before `from`; all others are whole minutes.
    package var edges: [Int64]
    /// Conditions that must all hold.
    package var filters: [Filter] = []
    /// Conditions on what was reached in a session, at any time; all must hold.
    package var conditions: [ConditionFilter] = []
    /// Keys of the sessions to include; nil for all.
    package var sessionKeys: Set<UInt64>?
    /// Codes of the issues whose errors count; nil for all.
    package var issues: Set<UInt32>?
    /// Codes of issues that count as another one, by which they are replaced.
    package var issueAliases: [UInt32: UInt32] = [:]
    /// Collects the latest seconds that have an error which counts, at most this number.
    package var latestErrorsMax = 0
    /// Counts errors not caused by the site instead of the site's own, for a report on such an issue.
    package var noiseCountsAsErrors = false
    /// Vitals of the whole range.
    package var vitals: [Vital] = []
    /// Vitals by bucket.
    package var seriesVitals: [Vital] = []
    /// Whether the vitals of the whole range include their distribution.
    package var withDistribution = false
    /// Whether the vitals of the whole range include their values by rank.
    package var withRanks = false
    /// Whether the result has `squaredErrors`.
    package var withSquaredErrors = false
    /// Whether the result has the delivery of the page views.
    package var withDelivery = false
    /// Whether errors and custom events are counted; without them, no list may depend on them.
    package var withEvents = true
    package var withVisitors = true
    package var withSeriesVisitors = false
    package var lists: [List] = []
    package var totals = Totals.all
    /// What is collected of the sessions that count; nil for nothing.
    package var selection: ScanSelection.Kind?

    package init(from: Int64, to: Int64, edges: [Int64]) { (self.from, self.to, self.edges) = (from, to, edges) }

    /// Replaces the issues of all conditions by those that they count as.
    mutating func resolveIssues() {
        let aliases = issueAliases
        guard !aliases.isEmpty else { return }
        func resolved(_ code: UInt32) -> UInt32 { aliases[code] ?? code }
        issues = issues.map { Set($0.map(resolved)) }
        for index in filters.indices where filters[index].column == .eventIssue {
            filters[index].codes = Set(filters[index].codes.map(resolved))
        }
        for index in lists.indices where lists[index].column == .eventIssue {
            lists[index].only = lists[index].only?.map(resolved)
        }
    }
}

/// The sums of a range, a bucket, or a value of a list.
package struct Aggregate: Equatable, Sendable {
    /// Distinct visitors with a page view; in a list of events, with such an event.
    ///
    /// Nil when not requested, and when there are too many to count (`hasTooManyVisitors` of the result).
    package var visitors: Int64?
    /// Sessions whose first page view is within the range, and those of them with a single page view.
    package var sessions: Int64 = 0
    package var bounces: Int64 = 0
    package var pageViews: Int64 = 0
    /// Those in anonymous mode, which have neither a visitor nor a session; set in totals only.
    package var anonymousPageViews: Int64 = 0
    /// Events of any type received for the page views.
    package var eventsReceived: Int64 = 0
    package var errors: Int64 = 0
    package var customEvents: Int64 = 0
    /// Page views with a reported engagement time, and its sum in milliseconds.
    package var engagedPageViews: Int64 = 0
    package var engagedMilliseconds: Int64 = 0
    /// Set in lists of resources only.
    package var requests: Int64 = 0
    package var bytes: Int64 = 0
    package var durations: VitalSummary?
    /// Summaries indexed by `Vital.rawValue`; nil when not requested.
    package var vitals: [VitalSummary?] = [nil, nil, nil, nil, nil]

    package init() {}
}

/// Distribution of a vital, with percentiles as computed by PostgreSQL's `percentile_cont`.
///
/// Percentiles are exact up to `exactCountMax` values and within 0.1 % above.
package struct VitalSummary: Equatable, Sendable {
    /// Maximum number of values with exact percentiles.
    package static let exactCountMax = 200

    package var count: Int64 = 0
    /// Nil when there are no values.
    package var p50: Double?
    package var p75: Double?
    package var p95: Double?
    package var good: Int64 = 0
    package var needsImprovement: Int64 = 0
    package var poor: Int64 = 0
    /// Nonempty bins with upper bounds and counts, ascending.
    package var distribution: [(upperBound: Double, count: Int64)] = []
    /// Nil unless requested, and when there are no values.
    package var ranked: RankedValues?

    package init() {}

    package static func == (one: VitalSummary, other: VitalSummary) -> Bool {
        one.count == other.count && one.p50 == other.p50 && one.p75 == other.p75 && one.p95 == other.p95
            && one.good == other.good && one.needsImprovement == other.needsImprovement && one.poor == other.poor
            && one.distribution.elementsEqual(other.distribution, by: ==) && one.ranked == other.ranked
    }
}

/// The rows of a list, with totals over all of its values.
package struct ListResult: Sendable {
    package var rows: [(code: UInt32, sum: Aggregate, series: [Int64])] = []
    /// Number of values with a measure above zero, and the sum of the measure over them.
    package var count: Int64 = 0
    package var total: Int64 = 0

    package init() {}
}

/// The result of a scan.
package struct ScanResult: Sendable {
    package var total = Aggregate()
    /// Sums by bucket, in the order of the query's edges.
    package var buckets: [Aggregate] = []
    /// In the order of the query's lists.
    package var lists: [ListResult] = []
    /// Nil unless requested.
    package var selection: ScanSelection?
    package var latestErrors: [LatestErrors.Second] = []
    /// The sum over all page views of the square of their errors; 0 unless requested.
    ///
    /// Divided by the number of errors, it is the mean number of errors that come together.
    package var squaredErrors = 0.0
    /// The delivery of the page views within the range; zeros unless requested.
    package var delivery = DeliverySums()
    /// Number of damaged segments, which are excluded from all figures.
    package var damagedSegments = 0
    /// Whether visitor counts are missing because some visitors share a number.
    package var hasTooManyVisitors = false

    package init() {}
}

/// Metadata of a segment, as stored in its row in `segments`.
package struct SegmentInfo: Equatable, Sendable {
    package var id: Int64
    /// Times of the first and last page view or event in seconds since 1970, both inclusive; times are relative
    /// to the first.
    package var firstTime: Int64
    package var lastTime: Int64
    package var sessions: Int
    package var pageViews: Int
    package var events: Int
    package var resources: Int
    /// One bit per session, lowest first, set for sessions that have been replaced.
    ///
    /// Empty when there are none.
    package var dead: [UInt8]

    package init(
        id: Int64,
        firstTime: Int64,
        lastTime: Int64,
        sessions: Int,
        pageViews: Int,
        events: Int,
        resources: Int,
        dead: [UInt8] = []
    ) {
        (self.id, self.firstTime, self.lastTime, self.dead) = (id, firstTime, lastTime, dead)
        (self.sessions, self.pageViews, self.events, self.resources) = (sessions, pageViews, events, resources)
    }
}

/// Source of segments for a scan; all calls must see the same snapshot.
package protocol SegmentSource<Failure> {
    associatedtype Failure: Error
    /// The segments that overlap a range in seconds since 1970, sorted by id.
    func segments(from: Int64, to: Int64) throws(Failure) -> [SegmentInfo]
    /// Reads columns and calls `take` once per segment with all of its columns, in the order of `ids`.
    func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(Failure)
}
