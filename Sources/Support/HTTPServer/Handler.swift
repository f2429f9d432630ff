package import HTTPWire

/// A whole request, as a value.
package struct Request: Sendable {
    package let head: RequestHead
    /// The head followed by the body, chunk framing removed.
    package var bytes: [UInt8]
    /// Place of the body in `bytes`.
    package let body: Range<Int>
    /// The address of the socket's peer, without its port.
    package let peer: String

    package init(head: RequestHead, bytes: [UInt8], body: Range<Int>, peer: String) {
        self.head = head
        self.bytes = bytes
        self.body = body
        self.peer = peer
    }

    package var method: Method { head.method }
    package var path: String { String(decoding: bytes[head.path.range], as: UTF8.self) }
    package var query: String? { head.query.map { String(decoding: bytes[$0.range], as: UTF8.self) } }

    /// The value of a header, or nil when it did not come.
    package func text(_ header: KnownHeader) -> String? {
        head.text(header, bytes.span)
    }

    /// All lines of a header in their order, as one list, by its name in lower case; nil when it did not come.
    package func list(named name: String) -> String? {
        head.list(named: name, bytes.span)
    }
}

/// What the server serves.
///
/// Called on the loops' threads; must not block.
package protocol Handler: Sendable {
    /// Judges a head before its body is read.
    func admit(_ head: RequestHead, _ bytes: Span<UInt8>) -> BodyPolicy
    /// Takes a whole request. With `.later` the ticket must be answered once.
    func handle(_ request: consuming Request, _ ticket: Ticket) -> HandlerResult
    /// Words a refusal of the server's own.
    ///
    /// - Parameters:
    ///   - failure: why the request is refused.
    ///   - head: of the request, once it is known.
    ///   - bytes: begin with the head, if it is known; what has come of the body follows, chunk framing removed.
    ///   - peer: the address of the socket's peer, without its port.
    /// - Returns: the answer, after which the connection is closed.
    func refusal(_ failure: RequestError, head: RequestHead?, bytes: Span<UInt8>, peer: String) -> Answer
}

/// Every limit of the server, in one place.
package struct ServerConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 takes a free one.
    package var port = 0
    /// Loops, each with a thread and a listener of its own.
    package var loops = 2
    package var head = HeadLimits()
    /// Connections at one time.
    ///
    /// For a further one those that have been idle longest are closed; without any, it is answered 503.
    package var connectionsMax = 20_000
    /// Milliseconds after which an idle connection may be closed in favor of a new one.
    package var evictableMilliseconds = 500
    /// Connections over the limit that are being answered 503; with so many, none is accepted until the next tick.
    package var refusedConnectionsMax = 16
    /// Bytes of requests that have not come whole, and of answers that have not been read, of all connections together; beyond
    /// them a request that is still coming, or whose answer is large, is answered 503.
    package var heldBytesMax = 64 << 20
    /// Milliseconds for a whole head, from its first byte.
    package var headMilliseconds = 10_000
    /// Milliseconds for a whole request, from the first byte of its head.
    package var requestMilliseconds = 30_000
    /// Milliseconds that a connection may stay open between requests.
    package var idleMilliseconds = 75_000
    /// Milliseconds that a client may take to read an answer.
    package var answerMilliseconds = 120_000
    /// Milliseconds that a closed connection is listened to, so that the client sees its last answer.
    package var lingerMilliseconds = 3000
    /// Milliseconds after the start of a stop in which idle connections may still send a request.
    package var drainGraceMilliseconds = 1000
    /// Milliseconds after which a stop ends whatever is left.
    package var drainMilliseconds = 5000
    /// Milliseconds between two looks at the deadlines.
    package var tickMilliseconds = 100

    package init() {}
}

/// The server could not start.
package enum ServerError: Error, Equatable {
    /// The address cannot be listened on; the system's code and its sentence.
    case cannotListen(code: Int32, reason: String)
}
