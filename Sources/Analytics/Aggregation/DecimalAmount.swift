import Numbers

/// Parses the values of custom events: exact decimals in units of 1/10,000, never binary fractions.
enum DecimalAmount: Equatable, Sendable {
    case valid(Int64)
    case outOfRange
    case notDecimal

    /// The digits after the point that are kept.
    static let digits = 4
    private static let unitsPerOne: Int64 = 10_000
    /// The most bytes of a number.
    private static let bytesMax = 60

    /// The value of a number as JSON has it, rounded to `digits` after the point, halves away from zero.
    static func units(_ text: String) -> DecimalAmount {
        guard text.utf8.count <= bytesMax, let number = DecimalNumber(text) else { return .notDecimal }
        guard !number.digits.isEmpty else { return .valid(0) }
        let length = number.digits.count + number.exponent + digits
        guard length >= 0 else { return .valid(0) }
        // More digits than the largest value has.
        guard length <= 14 else { return .outOfRange }
        var units: Int64 = 0
        for index in 0..<length { units = units * 10 + (index < number.digits.count ? Int64(number.digits[index]) : 0) }
        if length < number.digits.count, number.digits[length] >= 5 { units += 1 }
        guard Double(units) <= PlausibleRanges.eventValue.upperBound * Double(unitsPerOne) else { return .outOfRange }
        return .valid(number.isNegative ? -units : units)
    }

    /// The upper-case code of a currency; nil unless it has three letters.
    static func currency(_ text: String) -> String? {
        let letters = Array(text.utf8.prefix(4))
        guard letters.count == 3, letters.allSatisfy({ (0x41...0x5a).contains($0 & 0xdf) }) else { return nil }
        return String(decoding: letters.map { $0 & 0xdf }, as: UTF8.self)
    }
}
