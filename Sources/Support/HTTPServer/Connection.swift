import Glibc
import HTTPWire
import TLS

/// A client connection with the state of its current request and response.
///
/// Confined to the thread of one event loop.
final class Connection {
    enum Phase {
        /// The TLS handshake is not complete.
        case handshaking
        /// Between requests, or receiving a request.
        case reading
        /// The handler is processing a request.
        case waiting
        /// A body is generated while it is sent.
        case streaming
        /// The last response has been sent.
        ///
        /// Further input is discarded.
        case lingering
    }

    enum Stage {
        case head
        /// The parsed head, and the total size of head and body in bytes.
        case fixed(RequestHead, total: Int)
        /// The parsed head, the chunk decoder, and the bytes of the request received so far.
        case chunked(RequestHead, ChunkDecoder, [UInt8])
    }

    let socket: Int32
    let slot: Int
    let serial: UInt32
    let peer: String
    /// The TLS state; nil for plain HTTP.
    var session: TLSSession?
    /// Why the connection is refused after its handshake; nil when it is served.
    var refusal: RequestError?
    /// Whether the client has begun its handshake.
    var hasBegunHandshake = false
    /// Whether TLS has to send something before it can read on, or to receive something before it can write on.
    var (readWaitsForOutput, writeWaitsForInput) = (false, false)
    var phase = Phase.reading
    var stage = Stage.head
    /// Bytes of an incomplete request; empty between requests, so that an idle connection owns no buffer.
    var input: [UInt8] = []
    /// The generation of the ticket whose response is pending.
    var generation: UInt32 = 0
    /// Serialized responses that have not been sent yet.
    var output: [UInt8] = []
    var outputSent = 0
    /// A large body to be sent after `output`.
    var tail: Tail?
    /// Generates the body that is being sent.
    var source: (any BodySource)?
    var isHeadRequest = false
    /// Whether the current request is HTTP/1.0, which does not support chunked transfer coding.
    var isHTTP10 = false
    /// Whether `input` may contain a request that was not parsed because a response was pending.
    var hasParsableInput = false
    /// Whether the connection is closed after the response that is being sent.
    var closesAfterAnswer = false
    /// Whether the client asked to close the connection after the pending response.
    var closesWhenAnswered = false
    var interest = Interest.reading
    /// When the connection times out, in milliseconds of the monotonic clock; nil while the handler
    /// processes a request.
    var deadline: Int?
    /// When the first byte of the incomplete request was parsed, in milliseconds of the monotonic clock.
    var requestStart: Int?
    /// When the pending request was complete, in microseconds of the monotonic clock.
    var requestEnd = 0
    var kind = RequestKind.page

    /// The bytes of this connection that are included in `LiveCount.heldBytes`.
    var countedBytes = 0

    init(socket: Int32, session: TLSSession?, slot: Int, serial: UInt32, peer: String) {
        self.socket = socket
        self.session = session
        if session != nil { phase = .handshaking }
        self.slot = slot
        self.serial = serial
        self.peer = peer
    }

    deinit { close(socket) }

    var token: UInt64 { UInt64(serial) << 32 | UInt64(slot) }
    var hasUnsentOutput: Bool { outputSent < output.count || tail != nil }

    /// Whether the connection is between requests and closing it loses no data.
    var isIdle: Bool {
        if phase == .handshaking { return !hasBegunHandshake }
        return phase == .reading && requestStart == nil && !hasUnsentOutput && !closesAfterAnswer
    }

    /// Bytes of incomplete requests and unsent responses that the connection keeps in memory.
    var heldBytes: Int {
        let chunked = if case .chunked(_, _, let body) = stage { body.count } else { 0 }
        let bytes = input.count + chunked + output.count + (tail?.heldBytes ?? 0)
        return session.map { bytes + heldBytes($0) } ?? bytes
    }

    /// Whether the next request may be parsed.
    ///
    /// Responses are sent in request order, and a client that does not read its responses cannot
    /// make them pile up.
    var mayParse: Bool { phase == .reading && !closesAfterAnswer && tail == nil && output.count < Self.outputBytesMax }

    /// Bytes of serialized responses after which no further request is parsed until they are sent.
    static let outputBytesMax = 65_536
    /// The largest body, in bytes, that is copied to the output instead of being sent from its own buffer.
    static let copiedBodyBytesMax = 16_384

    /// Whether the last `count` bytes of the input may have completed a head or a body.
    ///
    /// Keeps a slow client from causing a head to be parsed again at every byte.
    func isWorthParsing(_ count: Int) -> Bool {
        switch stage {
        case .head: input.count > 1024 && !input.suffix(count).contains(0x0A) && input.count <= 8192 ? false : true
        case .fixed(_, let total): input.count >= total
        case .chunked: true
        }
    }

    /// Appends a response to the output.
    func put(_ answer: ServerResponse, closes: Bool) {
        if closes { closesAfterAnswer = true }
        switch answer {
        case .prepared(let prepared):
            let bytes = closesAfterAnswer ? prepared.closing : prepared.keepAlive
            output += isHeadRequest ? bytes.dropLast(prepared.bodyCount) : bytes[...]
        case .response(let response):
            output += serializeHead(response, closes: closesAfterAnswer)
            guard !isHeadRequest, response.body.count > 0 else { return }
            let body = Tail(response.body)
            if body.count <= Self.copiedBodyBytesMax { output += body.all } else { tail = body }
        case .stream(let response, let source):
            if isHTTP10 { closesAfterAnswer = true }
            output += serializeHead(response, closes: closesAfterAnswer, isChunked: !isHTTP10)
            guard !isHeadRequest else { return source.close() }
            self.source = source
            phase = .streaming
        case .wake: break
        }
    }

    /// Appends the next part of a generated body to the output.
    ///
    /// - Returns: False when no part is available now.
    func putPart() -> Bool {
        switch source?.next() {
        case .bytes(let bytes) where isHTTP10: output += bytes
        case .bytes(let bytes):
            output += Array((String(bytes.count, radix: 16) + "\r\n").utf8)
            output += bytes
            output += Array("\r\n".utf8)
        case .later: return false
        case .end, nil: endBody()
        }
        return true
    }

    /// Ends a generated body.
    func endBody() {
        guard let source else { return }
        source.close()
        self.source = nil
        if !isHTTP10 { output += Array("0\r\n\r\n".utf8) }
        phase = .reading
    }
}
