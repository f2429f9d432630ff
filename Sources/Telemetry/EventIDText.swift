import JSONScan

extension EventID {
    /// Reads a UUID of any version as RFC 9562 writes it, in either case, with its hyphens or without any.
    package init?(_ bytes: some RandomAccessCollection<UInt8>) {
        guard bytes.count == 36 || bytes.count == 32 else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for (offset, byte) in bytes.enumerated() {
            if bytes.count == 36, [8, 13, 18, 23].contains(offset) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexDigit(byte) else { return nil }
            if digits < 16 {
                halves.high = halves.high << 4 | UInt64(digit)
            } else {
                halves.low = halves.low << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: halves.high, low: halves.low)
    }

    /// The hyphenated form in lower case, 36 bytes.
    package var text: [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { text.append(UInt8(ascii: "-")) }
            let half = place < 16 ? high : low
            text.append(digits[Int(half >> UInt64((15 - place % 16) * 4) & 15)])
        }
        return text
    }
}
