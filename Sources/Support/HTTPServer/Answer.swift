/// An answer as a value; the server adds what the connection needs.
package struct Response: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A part of a buffer, which is not copied.
        case slice([UInt8], Range<Int>)
        /// `count` bytes of a pattern over and over, made as the client reads.
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
    package var fields: [(String, String)]
    package var body: Body

    package init(status: Int, fields: [(String, String)], body: Body) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// A constant answer, written out once.
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

package enum Answer: Sendable {
    case response(Response)
    case prepared(PreparedResponse)
    /// The status and the fields of a response, and a source of its body.
    case stream(Response, any BodySource)
    /// No answer: the source of a body that is being sent has more to give.
    case wake

    /// Bytes of the body that are in memory.
    package var bytesCount: Int {
        switch self {
        case .response(let response): if case .repeating = response.body { 0 } else { response.body.count }
        case .prepared, .stream, .wake: 0
        }
    }
}

/// Makes a body of unknown length while the client reads it.
///
/// Called on the loops' threads; must not block.
package protocol BodySource: Sendable {
    /// The next bytes, asked for only when all before them have been sent, so that a slow reader holds no more than one part.
    func next() -> BodyPart
    /// Nothing is asked for any more: the body has ended, the client has gone, or the server stops.
    func close()
    /// Whether it never ends by itself; a server that stops does not wait for it.
    var isEndless: Bool { get }
}

/// What a source of a body has to give.
package enum BodyPart: Sendable {
    /// At least one byte.
    case bytes([UInt8])
    /// Nothing now; the ticket will be answered `wake`.
    case later
    case end
}

/// What a handler says to a request.
package enum HandlerResult: Sendable {
    case now(Answer)
    /// The ticket will be answered, from any thread.
    case later
}

/// What a handler says to a head, before any byte of the body is waited for.
package enum BodyPolicy: Sendable {
    case accept(bodyBytesMax: Int)
    /// Answered at once; the connection is closed when a body was announced, since it will not be read.
    case refuse(Answer)
}

/// Names a request that waits for its answer; one that is not waited for any more is harmless.
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

/// The status line and the header of an answer.
func serializeHead(_ response: Response, closes: Bool, isChunked: Bool = false) -> [UInt8] {
    var head = "HTTP/1.1 \(response.status) \(reasonPhrase(response.status))\r\n"
    for (name, value) in response.fields { head += "\(name): \(value)\r\n" }
    // RFC 9110 §8.6: neither 204 nor 304 says a length here.
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

/// A body on its way out: what is left of it, without a copy.
struct Tail {
    private let source: [UInt8]
    private let start: Int
    private let period: Int
    private(set) var sent = 0
    let count: Int
    /// Bytes of memory that it keeps; a pattern is shared.
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

    /// The next part that lies in one piece.
    var next: ArraySlice<UInt8> {
        guard !isEmpty else { return [] }
        let offset = sent % period
        let length = min(period - offset, count - sent)
        return source[start + offset..<start + offset + length]
    }

    mutating func advance(_ bytes: Int) { sent += bytes }

    /// Everything, for a body that is small or prepared.
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
