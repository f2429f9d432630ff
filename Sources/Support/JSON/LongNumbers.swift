/// Appends a scanned value to `bytes`, with long numbers quoted as strings and all other bytes unchanged.
///
/// `range` is the range of a value without text errors in `bytes` itself. Each quoted number grows by two bytes.
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
            // Only reached for a value that was never scanned. It is copied unchanged.
            at = max(at, start + 1)
        }
        guard notes.hasLongNumbers else { continue }
        bytes += bytes[copied..<start] + [UInt8(ascii: "\"")] + bytes[start..<at] + [UInt8(ascii: "\"")]
        copied = at
    }
    bytes += bytes[copied..<range.upperBound]
}
