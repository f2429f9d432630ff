import Sketches
package import Storage

/// Writes changes into the tables of the rollups; within a transaction of the caller's.
struct RollupWriter {
    let database: any Database

    static let tables = [
        "insight_counts", "insight_sketches", "insight_issues", "insight_robots", "insight_fingerprints",
        "insight_signals", "insight_signal_sizes", "insight_signal_returns",
    ]
    private static let key = ["dimension", "grain", "bucket", "site", "audience", "value"]
    private static let sketchColumns = ["visitors"] + Metric.allCases.map(\.rawValue)
    /// Values that one query names.
    private static let namesMax = 256

    /// All cells that differ in their value only.
    private struct Group: Hashable {
        var dimension: Dimension
        var grain: Grain
        var bucket: Int64
        var site: String
        var audience: Int64

        init(_ key: CellKey) {
            (dimension, grain, bucket, site, audience) = (key.dimension, key.grain, key.bucket, key.site, key.audience)
        }

        var parameters: [SQLValue] {
            [.text(dimension.rawValue), .integer(grain.rawValue), .integer(bucket), .text(site), .integer(audience)]
        }

        static let condition = "dimension = ?1 and grain = ?2 and bucket = ?3 and site = ?4 and audience = ?5"
    }

    func write(_ changes: Changes) throws(StoreError) {
        let groups = try capped(changes)
        var counts: [[SQLValue]] = []
        var sketches: [[SQLValue]] = []
        for (group, cells) in groups {
            // One without a number, too, so that the rows do not depend on how the events were cut into portions.
            for (value, change) in cells {
                counts.append(group.parameters + [.text(value)] + change.counters.all.map { .integer($0) })
            }
            sketches += try sketchRows(group, cells.filter { $0.value.touchesSketches })
        }
        let sums = Counters.columns.map { "\($0) = \(Self.sum($0))" }.joined(separator: ", ")
        try database.insert(
            "insert into insight_counts as kept (\((Self.key + Counters.columns).joined(separator: ", ")))",
            counts,
            "on conflict (\(Self.key.joined(separator: ", "))) do update set \(sums)"
        )
        let news = Self.sketchColumns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        try database.insert(
            "insert into insight_sketches as kept (\((Self.key + Self.sketchColumns).joined(separator: ", ")))",
            sketches,
            "on conflict (\(Self.key.joined(separator: ", "))) do update set \(news)"
        )
        try write(changes.issues)
        try write(changes.robots)
        try FingerprintWriter(database: database).write(changes.fingerprints)
        try forgetMinutes(changes)
    }

    /// The new value of a counter: the sum of what is kept and what is added, between -`sumMax` and `sumMax`.
    ///
    /// Both of them lie there, so that their sum fits into 64 bits on either engine.
    private static func sum(_ column: String) -> String {
        let (sum, max) = ("kept.\(column) + excluded.\(column)", Int64.sumMax)
        return "case when \(sum) > \(max) then \(max) when \(sum) < -\(max) then -\(max) else \(sum) end"
    }

    // MARK: - Cells

    /// The changes by group, with `(other)` in place of values for which there is no room.
    ///
    /// A value has room when it has a row, or appears while there are fewer than the limit: which ones do depends on the order of the events
    /// alone.
    private func capped(_ changes: Changes) throws(StoreError) -> [(Group, [String: CellChange])] {
        var groups: [Group: [String: CellChange]] = [:]
        var order: [Group] = []
        var known: [Group: Set<String>] = [:]
        for (key, change) in changes.cells {
            let group = Group(key)
            if groups[group] == nil { order.append(group) }
            var value = key.value
            if let max = key.dimension.valuesMax {
                if known[group] == nil {
                    let rows = try database.rows(
                        "select value from insight_counts where \(Group.condition)",
                        group.parameters
                    )
                    known[group] = Set(rows.compactMap { $0[0].text })
                }
                if let values = known[group], !values.contains(value) {
                    if values.count < max { known[group]?.insert(value) } else { value = CellKey.other }
                }
            }
            if groups[group]?[value] == nil {
                groups[group, default: [:]][value] = change
            } else {
                groups[group, default: [:]][value, default: CellChange()].add(change)
            }
        }
        return order.map { ($0, groups[$0] ?? [:]) }
    }

    private func sketchRows(_ group: Group, _ cells: [String: CellChange]) throws(StoreError) -> [[SQLValue]] {
        var kept: [String: CellSketches] = [:]
        let values = Array(cells.keys)
        for start in stride(from: 0, to: values.count, by: Self.namesMax) {
            let part = values[start..<min(start + Self.namesMax, values.count)]
            let names = database.padded(part.map { .text($0) })
            let places = (6..<6 + names.count).map { "?\($0)" }.joined(separator: ", ")
            let columns = Self.sketchColumns.joined(separator: ", ")
            let rows = try database.rows(
                "select value, \(columns) from insight_sketches where \(Group.condition) and value in (\(places))",
                group.parameters + names
            )
            for row in rows { kept[row[0].text ?? ""] = CellSketches(row[1...]) }
        }
        return cells.map { value, change in
            var sketches = kept[value] ?? CellSketches()
            sketches.add(change)
            return group.parameters + [.text(value)] + sketches.columns
        }
    }

