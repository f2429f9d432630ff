/// A value of a signal: the number of the signal, and the code of the value among those of the signal, from 1 on.
package struct FingerprintValue: Hashable, Sendable {
    package var signal: UInt16
    package var code: UInt32

    package init(signal: UInt16, code: UInt32) { (self.signal, self.code) = (signal, code) }
}

/// The last fingerprint of a visitor on a site.
package struct FingerprintRow: Equatable, Sendable {
    /// The number of the visitor.
    package var visitor: UInt32
    package var site: String
    /// When it was received, in seconds since 1970.
    package var seen: Int64
    /// At most one of each signal, in any order.
    package var values: [FingerprintValue]

    package init(visitor: UInt32, site: String, seen: Int64, values: [FingerprintValue]) {
        (self.visitor, self.site, self.seen, self.values) = (visitor, site, seen, values)
    }

    private static let valueBytes = 6

    /// The values in six bytes each, little-endian: the signal, and the code.
    package var encodedValues: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * Self.valueBytes)
        for value in values {
            for byte in 0..<2 { bytes.append(UInt8(truncatingIfNeeded: value.signal >> UInt16(8 * byte))) }
            for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.code >> UInt32(8 * byte))) }
        }
        return bytes
    }

    /// The values of such bytes; nil when they are damaged.
    package static func values(_ bytes: [UInt8]) -> [FingerprintValue]? {
        guard bytes.count.isMultiple(of: valueBytes) else { return nil }
        return stride(from: 0, to: bytes.count, by: valueBytes).map { start in
            let signal = UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8
            let low = UInt32(bytes[start + 2]) | UInt32(bytes[start + 3]) << 8
            return FingerprintValue(
                signal: signal,
                code: low | UInt32(bytes[start + 4]) << 16 | UInt32(bytes[start + 5]) << 24
            )
        }
    }

    /// Whether it counts rather than another one of the same visitor: it is the later one, or of a site that comes first by its bytes.
    package func isLater(than other: FingerprintRow) -> Bool {
        guard seen == other.seen else { return seen > other.seen }
        return site.utf8.lexicographicallyPrecedes(other.site.utf8)
    }
}
