import HTTPWire

/// Parsing of requests and their dispatch to the handler.
extension EventLoop {
    /// Parses received bytes and dispatches complete requests.
    ///
    /// The caller keeps the bytes that were not consumed.
    ///
    /// - Parameters:
    ///   - connection: The connection that received the bytes.
    ///   - bytes: A buffer that starts with the received bytes.
    ///   - count: The number of received bytes.
    ///   - isWhole: Whether the buffer contains nothing else, so that a request can take it over without a copy.
    /// - Returns: The number of bytes consumed.
    func consume(_ connection: Connection, _ bytes: [UInt8], _ count: Int, isWhole: Bool) -> Int {
        var at = 0
        while at < count, connection.mayParse {
            if connection.requestStart == nil { connection.requestStart = now }
            switch connection.stage {
            case .head:
                guard takeHead(connection, bytes.span.extracting(at..<count), &at) else { return at }
            case .fixed(let head, let total):
                guard count - at >= total else { return at }
                let requestBytes =
                    isWhole && at == 0 && total == count ? bytes : Array(bytes[at..<at + total])
                at += total
                let bodyRange = head.length..<total
                dispatch(connection, makeRequest(connection, head, requestBytes, bodyRange))
            case .chunked(let head, var decoder, var body):
                connection.stage = .head
                switch decoder.decode(bytes.span.extracting(0..<count), &at, into: &body) {
                case .needMore:
                    connection.stage = .chunked(head, decoder, body)
                case .refuse(let failure):
                    refuse(connection, failure, head: head, body.span)
                    return count
                case .done:
                    dispatch(connection, makeRequest(connection, head, body, head.length..<body.count))
                }
            }
        }
        return connection.closesAfterAnswer ? count : at
    }

    private func makeRequest(
        _ connection: Connection,
        _ head: RequestHead,
        _ bytes: consuming [UInt8],
        _ body: Range<Int>
    ) -> Request {
        Request(head: head, bytes: bytes, body: body, peer: connection.peer, usesTLS: connection.session != nil)
    }

    /// Parses a head and decides how its body is read.
    ///
    /// - Returns: False when the head is incomplete.
    private func takeHead(_ connection: Connection, _ bytes: Span<UInt8>, _ at: inout Int) -> Bool {
        switch parseHead(bytes, limits: configuration.head) {
        case .needMore:
            return false
        case .refuse(let failure):
            refuse(connection, failure, head: nil, bytes)
            return true
        case .complete(let head):
            connection.isHeadRequest = head.method == .head
            connection.isHTTP10 = head.minorVersion == 0
            switch handler.admit(head, bytes) {
            case .refuse(let answer):
                at += head.length
                connection.requestStart = nil
                connection.put(answer, closes: isDraining || !head.keepsAlive || head.announcesBody)
            case .accept(let bodyBytesMax, let kind):
                connection.kind = kind
                guard head.contentLength ?? 0 <= bodyBytesMax else {
                    refuse(connection, .bodyTooLarge, head: head, bytes)
                    return true
                }
                begin(connection, head, bodyBytesMax, bytes, &at)
            }
            return true
        }
    }

    private func begin(
        _ connection: Connection,
        _ head: RequestHead,
        _ bodyBytesMax: Int,
        _ bytes: Span<UInt8>,
        _ at: inout Int
    ) {
        if head.expectsContinue, head.minorVersion == 1, head.announcesBody, bytes.count == head.length {
            connection.output += Self.continueLine
        }
        if head.isChunked {
            let start = (0..<head.length).map { bytes[$0] }
            connection.stage = .chunked(head, ChunkDecoder(bodyBytesMax: bodyBytesMax), start)
            at += head.length
        } else {
            connection.stage = .fixed(head, total: head.length + (head.contentLength ?? 0))
        }
    }

    private static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private func dispatch(_ connection: Connection, _ request: consuming Request) {
        connection.stage = .head
        connection.requestStart = nil
        connection.requestEnd = monotonicMicroseconds()
        lastGeneration &+= 1
        connection.generation = lastGeneration
        let closes = !request.head.keepsAlive
        switch handler.handle(request, Ticket(loop: number, slot: connection.slot, generation: lastGeneration)) {
        case .now(let answer):
            countLatency(connection)
            connection.put(affordable(answer), closes: closes || isDraining)
        case .later:
            connection.phase = .waiting
            connection.closesWhenAnswered = closes
        }
    }

    /// Counts the time since the request was complete.
    func countLatency(_ connection: Connection) {
        metrics.count(monotonicMicroseconds() - connection.requestEnd, connection.kind, loop: number)
    }

    /// Returns the response, or a 503 when its body is large and unsent responses already use too much memory.
    func affordable(_ answer: ServerResponse) -> ServerResponse {
        let bytes = answer.bytesCount
        guard bytes > Connection.copiedBodyBytesMax, live.heldBytes + bytes > configuration.heldBytesMax else {
            return answer
        }
        return handler.refusal(.overloaded, head: nil, bytes: [UInt8]().span, peer: "")
    }

    /// Responds with an error to a request that cannot be served, and closes the connection,
    /// because the start of the next request is unknown.
    func refuse(_ connection: Connection, _ failure: RequestError, head: RequestHead?, _ bytes: Span<UInt8>) {
        connection.stage = .head
        connection.isHeadRequest = head?.method == .head
        let answer = handler.refusal(failure, head: head, bytes: bytes, peer: connection.peer)
        connection.put(answer, closes: true)
    }

    /// Responds with an error to a request that is still being received.
    func refuseUnfinished(_ connection: Connection, _ failure: RequestError) {
        var (head, bytes) = (RequestHead?.none, connection.input)
        switch connection.stage {
        case .head: break
        case .fixed(let known, _): head = known
        // A parsed chunked head was moved from the input to the start of the body.
        case .chunked(let known, _, let body): (head, bytes) = (known, body)
        }
        refuse(connection, failure, head: head, bytes.span)
    }
}