    /// Minutes are of use while they are recent; what is recent is told by the cells, not by a clock.
    private func forgetMinutes(_ changes: Changes) throws(StoreError) {
        guard changes.cells.contains(where: { $0.key.grain == .minute }) else { return }
        let newest = try database.rows(
            "select max(bucket) from insight_counts where dimension = 'all' and grain = 0"
        ).first?.first?.integer
        guard let newest else { return }
        for table in ["insight_counts", "insight_sketches"] {
            for dimension in Dimension.allCases where dimension.hasMinutes {
                _ = try database.change(
                    "delete from \(table) where dimension = ?1 and grain = 0 and bucket < ?2",
                    [.text(dimension.rawValue), .integer(newest.adding(saturating: -Grain.minutesKept))]
                )
            }
        }
    }

    // MARK: - Issues and robots

    private func write(_ issues: [IssueKey: IssueChange]) throws(StoreError) {
        for (key, change) in issues.sorted(by: { ($0.key.site, $0.key.issue) < ($1.key.site, $1.key.issue) }) {
            let name: [SQLValue] = [.text(key.site), .text(key.issue)]
            let row = try database.rows(
                "select first_seen, last_seen, last_event_id, browsers, paths from insight_issues where site = ?1 and issue = ?2",
                name
            ).first
            guard let row else {
                try database.insert(
                    """
                    insert into insight_issues (
                        site, issue, kind, name, message, first_seen, last_seen, last_event_id, browsers, paths
                    )
                    """,
                    [
                        name + [
                            .text(change.description.kind), .text(change.description.name),
                            .text(change.description.message), .integer(change.firstSeen), .integer(change.lastSeen),
                            .integer(change.lastEventID), .text(change.browsers.encoded), .text(change.paths.encoded),
                        ]
                    ]
                )
                continue
            }
            var browsers = CountedNames(encoded: row[3].text ?? "")
            var paths = CountedNames(encoded: row[4].text ?? "")
            browsers.add(change.browsers)
            paths.add(change.paths)
            _ = try database.change(
                """
                update insight_issues
                set first_seen = ?3, last_seen = ?4, last_event_id = ?5, browsers = ?6, paths = ?7
                where site = ?1 and issue = ?2
                """,
                name + [
                    .integer(min(change.firstSeen, row[0].integer ?? .max)),
                    .integer(max(change.lastSeen, row[1].integer ?? .min)),
                    .integer(max(change.lastEventID, row[2].integer ?? .min)), .text(browsers.encoded),
                    .text(paths.encoded),
                ]
            )
        }
    }

    private func write(_ robots: [RobotKey: RobotChange]) throws(StoreError) {
        for (key, change) in robots {
            let name: [SQLValue] = [.text(key.visitorID), .text(key.site)]
            let row = try database.rows(
                "select reasons, events, first_seen, last_seen from insight_robots where visitor_id = ?1 and site = ?2",
                name
            ).first
            var reasons = change.reasons
            if let known = row?[0].text { reasons.formUnion(known.split(separator: "\n").map(String.init)) }
            let kept = reasons.sorted().prefix(RobotChange.reasonsMax)
            let values: [SQLValue] = [
                .integer(RobotChange.score(kept.count)), .text(kept.joined(separator: "\n")),
                .integer(change.events.adding(saturating: row?[1].integer ?? 0)),
                .integer(min(change.firstSeen, row?[2].integer ?? .max)),
                .integer(max(change.lastSeen, row?[3].integer ?? .min)),
            ]
            try database.insert(
                "insert into insight_robots (visitor_id, site, score, reasons, events, first_seen, last_seen)",
                [name + values],
                """
                on conflict (visitor_id, site) do update
                set score = excluded.score, reasons = excluded.reasons, events = excluded.events,
                    first_seen = excluded.first_seen, last_seen = excluded.last_seen
                """
            )
        }
    }
}

extension CellSketches {
    /// Reads the columns of a row, in the order of the table.
    package init(_ row: ArraySlice<SQLValue>) {
        self.init()
        for (value, metric) in zip(row, [nil] + Metric.allCases.map(Optional.some)) {
            guard let bytes = value.blob else { continue }
            if let metric {
                histograms[metric] = LogHistogram(encoded: bytes)
            } else {
                visitors = HyperLogLog(encoded: bytes) ?? HyperLogLog()
            }
        }
    }

    fileprivate var columns: [SQLValue] {
        [visitors.isEmpty ? .null : .blob(visitors.encoded)]
            + Metric.allCases.map { metric in
                guard let histogram = histograms[metric], !histogram.isEmpty else { return .null }
                return .blob(histogram.encoded)
            }
    }
}
