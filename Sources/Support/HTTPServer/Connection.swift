import Glibc
import HTTPWire

/// One client's connection: where its request and its answer stand.
///
/// Belongs to one loop.
final class Connection {
    enum Phase {
        /// Between requests, or inside one that has not come whole.
        case reading
        /// A request is with the handler.
        case waiting
        /// A body is made while it is sent.
        case streaming
        /// The last answer has been sent; what still comes is thrown away.
        case lingering
    }

    enum Stage {
        case head
        /// The head and how many bytes it makes with its body.
        case fixed(RequestHead, total: Int)
        /// The head, its decoder, and the request's bytes so far.
        case chunked(RequestHead, ChunkDecoder, [UInt8])
    }

    let socket: Int32
    let slot: Int
    let serial: UInt32
    let peer: String
    var phase = Phase.reading
    var stage = Stage.head
    /// Bytes of a request that has not come whole; empty in between, so that an idle connection owns no buffer.
    var input: [UInt8] = []
    /// Generation of the ticket that is waited for.
    var generation: UInt32 = 0
    /// Answers of this turn that have not been sent yet.
    var output: [UInt8] = []
    var outputSent = 0
    /// A large body behind the output.
    var tail: Tail?
    /// Makes the body that is being sent.
    var source: (any BodySource)?
    var isHeadRequest = false
    /// The request that is answered is of HTTP/1.0, which knows no chunks.
    var isHTTP10 = false
    /// Kept bytes may hold a request that was not looked at while an answer was in the way.
    var hasParsableInput = false
    /// Nothing is read after the answer that is being sent.
    var closesAfterAnswer = false
    /// The client asked to close after the answer that is waited for.
    var closesWhenAnswered = false
    var interest = Interest.reading
    /// When the connection is closed unless something happens; nil while the handler has the request.
    var deadline: Int?
    /// When the request began that has not come whole.
    var requestStart: Int?

    /// Bytes that have been counted as held.
    var countedBytes = 0

    init(socket: Int32, slot: Int, serial: UInt32, peer: String) {
        self.socket = socket
        self.slot = slot
        self.serial = serial
        self.peer = peer
    }

    deinit { close(socket) }

    var token: UInt64 { UInt64(serial) << 32 | UInt64(slot) }
    var hasUnsentOutput: Bool { outputSent < output.count || tail != nil }

    /// Whether it is between requests and nothing of it would be lost by closing it.
    var isIdle: Bool { phase == .reading && requestStart == nil && !hasUnsentOutput && !closesAfterAnswer }

    /// Bytes of a request that has not come whole and of answers that have not been sent.
    var heldBytes: Int {
        let chunked = if case .chunked(_, _, let body) = stage { body.count } else { 0 }
        return input.count + chunked + output.count + (tail?.heldBytes ?? 0)
    }

    /// Whether the next request may be looked at: answers go out in order, and nobody's unread answers pile up.
    var mayParse: Bool { phase == .reading && !closesAfterAnswer && tail == nil && output.count < Self.outputBytesMax }

    /// Bytes of answers gathered in one turn before they are sent.
    static let outputBytesMax = 65_536
    /// Bytes of a body that is copied to the output rather than sent from its own buffer.
    static let copiedBodyBytesMax = 16_384

    /// Whether the last `count` bytes of the input may have completed something: a slow sender must not make the head be parsed at every byte.
    func isWorthParsing(_ count: Int) -> Bool {
        switch stage {
        case .head: input.count > 1024 && !input.suffix(count).contains(0x0A) && input.count <= 8192 ? false : true
        case .fixed(_, let total): input.count >= total
        case .chunked: true
        }
    }

    /// Puts an answer behind what is to be sent.
    func put(_ answer: Answer, closes: Bool) {
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

    /// Puts the next part of a body that is made while it is sent.
    ///
    /// - Returns: false when there is none now.
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

    /// Ends a body that is made while it is sent.
    func endBody() {
        guard let source else { return }
        source.close()
        self.source = nil
        if !isHTTP10 { output += Array("0\r\n\r\n".utf8) }
        phase = .reading
    }
}
