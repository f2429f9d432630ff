/// Parses the head of a request strictly (RFC 9112), starting from its first byte on each call.
///
/// The result for some bytes is also the result for any longer input that starts with them: it
/// never depends on bytes that have not arrived yet. Input that two implementations could interpret
/// differently is refused, since one of them may be a proxy in front of the server.
package func parseHead(_ bytes: Span<UInt8>, limits: HeadLimits) -> HeadResult {
    var parser = HeadParser(end: min(bytes.count, limits.headBytesMax), limits: limits)
    do {
        try parser.parse(bytes)
        return .complete(parser.head)
    } catch {
        switch error {
        case .refuse(let failure): return .refuse(failure)
        case .needMore: return bytes.count > limits.headBytesMax ? .refuse(.headTooLarge) : .needMore
        }
    }
}

private enum Stop: Error {
    case needMore
    case refuse(RequestError)
}

private struct HeadParser {
    let end: Int
    let limits: HeadLimits
    var at = 0
    var head = RequestHead()
    var hosts = 0

    init(end: Int, limits: HeadLimits) {
        self.end = end
        self.limits = limits
    }

    mutating func parse(_ bytes: Span<UInt8>) throws(Stop) {
        // One empty line before the request line is tolerated (RFC 9112 §2.2).
        if try peek(bytes) == 0x0D { try lineEnd(bytes) }
        try requestLine(bytes)
        var fields = 0
        while try peek(bytes) != 0x0D {
            fields += 1
            guard fields <= limits.fieldsMax else { throw .refuse(.headTooLarge) }
            try field(bytes)
        }
        try lineEnd(bytes)
        head.length = at
        let isHostRight = hosts == 1 || (hosts == 0 && head.minorVersion == 0)
        let isFramingRight = !head.isChunked || (head.contentLength == nil && head.minorVersion == 1)
        guard isHostRight, isFramingRight else { throw .refuse(.malformed) }
    }

    private func peek(_ bytes: Span<UInt8>) throws(Stop) -> UInt8 {
        guard at < end else { throw .needMore }
        return bytes[at]
    }

    private mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(Stop) {
        guard try peek(bytes) == byte else { throw .refuse(.malformed) }
        at += 1
    }

    private mutating func lineEnd(_ bytes: Span<UInt8>) throws(Stop) {
        try expect(0x0D, bytes)
        try expect(0x0A, bytes)
    }

    private mutating func token(_ bytes: Span<UInt8>) throws(Stop) -> Range<Int> {
        let start = at
        while at < end, isTokenByte(bytes[at]) { at += 1 }
        guard at < end else { throw .needMore }
        guard at > start else { throw .refuse(.malformed) }
        return start..<at
    }

    // MARK: - Request line

    private mutating func requestLine(_ bytes: Span<UInt8>) throws(Stop) {
        head.method = Method(bytes, try token(bytes))
        try expect(0x20, bytes)
        let start = at
        while at < end, bytes[at] > 0x20, bytes[at] < 0x7F {
            at += 1
            if at - start > limits.targetBytesMax { throw .refuse(.targetTooLong) }
        }
        guard at < end else { throw .needMore }
        let target = start..<at
        try expect(0x20, bytes)
        try parseTarget(target, bytes)
        try version(bytes)
        try lineEnd(bytes)
    }

    /// Parses a request target.
    ///
    /// Accepts the origin form, `*` for OPTIONS, and the absolute form of proxies. The authority
    /// form is refused, since the server does not support CONNECT.
    private mutating func parseTarget(_ target: Range<Int>, _ bytes: Span<UInt8>) throws(Stop) {
        var start = target.lowerBound
        if target.count > 7, matchesIgnoringCase(bytes, start..<start + 7, "http://") {
            start += 7
            while start < target.upperBound, bytes[start] != UInt8(ascii: "/"), bytes[start] != UInt8(ascii: "?") {
                start += 1
            }
            guard start > target.lowerBound + 7 else { throw .refuse(.malformed) }
        }
        guard start < target.upperBound else { throw .refuse(.malformed) }
        let isAsterisk = target.count == 1 && bytes[start] == UInt8(ascii: "*") && head.method == .options
        guard bytes[start] == UInt8(ascii: "/") || isAsterisk else { throw .refuse(.malformed) }
        var pathEnd = start
        while pathEnd < target.upperBound, bytes[pathEnd] != UInt8(ascii: "?") { pathEnd += 1 }
        head.path = ByteRange(start..<pathEnd)
        if pathEnd < target.upperBound { head.query = ByteRange(pathEnd + 1..<target.upperBound) }
    }

