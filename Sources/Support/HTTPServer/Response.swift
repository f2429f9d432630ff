/// A response.
///
/// The server adds the header fields for framing and connection management.
package struct Response: Sendable {
    /// The body of a response.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A part of a buffer, sent without a copy.
        case slice([UInt8], Range<Int>)
        /// A pattern repeated up to `count` bytes, generated while the client reads.
        case repeating([UInt8], count: Int)

        var count: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .slice(_, let range): range.count
            case .repeating(_, let count): count
            }
        }
    }

    package var status: Int
    /// The header fields, without those for framing and connection management.
    package var fields: [(String, String)]
    package var body: Body

    package init(status: Int, fields: [(String, String)], body: Body) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// A constant response, serialized once.
package struct PreparedResponse: Sendable {
    let keepAlive: [UInt8]
    let closing: [UInt8]
    let bodyCount: Int

    package init(_ response: Response) {
        var keepAlive = serializeHead(response, closes: false)
        var closing = serializeHead(response, closes: true)
        let body = Tail(response.body)
        keepAlive += body.all
        closing += body.all
        self.keepAlive = keepAlive
        self.closing = closing
        bodyCount = body.count
    }
}

/// A response, or a notification that a streamed body has more data.
package enum ServerResponse: Sendable {
    case response(Response)
    case prepared(PreparedResponse)
    /// The status and header fields of a response, and the source of its body.
    case stream(Response, any BodySource)
    /// No response: the source of the body that is being sent has more data.
    case wake

    /// The size in bytes of the body that is kept in memory.
    package var bytesCount: Int {
        switch self {
        case .response(let response): if case .repeating = response.body { 0 } else { response.body.count }
        case .prepared, .stream, .wake: 0
        }
    }
}

/// A source that generates a body of unknown length while the client reads it.
///
/// Called on the threads of the event loops. Implementations must not block.
package protocol BodySource: Sendable {
    /// Returns the next part.
    ///
    /// Only called after all previous parts have been sent, so that a slow client holds at most one part in memory.
    func next() -> BodyPart
    /// Called once after the last call of `next`: the body has ended, the client has disconnected,
    /// or the server is stopping.
    func close()
    /// Whether the body never ends by itself.
    ///
    /// A server that is stopping ends such bodies.
    var isEndless: Bool { get }
}

/// The result of asking a source for the next part of a body.
package enum BodyPart: Sendable {
    /// At least one byte.
    case bytes([UInt8])
    /// No part is available now.
    ///
    /// The source answers the ticket with `wake` when there is one.
    case later
    case end
}

/// The handler's decision about a request.
package enum HandlerResult: Sendable {
    case now(ServerResponse)
    /// The handler answers the ticket later, from any thread.
    case later
}

/// The handler's decision about a request, based on its head.
package enum BodyPolicy: Sendable {
    case accept(bodyBytesMax: Int, kind: RequestKind)
    /// Responds without receiving the body.
    ///
    /// The connection is closed if the request announced a body, because it is not read.
    case refuse(ServerResponse)
}

/// Identifies a request whose response is pending.
///
/// Answering a ticket whose connection is gone has no effect.
package struct Ticket: Sendable, Hashable {
    package var rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(loop: Int, slot: Int, generation: UInt32) {
        rawValue = UInt64(loop) << 56 | UInt64(slot) << 32 | UInt64(generation)
    }

    var loop: Int { Int(rawValue >> 56) }
    var slot: Int { Int(rawValue >> 32 & 0xFF_FFFF) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
}

/// Serializes the status line and the header fields of a response.
func serializeHead(_ response: Response, closes: Bool, isChunked: Bool = false) -> [UInt8] {
    var head = "HTTP/1.1 \(response.status) \(reasonPhrase(response.status))\r\n"
    for (name, value) in response.fields { head += "\(name): \(value)\r\n" }
    // RFC 9110 §8.6: no Content-Length in a 204 response; it is omitted from 304 too.
    if isChunked {
        head += "Transfer-Encoding: chunked\r\n"
    } else if response.status != 204, response.status != 304 {
        head += "Content-Length: \(response.body.count)\r\n"
    }
    if closes { head += "Connection: close\r\n" }
    return Array((head + "\r\n").utf8)
}

private func reasonPhrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 202: "Accepted"
    case 204: "No Content"
    case 304: "Not Modified"
    case 308: "Permanent Redirect"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Status"
    }
}

/// The unsent part of a body, without a copy of its buffer.
struct Tail {
    private let source: [UInt8]
    private let start: Int
    private let period: Int
    private(set) var sent = 0
    let count: Int
    /// The size in bytes of the buffer; 0 for a repeated pattern, whose buffer is shared.
    let heldBytes: Int

    init(_ body: Response.Body) {
        heldBytes = if case .repeating = body { 0 } else { body.count }
        switch body {
        case .none: (source, start, period, count) = ([], 0, 0, 0)
        case .bytes(let bytes): (source, start, period, count) = (bytes, 0, bytes.count, bytes.count)
        case .slice(let bytes, let range):
            (source, start, period, count) = (bytes, range.lowerBound, range.count, range.count)
        case .repeating(let pattern, let total):
            (source, start, period, count) = (pattern, 0, pattern.count, pattern.isEmpty ? 0 : total)
        }
    }

    var isEmpty: Bool { sent == count }

    /// The next contiguous part.
    var next: ArraySlice<UInt8> {
        guard !isEmpty else { return [] }
        let offset = sent % period
        let length = min(period - offset, count - sent)
        return source[start + offset..<start + offset + length]
    }

    mutating func advance(_ bytes: Int) { sent += bytes }

    /// The remaining bytes, for a body that is small or prepared.
    var all: [UInt8] {
        var copy = self
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while !copy.isEmpty {
            let part = copy.next
            bytes += part
            copy.advance(part.count)
        }
        return bytes
    }
}
