package import HTTPWire
package import TLS

/// A complete request.
package struct Request: Sendable {
    package let head: RequestHead
    /// The head followed by the decoded body, without chunk framing.
    package var bytes: [UInt8]
    /// The range of the body in `bytes`.
    package let body: Range<Int>
    /// The address of the socket's peer, without the port.
    package let peer: String
    /// Whether the peer sent it to this server through TLS.
    package let usesTLS: Bool

    package init(head: RequestHead, bytes: [UInt8], body: Range<Int>, peer: String, usesTLS: Bool = false) {
        self.head = head
        self.bytes = bytes
        self.body = body
        self.peer = peer
        self.usesTLS = usesTLS
    }

    package var method: Method { head.method }
    package var path: String { String(decoding: bytes[head.path.range], as: UTF8.self) }
    package var query: String? { head.query.map { String(decoding: bytes[$0.range], as: UTF8.self) } }

    /// Returns the value of a header field, or nil when the request does not have it.
    package func text(_ header: KnownHeader) -> String? {
        head.text(header, bytes.span)
    }

    /// Returns all lines of a header field, in their order and joined as one list; nil when there are none.
    ///
    /// `name` is the field name in lower case.
    package func list(named name: String) -> String? {
        head.list(named: name, bytes.span)
    }
}

/// The application that responds to requests.
///
/// Called on the threads of the event loops. Implementations must not block.
package protocol Handler: Sendable {
    /// Decides from the head whether the body is received.
    func admit(_ head: RequestHead, _ bytes: Span<UInt8>) -> BodyPolicy
    /// Handles a complete request.
    ///
    /// A handler that returns `.later` must answer the ticket exactly once.
    func handle(_ request: consuming Request, _ ticket: Ticket) -> HandlerResult
    /// Creates the response for a request that the server refuses.
    ///
    /// The connection is closed after it.
    ///
    /// - Parameters:
    ///   - failure: The reason.
    ///   - head: The head of the request, if it was parsed.
    ///   - bytes: The head, if it was parsed, followed by the part of the body received so far, without chunk framing.
    ///   - peer: The address of the socket's peer, without the port.
    /// - Returns: The response.
    func refusal(_ failure: RequestError, head: RequestHead?, bytes: Span<UInt8>, peer: String) -> ServerResponse
}

/// The address and the limits of the server.
package struct ServerConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// The TCP port; 0 selects a free one.
    package var port = 0
    /// The certificate of a port that speaks TLS only; nil for plain HTTP.
    package var certificate: CertificateKeeper?
    /// The number of event loops, each with its own thread and listener.
    package var loops = 2
    package var head = HeadLimits()
    /// The maximum number of open connections.
    ///
    /// When it is reached, a new connection replaces the connections that have been idle longest.
    /// If no connection is idle, the server responds with 503.
    package var connectionsMax = 20_000
    /// Milliseconds after which an idle connection may be closed to make room for a new one.
    package var evictableMilliseconds = 500
    /// The maximum number of connections above `connectionsMax`, which receive a 503.
    ///
    /// When it is reached, no connection is accepted until the next tick.
    package var refusedConnectionsMax = 16
    /// The maximum number of bytes of incomplete requests and unsent responses, over all connections.
    ///
    /// Above it, the server responds with 503 to requests that are still being received and to
    /// requests whose response is large.
    package var heldBytesMax = 64 << 20
    /// Milliseconds to receive a head, from its first byte, and before it for a TLS handshake.
    package var headMilliseconds = 10_000
    /// Milliseconds to receive a request, from the first byte of its head.
    package var requestMilliseconds = 30_000
    /// Milliseconds that a connection may be idle between requests.
    package var idleMilliseconds = 75_000
    /// Milliseconds that a client may take to read a response.
    package var answerMilliseconds = 120_000
    /// Milliseconds that a closed connection is still read from, so that the client receives the last response.
    package var lingerMilliseconds = 3000
    /// Milliseconds after the start of a shutdown during which idle connections may still send a request.
    package var drainGraceMilliseconds = 1000
    /// Milliseconds after which a shutdown closes the remaining connections.
    package var drainMilliseconds = 5000
    /// Milliseconds between two checks of the deadlines.
    package var tickMilliseconds = 100

    package init() {}
}

/// An error that prevents the server from starting.
package enum ServerError: Error, Equatable {
    /// The server cannot listen on the address.
    ///
    /// Contains `errno` and its description.
    case cannotListen(code: Int32, reason: String)
}