    private mutating func version(_ bytes: Span<UInt8>) throws(Stop) {
        guard end - at >= 8 else { throw .needMore }
        let name = at..<at + 5
        let major = bytes[at + 5]
        let minor = bytes[at + 7]
        guard matches(bytes, name, "HTTP/"), isDigit(major), bytes[at + 6] == UInt8(ascii: "."), isDigit(minor) else {
            throw .refuse(.malformed)
        }
        guard major == UInt8(ascii: "1"), minor <= UInt8(ascii: "1") else { throw .refuse(.unsupportedVersion) }
        head.minorVersion = minor - UInt8(ascii: "0")
        head.keepsAlive = head.minorVersion == 1
        at += 8
    }

    // MARK: - Header fields

    private mutating func field(_ bytes: Span<UInt8>) throws(Stop) {
        // Space before the name (line folding) or before the colon is refused by `token` and `expect`.
        let name = try token(bytes)
        try expect(UInt8(ascii: ":"), bytes)
        while at < end, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
        let start = at
        while at < end, isValueByte(bytes[at]) { at += 1 }
        let lineStop = at
        try lineEnd(bytes)
        var stop = lineStop
        while stop > start, bytes[stop - 1] == 0x20 || bytes[stop - 1] == 0x09 { stop -= 1 }
        try take(name, start..<stop, bytes)
    }

    private mutating func take(_ name: Range<Int>, _ value: Range<Int>, _ bytes: Span<UInt8>) throws(Stop) {
        switch name.count {
        case 4 where matchesIgnoringCase(bytes, name, "host"):
            hosts += 1
            guard !value.isEmpty, hosts == 1 else { throw .refuse(.malformed) }
        case 6 where matchesIgnoringCase(bytes, name, "expect"):
            guard matchesIgnoringCase(bytes, value, "100-continue") else { throw .refuse(.expectationFailed) }
            head.expectsContinue = true
            return
        case 10 where matchesIgnoringCase(bytes, name, "connection"):
            connection(value, bytes)
            return
        case 14 where matchesIgnoringCase(bytes, name, "content-length"):
            try contentLength(value, bytes)
            return
        case 17 where matchesIgnoringCase(bytes, name, "transfer-encoding"):
            guard !head.isChunked, matchesIgnoringCase(bytes, value, "chunked") else { throw .refuse(.malformed) }
            head.isChunked = true
            return
        default: break
        }
        for header in KnownHeader.allCases where matchesIgnoringCase(bytes, name, header.name) {
            head.slots[header.rawValue] = ByteRange(value)
            if header == .xForwardedFor { head.forwardedForLines += 1 }
            return
        }
    }

    /// Parses a Content-Length: digits only, at most one field, and at most 15 digits, which fit into an `Int`.
    private mutating func contentLength(_ value: Range<Int>, _ bytes: Span<UInt8>) throws(Stop) {
        guard head.contentLength == nil, !value.isEmpty, value.count <= 15 else { throw .refuse(.malformed) }
        var length = 0
        for index in value {
            guard isDigit(bytes[index]) else { throw .refuse(.malformed) }
            length = length * 10 + Int(bytes[index] - UInt8(ascii: "0"))
        }
        head.contentLength = length
    }

    private mutating func connection(_ value: Range<Int>, _ bytes: Span<UInt8>) {
        var start = value.lowerBound
        while start < value.upperBound {
            var stop = start
            while stop < value.upperBound, bytes[stop] != UInt8(ascii: ",") { stop += 1 }
            var option = start..<stop
            while let first = option.first, bytes[first] == 0x20 || bytes[first] == 0x09 { option.removeFirst() }
            while let last = option.last, bytes[last] == 0x20 || bytes[last] == 0x09 { option.removeLast() }
            if matchesIgnoringCase(bytes, option, "close") { closes = true }
            if matchesIgnoringCase(bytes, option, "keep-alive"), head.minorVersion == 0 { head.keepsAlive = true }
            start = stop + 1
        }
        if closes { head.keepsAlive = false }
    }

    private var closes = false
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

/// Whether the byte is a `tchar` (RFC 9110 §5.6.2).
///
/// Uses a bit set: `low` contains the bytes below 64, `high` those from 64 to 127.
@inline(__always)
private func isTokenByte(_ byte: UInt8) -> Bool {
    let low: UInt64 = 0x03FF_6CFA_0000_0000
    let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
    if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
    if byte < 128 { return high >> UInt64(byte - 64) & 1 == 1 }
    return false
}

/// Whether the byte is allowed in a field value: a tab, a space, visible ASCII, or a byte above ASCII.
@inline(__always)
private func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
