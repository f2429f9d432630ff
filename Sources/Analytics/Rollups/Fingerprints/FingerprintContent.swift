import Aggregation
import Crypto
import Segments
import Storage
import Texts

/// Checksums of the fingerprints by site, once as rows of texts and once as blocks of numbers with their changes.
struct FingerprintContent {
    struct Sum: Equatable {
        var visitors: Int64 = 0
        var hash: UInt64 = 0
    }

    private(set) var rows: [ByteText: Sum] = [:]
    private(set) var blocks: [ByteText: Sum] = [:]
    private(set) var isDamaged = false

    init(_ database: any Database, prefix: String, _ hashes: KeyedHashes) throws(StoreError) {
        var numbers: [UInt64: UInt32] = [:]
        try Self.stream(database, "select hash, number from \(prefix)visitor_numbers") { row in
            numbers[UInt64(bitPattern: row[0].integer ?? 0)] = UInt32(clamping: row[1].integer ?? 0)
        }
        try readRows(database, prefix, hashes, numbers)
        try readBlocks(database, prefix)
    }

    private static func stream(
        _ database: any Database,
        _ sql: String,
        _ take: ([SQLValue]) -> Void
    ) throws(StoreError) {
        try database.stream(sql, [], milliseconds: Rollups.readMilliseconds) { row in
            take(row)
            return true
        }
    }

    private mutating func readRows(
        _ database: any Database,
        _ prefix: String,
        _ hashes: KeyedHashes,
        _ numbers: [UInt64: UInt32]
    ) throws(StoreError) {
        var found: [ByteText: Sum] = [:]
        try Self.stream(database, "select visitor_id, site, last_seen, signals from \(prefix)insight_fingerprints") {
            row in
            let number = numbers[hashes.visitors.hash(row[0].text ?? "")]
            // Visitors who share a number are in no block.
            guard number != nil || numbers.count < Int(VisitorNumbers.sharedNumber) else { return }
            let values = FingerprintReading.decoded(row[3].text ?? "").map { Self.hash($0.key.text, $0.value) }
            let hash = Self.hash(visitor: number ?? .max, seen: row[2].integer ?? 0, values)
            found[ByteText(row[1].text ?? ""), default: Sum()].visitors += 1
            found[ByteText(row[1].text ?? ""), default: Sum()].hash &+= hash
        }
        rows = found
    }

    private mutating func readBlocks(_ database: any Database, _ prefix: String) throws(StoreError) {
        let reader = FingerprintReader(database, prefix: prefix)
        let signals: [FingerprintReader.Signal]
        do throws(StoreError) { signals = try reader.signals() } catch {
            guard case .damaged = error else { throw error }
            isDamaged = true
            return
        }
        var numbers: [ByteText: UInt16] = [:]
        for (number, signal) in signals.enumerated() { numbers[ByteText(signal.name)] = UInt16(clamping: number) }
        var texts: [FingerprintValue: UInt64] = [:]
        try Self.stream(database, "select signal, code, hash from \(prefix)insight_signals") { row in
            guard let signal = row[0].text, let number = numbers[ByteText(signal)], let hash = row[2].text else {
                return
            }
            texts[FingerprintValue(signal: number, code: UInt32(clamping: row[1].integer ?? 0))] = Self.hash(
                signal,
                hash
            )
        }
        var (found, isDamaged): ([ByteText: Sum], Bool) = ([:], false)
        var changed: Set<[UInt8]> = []
        var isChange = true
        try reader.forEach(atBlocks: { isChange = false }) { row in
            guard let row else { return isDamaged = true }
            let key = withUnsafeBytes(of: row.visitor.littleEndian) { unsafe Array($0) } + Array(row.site.utf8)
            if isChange { changed.insert(key) } else if changed.contains(key) { return }
            let hash = Self.hash(visitor: row.visitor, seen: row.seen, row.values.map { texts[$0] ?? 1 })
            found[ByteText(row.site), default: Sum()].visitors += 1
            found[ByteText(row.site), default: Sum()].hash &+= hash
        }
        (blocks, self.isDamaged) = (found, isDamaged)
    }

    private static func mix(_ hash: inout UInt64, _ value: UInt64) {
        hash = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
    }

    private static func hash(_ signal: String, _ value: String) -> UInt64 {
        var hash: UInt64 = 0x2545_F491_4F6C_DD1D
        for byte in signal.utf8 { mix(&hash, UInt64(byte)) }
        mix(&hash, 0x100)
        for byte in value.utf8 { mix(&hash, UInt64(byte)) }
        return hash
    }

    /// The hash of a fingerprint, for values in any order.
    private static func hash(visitor: UInt32, seen: Int64, _ values: [UInt64]) -> UInt64 {
        var hash = UInt64(visitor)
        mix(&hash, UInt64(bitPattern: seen))
        mix(&hash, values.reduce(0, &+))
        return hash
    }
}
