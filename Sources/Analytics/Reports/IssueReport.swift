import Segments
import Storage
package import Aggregation
import Rollups

/// One issue: its errors in the range, the affected visitors, and its latest errors with their stacks.
package struct IssueReport: Sendable {
    /// Values by number of errors, the most frequent first.
    package struct List: Sendable {
        package fileprivate(set) var rows: [(value: String, errors: Int64)] = []
        /// The number of all values, and the number of errors without a row.
        package fileprivate(set) var count: Int64 = 0
        package fileprivate(set) var rest: Int64 = 0
    }

    /// The most rows of each list.
    static let rowsMax = 20
    private static let dimensions: [ReportDimension] = [.browser, .path, .release]

    package let range: ReportRange
    package let issue: String
    package let text: IssueText
    package private(set) var errors: Int64 = 0
    /// Nil when visitors cannot be counted.
    package private(set) var visitors: Int64? = 0
    package private(set) var visitorsRefusal: String?
    /// By bucket, with its start in seconds since 1970.
    package private(set) var series: [(start: Int64, errors: Int64)]
    package private(set) var browsers = List()
    package private(set) var paths = List()
    package private(set) var releases = List()
    package let samples: [StoredEvent]

    /// Returns nil when there is no issue with this id.
    init?(_ context: ReportContext, _ issue: String) throws(ReportError) {
        guard let text = try context.issueTexts([issue])[issue] else { return nil }
        range = context.query.range
        (self.issue, self.text) = (issue, text)
        series = range.buckets.map { ($0, 0) }
        samples = try IssueSamples(database: context.database, site: context.query.site)
            .latest(of: issue, upTo: text.lastEventID)
        guard let code = context.dictionaries.code(of: issue, in: .issue) else { return }
        let result = try context.run(Self.scanQuery(context, code, isNoise: text.noise != nil))
        visitorsRefusal = result.visitorsRefusal
        if let row = result.lists[0].rows.first {
            (errors, visitors) = (row.sum.errors, row.sum.visitors)
            for (index, errors) in row.series.enumerated() where index < series.count { series[index].errors = errors }
        }
        let lists = zip(Self.dimensions, result.lists.dropFirst()).map { Self.list(context, $0, $1) }
        (browsers, paths, releases) = (lists[0], lists[1], lists[2])
    }

    /// A scan whose first list has the issue itself, and the others its dimensions.
    private static func scanQuery(
        _ context: ReportContext,
        _ code: UInt32,
        isNoise: Bool
    ) throws(ReportError) -> ScanQuery {
        var scan = try context.scanQuery(context.query.range)
        (scan.issues, scan.withVisitors) = ([code], false)
        scan.noiseCountsAsErrors = isNoise
        var own = ScanQuery.List(column: .eventIssue, measure: .events, limit: 1)
        (own.eventKinds, own.only, own.withVisitors, own.withSeries) = ([.error], [code], true, true)
        scan.lists =
            [own]
            + dimensions.map { dimension in
                var list = ScanQuery.List(column: dimension.column, measure: .errors, limit: rowsMax)
                list.eventKinds = [.error]
                return list
            }
        return scan
    }

    private static func list(_ context: ReportContext, _ dimension: ReportDimension, _ found: ListResult) -> List {
        var list = List()
        list.rows = found.rows.map { (context.text($0.code, dimension.column), $0.sum.errors) }
        list.count = found.count
        list.rest = list.rows.reduce(found.total) { $0 - $1.errors }
        return list
    }
}

/// Finds the latest errors of an issue.
struct IssueSamples {
    /// The range of ids before the latest error that is searched, and the most errors that are read and returned.
    private static let span: Int64 = 20_000
    private static let step: Int64 = 2500
    private static let samplesMax = 5
    /// The most bytes of errors that are read.
    private static let bytesMax = 4 * ReadBudget.bytesMax

    let database: any Database
    /// Nil for all sites.
    let site: String?

    /// Whether an event counts for the site; a site without a name of its own counts for `(other)`.
    private var condition: String {
        guard site != nil else { return "true" }
        return "\(Rollups.namedSite) = ?3"
    }

    func latest(of issue: String, upTo last: Int64) throws(ReportError) -> [StoredEvent] {
        do throws(StoreError) { return try find(issue, max(0, last)) } catch { throw .store(error) }
    }

    private func find(_ issue: String, _ last: Int64) throws(StoreError) -> [StoredEvent] {
        let hash = try KeyedHashes(database).texts
        var found: [StoredEvent] = []
        var bytes = 0
        var end = last
        while found.count < Self.samplesMax, end > max(0, last - Self.span) {
            let read = try database.bounded(
                """
                select \(StoredEvent.columns(database.dialect)) from collector_events as own
                where id <= ?1 and id > ?2 and event_type = 'error' and \(condition) order by id desc
                """,
                [.integer(end), .integer(end - Self.step)] + (site.map { [.text($0)] } ?? []),
                limit: Self.step,
                milliseconds: ReadLimits.statementMilliseconds
            )
            found += read.rows.lazy.compactMap { StoredEvent($0) }.filter {
                IssueDescription(LazyJSON($0.payload), hash).id == issue
            }
            bytes += read.rows.reduce(0) { $0 + ReadBudget.bytes($1) }
            if bytes >= Self.bytesMax { break }
            end = read.isCut ? (read.rows.last?[0].integer ?? end) - 1 : end - Self.step
        }
        return Array(found.prefix(Self.samplesMax))
    }
}

extension Reports {
    /// - Returns: nil when there is no issue of that id.
    package func issue(_ query: ReportQuery, _ issue: String) throws(ReportError) -> IssueReport? {
        try computed(query) { context throws(ReportError) in try IssueReport(context, issue) }
    }
}
