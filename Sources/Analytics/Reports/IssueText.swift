import Segments
import Storage

/// The stored data of an issue besides its figures.
package struct IssueText: Sendable {
    package let site: String
    package let kind: String
    package let name: String
    package let message: String
    /// Seconds since 1970.
    package let firstSeen: Int64
    package let lastSeen: Int64
    let lastEventID: Int64
    package let state: IssueState
    /// The reason why its errors are not the site's own; nil for an issue of the site.
    package let noise: String?
}

extension ReportContext {
    /// The most issues whose state is read for a list of one state.
    static let issueStatesMax: Int64 = 50_000

    /// The texts and states of issues; of an issue on several sites, those of the site where it was last seen.
    func issueTexts(_ names: [String]) throws(ReportError) -> [String: IssueText] {
        guard !names.isEmpty else { return [:] }
        let values = database.padded(names.map { .text($0) })
        var parameters = values
        var condition = "issues.issue in (\((1...values.count).map { "?\($0)" }.joined(separator: ", ")))"
        if let site = query.site {
            parameters.append(.text(site))
            condition += " and issues.site = ?\(parameters.count)"
        }
        let rows = try database.reportRows(
            """
            select issues.issue, issues.site, kind, name, message, first_seen, last_seen, last_event_id, state, changed_at, noise
            from insight_issues as issues
            left join insight_issue_states as states on states.site = issues.site and states.issue = issues.issue
            where \(condition) order by last_seen, \(database.dialect.bytewise("issues.site"))
            """,
            parameters
        )
        var result: [String: IssueText] = [:]
        for row in rows {
            result[row[0].text ?? ""] = IssueText(
                site: row[1].text ?? "",
                kind: row[2].text ?? "",
                name: row[3].text ?? "",
                message: row[4].text ?? "",
                firstSeen: row[5].integer ?? 0,
                lastSeen: row[6].integer ?? 0,
                lastEventID: row[7].integer ?? 0,
                state: Self.state(row[8].text, changedAt: row[9].integer ?? 0, lastSeen: row[6].integer ?? 0),
                noise: row[10].text
            )
        }
        return result
    }

    /// The codes of the issues in a state.
    func issues(inState wanted: IssueState) throws(ReportError) -> Set<UInt32> {
        let condition = query.site == nil ? "" : "where issues.site = ?2"
        let rows = try database.reportRows(
            """
            select issues.issue, state, changed_at, last_seen from insight_issues as issues
            left join insight_issue_states as states on states.site = issues.site and states.issue = issues.issue
            \(condition) order by last_seen desc, \(database.dialect.bytewise("issues.site")) desc limit ?1
            """,
            [.integer(Self.issueStatesMax + 1)] + (query.site.map { [.text($0)] } ?? [])
        )
        guard rows.count <= Int(Self.issueStatesMax) else {
            throw .refused("There are more than \(Self.issueStatesMax) issues: omit state or select a site")
        }
        var states: [String: IssueState] = [:]
        for row in rows {
            guard let issue = row[0].text, states[issue] == nil else { continue }
            states[issue] = Self.state(row[1].text, changedAt: row[2].integer ?? 0, lastSeen: row[3].integer ?? 0)
        }
        return Set(states.lazy.filter { $0.value == wanted }.compactMap { dictionaries.code(of: $0.key, in: .issue) })
    }

    private static func state(_ stored: String?, changedAt: Int64, lastSeen: Int64) -> IssueState {
        let state = stored.flatMap { IssueState(stored: $0) } ?? .unresolved
        return state == .resolved && lastSeen > changedAt ? .regressed : state
    }
}

/// The owner's decision about an issue; `regressed` is a resolved issue that came back.
package enum IssueState: String, CaseIterable, Sendable {
    case unresolved, regressed, resolved, ignored

    /// Nil for a text that no version has stored.
    init?(stored: String) { self.init(rawValue: stored == Self.storedUnresolved ? "unresolved" : stored) }

    /// The text in `insight_issue_states`.
    var stored: String { self == .unresolved ? Self.storedUnresolved : rawValue }

    /// The schema's name of `unresolved`.
    private static let storedUnresolved = "open"
}
