import Rollups
import Segments
import Storage
import Texts

/// Counts visitors by their values of signals; each visitor counts once, by its last fingerprint on the site of the query, or on any.
struct FingerprintPopulation {
    /// The most distinct values of all signals that are counted.
    static let valuesMax = 300_000
    private static let tooMany = ReportError.refused(
        "The fingerprints have more than \(valuesMax) distinct values: narrow the range or the filters"
    )

    private let database: any Database
    /// Names of signals by number, and the visitors by the codes of their values.
    private var names: [String] = []
    private var counts: [[UInt32]] = []

    /// Counts the visitors that the query selects.
    init(_ context: ReportContext) throws(ReportError) {
        database = context.database
        guard let selection = try Self.selection(context) else { return }
        try count(context, selection)
    }

    /// Counts all visitors with a fingerprint.
    init(ofAll context: ReportContext) throws(ReportError) {
        database = context.database
        let mayShareNumbers: Bool
        do throws(StoreError) { mayShareNumbers = try FingerprintReader(database).mayShareNumbers() } catch {
            throw .store(error)
        }
        guard !mayShareNumbers else { throw .refused(ScanResult.visitorsSentence) }
        try count(context, nil)
    }

    private mutating func count(_ context: ReportContext, _ selection: ScanSelection?) throws(ReportError) {
        let reader = FingerprintReader(context.database)
        let scan: FingerprintScan
        do throws(StoreError) {
            let signals = try reader.signals()
            names = signals.map(\.name)
            scan = try reader.scan(selection, site: context.query.site, signals, valuesMax: Self.valuesMax)
        } catch {
            throw .store(error)
        }
        guard scan.valuesCount <= Self.valuesMax else { throw Self.tooMany }
        counts = scan.counts
    }

    /// The visitors with a page view that the query counts.
    private static func selection(_ context: ReportContext) throws(ReportError) -> ScanSelection? {
        var scan = try context.scanQuery(context.query.range, withSeries: false)
        (scan.selection, scan.withVisitors, scan.withEvents, scan.totals) = (.visitors, false, false, .none)
        let selection = try context.run(scan).selection
        guard selection?.hasVisitor(VisitorNumbers.sharedNumber) != true else {
            throw .refused(ScanResult.visitorsSentence)
        }
        return selection
    }

    /// The signals with the highest entropy, each with its most shared values; `returns` has the repeat readings by name.
    func signals(
        returns: [ByteText: (reports: Int64, changes: Int64)]? = nil
    ) throws(ReportError) -> [FingerprintsReport.Signal] {
        var numbers: [ByteText: Int] = [:]
        var signals: [FingerprintsReport.Signal] = []
        for (number, counts) in counts.enumerated() {
            var sizes: [Int64: Int64] = [:]
            for visitors in counts where visitors > 0 { sizes[Int64(visitors), default: 0] += 1 }
            guard !sizes.isEmpty else { continue }
            let sorted = sizes.sorted { $0.key > $1.key }.map { (visitors: $0.key, values: $0.value) }
            numbers[ByteText(names[number])] = number
            signals.append(
                FingerprintsReport.Signal(
                    name: names[number],
                    sizes: sorted,
                    bits: FingerprintsReport.entropy(sorted),
                    returns: returns.map { $0[ByteText(names[number])] ?? (0, 0) },
                    shared: []
                )
            )
        }
        var ranked = FingerprintsReport.ranked(signals)
        for index in ranked.indices {
            guard let number = numbers[ByteText(ranked[index].name)] else { continue }
            ranked[index].shared = try shared(number)
        }
        return ranked
    }

    /// The values of a signal that the most visitors share; ties are ordered by the bytes of the hashes.
    private func shared(_ signal: Int) throws(ReportError) -> [(hash: String, visitors: Int64)] {
        let codes = counts[signal].indices.filter { counts[signal][$0] > 1 }
            .sorted { counts[signal][$0] > counts[signal][$1] }
        guard let least = codes.prefix(Int(FingerprintsReport.valuesMax)).last.map({ counts[signal][$0] }) else {
            return []
        }
        let wanted = codes.prefix { counts[signal][$0] >= least }
        var values: [(hash: String, visitors: Int64)] = []
        var known: Set<Int> = []
        do throws(StoreError) {
            let rows = try database.lookup(
                "insight_signals",
                key: ["signal", "code"],
                wanted.map { [.text(names[signal]), .integer(Int64($0))] },
                columns: ["code", "hash"]
            )
            for row in rows {
                // A value has a row for each site.
                guard let code = row[0].integer.map({ Int($0) }), let hash = row[1].text, known.insert(code).inserted
                else { continue }
                values.append((hash, Int64(counts[signal][code])))
            }
        } catch {
            throw .store(error)
        }
        values.sort {
            $0.visitors != $1.visitors
                ? $0.visitors > $1.visitors : $0.hash.utf8.lexicographicallyPrecedes($1.hash.utf8)
        }
        return Array(values.prefix(Int(FingerprintsReport.valuesMax)))
    }
}
