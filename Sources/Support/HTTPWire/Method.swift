/// A request method.
///
/// Unknown tokens are `other`.
package enum Method: Sendable, CaseIterable {
    case get, head, post, put, delete, options, patch, trace, connect, other

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self = .other
        for method in Method.allCases where matches(bytes, range, method.name) { self = method }
    }

    package var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .trace: "TRACE"
        case .connect: "CONNECT"
        case .other: ""
        }
    }
}

/// Whether the bytes equal the text.
@inline(__always)
func matches(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where bytes[range.lowerBound &+ index] != text.utf8Start[index] { return false }
    return true
}

/// Whether the bytes equal the text, ignoring ASCII case.
///
/// `text` must be in lower case.
@inline(__always)
func matchesIgnoringCase(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count {
        var byte = bytes[range.lowerBound &+ index]
        if byte &- 0x41 < 26 { byte |= 0x20 }
        if byte != text.utf8Start[index] { return false }
    }
    return true
}
