import Aggregation
import Segments
import Storage

/// Reads what the states of issues follow from.
extension ReportContext {
    /// The most decisions that are read.
    static let decisionsMax: Int64 = 50_000

    /// The owner's decisions by site and issue.
    func issueDecisions() throws(ReportError) -> [IssueKey: IssueDecision] {
        let rows = try database.reportRows(
            """
            select site, issue, state, changed_at, release, in_next, until_errors, until_visitors
            from insight_issue_states limit ?1
            """,
            [.integer(Self.decisionsMax + 1)]
        )
        guard rows.count <= Int(Self.decisionsMax) else {
            throw .refused("More than \(Self.decisionsMax) issues are resolved or ignored")
        }
        var decisions: [IssueKey: IssueDecision] = [:]
        for row in rows {
            guard let state = row[2].text.flatMap({ IssueState(stored: $0) }) else { continue }
            var decision = IssueDecision(state: state)
            (decision.changedAt, decision.release) = (row[3].integer ?? 0, row[4].text)
            decision.isNext = row[5].integer == 1
            (decision.untilErrors, decision.untilVisitors) = (row[6].integer, row[7].integer)
            decisions[IssueKey(site: row[0].text ?? "", issue: row[1].text ?? "")] = decision
        }
        return decisions
    }

    /// The releases in which issues were seen on a site each, the oldest first.
    func issueReleases(
        _ sites: [String: String],
        _ aliases: IssueAliases
    ) throws(ReportError) -> [String: [SeenRelease]] {
        let keys = sites.flatMap { name, site in aliases.all(of: name).map { [SQLValue.text($0), .text(site)] } }
        let columns = ["issue", "site", "release", "first_seen", "last_seen"]
        let rows: [[SQLValue]]
        do throws(StoreError) {
            rows = try database.lookup("insight_issue_releases", key: ["issue", "site"], keys, columns: columns)
        } catch {
            throw .store(error)
        }
        let starts = try releaseStarts()
        var found: [String: [String: SeenRelease]] = [:]
        for row in rows {
            let (name, release) = (aliases.target(of: row[0].text ?? ""), row[2].text ?? "")
            let (first, last) = (row[3].integer ?? 0, row[4].integer ?? 0)
            let known = found[name]?[release]
            found[name, default: [:]][release] = SeenRelease(
                name: release,
                since: starts[row[1].text ?? ""]?[release] ?? first,
                firstSeen: min(first, known?.firstSeen ?? first),
                lastSeen: max(last, known?.lastSeen ?? last)
            )
        }
        return found.mapValues { $0.values.sorted { $1.isNewer(than: $0.name, since: $0.since) } }
    }

    /// The most releases of all sites whose order is known.
    static let releasesMax: Int64 = 100_000

    /// When each release of each site was first seen, in seconds since 1970.
    func releaseStarts() throws(ReportError) -> [String: [String: Int64]] {
        var starts: [String: [String: Int64]] = [:]
        let condition = query.site == nil ? "" : "where site = ?2"
        try database.reportStream(
            "select site, release, first_seen from insight_releases \(condition) limit ?1",
            [.integer(Self.releasesMax)] + (query.site.map { [.text($0)] } ?? [])
        ) { row in
            starts[row[0].text ?? "", default: [:]][row[1].text ?? ""] = row[2].integer ?? 0
            return true
        }
        return starts
    }

    /// The errors of an issue by which its state follows from a decision.
    func occasions(
        _ issue: String,
        _ text: IssueText,
        _ decision: IssueDecision
    ) throws(ReportError) -> IssueOccasions {
        var seen = IssueOccasions(lastSeen: text.lastSeen, releases: text.releases)
        if let release = decision.release {
            let row = try database.reportRows(
                "select first_seen from insight_releases where site = ?1 and release = ?2",
                [.text(text.site), .text(release)]
            ).first
            seen.releaseSince = row?[0].integer
        }
        if decision.isConditional, text.lastSeen > decision.changedAt {
            (seen.errorsSince, seen.visitorsSince) = try figures(of: issue, text, after: decision.changedAt)
        }
        return seen
    }

    /// The errors and visitors of an issue on its site after a moment in seconds since 1970, without those of bots.
    private func figures(
        of issue: String,
        _ text: IssueText,
        after moment: Int64
    ) throws(ReportError) -> (errors: Int64, visitors: Int64) {
        guard let code = dictionaries.code(of: issue, in: .issue) else { return (0, 0) }
        var scan = ScanQuery(from: moment + 1, to: text.lastSeen + 1, edges: [moment + 1])
        scan.filters = [filter(.site, [text.site]), filter(.traffic, [Self.human]), filter(.eventIssue, [issue])]
        (scan.issues, scan.withVisitors, scan.totals) = ([code], false, .none)
        scan.noiseCountsAsErrors = text.noise != nil
        var own = ScanQuery.List(column: .eventIssue, measure: .events, limit: 1)
        (own.eventKinds, own.only, own.withVisitors) = ([.error], [code], true)
        scan.lists = [own]
        let result = try run(scan)
        guard let row = result.lists[0].rows.first else { return (0, 0) }
        // Visitors who share a number count as one.
        return (row.sum.errors, row.sum.visitors ?? min(1, row.sum.errors))
    }
}
