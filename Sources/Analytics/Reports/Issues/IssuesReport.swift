import Segments
import Storage

/// Which issues a list has, in which order, and which part of it.
package struct IssueListing: Sendable {
    package enum Sort: String, CaseIterable, Sendable {
        case events, visitors
        case lastSeen = "last_seen"
        case firstSeen = "first_seen"
    }

    /// The most issues of a page.
    package static let limitMax = 200
    /// The most bytes of a search.
    package static let searchBytesMax = 200

    /// Nil for issues in any state.
    package var state: IssueState?
    /// Whether issues of errors that are not the site's own are listed, too.
    package var includesNoise = false
    /// A text in the title, the culprit or the id; case does not matter.
    package var search: String?
    package var sort = Sort.events
    package var limit = limitMax
    package var offset = 0

    package init() {}
}

/// Issues with an error in the range.
package struct IssuesReport: Sendable {
    /// The most issues of a range, and the most of which the visitors are counted to sort by them.
    static let issuesMax = 50_000
    static let visitorSortMax = 2000

    package struct Row: Sendable {
        package let issue: String
        package fileprivate(set) var errors: Int64
        /// Nil when visitors cannot be counted.
        package fileprivate(set) var visitors: Int64?
        /// The errors in each bucket.
        package fileprivate(set) var trend: [Int64] = []
        /// `IssueText.unknown` for an issue whose row the rollup worker has not written yet.
        package fileprivate(set) var text = IssueText.unknown
    }

    package let range: ReportRange
    package private(set) var rows: [Row] = []
    /// The number of issues in the wanted state that match the search, and the sum of their errors.
    package private(set) var count: Int64 = 0
    package private(set) var total: Int64 = 0
    /// The number of issues that match the search, by state.
    package private(set) var states: [IssueState: Int64] = [:]
    package private(set) var visitorsRefusal: String?

    /// The errors of issues that are not listed.
    package var rest: Int64 { rows.reduce(total) { $0 - $1.errors } }

    init(_ context: ReportContext, _ listing: IssueListing) throws(ReportError) {
        range = context.query.range
        let aliases = try context.issueAliases()
        var found = try candidates(context, listing)
        let texts = try context.issueTexts(found.map(\.issue), aliases, withReleases: false)
        for index in found.indices { found[index].text = texts[found[index].issue] ?? .unknown }
        if let search = listing.search?.lowercased() {
            found = found.filter { $0.text.contains(search, id: $0.issue) }
        }
        for row in found { states[row.text.state, default: 0] += 1 }
        if let state = listing.state { found = found.filter { $0.text.state == state } }
        (count, total) = (Int64(found.count), found.reduce(0) { $0 + $1.errors })
        found.sort { listing.sort.isBefore($0, $1) }
        rows = Array(found.dropFirst(listing.offset).prefix(listing.limit))
        try addDetails(context, aliases)
    }

    private static func scan(
        _ context: ReportContext,
        withSeries: Bool,
        _ lists: (ReportDimension) -> ScanQuery.List
    ) throws(ReportError) -> ScanResult {
        var scan = try context.scanQuery(context.query.range, withSeries: withSeries)
        (scan.withVisitors, scan.totals) = (false, .none)
        scan.lists = [.issue, .noise].map(lists)
        return try context.run(scan)
    }

    /// All issues of the range, with visitors only if the list is sorted by them.
    private mutating func candidates(_ context: ReportContext, _ listing: IssueListing) throws(ReportError) -> [Row] {
        func rows(_ limit: Int, withVisitors: Bool) throws(ReportError) -> (rows: [Row], count: Int64, refusal: String?)
        {
            let result = try Self.scan(context, withSeries: false) { dimension in
                var list = dimension.list(limit: dimension == .noise && !listing.includesNoise ? 0 : limit)
                list.withVisitors = withVisitors
                return list
            }
            let lists = listing.includesNoise ? result.lists : Array(result.lists.prefix(1))
            let found = zip([ReportDimension.issue, .noise], lists).flatMap { dimension, list in
                list.rows.map { row in
                    Row(
                        issue: context.text(row.code, .eventIssue),
                        errors: dimension.measure.value(row.sum, dimension),
                        visitors: row.sum.visitors
                    )
                }
            }
            return (found, lists.reduce(0) { $0 + $1.count }, result.visitorsRefusal)
        }
        guard listing.sort == .visitors else { return try rows(Self.issuesMax, withVisitors: false).rows }
        let sorted = try rows(Self.visitorSortMax, withVisitors: true)
        guard sorted.count <= Int64(Self.visitorSortMax) else {
            throw .refused(
                "Issues can be sorted by visitors up to \(Self.visitorSortMax) issues: narrow the range or the filters"
            )
        }
        visitorsRefusal = sorted.refusal
        return sorted.rows
    }

    /// Adds visitors, trends and releases to the listed rows.
    private mutating func addDetails(_ context: ReportContext, _ aliases: IssueAliases) throws(ReportError) {
        guard !rows.isEmpty else { return }
        let codes = rows.compactMap { context.dictionaries.code(of: $0.issue, in: .issue) }
        let result = try Self.scan(context, withSeries: true) { dimension in
            var list = dimension.list(limit: codes.count)
            (list.only, list.withVisitors, list.withSeries) = (codes, true, true)
            return list
        }
        visitorsRefusal = visitorsRefusal ?? result.visitorsRefusal
        let texts = try context.issueTexts(rows.map(\.issue), aliases)
        for index in rows.indices {
            let issue = rows[index].issue
            let list = result.lists[rows[index].text.noise == nil ? 0 : 1]
            if let row = list.rows.first(where: { context.text($0.code, .eventIssue) == issue }) {
                (rows[index].visitors, rows[index].trend) = (row.sum.visitors, row.series)
            }
            rows[index].text = texts[issue] ?? .unknown
        }
    }
}

extension IssueListing.Sort {
    /// The largest or latest first; ties are ordered by errors and by id.
    fileprivate func isBefore(_ row: IssuesReport.Row, _ other: IssuesReport.Row) -> Bool {
        let (key, otherKey) = (key(row), key(other))
        if key != otherKey { return key > otherKey }
        return row.errors == other.errors ? row.issue < other.issue : row.errors > other.errors
    }

    private func key(_ row: IssuesReport.Row) -> Int64 {
        switch self {
        case .events: row.errors
        case .visitors: row.visitors ?? 0
        case .lastSeen: row.text.lastSeen
        case .firstSeen: row.text.firstSeen
        }
    }
}

extension Reports {
    package func issues(
        _ query: ReportQuery,
        _ listing: IssueListing = IssueListing()
    ) throws(ReportError) -> IssuesReport {
        try computed(query) { context throws(ReportError) in try IssuesReport(context, listing) }
    }
}
