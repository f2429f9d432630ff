/// A question about segments, by codes: what a report asks of one pass over the columns.
package struct ScanQuery: Sendable {
    /// A condition on a column that has a dictionary: the code must be one of these.
    ///
    /// On a column of sessions it selects sessions, on one of page views it selects page views. On `eventName` it
    /// selects sessions that have such a custom event at any time, on `eventIssue` those that have such an error.
    package struct Filter: Sendable {
        package var column: Column
        package var codes: Set<UInt32>

        /// The column must not be one of resources.
        package init(column: Column, codes: Set<UInt32>) {
            precondition(column.scope != .resource)
            (self.column, self.codes) = (column, codes)
        }

        /// Whether events of a kind can pass: errors and invalid values have a name, too, but that of their type.
        func selects(_ kind: EventKind?) -> Bool {
            column == .eventIssue ? kind == .error || kind == .noise : kind == .custom
        }
    }

    /// What the values of a list are ranked by, and what its total sums.
    package enum Measure: Sendable { case pageViews, sessions, errors, events, requests, vitals }

    /// Which figures of sessions and page views are counted; the others are 0.
    ///
    /// Visitors, events and vitals do not depend on it.
    package enum Totals: Sendable {
        case all, withoutEngagement
        /// Not possible with lists of sessions or page views.
        case none
    }

    /// The values of one column with the largest numbers.
    package struct List: Sendable {
        package var column: Column
        /// For lists of events and resources: which kinds of rows count.
        package var eventKinds: Set<EventKind> = []
        package var resourceKind: ResourceKind?
        package var measure: Measure
        /// Rows at most; the largest first, equal ones by the bytes of their texts (`order` of the query's
        /// dictionaries).
        package var limit: Int
        /// Codes whose rows are wanted, instead of the largest.
        package var only: [UInt32]?
        package var withVisitors = false
        package var vitals: [Vital] = []
        /// Whether each row has its measure by bucket.
        package var withSeries = false

        package init(column: Column, measure: Measure, limit: Int) {
            (self.column, self.measure, self.limit) = (column, measure, limit)
        }
    }

    /// Seconds since 1970: from, inclusive, to, exclusive.
    package var from: Int64
    package var to: Int64
    /// Starts of the buckets in seconds since 1970, ascending; the first is at or before `from`, all others are whole
    /// minutes.
    package var edges: [Int64]
    /// All of them must hold.
    package var filters: [Filter] = []
    /// Keys of the only sessions that count; nil for all.
    package var sessionKeys: Set<UInt64>?
    /// Codes of the only issues whose errors count; nil for all.
    package var issues: Set<UInt32>?
    /// Whether errors that are not the site's count as errors do, and the site's do not: the report of such an issue.
    package var noiseCountsAsErrors = false
    /// Vitals of the whole range, and by bucket.
    package var vitals: [Vital] = []
    package var seriesVitals: [Vital] = []
    /// Whether the whole range's vitals come with their distribution.
    package var withDistribution = false
    package var withVisitors = true
    package var withSeriesVisitors = false
    package var lists: [List] = []
    package var totals = Totals.all
    /// What is collected of the sessions that count; nil for nothing.
    package var selection: ScanSelection.Kind?

    package init(from: Int64, to: Int64, edges: [Int64]) { (self.from, self.to, self.edges) = (from, to, edges) }
}

/// The exact numbers of a range, of a bucket, or of one value of a list.
package struct Aggregate: Equatable, Sendable {
    /// Different visitors with a page view; in a list of events, with such an event.
    ///
    /// Nil when they were not asked for, and when they are too many to be counted (`hasTooManyVisitors` of the result).
    package var visitors: Int64?
    /// Sessions whose first page view is within the range, and of them those with one page view.
    package var sessions: Int64 = 0
    package var bounces: Int64 = 0
    package var pageViews: Int64 = 0
    /// Events of any type that the page views sent.
    package var eventsReceived: Int64 = 0
    package var errors: Int64 = 0
    package var customEvents: Int64 = 0
    /// Page views that reported an engagement time, and the sum of it in milliseconds.
    package var engagedPageViews: Int64 = 0
    package var engagedMilliseconds: Int64 = 0
    /// Of lists of resources.
    package var requests: Int64 = 0
    package var bytes: Int64 = 0
    package var durations: VitalSummary?
    /// By `Vital.rawValue`; nil for what was not asked for.
    package var vitals: [VitalSummary?] = [nil, nil, nil, nil, nil]

    package init() {}
}

/// The distribution of a vital: percentiles as `percentile_cont` gives them, exact below `exactCountMax` values and
/// within 0.1 % above.
package struct VitalSummary: Equatable, Sendable {
    /// Values up to which percentiles are exact.
    package static let exactCountMax = 200

    package var count: Int64 = 0
    /// Nil without a value.
    package var p50: Double?
    package var p75: Double?
    package var p95: Double?
    package var good: Int64 = 0
    package var needsImprovement: Int64 = 0
    package var poor: Int64 = 0
    /// Upper bounds and counts, ascending, without empty ones.
    package var distribution: [(upperBound: Double, count: Int64)] = []

    package init() {}

    package static func == (one: VitalSummary, other: VitalSummary) -> Bool {
        one.count == other.count && one.p50 == other.p50 && one.p75 == other.p75 && one.p95 == other.p95
            && one.good == other.good && one.needsImprovement == other.needsImprovement && one.poor == other.poor
            && one.distribution.elementsEqual(other.distribution, by: ==)
    }
}

/// The rows of a list, and what the list is a part of.
package struct ListResult: Sendable {
    package var rows: [(code: UInt32, sum: Aggregate, series: [Int64])] = []
    /// Values with a number above zero, and the sum of the measure over all of them.
    package var count: Int64 = 0
    package var total: Int64 = 0

    package init() {}
}

package struct ScanResult: Sendable {
    package var total = Aggregate()
    /// By the query's edges.
    package var buckets: [Aggregate] = []
    /// By the query's lists.
    package var lists: [ListResult] = []
    /// Nil unless it was asked for.
    package var selection: ScanSelection?
    /// Segments whose bytes are damaged: they count in no figure.
    package var damagedSegments = 0
    /// Whether the visitors of an aggregate that wants them cannot be counted: some have no numbers of their own.
    package var hasTooManyVisitors = false

    package init() {}
}

/// A segment as its row in `segments` describes it.
package struct SegmentInfo: Equatable, Sendable {
    package var id: Int64
    /// Seconds since 1970: the base of the segment's times, and its first and last page view or event, both inclusive.
    package var firstTime: Int64
    package var lastTime: Int64
    package var sessions: Int
    package var pageViews: Int
    package var events: Int
    package var resources: Int
    /// One bit for each session, lowest first; a set bit marks a session that has been replaced.
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

/// Where a scan reads from: segments of one unchanging snapshot.
package protocol SegmentSource<Failure> {
    associatedtype Failure: Error
    /// Segments that overlap a range, in the order of their ids.
    func segments(from: Int64, to: Int64) throws(Failure) -> [SegmentInfo]
    /// Passes the bytes of columns on, segment by segment in the order of `ids`, all columns of one before those of the
    /// next.
    func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(Failure)
}
