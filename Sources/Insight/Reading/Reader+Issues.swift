import Sketches
package import Storage

extension Reader {
    /// Issues of a list, at most.
    static let issuesMax = 200

    /// Groups of equal errors, most frequent first; issues of noise only on request.
    package func issues(state wanted: String?, includesNoise: Bool = false) throws(StoreError) -> JSONOut {
        let dimensions: [Dimension] = includesNoise ? [.issue, .noise] : [.issue]
        let (cells, _, _) = try cells(question, dimensions)
        var rows: [(value: String, sum: Sum)] = []
        var trends: [String: [Int64: Int64]] = [:]
        var count: Int64 = 0
        for dimension in dimensions {
            let ranked = try cells.ranking(dimension, by: .errors, limit: Self.issuesMax, sketches: .visitors)
            rows += ranked.rows
            count.add(saturating: ranked.count)
            trends.merge(try cells.trends(dimension, ranked.rows.map(\.value))) { first, _ in first }
        }
        if includesNoise {
            rows = Array(rows.sorted { $0.sum.counters.errors > $1.sum.counters.errors }.prefix(Self.issuesMax))
        }
        let known = try descriptions(rows.map(\.value))
        let issues = rows.compactMap { row -> JSONOut? in
            guard let issue = known[row.value], wanted == nil || issue.state == wanted else { return nil }
            return .object(
                [
                    ("issue", .text(row.value)), ("errors", .integer(row.sum.counters.errors)),
                    ("visitors", .integer(row.sum.visitors)),
                ] + issue.members + [("trend", .array(question.buckets.map { .integer(trends[row.value]?[$0] ?? 0) }))]
            )
        }
        return .object([
            ("range", range), ("sampled", Figures.of(cells.sample)), ("count", .integer(count)),
            ("issues", .array(issues)),
        ])
    }

    /// One issue: what it is like, when it came, and some of its errors with their stacks.
    ///
    /// - Returns: nil when there is none of that name.
    package func issue(_ name: String) throws(StoreError) -> JSONOut? {
        guard let issue = try descriptions([name])[name] else { return nil }
        let cells = RollupCells(database: database, question: question)
        let series = try cells.series(issue.isNoise ? .noise : .issue, name)
        var (errors, visitors) = (Int64(0), Sum())
        for sum in series.values {
            errors.add(saturating: sum.counters.errors)
            visitors.add(sum)
        }
        let points = question.buckets.map { bucket in
            JSONOut.object([("t", .integer(bucket)), ("errors", .integer(series[bucket]?.counters.errors ?? 0))])
        }
        return .object(
            [
                ("range", range), ("issue", .text(name)), ("errors", .integer(errors)),
                ("visitors", .integer(visitors.visitors)),
            ] + issue.members + [
                ("series", .array(points)), ("samples", .array(try samples(of: name, upTo: issue.lastEventID))),
            ]
        )
    }

    /// Ids behind an error among which others of its kind are looked for, and errors that are looked at and told.
    private static let sampleSpan: Int64 = 20_000
    private static let sampleStep: Int64 = 2500
    private static let samplesMax = 5
    /// Bytes of errors that are looked at.
    private static let sampleBytesMax = 4 * ReadBudget.bytesMax

    private func samples(of name: String, upTo last: Int64) throws(StoreError) -> [JSONOut] {
        let hash = try KeyedHashes(database).texts
        var found: [StoredEvent] = []
        var bytes = 0
        let last = max(0, last)
        var end = last
        while found.count < Self.samplesMax, end > max(0, last - Self.sampleSpan) {
            let read = try database.bounded(
                """
                select \(StoredEvent.columns(database.dialect)) from collector_events
                where id <= ?1 and id > ?2 and event_type = 'error' order by id desc
                """,
                [.integer(end), .integer(end - Self.sampleStep)],
                limit: Self.sampleStep,
                milliseconds: RollupCells.milliseconds
            )
            found += read.rows.lazy.compactMap { StoredEvent($0) }.filter {
                IssueDescription(JSONTree($0.payload), hash).id == name
            }
            bytes += read.rows.reduce(0) { $0 + ReadBudget.bytes($1) }
            if bytes >= Self.sampleBytesMax { break }
            end = read.isCut ? (read.rows.last?[0].integer ?? end) - 1 : end - Self.sampleStep
        }
        return found.prefix(Self.samplesMax).map(\.json)
    }

