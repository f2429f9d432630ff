/// A range of bytes in the buffer that a head was parsed from.
package struct ByteRange: Sendable, Hashable {
    package var start: Int32
    package var count: Int32

    package init(_ range: Range<Int>) {
        start = Int32(range.lowerBound)
        count = Int32(range.count)
    }

    package var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// The header fields that the program reads.
///
/// Other fields are validated and skipped.
package enum KnownHeader: Int, Sendable, CaseIterable {
    case host, origin, userAgent, acceptEncoding, contentEncoding, ifNoneMatch, authorization, cookie,
        lastEventID
    case xForwardedFor, secGPC, dnt, secFetchSite
    case brands, platform, platformVersion

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
        case .brands: "sec-ch-ua"
        case .platform: "sec-ch-ua-platform"
        case .platformVersion: "sec-ch-ua-platform-version"
        }
    }
}

/// The head of a request, as ranges of the bytes that it was parsed from.
package struct RequestHead: Sendable {
    package var method = Method.other
    /// The path without the query, still percent-encoded; starts with a slash, or is `*`.
    package var path = ByteRange(0..<0)
    /// The part of the target after the first question mark.
    package var query: ByteRange?
    /// The minor version of HTTP/1: 0 or 1.
    package var minorVersion: UInt8 = 1
    /// The announced length of the body in bytes; nil without a Content-Length.
    package var contentLength: Int?
    package var isChunked = false
    /// Whether the connection may be reused.
    package var keepsAlive = true
    /// Whether the client waits for `100 Continue` before it sends the body.
    package var expectsContinue = false
    /// The size of the head in bytes, including its final empty line.
    package var length = 0
    var forwardedForLines = 0
    /// One for each case of `KnownHeader`.
    var slots = InlineArray<16, ByteRange?>(repeating: nil)

    /// The range of a field value, without surrounding white space.
    ///
    /// If a field has several lines, this is the last one. `text` joins the lines of
    /// `X-Forwarded-For`; `list` joins those of any field.
    package func field(_ header: KnownHeader) -> ByteRange? { slots[header.rawValue] }

    /// Whether a body follows the head.
    package var announcesBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// The value of a field; nil when the request does not have it.
    package func text(_ header: KnownHeader, _ bytes: Span<UInt8>) -> String? {
        guard header != .xForwardedFor || forwardedForLines < 2 else {
            return list(named: header.name.description, bytes)
        }
        return field(header).map { text($0, bytes) }
    }

    /// All lines of a field in their order, joined as one list (RFC 9110 §5.3); nil when there are none.
    ///
    /// `name` is the field name in lower case. Scans the whole head, so it is meant for rarely used fields.
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

    /// The value of a header line, if its name matches.
    private func value(of name: [UInt8], in line: Range<Int>, _ bytes: Span<UInt8>) -> String? {
        let colon = line.lowerBound + name.count
        guard colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else { return nil }
        for (index, byte) in name.enumerated() {
            let given = bytes[line.lowerBound + index]
            guard given == byte || (0x41...0x5A).contains(given) && given | 0x20 == byte else { return nil }
        }
        return text(ByteRange(colon + 1..<line.upperBound), bytes)
    }

    package func text(_ byteRange: ByteRange, _ bytes: Span<UInt8>) -> String {
        String(decoding: byteRange.range.map { bytes[$0] }, as: UTF8.self)
    }
}

/// Limits for the size of a head.
package struct HeadLimits: Sendable {
    /// Bytes of a head; a longer one gets a 431.
    package var headBytesMax = 16_384
    /// Bytes of a request target; a longer one gets a 414.
    package var targetBytesMax = 8192
    /// Number of header lines; more get a 431.
    package var fieldsMax = 100

    package init() {}
}

/// A reason why the server refuses a request before the handler processes it.
package enum RequestError: Error, Sendable, Equatable {
    case malformed
    case timeout
    case bodyTooLarge
    case targetTooLong
    case expectationFailed
    case headTooLarge
    case tooManyConnections
    /// Incomplete requests and unsent responses use all of the memory that they may use.
    case overloaded
    case unsupportedVersion

    /// The HTTP status code of the response.
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

/// The result of parsing the bytes of a head received so far.
package enum HeadResult: Sendable {
    case needMore
    case complete(RequestHead)
    case refuse(RequestError)
}
