/// Appends the text of a scanned value to `bytes` with its long numbers as strings of the same spelling, all else byte for byte.
///
/// `range` is the place of a value without a flaw in `bytes` itself. A string is two bytes longer than its number.
package func appendQuotingLongNumbers(_ range: Range<Int>, to bytes: inout [UInt8]) {
    var at = range.lowerBound
    var copied = at
    while at < range.upperBound {
        let start = at
        var notes = Notes()
        do {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                at += 1
                try scanString(bytes.span, &at, range.upperBound, &notes)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try scanNumber(bytes.span, &at, range.upperBound, &notes)
            default: at += 1
            }
        } catch {
            // Only what was never scanned gets here; it is copied as it stands.
            at = max(at, start + 1)
        }
        guard notes.hasLongNumbers else { continue }
        bytes += bytes[copied..<start] + [UInt8(ascii: "\"")] + bytes[start..<at] + [UInt8(ascii: "\"")]
        copied = at
    }
    bytes += bytes[copied..<range.upperBound]
}
