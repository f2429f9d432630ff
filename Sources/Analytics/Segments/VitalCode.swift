/// Two-byte code of a measured value that preserves order: 5 bits of exponent and 11 bits of mantissa.
///
/// A code covers the values above its lower bound, up to and including its upper bound. Thresholds are upper
/// bounds, so comparing codes with them is exact. The bits that a code omits are stored in a second column, the
/// remainder.
enum VitalCode {
    static let none: UInt16 = 0
    static let zero: UInt16 = 1
    /// Values above 0, up to 2^-10; the remainder has all bits.
    static let tiny: UInt16 = 2
    /// Values above or close to 2^22; the remainder has all bits.
    static let huge: UInt16 = .max
    private static let first: UInt32 = 3
    private static let droppedBits: UInt32 = 12
    /// 2^-10 without the omitted bits.
    private static let base: UInt32 = (127 - 10) << (23 - droppedBits)

    static func encode(_ value: Float?) -> (code: UInt16, remainder: UInt32) {
        guard let value, value >= 0 else { return (none, 0) }
        let bits = value.bitPattern & 0x7fff_ffff
        guard bits > 0 else { return (zero, 0) }
        let high = (bits - 1) >> droppedBits
        if high < base { return (tiny, bits) }
        let code = high - base + first
        if code >= UInt32(huge) { return (huge, bits) }
        return (UInt16(code), (bits - 1) & ((1 << droppedBits) - 1))
    }

    /// Decodes a value; nil for no value and for combinations that encoding does not produce.
    static func value(_ code: UInt16, _ remainder: UInt32) -> Float? {
        switch code {
        case none: return nil
        case zero: return 0
        case tiny, huge:
            let value = Float(bitPattern: remainder)
            return encode(value).code == code ? value : nil
        default:
            guard remainder < 1 << droppedBits else { return nil }
            return Float(bitPattern: ((UInt32(code) - first + base) << droppedBits | remainder) + 1)
        }
    }

    /// The largest value of a code.
    static func upperBound(_ code: UInt16) -> Double {
        if code <= zero { return 0 }
        if code == huge { return Double(Float.greatestFiniteMagnitude) }
        return Double(Float(bitPattern: (UInt32(code) + base + 1 - first) << droppedBits))
    }

    /// The exclusive lower bound of a code's values.
    static func lowerBound(_ code: UInt16) -> Double { code <= tiny ? 0 : upperBound(code - 1) }

    /// The last code of the histogram bin that contains a code; a bin is 1/32 of a power of two.
    static func lastOfBin(_ code: UInt16) -> UInt16 {
        guard code > tiny else { return code }
        return UInt16(min(UInt32(huge), ((UInt32(code) - first) | 63) + first))
    }

    // MARK: - Pairs of codes

    /// Index of the pair that contains a code, in the order of the codes.
    ///
    /// The codes 0, 1 and 2 are not paired. Thresholds have even codes, so they are upper bounds of pairs, too.
    @inline(__always) static func pair(_ code: UInt16) -> Int { min(Int(code), (Int(code) &+ 3) >> 1) }

    static func first(ofPair pair: Int) -> UInt16 { UInt16(pair <= 2 ? pair : 2 * pair - 3) }
    static func last(ofPair pair: Int) -> UInt16 { UInt16(pair <= 2 ? pair : min(Int(huge), 2 * pair - 2)) }
}
