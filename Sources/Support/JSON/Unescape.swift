/// Appends the text of a scanned string to `bytes` as UTF-8, with escapes decoded.
///
/// `content` is the range between the quotes, in `bytes` itself. It must come from a scanned string
/// without text errors; a malformed escape loses its backslash.
package func appendUnescaped(_ content: Range<Int>, to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + content.count)
    var at = content.lowerBound
    while at < content.upperBound {
        let byte = bytes[at]
        guard byte == UInt8(ascii: "\\"), at + 1 < content.upperBound else {
            bytes.append(byte)
            at += 1
            continue
        }
        let escape = bytes[at + 1]
        if escape == UInt8(ascii: "u"), let unit = hexUnit(bytes.span, at + 2, content.upperBound) {
            at += 6
            appendUnit(unit, &at, content.upperBound, to: &bytes)
        } else {
            bytes.append(plainEscape(escape))
            at += 2
        }
    }
}

private func plainEscape(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: byte
    }
}

/// Appends the character of a UTF-16 code unit, including the low surrogate at `at` if there is one.
private func appendUnit(_ unit: UInt32, _ at: inout Int, _ end: Int, to bytes: inout [UInt8]) {
    var scalar = unit
    if isHighSurrogate(unit), at + 1 < end, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u"),
        let low = hexUnit(bytes.span, at + 2, end), isLowSurrogate(low)
    {
        scalar = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        at += 6
    }
    bytes.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
}

/// Appends `text` as a JSON string with quotes.
package func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x0A: bytes += Array("\\n".utf8)
        case 0x00..<0x20: bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        default: bytes.append(byte)
        }
    }
    bytes.append(UInt8(ascii: "\""))
}
