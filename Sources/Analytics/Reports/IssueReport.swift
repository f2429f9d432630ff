import Segments
import Storage
import Aggregation
import Rollups

/// One issue: its errors in the range, whom they met, and the latest of them with their stacks.
struct IssueReport {
    /// Rows of each list.
    static let rowsMax = 20
    private static let dimensions: [ReportDimension] = [.browser, .path, .release]

    let range: ReportRange
    let issue: String
    let text: IssueText
    var errors: Int64 = 0
    /// Nil when they cannot be counted.
    var visitors: Int64? = 0
    private var refusal: [(String, JSONOut)] = []
    var series: [Int64] = []
    var lists: [(dimension: ReportDimension, list: ListResult, values: [String])] = []
    var samples: [StoredEvent] = []

    /// Nil when there is no issue of that id.
    init?(_ context: ReportContext, _ issue: String) throws(ReportError) {
        guard let text = try context.issueTexts([issue])[issue] else { return nil }
        range = context.query.range
        (self.issue, self.text) = (issue, text)
        samples = try IssueSamples(database: context.database, site: context.query.site)
            .latest(of: issue, upTo: text.lastEventID)
        guard let code = context.dictionaries.code(of: issue, in: .issue) else { return }
        var scan = try context.scanQuery(range)
        (scan.issues, scan.withVisitors) = ([code], false)
        scan.noiseCountsAsErrors = text.noise != nil
        var own = ScanQuery.List(column: .eventIssue, measure: .events, limit: 1)
        (own.eventKinds, own.only, own.withVisitors, own.withSeries) = ([.error], [code], true, true)
        scan.lists =
            [own]
            + Self.dimensions.map { dimension in
                var list = ScanQuery.List(column: dimension.column, measure: .errors, limit: Self.rowsMax)
                list.eventKinds = [.error]
                return list
            }
        let result = try context.run(scan)
        refusal = result.visitorsRefusal
        if let row = result.lists[0].rows.first {
            (errors, visitors, series) = (row.sum.errors, row.sum.visitors, row.series)
        }
        lists = zip(Self.dimensions, result.lists.dropFirst()).map { dimension, list in
            (dimension, list, list.rows.map { context.text($0.code, dimension.column) })
        }
    }

    var json: JSONOut {
        let points = zip(range.buckets, series + Array(repeating: 0, count: max(0, range.buckets.count - series.count)))
            .map { JSONOut.object([("t", .integer($0)), ("errors", .integer($1))]) }
        return .object(
            [
                ("range", range.json), ("issue", .text(issue)), ("errors", .integer(errors)),
                ("visitors", JSONOut(visitors)),
            ] + text.members + [("series", .array(points))]
                + zip(["browsers", "paths", "releases"], Self.dimensions).flatMap { name, dimension in
                    list(name, lists.first { $0.dimension == dimension })
                } + [("samples", .array(samples.map(\.json)))] + refusal
        )
    }

    /// A list by value and count, and beside it how many values and errors it leaves out.
    private func list(
        _ name: String,
        _ found: (dimension: ReportDimension, list: ListResult, values: [String])?
    ) -> [(String, JSONOut)] {
        let rows = found.map { zip($0.values, $0.list.rows).map { (value: $0, count: $1.sum.errors) } } ?? []
        let rest = (found?.list.total ?? 0) - rows.reduce(0) { $0 + $1.count }
        return [
            (
                name,
                .array(rows.map { .object([("value", .text($0.value)), ("count", .integer($0.count))]) })
            ),
            ("\(name)_count", .integer(found?.list.count ?? 0)), ("\(name)_rest", .integer(rest)),
        ]
    }
}

/// Finds the latest errors of an issue.
struct IssueSamples {
    /// Ids behind the latest error among which others of its issue are looked for, and errors that are looked at and returned.
    private static let span: Int64 = 20_000
    private static let step: Int64 = 2500
    private static let samplesMax = 5
    /// Bytes of errors that are looked at.
    private static let bytesMax = 4 * ReadBudget.bytesMax

    let database: any Database
    /// Nil: of all sites.
    let site: String?

    /// Whether an event counts for the site: one without a name of its own counts for `(other)`.
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
    package func issue(_ query: ReportQuery, _ issue: String) throws(ReportError) -> JSONOut? {
        try computed(query) { context throws(ReportError) in try IssueReport(context, issue) }?.json
    }
}
