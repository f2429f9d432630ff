import Storage
import Aggregation

/// Issues that the owner has decided about or merged.
struct OwnersIssues {
    var decided: Set<IssueKey> = []
    /// Issues that are merged into others, and those that others are merged into.
    var merged: Set<String> = []
    var targets: Set<String> = []

    var isEmpty: Bool { decided.isEmpty && merged.isEmpty && targets.isEmpty }

    init(_ database: any Database) throws(StoreError) {
        for row in try database.rows("select site, issue from insight_issue_states") {
            decided.insert(IssueKey(site: row[0].text ?? "", issue: row[1].text ?? ""))
        }
        for row in try database.rows("select issue, target from insight_issue_aliases") {
            merged.insert(row[0].text ?? "")
            targets.insert(row[1].text ?? "")
        }
    }
}

extension Rollups {
    /// Applies the owner's decisions about issues, and merges of them, to the ids that they have under the current rules.
    ///
    /// Decisions and merges are not rollups and survive a rebuild, but they refer to issues by id, and a version with
    /// other rules of grouping gives other ids. If an issue is split, each part gets the decision. `issues` are the ids that each issue had, the latest first.
    func keepDecisions(_ issues: [IssueKey: [String]]) throws(StoreError) {
        var owners: OwnersIssues
        if let ownersIssues { owners = ownersIssues } else { owners = try OwnersIssues(database) }
        defer { ownersIssues = owners }
        guard !owners.isEmpty else { return }
        for (key, former) in issues {
            let decided = former.first { owners.decided.contains(IssueKey(site: key.site, issue: $0)) }
            if let decided, owners.decided.insert(key).inserted { try copyDecision(key, from: decided) }
            if let merged = former.first(where: owners.merged.contains), owners.merged.insert(key.issue).inserted {
                try copyMerge(key.issue, from: merged)
            }
            if let target = former.first(where: owners.targets.contains), owners.targets.insert(key.issue).inserted {
                try moveTarget(key.issue, from: target)
            }
        }
    }

    private func copyDecision(_ key: IssueKey, from former: String) throws(StoreError) {
        _ = try database.change(
            """
            insert into insight_issue_states
                (site, issue, state, changed_at, release, in_next, until_errors, until_visitors)
            select site, ?1, state, changed_at, release, in_next, until_errors, until_visitors
            from insight_issue_states where site = ?2 and issue = ?3
            on conflict (site, issue) do nothing
            """,
            [.text(key.issue), .text(key.site), .text(former)]
        )
    }

    private func copyMerge(_ issue: String, from former: String) throws(StoreError) {
        _ = try database.change(
            """
            insert into insight_issue_aliases (issue, target, merged_at)
            select ?1, target, merged_at from insight_issue_aliases where issue = ?2 and target <> ?1
            on conflict (issue) do nothing
            """,
            [.text(issue), .text(former)]
        )
    }

    private func moveTarget(_ issue: String, from former: String) throws(StoreError) {
        _ = try database.change(
            "update insight_issue_aliases set target = ?1 where target = ?2",
            [.text(issue), .text(former)]
        )
        // Both issues of a merge may be one under the current rules.
        _ = try database.change("delete from insight_issue_aliases where issue = ?1", [.text(issue)])
    }
}
