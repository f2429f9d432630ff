import Segments
import Storage

/// Issues, the most frequent first.
package struct IssuesReport: Sendable {
    /// The most issues of a list.
    static let issuesMax = 200

    package struct Row: Sendable {
        package let issue: String
        package let errors: Int64
        /// Nil when visitors cannot be counted.
        package let visitors: Int64?
        /// The errors in each bucket.
        package let trend: [Int64]
        /// `IssueText.unknown` for an issue whose row the rollup worker has not written yet.
        package fileprivate(set) var text = IssueText.unknown
    }

    package let range: ReportRange
    package private(set) var rows: [Row] = []
    /// The number of issues with an error in the range, and the sum of their errors.
    package private(set) var count: Int64 = 0
    package private(set) var total: Int64 = 0
    package let visitorsRefusal: String?

    /// The errors of issues that are not listed.
    package var rest: Int64 { rows.reduce(total) { $0 - $1.errors } }

    /// A `state` of nil selects issues in any state; `includesNoise` also lists issues of errors that are not the site's
    /// own.
    init(_ context: ReportContext, state: IssueState?, includesNoise: Bool) throws(ReportError) {
        range = context.query.range
        let dimensions: [ReportDimension] = includesNoise ? [.issue, .noise] : [.issue]
        var scan = try context.scanQuery(range)
        (scan.withVisitors, scan.totals) = (false, .none)
        if let state { scan.issues = try context.issues(inState: state) }
        scan.lists = dimensions.map { dimension in
            var list = dimension.list(limit: Self.issuesMax)
            (list.withVisitors, list.withSeries) = (true, true)
            return list
        }
        let result = try context.run(scan)
        visitorsRefusal = result.visitorsRefusal
        for (dimension, list) in zip(dimensions, result.lists) {
            count += list.count
            total += list.total
            rows += list.rows.map { row in
                Row(
                    issue: context.text(row.code, .eventIssue),
                    errors: dimension.measure.value(row.sum, dimension),
                    visitors: row.sum.visitors,
                    trend: row.series
                )
            }
        }
        rows.sort { ($1.errors, $0.issue) < ($0.errors, $1.issue) }
        rows = Array(rows.prefix(Self.issuesMax))
        let texts = try context.issueTexts(rows.map(\.issue))
        for index in rows.indices { rows[index].text = texts[rows[index].issue] ?? .unknown }
    }
}

extension IssueText {
    /// The text of `(other)`, and of an issue of another site than the selected one.
    static let unknown = IssueText(
        site: "",
        kind: "error",
        name: DimensionDictionaries.otherText,
        message: "",
        firstSeen: 0,
        lastSeen: 0,
        lastEventID: 0,
        state: .unresolved,
        noise: nil
    )
}

extension Reports {
    package func issues(
        _ query: ReportQuery,
        state: IssueState? = nil,
        includesNoise: Bool = false
    ) throws(ReportError) -> IssuesReport {
        try computed(query) { context throws(ReportError) in
            try IssuesReport(context, state: state, includesNoise: includesNoise)
        }
    }

    /// Stores the owner's decision about an issue, on every site that has it or on the given one.
    ///
    /// - Returns: false when there is no such issue.
    package func decide(
        _ issue: String,
        site wanted: String?,
        state: IssueState,
        now: Int64
    ) throws(ReportError) -> Bool {
        var isKnown = false
        do throws(StoreError) {
            try database.transaction { () throws(StoreError) in
                let rows = try database.rows("select site from insight_issues where issue = ?1", [.text(issue)])
                for site in rows.compactMap({ $0[0].text }) where wanted == nil || wanted == site {
                    isKnown = true
                    try database.insert(
                        "insert into insight_issue_states (site, issue, state, changed_at)",
                        [[.text(site), .text(issue), .text(state.stored), .integer(now)]],
                        "on conflict (site, issue) do update set state = excluded.state, changed_at = excluded.changed_at"
                    )
                }
            }
        } catch {
            throw .store(error)
        }
        return isKnown
    }
}
