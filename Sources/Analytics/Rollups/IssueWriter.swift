import Segments
import Storage
import Aggregation
import Texts

/// Writes issues: description, first and last occurrence, also those of humans.
struct IssueWriter {
    let database: any Database
    let dictionaries: DimensionDictionaries

    private static let columns = [
        "site", "issue", "kind", "name", "message", "first_seen", "last_seen", "last_event_id", "noise",
        "culprit_function", "culprit_file", "culprit_line", "human_first_seen", "human_last_seen",
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
        /// Nil when only bots saw it.
        var humanFirstSeen: Int64?
        var humanLastSeen: Int64?
    }

    /// `humans` is when humans first and last saw issues, in seconds since 1970.
    func write(
        _ issues: [IssueKey: IssueChange],
        humans: [ReleaseChanges.SiteIssue: ClosedRange<Int64>]
    ) throws(StoreError) {
        var humanTimes: [IssueKey: ClosedRange<Int64>] = [:]
        for (key, times) in humans {
            humanTimes[IssueKey(site: key.site.text, issue: dictionaries.text(key.issue, .issue))] = times
        }
        let keys = Set(issues.keys).union(humanTimes.keys).sorted { one, other in
            (ByteText(one.site), one.issue) < (ByteText(other.site), other.issue)
        }
        let rows = try database.lookup(
            "insight_issues",
            key: ["site", "issue"],
            keys.map { [.text($0.site), .text($0.issue)] },
            columns: Self.columns
        )
        var kept: [IssueKey: Kept] = [:]
        for row in rows { kept[IssueKey(site: row[0].text ?? "", issue: row[1].text ?? "")] = Kept(row) }
        try database.insert(
            "insert into insight_issues (\(Self.columns.joined(separator: ", ")))",
            keys.compactMap { key in
                // An issue has a row from its first error on.
                guard var issue = kept[key] ?? issues[key].map({ Kept($0) }) else { return nil }
                if let change = issues[key] { issue.add(change) }
                let isSeenByMore = humanTimes[key].map { issue.add(humans: $0) } ?? false
                guard isSeenByMore || issues[key] != nil else { return nil }
                return [.text(key.site), .text(key.issue)] + issue.parameters
            },
            """
            on conflict (site, issue) do update
            set first_seen = excluded.first_seen, last_seen = excluded.last_seen,
                last_event_id = excluded.last_event_id, culprit_function = excluded.culprit_function,
                culprit_file = excluded.culprit_file, culprit_line = excluded.culprit_line,
                human_first_seen = excluded.human_first_seen, human_last_seen = excluded.human_last_seen
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
        (humanFirstSeen, humanLastSeen) = (row[12].integer, row[13].integer)
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

    /// - Returns: whether that changes the row.
    fileprivate mutating func add(humans times: ClosedRange<Int64>) -> Bool {
        let before = (humanFirstSeen, humanLastSeen)
        humanFirstSeen = min(humanFirstSeen ?? .max, times.lowerBound)
        humanLastSeen = max(humanLastSeen ?? .min, times.upperBound)
        return before != (humanFirstSeen, humanLastSeen)
    }

    fileprivate var parameters: [SQLValue] {
        [
            .text(kind), .text(name), .text(message), .integer(firstSeen), .integer(lastSeen), .integer(lastEventID),
            SQLValue(noise), .text(culprit.function), .text(culprit.file), .integer(culprit.line),
            SQLValue(humanFirstSeen), SQLValue(humanLastSeen),
        ]
    }
}
