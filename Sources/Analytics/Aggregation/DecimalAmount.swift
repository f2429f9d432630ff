/// Parses the values of custom events: exact decimals in units of 1/10,000, never binary fractions.
enum DecimalAmount: Equatable, Sendable {
    case valid(Int64)
    case outOfRange
    case notDecimal

    /// The digits after the point that are kept.
    static let digits = 4
    private static let unitsPerOne: Int64 = 10_000
    /// The most bytes of a number, and the largest exponent that is read.
    private static let bytesMax = 60
    private static let exponentMax = 400

    /// The value of a number as JSON has it, rounded to `digits` after the point, halves away from zero.
    static func units(_ text: String) -> DecimalAmount {
        var rest = Array(text.utf8.prefix(bytesMax + 1))[...]
        guard rest.count <= bytesMax else { return .notDecimal }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        var significand: [UInt8] = []
        var (fraction, isFraction) = (0, false)
        while let byte = rest.first, byte == UInt8(ascii: ".") || isDigit(byte) {
            rest.removeFirst()
            if byte == UInt8(ascii: ".") {
                guard !isFraction, !significand.isEmpty, rest.first.map(isDigit) == true else { return .notDecimal }
                isFraction = true
            } else {
                significand.append(byte - UInt8(ascii: "0"))
                fraction += isFraction ? 1 : 0
            }
        }
        guard !significand.isEmpty, let exponent = exponent(rest) else { return .notDecimal }
        return scaled(significand, shift: exponent - fraction + digits, isNegative: isNegative)
    }

    /// The upper-case code of a currency; nil unless it has three letters.
    static func currency(_ text: String) -> String? {
        let letters = Array(text.utf8.prefix(4))
        guard letters.count == 3, letters.allSatisfy({ (0x41...0x5a).contains($0 & 0xdf) }) else { return nil }
        return String(decoding: letters.map { $0 & 0xdf }, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func exponent(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.first else { return 0 }
        guard first | 0x20 == UInt8(ascii: "e") else { return nil }
        guard let exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)) else { return nil }
        return min(max(exponent, -exponentMax), exponentMax)
    }

    /// The digits times a power of ten.
    private static func scaled(_ digits: [UInt8], shift: Int, isNegative: Bool) -> DecimalAmount {
        let significand = digits.drop { $0 == 0 }
        guard !significand.isEmpty else { return .valid(0) }
        let length = significand.count + shift
        guard length >= 0 else { return .valid(0) }
        // More digits than the largest value has.
        guard length <= 14 else { return .outOfRange }
        var units: Int64 = 0
        for index in 0..<length {
            let digit = index < significand.count ? significand[significand.startIndex + index] : 0
            units = units * 10 + Int64(digit)
        }
        if length < significand.count, significand[significand.startIndex + length] >= 5 { units += 1 }
        guard Double(units) <= PlausibleRanges.eventValue.upperBound * Double(unitsPerOne) else { return .outOfRange }
        return .valid(isNegative ? -units : units)
    }
}
