import JSON

extension EventID {
    /// Parses a UUID of any version (RFC 9562) in either case, with all hyphens or without any.
    package init?(_ bytes: some RandomAccessCollection<UInt8>) {
        let hasHyphens = bytes.count == 36
        guard hasHyphens || bytes.count == 32 else { return nil }
        var value: UInt128 = 0
        var index = 0
        for byte in bytes {
            defer { index += 1 }
            if hasHyphens, index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexDigit(byte) else { return nil }
            value = value << 4 | UInt128(digit)
        }
        self.init(high: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
    }

    /// The hyphenated form in lower case, 36 bytes.
    package var text: [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            let half = index < 16 ? high : low
            text.append(digits[Int(half >> UInt64((15 - index % 16) * 4) & 15)])
        }
        return text
    }
}
