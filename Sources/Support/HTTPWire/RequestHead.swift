/// A place in the bytes that a head was parsed from.
package struct ByteRange: Sendable, Hashable {
    package var start: Int32
    package var count: Int32

    package init(_ range: Range<Int>) {
        start = Int32(range.lowerBound)
        count = Int32(range.count)
    }

    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// The header fields that somebody here asks for; all others are checked and forgotten.
package enum KnownHeader: Int, Sendable, CaseIterable {
    case host, origin, userAgent, acceptEncoding, contentEncoding, ifNoneMatch, authorization, cookie,
        lastEventID
    case xForwardedFor, secGPC, dnt, secFetchSite

    package var name: StaticString {
        switch self {
        case .host: "host"
        case .origin: "origin"
        case .userAgent: "user-agent"
        case .acceptEncoding: "accept-encoding"
        case .contentEncoding: "content-encoding"
        case .ifNoneMatch: "if-none-match"
        case .authorization: "authorization"
        case .cookie: "cookie"
        case .lastEventID: "last-event-id"
        case .xForwardedFor: "x-forwarded-for"
        case .secGPC: "sec-gpc"
        case .dnt: "dnt"
        case .secFetchSite: "sec-fetch-site"
        }
    }
}

/// The head of a request, as places in the bytes that it was parsed from.
package struct RequestHead: Sendable {
    package var method = Method.other
    /// The path without the query, as it was sent, beginning with a slash; or `*`.
    package var path = ByteRange(0..<0)
    /// What stands behind the first question mark.
    package var query: ByteRange?
    /// 0 or 1, of HTTP/1.
    package var minorVersion: UInt8 = 1
    /// Nil when none was announced.
    package var contentLength: Int?
    package var isChunked = false
    /// Whether the connection may be used again.
    package var keepsAlive = true
    package var expectsContinue = false
    /// Bytes of the head, from the first to the last of its blank line.
    package var length = 0
    var forwardedForLines = 0
    /// One for each case of `KnownHeader`.
    var slots = InlineArray<13, ByteRange?>(repeating: nil)

    /// The value of a header, without white space around it.
    ///
    /// Of several lines of one name the last counts; `text` joins those of `X-Forwarded-For`, and `list` those of any name.
    package func field(_ header: KnownHeader) -> ByteRange? { slots[header.rawValue] }

    /// Whether bytes of a body follow.
    package var announcesBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// The text of a header, or nil when it did not come.
    package func text(_ header: KnownHeader, _ bytes: Span<UInt8>) -> String? {
        guard header != .xForwardedFor || forwardedForLines < 2 else {
            return list(named: header.name.description, bytes)
        }
        return field(header).map { text($0, bytes) }
    }

    /// All lines of a header in their order, as one list (RFC 9110 §5.3), by its name in lower case; nil when there are none.
    ///
    /// Looks through the whole head: for headers that are rarely asked for.
    package func list(named name: String, _ bytes: Span<UInt8>) -> String? {
        let name = Array(name.utf8)
        var values: [String] = []
        var start = 0
        while start < length {
            var end = start
            while end < length, bytes[end] != 0x0D { end += 1 }
            if let value = value(of: name, in: start..<end, bytes) { values.append(value) }
            start = end + 2
        }
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    /// The value in a line, when the line is of that name.
    private func value(of name: [UInt8], in line: Range<Int>, _ bytes: Span<UInt8>) -> String? {
        let colon = line.lowerBound + name.count
        guard colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else { return nil }
        for (index, byte) in name.enumerated() {
            let given = bytes[line.lowerBound + index]
            guard given == byte || (0x41...0x5A).contains(given) && given | 0x20 == byte else { return nil }
        }
        return text(ByteRange(colon + 1..<line.upperBound), bytes)
    }

    package func text(_ place: ByteRange, _ bytes: Span<UInt8>) -> String {
        String(decoding: place.range.map { bytes[$0] }, as: UTF8.self)
    }
}

/// Limits of a head.
package struct HeadLimits: Sendable {
    /// Bytes of a whole head; more is answered 431.
    package var headBytesMax = 16_384
    /// Bytes of a request target; more is answered 414.
    package var targetBytesMax = 8192
    /// Header lines; more are answered 431.
    package var fieldsMax = 100

    package init() {}
}

/// Why a request is refused before anybody looked at what it asks.
package enum RequestFailure: Error, Sendable, Equatable {
    case malformed
    case timeout
    case bodyTooLarge
    case targetTooLong
    case expectationFailed
    case headTooLarge
    case tooManyConnections
    /// Requests and answers under way hold as much memory as they may.
    case overloaded
    case unsupportedVersion

    package var status: Int {
        switch self {
        case .malformed: 400
        case .timeout: 408
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .expectationFailed: 417
        case .headTooLarge: 431
        case .tooManyConnections, .overloaded: 503
        case .unsupportedVersion: 505
        }
    }
}

/// What is known of a head after the bytes that have come so far.
package enum HeadVerdict: Sendable {
    case needMore
    case complete(RequestHead)
    case refuse(RequestFailure)
}
