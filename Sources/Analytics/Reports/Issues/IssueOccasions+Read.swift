import Aggregation
import Segments
import Storage
import Texts

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

    /// The releases in which issues were seen on a site each, by all and by humans, the oldest first.
    func issueReleases(
        _ issues: [IssueKey],
        _ aliases: IssueAliases
    ) throws(ReportError) -> [IssueKey: (all: [SeenRelease], human: [SeenRelease])] {
        let keys = issues.flatMap { key in aliases.all(of: key.issue).map { [SQLValue.text($0), .text(key.site)] } }
        let columns = ["issue", "site", "release", "first_seen", "last_seen", "human_first_seen", "human_last_seen"]
        let rows: [[SQLValue]]
        do throws(StoreError) {
            rows = try database.lookup("insight_issue_releases", key: ["issue", "site"], keys, columns: columns)
        } catch {
            throw .store(error)
        }
        let starts = try releaseStarts()
        var found: [IssueKey: (all: [SeenRelease], human: [SeenRelease])] = [:]
        for row in rows {
            let (site, release) = (row[1].text ?? "", row[2].text ?? "")
            let key = IssueKey(site: site, issue: aliases.target(of: row[0].text ?? ""))
            let since = starts[ByteText(site)]?[ByteText(release)] ?? row[3].integer ?? 0
            func seen(_ first: SQLValue, _ last: SQLValue) -> [SeenRelease] {
                guard let first = first.integer, let last = last.integer else { return [] }
                return [SeenRelease(name: release, since: since, firstSeen: first, lastSeen: last)]
            }
            found[key, default: ([], [])].all += seen(row[3], row[4])
            found[key, default: ([], [])].human += seen(row[5], row[6])
        }
        return found.mapValues { (SeenRelease.joined($0.all), SeenRelease.joined($0.human)) }
    }

    /// The most releases of all sites whose order is known.
    static let releasesMax: Int64 = 100_000

    /// When each release of each site was first seen, in seconds since 1970.
    func releaseStarts() throws(ReportError) -> [ByteText: [ByteText: Int64]] {
        var starts: [ByteText: [ByteText: Int64]] = [:]
        let condition = query.site == nil ? "" : "where site = ?2"
        try database.reportStream(
            "select site, release, first_seen from insight_releases \(condition) limit ?1",
            [.integer(Self.releasesMax)] + (query.site.map { [.text($0)] } ?? [])
        ) { row in
            starts[ByteText(row[0].text ?? ""), default: [:]][ByteText(row[1].text ?? "")] = row[2].integer ?? 0
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
        var seen = IssueOccasions(lastSeen: text.humanTimes?.upperBound, releases: text.humanReleases)
        if let release = decision.release {
            let row = try database.reportRows(
                "select first_seen from insight_releases where site = ?1 and release = ?2",
                [.text(text.site), .text(release)]
            ).first
            seen.releaseSince = row?[0].integer
        }
        if decision.isConditional, let last = seen.lastSeen, last > decision.changedAt {
            (seen.errorsSince, seen.visitorsSince) = try figures(of: issue, text, in: decision.changedAt + 1...last)
        }
        return seen
    }

    /// The errors and visitors of an issue on its site in a range of seconds since 1970, without those of bots.
    private func figures(
        of issue: String,
        _ text: IssueText,
        in range: ClosedRange<Int64>
    ) throws(ReportError) -> (errors: Int64, visitors: Int64) {
        guard let code = dictionaries.code(of: issue, in: .issue) else { return (0, 0) }
        var scan = ScanQuery(from: range.lowerBound, to: range.upperBound + 1, edges: [range.lowerBound])
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
