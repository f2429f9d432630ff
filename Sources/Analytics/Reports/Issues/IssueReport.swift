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
    package static let dimensions: [ReportDimension] = [.browser, .system, .device, .path, .release]

    package let range: ReportRange
    package let issue: String
    package let text: IssueText
    /// The titles of the issues that are merged into it.
    package let members: [(issue: String, text: IssueText)]
    package private(set) var errors: Int64 = 0
    /// Nil when visitors cannot be counted.
    package private(set) var visitors: Int64? = 0
    package private(set) var visitorsRefusal: String?
    /// By bucket, with its start in seconds since 1970.
    package private(set) var series: [(start: Int64, errors: Int64)]
    /// In the order of `dimensions`.
    package private(set) var lists: [List]
    package let samples: [StoredEvent]

    /// Returns nil when there is no issue with this id that the sender may read; of a merged issue, the report is that of the issue as which it counts.
    init?(_ context: ReportContext, _ name: String) throws(ReportError) {
        let aliases = try context.issueAliases()
        let issue = aliases.target(of: name)
        let scope = context.query.scope
        guard let text = try context.issueTexts([issue], aliases)[issue], text.isSeen(in: scope) else { return nil }
        range = context.query.range
        (self.issue, self.text) = (issue, text)
        series = range.buckets.map { ($0, 0) }
        lists = Self.dimensions.map { _ in List() }
        let titles = try context.plainIssueTexts(text.merged, IssueAliases())
        members = text.merged.map { name in
            (name, titles[name].flatMap { $0.isSeen(in: scope) ? $0 : nil } ?? .unknown)
        }
        samples = try IssueSamples(database: context.database, site: context.query.site, scope: scope)
            .latest(of: Set(aliases.all(of: issue)), upTo: text.lastEventID)
        guard let code = context.dictionaries.code(of: issue, in: .issue) else { return }
        let result = try context.run(Self.scanQuery(context, code, isNoise: text.noise != nil))
        visitorsRefusal = result.visitorsRefusal
        if let row = result.lists[0].rows.first {
            (errors, visitors) = (row.sum.errors, row.sum.visitors)
            for (index, errors) in row.series.enumerated() where index < series.count { series[index].errors = errors }
        }
        lists = zip(Self.dimensions, result.lists.dropFirst()).map { Self.list(context, $0, $1) }
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

extension Reports {
    /// - Returns: nil when there is no issue of that id.
    package func issue(_ query: ReportQuery, _ issue: String) throws(ReportError) -> IssueReport? {
        try computed(query) { context throws(ReportError) in try IssueReport(context, issue) }
    }
}
