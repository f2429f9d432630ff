import Glibc
package import Segments
import Numbers
import Storage
import Rollups
import Aggregation
import Texts

/// The identifiability of browsers by their fingerprints: the entropy of each signal in a population.
///
/// The fingerprint tables hold the last fingerprint of each visitor, regardless of its time. The population is all of them, or the visitors
/// that a query with a range and filters selects.
package struct FingerprintsReport: Sendable {
    /// The most signals in the report, by entropy, and the most values of a signal: the most shared of those that several visitors have.
    static let signalsMax = AdmittedNames.signalsMax + 1
    static let valuesMax: Int64 = 5

    package struct Signal: Sendable {
        package let name: String
        /// For each group size, the number of values that this many visitors share.
        let sizes: [(visitors: Int64, values: Int64)]
        /// The entropy of the observed values, and the entropy corrected for the small sample.
        package let bits: (seen: Double, corrected: Double)
        /// Repeat readings, and those with another value; nil for a range or filters, since they are only counted for all time.
        package let returns: (reports: Int64, changes: Int64)?
        /// The values that the most visitors share.
        package internal(set) var shared: [(hash: String, visitors: Int64)]
    }

    package let signals: [Signal]
    package let bots: [(reasons: [String], sum: Aggregate)]
    package let visitorsRefusal: String?
    /// Nil for all time.
    package let range: ReportRange?

    /// The number of visitors with a fingerprint.
    package var visitors: Int64 { signals.map(\.visitors).max() ?? 0 }

    /// The most rows of the list of bots.
    static let botsMax = 50

    /// Creates the report; without `isAllTime`, for the range and the filters of the query.
    init(_ context: ReportContext, isAllTime: Bool) throws(ReportError) {
        range = isAllTime ? nil : context.query.range
        signals = isAllTime ? try Self.signals(context) : try FingerprintPopulation(context).signals()
        let all = context.includingBots
        guard isAllTime else {
            (bots, visitorsRefusal) = try Self.bots(all, all.scanQuery(context.query.range, withSeries: false))
            return
        }
        guard let bounds = try all.bounds() else {
            (bots, visitorsRefusal) = ([], nil)
            return
        }
        (bots, visitorsRefusal) = try Self.bots(all, all.plainScanQuery(from: bounds.first, to: bounds.last + 1))
    }

    /// The signals of all visitors of the site of the query, or of all sites.
    private static func signals(_ context: ReportContext) throws(ReportError) -> [Signal] {
        let condition = context.query.site == nil ? "" : " where site = ?1"
        let site: [SQLValue] = context.query.site.map { [.text($0)] } ?? []
        let returns = try returns(context, condition, site)
        // The tables count the visitors of each site: one of two sites would count twice.
        if site.isEmpty, try hasSeveralSites(context) {
            return try FingerprintPopulation(ofAll: context).signals(returns: returns)
        }
        var sizes: [ByteText: [(visitors: Int64, values: Int64)]] = [:]
        for row in try context.database.reportRows(
            """
            select signal, visitors, cast(sum(hashes) as bigint) from insight_signal_sizes\(condition)
            group by signal, visitors order by signal, visitors desc
            """,
            site
        ) {
            sizes[ByteText(row[0].text ?? ""), default: []].append((row[1].integer ?? 0, row[2].integer ?? 0))
        }
        let found = sizes.map { name, sizes in
            Signal(name: name.text, sizes: sizes, bits: entropy(sizes), returns: returns[name] ?? (0, 0), shared: [])
        }
        var signals = ranked(found)
        for index in signals.indices { signals[index].shared = try shared(context, signals[index].name) }
        return signals
    }

    private static func hasSeveralSites(_ context: ReportContext) throws(ReportError) -> Bool {
        try context.database.reportRows(
            "select 1 from (select min(site) as first, max(site) as last from insight_signal_sizes) as sites where first <> last"
        ).first != nil
    }

    /// The repeat readings by signal, and those with another value.
    private static func returns(
        _ context: ReportContext,
        _ condition: String,
        _ site: [SQLValue]
    ) throws(ReportError) -> [ByteText: (reports: Int64, changes: Int64)] {
        let rows = try context.database.reportRows(
            """
            select signal, cast(sum(returns) as bigint), cast(sum(changes) as bigint) from insight_signal_returns\(condition)
            group by signal
            """,
            site
        )
        return Dictionary(
            rows.map { (ByteText($0[0].text ?? ""), ($0[1].integer ?? 0, $0[2].integer ?? 0)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The signals with the highest entropy.
    static func ranked(_ signals: [Signal]) -> [Signal] {
        let sorted = signals.sorted {
            (-$0.bits.corrected, ByteText($0.name)) < (-$1.bits.corrected, ByteText($1.name))
        }
        return Array(sorted.prefix(signalsMax))
    }

    private static func shared(_ context: ReportContext, _ name: String) throws(ReportError) -> [(String, Int64)] {
        var parameters: [SQLValue] = [.text(name), .integer(valuesMax)]
        var condition = "signal = ?1 and visitors > 1"
        if let site = context.query.site {
            parameters.append(.text(site))
            condition += " and site = ?3"
        }
        return try context.database.reportRows(
            """
            select hash, visitors from insight_signals where \(condition)
            order by visitors desc, \(context.database.dialect.bytewise("hash")) limit ?2
            """,
            parameters
        ).map { ($0[0].text ?? "", $0[1].integer ?? 0) }
    }

    /// Sessions by the reasons why they may be automated.
    private static func bots(
        _ context: ReportContext,
        _ query: ScanQuery
    ) throws(ReportError) -> (rows: [(reasons: [String], sum: Aggregate)], refusal: String?) {
        var scan = query
        scan.withVisitors = false
        var list = ReportDimension.botReasons.list(limit: botsMax + 1)
        list.withVisitors = true
        scan.lists = [list]
        let result = try context.run(scan)
        let rows = result.lists[0].rows.filter { $0.code != DimensionDictionaries.none }.prefix(botsMax)
        let named = rows.map { row in
            (context.dictionaries.text(row.code, .botReasons).split(separator: "\n").map(String.init), row.sum)
        }
        return (named, result.visitorsRefusal)
    }

    static func visitors(_ sizes: [(visitors: Int64, values: Int64)]) -> Int64 {
        sizes.reduce(0) { sum, size in
            let (product, isOverflow) = size.visitors.multipliedReportingOverflow(by: size.values)
            return sum.adding(saturating: isOverflow ? .sumMax : product)
        }
    }

    /// The entropy of a signal in bits: of the observed values, and corrected for the small sample.
    ///
    /// The entropy of observed values is too low where many of them were seen once: half a nat for each value beyond the first is added for
    /// each visitor (Miller, 1955), up to the maximum for this number of visitors.
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
}

extension FingerprintsReport.Signal {
    /// The size ranges of anonymity sets.
    private static let sizes: [ClosedRange<Int64>] = [1...1, 2...9, 10...99, 100...999, 1000...Int64.max]

    package var visitors: Int64 { FingerprintsReport.visitors(sizes) }

    /// The number of distinct values, and of those that only one visitor has.
    package var values: Int64 { sizes.reduce(0) { $0.adding(saturating: $1.values) } }
    package var uniqueValues: Int64 { sizes.first { $0.visitors == 1 }?.values ?? 0 }

    /// The number of visitors by the size of the group that shares their value.
    package var anonymitySets: [(size: ClosedRange<Int64>, visitors: Int64)] {
        Self.sizes.map { size in
            (size, FingerprintsReport.visitors(sizes.filter { size.contains($0.visitors) }))
        }
    }
}

/// The number of visitors with the same value of each signal, and with any value of it.
package struct FingerprintFrequency: Sendable {
    package fileprivate(set) var signals: [(name: String, same: Int64, all: Int64)] = []
}

extension Reports {
    /// The report on the visitors that a query selects, or on all visitors, regardless of its range and filters, when `isAllTime`.
    package func fingerprints(_ query: ReportQuery, isAllTime: Bool) throws(ReportError) -> FingerprintsReport {
        try computed(query) { context throws(ReportError) in
            try FingerprintsReport(context, isAllTime: isAllTime)
        }
    }

    /// The number of known browsers with the same values of signals, by name and hash, as shown to the visitor itself.
    ///
    /// It counts the browsers of a site, or of the page at `/`, which belongs to no site.
    package func fingerprintFrequency(
        _ signals: [(name: String, hash: String)],
        site: String?
    ) throws(ReportError) -> FingerprintFrequency {
        var result = FingerprintFrequency()
        for (name, hash) in signals.prefix(FingerprintReading.signalsMax + 1) {
            let row = try database.reportRows(
                """
                select
                    (select cast(coalesce(sum(visitors), 0) as bigint) from insight_signals where signal = ?1 and hash = ?2 and site = ?3),
                    (select cast(coalesce(sum(visitors * hashes), 0) as bigint) from insight_signal_sizes where signal = ?1 and site = ?3)
                """,
                [.text(name), .text(hash), .text(site ?? "")]
            ).first
            result.signals.append((name, row?[0].integer ?? 0, row?[1].integer ?? 0))
        }
        return result
    }
}
