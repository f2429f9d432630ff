import Crypto
import Segments
import Storage
import Aggregation

/// Counts the visitors of a query by their values of signals; each visitor counts once, by its last fingerprint on the site.
struct FingerprintPopulation {
    /// The most distinct values of all signals that are counted.
    static let valuesMax = 300_000
    private static let tooMany = ReportError.refused(
        "The fingerprints have more than \(valuesMax) distinct values: narrow the range or the filters"
    )

    /// The lines of fingerprints, each a signal and its value, with the number of visitors; and their indices by hash.
    ///
    /// The hash has a random key in each process, so that nobody can construct two lines with the same hash.
    private var values: [(line: String, visitors: Int64)] = []
    private var indexes: [Int: Int] = [:]

    init(_ context: ReportContext) throws(ReportError) {
        let selected = try Self.selectedVisitors(context)
        guard !selected.isEmpty else { return }
        let hashes = try context.hashes().visitors
        try Self.forEachVisitor(context) { visitor, signals in
            if selected.contains(hashes.hash(visitor)) { add(signals) }
            return values.count <= Self.valuesMax
        }
        guard values.count <= Self.valuesMax else { throw Self.tooMany }
    }

    /// The hashes of the visitors with a page view that the query counts.
    private static func selectedVisitors(_ context: ReportContext) throws(ReportError) -> Set<UInt64> {
        var scan = try context.scanQuery(context.query.range, withSeries: false)
        scan.selection = .visitors
        let result = try context.run(scan)
        guard !result.hasTooManyVisitors, let selection = result.selection else {
            throw .refused(ScanResult.visitorsSentence)
        }
        guard let visitors = result.total.visitors, visitors > 0 else { return [] }
        var selected: Set<UInt64> = []
        selected.reserveCapacity(Int(clamping: visitors))
        try context.database.reportStream("select hash, number from visitor_numbers") { row in
            guard let hash = row[0].integer, let number = row[1].integer.flatMap(UInt32.init(exactly:)) else {
                return true
            }
            if selection.hasVisitor(number) { selected.insert(UInt64(bitPattern: hash)) }
            return true
        }
        return selected
    }

    /// Calls `take` with the last fingerprint of each visitor, on the query's site if it has one; `take` returns false to stop.
    private static func forEachVisitor(
        _ context: ReportContext,
        _ take: (_ visitor: String, _ signals: String) -> Bool
    ) throws(ReportError) {
        // The fingerprints of one visitor are adjacent.
        let sql = """
            select visitor_id, last_seen, signals from insight_fingerprints\(context.query.site == nil ? "" : " where site = ?1")
            order by visitor_id
            """
        var last: (visitor: String, seen: Int64, signals: String)?
        try context.database.reportStream(sql, context.query.site.map { [.text($0)] } ?? []) { row in
            guard let visitor = row[0].text, let seen = row[1].integer, let signals = row[2].text else { return true }
            if let known = last, ByteText(known.visitor) == ByteText(visitor) {
                if seen > known.seen { last = (visitor, seen, signals) }
                return true
            }
            let isWanted = last.map { take($0.visitor, $0.signals) } ?? true
            last = (visitor, seen, signals)
            return isWanted
        }
        if let last { _ = take(last.visitor, last.signals) }
    }

    private mutating func add(_ signals: String) {
        var signals = signals
        signals.withUTF8 { bytes in
            var start = 0
            while start < bytes.count {
                let rest = unsafe UnsafeBufferPointer(rebasing: bytes[start...])
                let count = unsafe rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
                if count > 0 { unsafe add(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: rest[..<count]))) }
                start += count + 1
            }
        }
    }

    /// Counts a line; most are known, and no text is created for them.
    private mutating func add(_ line: UnsafeRawBufferPointer) {
        var hasher = Hasher()
        unsafe hasher.combine(bytes: line)
        let hash = hasher.finalize()
        if let index = indexes[hash] {
            values[index].visitors += 1
        } else {
            indexes[hash] = values.count
            values.append((unsafe String(decoding: line, as: UTF8.self), 1))
        }
    }

    /// The signals with the highest entropy, each with its most shared values.
    func signals() -> [FingerprintsReport.Signal] {
        var found: [String: [(hash: String, visitors: Int64)]] = [:]
        for (line, visitors) in values {
            for (name, hash) in FingerprintReading.decoded(line) { found[name, default: []].append((hash, visitors)) }
        }
        let signals = found.map { name, values in
            var sizes: [Int64: Int64] = [:]
            for (_, visitors) in values { sizes[visitors, default: 0] += 1 }
            let sorted = sizes.sorted { $0.key > $1.key }.map { (visitors: $0.key, values: $0.value) }
            return FingerprintsReport.Signal(
                name: name,
                sizes: sorted,
                bits: FingerprintsReport.entropy(sorted),
                returns: nil,
                shared: Self.shared(values)
            )
        }
        return FingerprintsReport.ranked(signals)
    }

    private static func shared(_ values: [(hash: String, visitors: Int64)]) -> [(hash: String, visitors: Int64)] {
        let sorted = values.filter { $0.visitors > 1 }.sorted {
            $0.visitors != $1.visitors
                ? $0.visitors > $1.visitors : $0.hash.utf8.lexicographicallyPrecedes($1.hash.utf8)
        }
        return Array(sorted.prefix(Int(FingerprintsReport.valuesMax)))
    }
}
