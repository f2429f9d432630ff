// The scanner consists of free functions over a span and an inout position: state captured by
// nested functions would be kept in memory instead of registers, which is five times slower.

/// Properties collected while a value is scanned.
struct Notes {
    var textError: JSONTextError?
    var hasEscapes = false
    var hasLongNumbers = false
}

@inline(__always)
func skipSpace(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) {
    while at < end {
        let byte = bytes[at]
        if byte > 0x20 || (byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09) { return }
        at &+= 1
    }
}

/// The tokens allowed next inside a container.
private enum Expectation {
    case firstOrClose
    case value
    case commaOrClose
}

/// Scans one value that starts at `at`, and moves `at` past it.
///
/// Throws `.syntax`, or `.tooDeep` when the value nests more than `room` levels of containers.
func scanValue(
    _ bytes: Span<UInt8>,
    _ at: inout Int,
    _ end: Int,
    room: Int,
    _ notes: inout Notes
) throws(JSONError) -> JSONKind {
    let kind = try scanScalarOrOpen(bytes, &at, end, &notes)
    guard kind == .object || kind == .array else { return kind }
    guard room >= 1 else { throw .tooDeep }
    // One bit per level, 1 for an object; the innermost level is the lowest bit.
    var levels: UInt64 = kind == .object ? 1 : 0
    var depth = 1
    var expectation = Expectation.firstOrClose
    while depth > 0 {
        skipSpace(bytes, &at, end)
        guard at < end else { throw .syntax }
        let isObject = levels & 1 == 1
        if expectation != .value, bytes[at] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            at &+= 1
            depth &-= 1
            levels >>= 1
            expectation = .commaOrClose
            continue
        }
        if expectation == .commaOrClose {
            guard bytes[at] == UInt8(ascii: ",") else { throw .syntax }
            at &+= 1
            expectation = .value
            continue
        }
        if isObject { try scanName(bytes, &at, end, &notes) }
        let inner = try scanScalarOrOpen(bytes, &at, end, &notes)
        guard inner == .object || inner == .array else {
            expectation = .commaOrClose
            continue
        }
        guard depth < room else { throw .tooDeep }
        depth &+= 1
        levels = levels << 1 | (inner == .object ? 1 : 0)
        expectation = .firstOrClose
    }
    return kind
}

/// Scans the name of a member and its colon, and moves `at` to the first byte of the value.
@inline(__always)
func scanName(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ notes: inout Notes) throws(JSONError) {
    guard at < end, bytes[at] == UInt8(ascii: "\"") else { throw .syntax }
    at &+= 1
    try scanString(bytes, &at, end, &notes)
    skipSpace(bytes, &at, end)
    guard at < end, bytes[at] == UInt8(ascii: ":") else { throw .syntax }
    at &+= 1
    skipSpace(bytes, &at, end)
    guard at < end else { throw .syntax }
}

@inline(__always)
private func scanScalarOrOpen(
    _ bytes: Span<UInt8>,
    _ at: inout Int,
    _ end: Int,
    _ notes: inout Notes
) throws(JSONError) -> JSONKind {
    guard at < end else { throw .syntax }
    switch bytes[at] {
    case UInt8(ascii: "\""):
        at &+= 1
        try scanString(bytes, &at, end, &notes)
        return .string
    case UInt8(ascii: "{"):
        at &+= 1
        return .object
    case UInt8(ascii: "["):
        at &+= 1
        return .array
    case UInt8(ascii: "t"):
        try scanWord(bytes, &at, end, "true")
        return .true
    case UInt8(ascii: "f"):
        try scanWord(bytes, &at, end, "false")
        return .false
    case UInt8(ascii: "n"):
        try scanWord(bytes, &at, end, "null")
        return .null
    default:
        try scanNumber(bytes, &at, end, &notes)
        return .number
    }
}

@inline(__always)
private func scanWord(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ word: StaticString) throws(JSONError) {
    let count = word.utf8CodeUnitCount
    guard end - at >= count else { throw .syntax }
    for index in 0..<count where bytes[at &+ index] != word.utf8Start[index] { throw .syntax }
    at &+= count
}

@inline(__always)
private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

func scanNumber(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ notes: inout Notes) throws(JSONError) {
    let start = at
    var (whole, fraction) = (1, 0)
    if bytes[at] == UInt8(ascii: "-") { at &+= 1 }
    guard at < end, isDigit(bytes[at]) else { throw .syntax }
    if bytes[at] == UInt8(ascii: "0") {
        at &+= 1
    } else {
        whole = skipDigits(bytes, &at, end)
    }
    if at < end, bytes[at] == UInt8(ascii: ".") {
        at &+= 1
        fraction = skipDigits(bytes, &at, end)
        guard fraction > 0 else { throw .syntax }
    }
    if at < end, bytes[at] | 0x20 == UInt8(ascii: "e") {
        at &+= 1
        var isNegative = false
        if at < end, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") {
            isNegative = bytes[at] == UInt8(ascii: "-")
            at &+= 1
        }
        let first = at
        let digits = skipDigits(bytes, &at, end)
        guard digits > 0 else { throw .syntax }
        if digits > JSONLimits.exponentDigitsMax {
            notes.textError = notes.textError ?? .numberRange
        } else {
            let size = (first..<at).reduce(0) { $0 * 10 + Int(bytes[$1] & 15) }
            let exponent = isNegative ? -size : size
            let plainDigits = max(whole + exponent, 1) + max(fraction - exponent, 0)
            if plainDigits > JSONLimits.plainDigitsMax { notes.hasLongNumbers = true }
        }
    }
    if at &- start > JSONLimits.numberBytesMax { notes.textError = notes.textError ?? .numberRange }
}

@inline(__always) @discardableResult
private func skipDigits(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int) -> Int {
    let start = at
    while at < end, isDigit(bytes[at]) { at &+= 1 }
    return at &- start
}
