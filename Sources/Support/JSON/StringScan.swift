/// Scans a string and validates its escapes and UTF-8.
///
/// `at` is the byte after the opening quote; it is moved past the closing quote.
@inline(__always)
func scanString(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ notes: inout Notes) throws(JSONError) {
    while true {
        skipPlainWords(bytes, &at, end)
        guard at < end else { throw .syntax }
        let byte = bytes[at]
        if byte == UInt8(ascii: "\"") {
            at &+= 1
            return
        }
        if byte == UInt8(ascii: "\\") {
            notes.hasEscapes = true
            try scanEscape(bytes, &at, end, &notes)
        } else if byte < 0x20 {
            throw .syntax
        } else if byte < 0x80 {
            at &+= 1
        } else {
            try scanMultibyte(bytes, &at, end)
        }
    }
}

/// Skips eight bytes at a time as long as they contain no quote, backslash, control character or non-ASCII byte.
@inline(__always)
private func skipPlainWords(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let raw = bytes.bytes
    while at &+ 8 <= end {
        let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let found =
            (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word) | word)
            & highs
        if found != 0 {
            at &+= found.trailingZeroBitCount >> 3
            return
        }
        at &+= 8
    }
}

/// Scans one escape, whose backslash is at `at`.
///
/// Text errors are recorded, not thrown: the text is valid JSON nevertheless.
private func scanEscape(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ notes: inout Notes) throws(JSONError) {
    guard at &+ 1 < end else { throw .syntax }
    switch bytes[at &+ 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
        UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        at &+= 2
    case UInt8(ascii: "u"):
        guard let unit = hexUnit(bytes, at &+ 2, end) else { throw .syntax }
        at &+= 6
        if unit == 0 {
            notes.textError = notes.textError ?? .nul
        } else if isLowSurrogate(unit) {
            notes.textError = notes.textError ?? .loneSurrogate
        } else if isHighSurrogate(unit) {
            guard at &+ 1 < end, bytes[at] == UInt8(ascii: "\\"), bytes[at &+ 1] == UInt8(ascii: "u"),
                let low = hexUnit(bytes, at &+ 2, end), isLowSurrogate(low)
            else {
                notes.textError = notes.textError ?? .loneSurrogate
                return
            }
            at &+= 6
        }
    default:
        throw .syntax
    }
}

@inline(__always) func isHighSurrogate(_ unit: UInt32) -> Bool { unit & 0xFC00 == 0xD800 }
@inline(__always) func isLowSurrogate(_ unit: UInt32) -> Bool { unit & 0xFC00 == 0xDC00 }

/// The value of the four hexadecimal digits at `at`; nil when there are none.
func hexUnit(_ bytes: Span<UInt8>, _ at: Int, _ end: Int) -> UInt32? {
    guard at &+ 4 <= end else { return nil }
    var unit: UInt32 = 0
    for index in at..<at &+ 4 {
        guard let digit = hexDigit(bytes[index]) else { return nil }
        unit = unit << 4 | UInt32(digit)
    }
    return unit
}

/// The value of a hexadecimal digit in either case; nil for other bytes.
@inlinable
package func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Validates one character of two to four bytes.
///
/// Rejects overlong encodings, surrogates and values above U+10FFFF (RFC 3629).
@inline(__always)
private func scanMultibyte(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) throws(JSONError) {
    let first = bytes[at]
    let count: Int
    var secondMin: UInt8 = 0x80
    var secondMax: UInt8 = 0xBF
    switch first {
    case 0xC2...0xDF: count = 2
    case 0xE0...0xEF:
        count = 3
        if first == 0xE0 { secondMin = 0xA0 }
        if first == 0xED { secondMax = 0x9F }
    case 0xF0...0xF4:
        count = 4
        if first == 0xF0 { secondMin = 0x90 }
        if first == 0xF4 { secondMax = 0x8F }
    default: throw .syntax
    }
    guard at &+ count <= end, bytes[at &+ 1] >= secondMin, bytes[at &+ 1] <= secondMax else { throw .syntax }
    if count > 2 {
        for index in at &+ 2..<at &+ count where bytes[index] & 0xC0 != 0x80 { throw .syntax }
    }
    at &+= count
}
