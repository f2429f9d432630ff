import Storage
import Aggregation

/// Writes issues: description, first and last occurrence.
struct IssueWriter {
    let database: any Database

    private static let columns = [
        "site", "issue", "kind", "name", "message", "first_seen", "last_seen", "last_event_id", "noise",
        "culprit_function", "culprit_file", "culprit_line",
    ]

    fileprivate struct Kept {
        var kind: String
        var name: String
        var message: String
        var firstSeen: Int64
        var lastSeen: Int64
        var lastEventID: Int64
        var noise: String?
        var culprit: Culprit
    }

    func write(_ issues: [IssueKey: IssueChange]) throws(StoreError) {
        let rows = try database.lookup(
            "insight_issues",
            key: ["site", "issue"],
            issues.keys.map { [.text($0.site), .text($0.issue)] },
            columns: Self.columns
        )
        var kept: [IssueKey: Kept] = [:]
        for row in rows { kept[IssueKey(site: row[0].text ?? "", issue: row[1].text ?? "")] = Kept(row) }
        let sorted = issues.sorted { ($0.key.site, $0.key.issue) < ($1.key.site, $1.key.issue) }
        try database.insert(
            "insert into insight_issues (\(Self.columns.joined(separator: ", ")))",
            sorted.map { key, change in
                var issue = kept[key] ?? Kept(change)
                if kept[key] != nil { issue.add(change) }
                return [.text(key.site), .text(key.issue)] + issue.parameters
            },
            """
            on conflict (site, issue) do update
            set first_seen = excluded.first_seen, last_seen = excluded.last_seen,
                last_event_id = excluded.last_event_id, culprit_function = excluded.culprit_function,
                culprit_file = excluded.culprit_file, culprit_line = excluded.culprit_line
            """
        )
    }
}

extension IssueWriter.Kept {
    /// Decodes a row with all `columns`.
    fileprivate init(_ row: [SQLValue]) {
        kind = row[2].text ?? ""
        name = row[3].text ?? ""
        message = row[4].text ?? ""
        firstSeen = row[5].integer ?? .max
        lastSeen = row[6].integer ?? .min
        lastEventID = row[7].integer ?? .min
        noise = row[8].text
        culprit = Culprit(function: row[9].text ?? "", file: row[10].text ?? "", line: row[11].integer ?? 0)
    }

    fileprivate init(_ change: IssueChange) {
        (kind, name, message) = (change.description.kind, change.description.name, change.description.message)
        (firstSeen, lastSeen, lastEventID) = (change.firstSeen, change.lastSeen, change.lastEventID)
        noise = change.description.noise
        culprit = change.culprit
    }

    fileprivate mutating func add(_ change: IssueChange) {
        // Earlier errors are in the row, also when they are counted again after retention has removed later ones.
        if change.culpritEventID > lastEventID { culprit = change.culprit }
        firstSeen = min(firstSeen, change.firstSeen)
        lastSeen = max(lastSeen, change.lastSeen)
        lastEventID = max(lastEventID, change.lastEventID)
    }

    fileprivate var parameters: [SQLValue] {
        [
            .text(kind), .text(name), .text(message), .integer(firstSeen), .integer(lastSeen), .integer(lastEventID),
            SQLValue(noise), .text(culprit.function), .text(culprit.file), .integer(culprit.line),
        ]
    }
}