    private struct Known {
        var members: [(String, JSONOut)]
        var state: String
        var isNoise: Bool
        var lastEventID: Int64
    }

    /// What is known of issues; of one that several sites have, that of the site where it was seen last.
    private func descriptions(_ names: [String]) throws(StoreError) -> [String: Known] {
        guard !names.isEmpty else { return [:] }
        let places = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
        var parameters: [SQLValue] = names.map { .text($0) }
        var condition = "issues.issue in (\(places))"
        if let site = question.site {
            parameters.append(.text(site))
            condition += " and issues.site = ?\(parameters.count)"
        }
        let rows = try database.rows(
            """
            select issues.issue, issues.site, kind, name, message, first_seen, last_seen, last_event_id, browsers, paths,
                state, changed_at, noise
            from insight_issues as issues
            left join insight_issue_states as states on states.site = issues.site and states.issue = issues.issue
            where \(condition) order by last_seen
            """,
            parameters,
            milliseconds: RollupCells.milliseconds
        )
        var result: [String: Known] = [:]
        for row in rows {
            let state = Self.state(row[10].text, changedAt: row[11].integer ?? 0, lastSeen: row[6].integer ?? 0)
            result[row[0].text ?? ""] = Known(
                members: [
                    ("site", JSONOut(row[1].text)), ("kind", JSONOut(row[2].text)), ("name", JSONOut(row[3].text)),
                    ("message", JSONOut(row[4].text)), ("first_seen", JSONOut(row[5].integer)),
                    ("last_seen", JSONOut(row[6].integer)), ("state", .text(state)),
                    ("noise", JSONOut(row[12].text)),
                    ("browsers", Self.counted(row[8].text)), ("paths", Self.counted(row[9].text)),
                ],
                state: state,
                isNoise: row[12].text != nil,
                lastEventID: row[7].integer ?? 0
            )
        }
        return result
    }

    /// What was resolved and has come again is open again, and says so.
    private static func state(_ state: String?, changedAt: Int64, lastSeen: Int64) -> String {
        guard let state else { return "open" }
        return state == "resolved" && lastSeen > changedAt ? "reopened" : state
    }

    private static func counted(_ text: String?) -> JSONOut {
        let names = CountedNames(encoded: text ?? "")
        let sorted = names.names.sorted { (names.counts[$1] ?? 0, $0) < (names.counts[$0] ?? 0, $1) }
        return .array(sorted.map { .object([("value", .text($0)), ("count", .integer(names.counts[$0] ?? 0))]) })
    }

    /// States that an owner can give an issue.
    package static let states: Set<String> = ["open", "resolved", "ignored"]

    /// Notes what the owner has decided about an issue, on every site that has it unless one is asked about.
    ///
    /// - Returns: false when there is no such issue.
    package func decide(_ name: String, state: String, now: Int64) throws(StoreError) -> Bool {
        var isKnown = false
        try database.transaction { () throws(StoreError) in
            let rows = try database.rows("select site from insight_issues where issue = ?1", [.text(name)])
            for site in rows.compactMap({ $0[0].text }) where question.site == nil || question.site == site {
                isKnown = true
                try database.insert(
                    "insert into insight_issue_states (site, issue, state, changed_at)",
                    [[.text(site), .text(name), .text(state), .integer(now)]],
                    "on conflict (site, issue) do update set state = excluded.state, changed_at = excluded.changed_at"
                )
            }
        }
        return isKnown
    }
}
