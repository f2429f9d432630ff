import Glibc
import Sketches
package import Storage

extension Reader {
    /// Signals that are told, those with the most bits, and values of one: the most shared of those that several visitors have.
    static let signalsMax = AdmittedNames.signalsMax + 1
    static let valuesMax: Int64 = 5

    /// How identifiable the browsers are that told of themselves: for each signal its entropy in this population.
    ///
    /// The entropy of the values seen is too low where many of them were seen once: half a nat for each value beyond the first is added for
    /// each visitor (Miller, 1955), up to what so many visitors can tell at most.
    package func fingerprints() throws(StoreError) -> JSONOut {
        let condition = question.site == nil ? "" : " where site = ?1"
        let site: [SQLValue] = question.site.map { [.text($0)] } ?? []
        let rows = try database.rows(
            """
            select signal, visitors, cast(sum(hashes) as bigint) from insight_signal_sizes\(condition)
            group by signal, visitors order by signal, visitors desc
            """,
            site,
            milliseconds: RollupCells.milliseconds
        )
        var signals: [String: [(visitors: Int64, values: Int64)]] = [:]
        for row in rows {
            signals[row[0].text ?? "", default: []].append((row[1].integer ?? 0, row[2].integer ?? 0))
        }
        let returns = try database.rows(
            """
            select signal, cast(sum(tellings) as bigint), cast(sum(changes) as bigint) from insight_signal_returns\(condition)
            group by signal
            """,
            site,
            milliseconds: RollupCells.milliseconds
        )
        let again = Dictionary(
            returns.map { ($0[0].text ?? "", ($0[1].integer ?? 0, $0[2].integer ?? 0)) },
            uniquingKeysWith: { first, _ in first }
        )
        var shared: [(String, JSONOut)] = []
        let sorted = signals.map { (bits: Self.entropy($0.value).corrected, name: $0.key, sizes: $0.value) }
            .sorted { (-$0.bits, $0.name) < (-$1.bits, $1.name) }
        for (_, name, sizes) in sorted.prefix(Self.signalsMax) {
            shared.append((name, try signal(name, sizes, again[name])))
        }
        return .object([
            ("range", range),
            ("visitors", .integer(shared.isEmpty ? 0 : signals.values.map { Self.visitors($0) }.max() ?? 0)),
            ("signals", .object(shared)), ("robots", try robots()),
        ])
    }

    private static func visitors(_ sizes: [(visitors: Int64, values: Int64)]) -> Int64 {
        sizes.reduce(0) { sum, size in
            let (product, isOverflow) = size.visitors.multipliedReportingOverflow(by: size.values)
            return sum.adding(saturating: isOverflow ? .sumMax : product)
        }
    }

    /// Bits that a signal tells: as seen, and corrected for how few have been seen.
    static func entropy(_ sizes: [(visitors: Int64, values: Int64)]) -> (seen: Double, corrected: Double) {
        let total = Double(visitors(sizes))
        guard total > 0 else { return (0, 0) }
        var bits = 0.0
        for (visitors, values) in sizes where visitors > 0 {
            let share = Double(visitors) / total
            bits -= Double(values) * share * log2(share)
        }
        let values = Double(sizes.reduce(Int64(0)) { $0.adding(saturating: $1.values) })
        return (bits, min(log2(total), bits + (values - 1) / (2 * total) / log(2)))
    }

    private func signal(
        _ name: String,
        _ sizes: [(visitors: Int64, values: Int64)],
        _ again: (tellings: Int64, changes: Int64)?
    ) throws(StoreError) -> JSONOut {
        let total = Self.visitors(sizes)
        let bits = Self.entropy(sizes)
        let unique = sizes.first { $0.visitors == 1 }?.values ?? 0
        // How many visitors hide among how many others.
        let bounds: [(String, ClosedRange<Int64>)] = [
            ("1", 1...1), ("2–9", 2...9), ("10–99", 10...99), ("100–999", 100...999), ("1,000+", 1000...Int64.max),
        ]
        let sets = bounds.map { label, bound in
            JSONOut.object([
                ("size", .text(label)),
                ("visitors", .integer(Self.visitors(sizes.filter { bound.contains($0.visitors) }))),
            ])
        }
        var parameters: [SQLValue] = [.text(name), .integer(Self.valuesMax)]
        var condition = "signal = ?1 and visitors > 1"
        if let site = question.site {
            parameters.append(.text(site))
            condition += " and site = ?3"
        }
        let top = try database.rows(
            """
            select hash, visitors from insight_signals where \(condition) order by visitors desc, \(database.dialect.bytewise("hash")) limit ?2
            """,
            parameters,
            milliseconds: RollupCells.milliseconds
        )
        let changes = again.map { Double($0.changes) / Double(max(1, $0.tellings)) }
        return .object([
            ("bits", JSONOut(bits.corrected, digits: 2)), ("bits_seen", JSONOut(bits.seen, digits: 2)),
            ("visitors", .integer(total)), ("values", .integer(sizes.reduce(0) { $0.adding(saturating: $1.values) })),
            ("unique_share", JSONOut(total > 0 ? Double(unique) / Double(total) : nil, digits: 4)),
            ("sets", .array(sets)), ("returns", .integer(again?.tellings ?? 0)),
            ("changed_share", JSONOut(changes, digits: 4)),
            (
                "shared",
                .array(top.map { .object([("hash", JSONOut($0[0].text)), ("visitors", JSONOut($0[1].integer))]) })
            ),
        ])
    }

    /// Visitors that behave like programs, by their reasons.
    private func robots() throws(StoreError) -> JSONOut {
        var parameters: [SQLValue] = [.integer(question.from), .integer(question.to)]
        var condition = "last_seen >= ?1 and first_seen < ?2"
        if let site = question.site {
            parameters.append(.text(site))
            condition += " and site = ?3"
        }
        let rows = try database.rows(
            """
            select reasons, cast(count(*) as bigint), cast(sum(events) as bigint), max(score) from insight_robots
            where \(condition) group by reasons order by 3 desc, \(database.dialect.bytewise("reasons")) limit 50
            """,
            parameters,
            milliseconds: RollupCells.milliseconds
        )
        return .array(
            rows.map { row in
                .object([
                    ("reasons", .array((row[0].text ?? "").split(separator: "\n").map { .text(String($0)) })),
                    ("visitors", JSONOut(row[1].integer)), ("events", JSONOut(row[2].integer)),
                    ("score", JSONOut(row[3].integer)),
                ])
            }
        )
    }

    /// How many browsers seen here have the same values of signals, by name and hash: counts alone, for the visitor itself.
    ///
    /// Those of the question's site, or of the page at `/`, which is of none.
    package func shared(_ signals: [(name: String, hash: String)]) throws(StoreError) -> JSONOut {
        var result: [(String, JSONOut)] = []
        for (name, hash) in signals.prefix(FingerprintTold.signalsMax + 1) {
            let row = try database.rows(
                """
                select
                    (select cast(coalesce(sum(visitors), 0) as bigint) from insight_signals where signal = ?1 and hash = ?2 and site = ?3),
                    (select cast(coalesce(sum(visitors * hashes), 0) as bigint) from insight_signal_sizes where signal = ?1 and site = ?3)
                """,
                [.text(name), .text(hash), .text(question.site ?? "")],
                milliseconds: RollupCells.milliseconds
            ).first
            result.append(
                (
                    name,
                    .object([("same", JSONOut(row?[0].integer)), ("of", JSONOut(row?[1].integer))])
                )
            )
        }
        return .object([("signals", .object(result))])
    }
}
