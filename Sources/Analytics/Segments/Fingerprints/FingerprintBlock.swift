/// The fingerprints of the visitors of a range of numbers, with a column for each signal.
///
/// Binary format: version (1 byte); then, as little-endian integers of 4 bytes, the number of rows, of sites and of signals, the number of
/// bytes of each site, and the number of each signal; the bytes of the sites; and the columns in the format of `ColumnBytes`, each after
/// the number of its bytes: visitors, indexes of sites, times, and the codes of each signal, 0 for none. Rows are sorted by visitor and by
/// the bytes of the site.
package struct FingerprintBlock {
    /// The visitors of a block.
    package static let visitorsCount: UInt32 = 8192
    /// Rows of a part of a block; a part may exceed it by the rows of one visitor, who has one for each site.
    package static let rowsOfPart = 16_384
    private static let version: UInt8 = 1

    /// The number of the block of a visitor.
    package static func number(of visitor: UInt32) -> Int64 { Int64(visitor / visitorsCount) }

    /// The numbers of all blocks that a visitor can be in.
    package static let numbers = 0...number(of: .max)

    /// The numbers of the visitors of a block, which is one of `numbers`.
    package static func visitors(of block: Int64) -> Range<Int64> {
        block * Int64(visitorsCount)..<(block + 1) * Int64(visitorsCount)
    }

    package let sites: [String]
    package let signals: [UInt16]
    /// By row.
    package let visitors: [UInt32]
    private let siteColumn: StoredColumn
    private let seenColumn: StoredColumn
    private let columns: [StoredColumn]

    // MARK: - Encoding

    /// Encodes rows in any order as one part or more; each visitor has one row for a site at most, and is in one part.
    package static func encode(_ rows: [FingerprintRow]) -> [[UInt8]] {
        let sorted = rows.sorted { one, other in
            guard one.visitor == other.visitor else { return one.visitor < other.visitor }
            return one.site.utf8.lexicographicallyPrecedes(other.site.utf8)
        }
        var parts: [[UInt8]] = []
        var start = 0
        while start < sorted.count {
            var end = min(start + rowsOfPart, sorted.count)
            while end < sorted.count, sorted[end].visitor == sorted[end - 1].visitor { end += 1 }
            parts.append(encodePart(sorted[start..<end]))
            start = end
        }
        return parts
    }

    private static func encodePart(_ rows: ArraySlice<FingerprintRow>) -> [UInt8] {
        let (sites, indexes) = sites(rows)
        var codes: [UInt16: [UInt32]] = [:]
        for (index, row) in rows.enumerated() {
            for value in row.values {
                codes[value.signal, default: Array(repeating: 0, count: rows.count)][index] = value.code
            }
        }
        let signals = codes.keys.sorted()
        var bytes: [UInt8] = [version]
        append(rows.count, to: &bytes)
        append(sites.count, to: &bytes)
        append(signals.count, to: &bytes)
        for site in sites { append(site.utf8.count, to: &bytes) }
        for signal in signals { append(Int(signal), to: &bytes) }
        for site in sites { bytes += site.utf8 }
        func column(_ column: [UInt8]) {
            append(column.count, to: &bytes)
            bytes += column
        }
        column(ColumnBytes.encode(numbers: rows.map { UInt64($0.visitor) }))
        column(ColumnBytes.encode(numbers: indexes))
        column(ColumnBytes.encode(numbers: rows.map { UInt64(clamping: $0.seen) }))
        for signal in signals { column(ColumnBytes.encode(codes: codes[signal] ?? [])) }
        return bytes
    }

    /// The sites of rows, sorted by their bytes, and the index of each row's site.
    private static func sites(_ rows: ArraySlice<FingerprintRow>) -> (sites: [String], indexes: [UInt64]) {
        // Texts that differ only in their bytes are equal in Swift, but are different sites.
        var numbers: [[UInt8]: UInt64] = [:]
        for row in rows { numbers[Array(row.site.utf8)] = 0 }
        let sorted = numbers.keys.sorted { $0.lexicographicallyPrecedes($1) }
        for (index, site) in sorted.enumerated() { numbers[site] = UInt64(index) }
        let sites = sorted.map { String(decoding: $0, as: UTF8.self) }
        return (sites, rows.map { numbers[Array($0.site.utf8)] ?? 0 })
    }

    private static func append(_ value: Int, to bytes: inout [UInt8]) {
        for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }

    // MARK: - Decoding

    /// Nil when the bytes are damaged.
    package init?(_ bytes: [UInt8]) {
        var reader = BlockReader(bytes)
        guard reader.byte() == Self.version, let rows = reader.number(), let sites = reader.number(),
            let count = reader.number(), rows <= ColumnBytes.codesMax, let sizes = reader.numbers(sites),
            let signals = reader.numbers(count)?.map({ UInt16(truncatingIfNeeded: $0) }),
            let texts = reader.texts(sizes), let visitors = reader.column(rows: rows)?.numbers(max: UInt32.max),
            let siteColumn = reader.column(rows: rows), let seenColumn = reader.column(rows: rows)
        else { return nil }
        var columns: [StoredColumn] = []
        for _ in signals {
            guard let column = reader.column(rows: rows, hasCodes: true) else { return nil }
            columns.append(column)
        }
        // The rows of a visitor are found by their order.
        guard reader.isAtEnd, zip(visitors, visitors.dropFirst()).allSatisfy({ $0 <= $1 }) else { return nil }
        (self.sites, self.signals, self.visitors) = (texts, signals, visitors)
        (self.siteColumn, self.seenColumn, self.columns) = (siteColumn, seenColumn, columns)
    }

    /// By row, the index of its site; nil when the column is damaged.
    package func siteIndexes() -> [UInt32]? {
        sites.isEmpty ? nil : siteColumn.numbers(max: UInt32(sites.count - 1))
    }

    /// By row, when it was received in seconds since 1970; nil when the column is damaged.
    package func times() -> [Int64]? {
        let numbers: [UInt64]? = seenColumn.numbers(max: UInt64(Int64.max))
        return numbers?.map { Int64($0) }
    }

    /// The codes of a signal by its index, of which 0 is no value, and their indexes by row; nil when the column is damaged.
    package func codes(_ signal: Int) -> (dictionary: [UInt32], rows: [UInt16])? {
        columns[signal].indexes().map { (columns[signal].dictionary, $0) }
    }

    /// All rows; nil when a column is damaged.
    package func rows() -> [FingerprintRow]? {
        guard let indexes = siteIndexes(), let times = times() else { return nil }
        var rows = visitors.indices.map { row in
            FingerprintRow(visitor: visitors[row], site: sites[Int(indexes[row])], seen: times[row], values: [])
        }
        for (signal, column) in zip(signals, columns) {
            guard let codes = column.codes() else { return nil }
            for (row, code) in codes.enumerated() where code != 0 {
                rows[row].values.append(FingerprintValue(signal: signal, code: code))
            }
        }
        return rows
    }
}

/// Reads the parts of a block; nil beyond its end.
private struct BlockReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= bytes.count - position else { return nil }
        position += count
        return bytes[position - count..<position]
    }

    mutating func byte() -> UInt8? { take(1)?.first }

    mutating func number() -> Int? {
        take(4).map { $0.reversed().reduce(0) { $0 << 8 | Int($1) } }
    }

    mutating func numbers(_ count: Int) -> [Int]? {
        guard count <= (bytes.count - position) / 4 else { return nil }
        return (0..<count).compactMap { _ in number() }
    }

    mutating func texts(_ sizes: [Int]) -> [String]? {
        var texts: [String] = []
        for size in sizes {
            guard let own = take(size) else { return nil }
            texts.append(String(decoding: own, as: UTF8.self))
        }
        return texts
    }

    mutating func column(rows: Int, hasCodes: Bool = false) -> StoredColumn? {
        guard let count = number(), let own = take(count) else { return nil }
        return StoredColumn(Array(own), rows: rows, hasCodes: hasCodes)
    }
}
