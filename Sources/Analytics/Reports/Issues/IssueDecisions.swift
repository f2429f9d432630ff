import Storage

/// A decision that the owner asks for.
package struct IssueDecisionRequest: Sendable {
    package enum Release: String, CaseIterable, Sendable { case current, next }

    /// Never `regressed`.
    package var state: IssueState
    /// The release in which the issue is resolved; nil for now.
    package var release: Release?
    package var untilErrors: Int64?
    package var untilVisitors: Int64?

    package init(state: IssueState) { self.state = state }
}

extension Reports {
    /// The most decisions that end after a number of errors or visitors, each of which costs a scan.
    static let conditionalDecisionsMax: Int64 = 50

    /// Stores the owner's decision about an issue, on every site that has it or on the given one.
    ///
    /// - Returns: the decision, of the first site by name; nil when there is no such issue.
    package func decide(
        _ issue: String,
        site wanted: String?,
        _ request: IssueDecisionRequest,
        now: Int64
    ) throws(ReportError) -> IssueDecision? {
        let aliases = try IssueAliases(database)
        let issue = aliases.target(of: issue)
        let ids = database.padded(aliases.all(of: issue).map { .text($0) })
        let rows = try database.reportRows(
            "select distinct site from insight_issues where issue in (\((1...ids.count).map { "?\($0)" }.joined(separator: ", ")))",
            ids
        )
        let sites = rows.compactMap { $0[0].text }.filter { wanted == nil || wanted == $0 }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var decisions: [(site: String, decision: IssueDecision)] = []
        for site in sites {
            var decision = IssueDecision(state: request.state)
            decision.changedAt = now
            (decision.untilErrors, decision.untilVisitors) = (request.untilErrors, request.untilVisitors)
            if let release = request.release {
                decision.release = try latestRelease(site)
                decision.isNext = release == .next
            }
            decisions.append((site, decision))
        }
        try checkConditions(issue, decisions)
        do throws(StoreError) {
            try database.transaction { () throws(StoreError) in
                for (site, decision) in decisions { try store(decision, site: site, issue: issue) }
            }
        } catch {
            throw .store(error)
        }
        return decisions.first?.decision
    }

    private func latestRelease(_ site: String) throws(ReportError) -> String {
        let row = try database.reportRows(
            """
            select release from insight_releases where site = ?1
            order by first_seen desc, \(database.dialect.bytewise("release")) desc limit 1
            """,
            [.text(site)]
        ).first
        guard let release = row?[0].text else {
            throw .refused("\(site.isEmpty ? "The site" : site) reports no release: resolve the issue without one")
        }
        return release
    }

    private func checkConditions(
        _ issue: String,
        _ decisions: [(site: String, decision: IssueDecision)]
    ) throws(ReportError) {
        let added = decisions.count { $0.decision.isConditional }
        guard added > 0 else { return }
        let row = try database.reportRows(
            """
            select count(*) from insight_issue_states
            where issue <> ?1 and (until_errors is not null or until_visitors is not null)
            """,
            [.text(issue)]
        ).first
        guard (row?[0].integer ?? 0) + Int64(added) <= Self.conditionalDecisionsMax else {
            throw .refused(
                "\(Self.conditionalDecisionsMax) issues can be ignored until a number at most: ignore or reopen some of them"
            )
        }
    }

    private func store(_ decision: IssueDecision, site: String, issue: String) throws(StoreError) {
        try database.insert(
            """
            insert into insight_issue_states
                (site, issue, state, changed_at, release, in_next, until_errors, until_visitors)
            """,
            [
                [
                    .text(site), .text(issue), .text(decision.state.stored), .integer(decision.changedAt),
                    SQLValue(decision.release), .integer(decision.isNext ? 1 : 0),
                    SQLValue(decision.untilErrors),
                    SQLValue(decision.untilVisitors),
                ]
            ],
            """
            on conflict (site, issue) do update
            set state = excluded.state, changed_at = excluded.changed_at, release = excluded.release,
                in_next = excluded.in_next, until_errors = excluded.until_errors, until_visitors = excluded.until_visitors
            """
        )
    }

    // MARK: - Merges

    /// Changes the row that all who change merges lock first.
    private static let lock = "update insight_position set version = version where id = 1"

    /// Merges an issue, and those merged into it, into another one: reports count them as one.
    ///
    /// - Returns: the issue as which it counts from now on; nil when there is no such issue.
    package func merge(_ issue: String, into wanted: String, now: Int64) throws(ReportError) -> String? {
        let rows = try database.reportRows(
            "select issue, noise from insight_issues where issue = ?1 or issue = ?2",
            [.text(issue), .text(wanted)]
        )
        guard rows.contains(where: { $0[0].text == issue }) else { return nil }
        guard rows.contains(where: { $0[0].text == wanted }) else {
            throw .refused("There is no issue \(wanted.prefix(40)) to merge into")
        }
        guard Set(rows.map { $0[1].text }).count == 1 else {
            throw .refused("Errors that are not the site's own merge with errors of the same kind only")
        }
        var target = wanted
        var refusal: ReportError?
        do throws(StoreError) {
            _ = try database.transaction(ifChanged: Self.lock, []) { () throws(StoreError) in
                do throws(ReportError) {
                    target = try checkedTarget(issue, wanted)
                } catch {
                    if case .store(let error) = error { throw error }
                    refusal = error
                    return
                }
                _ = try database.change(
                    "update insight_issue_aliases set target = ?1 where target = ?2",
                    [.text(target), .text(issue)]
                )
                try database.insert(
                    "insert into insight_issue_aliases (issue, target, merged_at)",
                    [[.text(issue), .text(target), .integer(now)]],
                    "on conflict (issue) do update set target = excluded.target, merged_at = excluded.merged_at"
                )
            }
        } catch {
            throw .store(error)
        }
        if let refusal { throw refusal }
        return target
    }

    /// The issue that a merge leads to.
    private func checkedTarget(_ issue: String, _ wanted: String) throws(ReportError) -> String {
        let aliases = try IssueAliases(database)
        let target = aliases.target(of: wanted)
        guard target != issue else {
            throw .refused("An issue cannot be merged into itself, nor into one that is merged into it")
        }
        guard aliases.all(of: issue).count + aliases.members(of: target).count <= IssueAliases.membersMax else {
            throw .refused("\(IssueAliases.membersMax) issues can be merged into one at most")
        }
        let row = try database.reportRows("select count(*) from insight_issue_aliases").first
        guard (row?[0].integer ?? 0) < IssueAliases.totalMax else {
            throw .refused("\(IssueAliases.totalMax) issues can be merged in total at most")
        }
        return target
    }

    /// Undoes the merge of an issue into another one.
    ///
    /// - Returns: false when the issue is not merged into another one.
    package func unmerge(_ issue: String) throws(ReportError) -> Bool {
        var count = 0
        do throws(StoreError) {
            _ = try database.transaction(ifChanged: Self.lock, []) { () throws(StoreError) in
                count = try database.rows(
                    "select issue from insight_issue_aliases where issue = ?1",
                    [.text(issue)]
                ).count
                _ = try database.change("delete from insight_issue_aliases where issue = ?1", [.text(issue)])
            }
        } catch {
            throw .store(error)
        }
        return count > 0
    }
}
