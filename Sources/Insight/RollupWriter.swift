import Sketches
package import Storage

/// Writes changes into the tables of the rollups; within a transaction of the caller's.
///
/// Rows that are there are read many at a time, whatever site or day they are of: how many statements a portion takes depends on its rows
/// alone, so that a sender who scatters events over sites and names costs no more than one who does not.
struct RollupWriter {
    let database: any Database
    let names: AdmittedNames

    static let tables = [
        "insight_counts", "insight_sketches", "insight_issues", "insight_robots", "insight_fingerprints",
        "insight_signals", "insight_signal_sizes", "insight_signal_returns", "rollup_sites", "rollup_signals",
        "rollup_admissions",
    ]
    private static let key = ["dimension", "grain", "bucket", "site", "audience", "value"]
    private static let sketchColumns = ["visitors"] + Metric.allCases.map(\.rawValue)
    /// Cells whose sketches are in memory at a time.
    private static let sketchesMax = 2048

    func write(_ changes: Changes) throws(StoreError) {
        try writeCounts(changes)
        try writeSketches(changes)
        try IssueWriter(database: database).write(changes.issues)
        try RobotWriter(database: database, names: names).write(changes.robots)
        try FingerprintWriter(database: database, names: names).write(changes.fingerprints)
        try forgetMinutes(changes)
        try names.write()
    }

    /// The new value of a counter: the sum of what is kept and what is added, between -`sumMax` and `sumMax`.
    ///
    /// Both of them lie there, so that their sum fits into 64 bits on either engine.
    private static func sum(_ column: String) -> String {
        let (sum, max) = ("kept.\(column) + excluded.\(column)", Int64.sumMax)
        return "case when \(sum) > \(max) then \(max) when \(sum) < -\(max) then -\(max) else \(sum) end"
    }

    // MARK: - Cells

    private static func parameters(_ key: CellKey) -> [SQLValue] {
        [
            .text(key.dimension.rawValue), .integer(key.grain.rawValue), .integer(key.bucket), .text(key.site),
            .integer(key.audience), .text(key.value),
        ]
    }

    private func writeCounts(_ changes: Changes) throws(StoreError) {
        let sums = Counters.columns.map { "\($0) = \(Self.sum($0))" }.joined(separator: ", ")
        // A cell without a number, too, so that the rows do not depend on how the events were cut into portions.
        try database.insert(
            "insert into insight_counts as kept (\((Self.key + Counters.columns).joined(separator: ", ")))",
            changes.cells.map { Self.parameters($0.key) + $0.change.counters.all.map { .integer($0) } },
            "on conflict (\(Self.key.joined(separator: ", "))) do update set \(sums)"
        )
    }

    private func writeSketches(_ changes: Changes) throws(StoreError) {
        let touched = changes.cells.indices.filter { changes.cells[$0].change.touchesSketches }
        let news = Self.sketchColumns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        for start in stride(from: 0, to: touched.count, by: Self.sketchesMax) {
            let part = touched[start..<min(start + Self.sketchesMax, touched.count)]
            let rows = try database.lookup(
                "insight_sketches",
                key: Self.key,
                part.map { Self.parameters(changes.cells[$0].key) },
                columns: Self.key + Self.sketchColumns
            )
            var kept: [[SQLValue]: CellSketches] = [:]
            for row in rows { kept[Array(row[..<Self.key.count])] = CellSketches(row[Self.key.count...]) }
            let merged = part.map { index in
                let (key, change) = changes.cells[index]
                let parameters = Self.parameters(key)
                var sketches = kept[parameters] ?? CellSketches()
                sketches.add(change)
                return parameters + sketches.columns
            }
            try database.insert(
                "insert into insight_sketches as kept (\((Self.key + Self.sketchColumns).joined(separator: ", ")))",
                merged,
                "on conflict (\(Self.key.joined(separator: ", "))) do update set \(news)"
            )
        }
    }

    private func forgetMinutes(_ changes: Changes) throws(StoreError) {
        let minutes = changes.cells.filter { $0.key.grain == .minute }
        try MinuteRetention(database: database).apply(days: Set(minutes.map { Grain.day.bucket($0.key.bucket) }))
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
