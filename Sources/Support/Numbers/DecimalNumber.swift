/// A decimal number with all of its digits, equal to any other notation of the same value.
///
/// PostgreSQL does not keep how a number of JSON was written: it stores `1e2` as `100` and `-0` as `0`.
package struct DecimalNumber: Hashable, Sendable {
    package let isNegative: Bool
    /// The values of the digits, without zeros at either end; empty for 0.
    package let digits: [UInt8]
    /// The power of ten by which the digits, as an integer, are multiplied; 0 for 0.
    package let exponent: Int

    /// The magnitude to which an exponent is limited; the scanner of JSON permits fewer digits.
    private static let exponentMax = 1_000_000_000
    /// The most digits of `text` without an exponent.
    private static let plainDigitsMax = 40

    /// Parses a number as JSON has it, with leading zeros too; nil for other texts.
    package init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        let hasSign = rest.first == UInt8(ascii: "-")
        if hasSign { rest.removeFirst() }
        var (found, fraction, isFraction): ([UInt8], Int, Bool) = ([], 0, false)
        while let byte = rest.first, byte == UInt8(ascii: ".") || Self.isDigit(byte) {
            rest.removeFirst()
            if byte == UInt8(ascii: ".") {
                guard !isFraction, !found.isEmpty, rest.first.map(Self.isDigit) == true else { return nil }
                isFraction = true
            } else {
                found.append(byte - UInt8(ascii: "0"))
                fraction += isFraction ? 1 : 0
            }
        }
        guard !found.isEmpty, let power = Self.exponent(rest) else { return nil }
        let significant = found.drop { $0 == 0 }
        let zeros = significant.reversed().prefix { $0 == 0 }.count
        digits = Array(significant.dropLast(zeros))
        exponent = digits.isEmpty ? 0 : power - fraction + zeros
        isNegative = hasSign && !digits.isEmpty
    }

    /// The number in the only notation that this function gives it: with an exponent if it has very many digits.
    package var text: String {
        guard !digits.isEmpty else { return "0" }
        let written = digits.map { $0 + UInt8(ascii: "0") }
        let whole = digits.count + exponent
        var bytes: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        if max(whole, digits.count, digits.count - whole) > Self.plainDigitsMax {
            bytes.append(written[0])
            if written.count > 1 { bytes += [UInt8(ascii: ".")] + written.dropFirst() }
            bytes += Array("e\(whole - 1)".utf8)
        } else if exponent >= 0 {
            bytes += written + Array(repeating: UInt8(ascii: "0"), count: exponent)
        } else if whole > 0 {
            bytes += written.prefix(whole) + [UInt8(ascii: ".")] + written.dropFirst(whole)
        } else {
            bytes += Array("0.".utf8) + Array(repeating: UInt8(ascii: "0"), count: -whole) + written
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func exponent(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.first else { return 0 }
        guard first | 0x20 == UInt8(ascii: "e") else { return nil }
        guard let exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)) else { return nil }
        return min(max(exponent, -exponentMax), exponentMax)
    }
}
