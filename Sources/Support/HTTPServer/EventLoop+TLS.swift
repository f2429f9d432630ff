import HTTPWire
import TLS

/// Connections that use TLS.
///
/// Behind these functions, they are as those of plain HTTP: the deadlines, limits and phases are the same.
extension EventLoop {
    func reactWithTLS(_ connection: Connection, _ event: ReadinessEvent) {
        if connection.phase == .handshaking {
            shakeHands(connection)
        } else if connection.phase == .lingering, event.isWritable {
            linger(connection)
        } else {
            let readsOn = event.isReadable || event.isWritable && connection.readWaitsForOutput
            if event.isWritable || event.isReadable && connection.writeWaitsForInput { flush(connection) }
            if readsOn, isOpen(connection) { readable(connection) }
        }
        count(connection)
    }

    // MARK: - Handshakes

    /// The response to a request of plain HTTP on a port that uses TLS.
    private static let plainRequestResponse = PreparedResponse(
        Response(
            status: 400,
            fields: [("Content-Type", "text/plain; charset=utf-8")],
            body: .bytes(Array("This port accepts HTTPS only\n".utf8))
        )
    )

    /// Continues a handshake, or starts it with the client's first byte.
    func shakeHands(_ connection: Connection) {
        guard let session = connection.session else { return }
        if !connection.hasBegunHandshake {
            var first: UInt8 = 0
            switch Socket.peek(connection.socket, into: &first) {
            case .wouldBlock: return
            case .ended: return drop(connection)
            case .bytes: connection.hasBegunHandshake = true
            }
            // A record of a handshake begins with 22, a request with the name of its method.
            if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) { return refusePlainRequest(connection) }
            if connection.refusal == nil, !isDraining { connection.deadline = now + configuration.headMilliseconds }
        }
        switch session.handshake() {
        case .wantsInput: watch(connection, .reading)
        case .wantsOutput: watch(connection, .writing)
        case .bytes: begin(connection)
        case .closed, .failed:
            // The client can still receive the alert that says why.
            connection.session = nil
            linger(connection)
        }
    }

    private func begin(_ connection: Connection) {
        connection.phase = .reading
        if let refusal = connection.refusal {
            refuse(connection, refusal, head: nil, [UInt8]().span)
            return flush(connection)
        }
        updateInterest(connection)
    }

    private func refusePlainRequest(_ connection: Connection) {
        connection.session = nil
        connection.phase = .reading
        connection.put(.prepared(Self.plainRequestResponse), closes: true)
        flush(connection)
    }

    /// Refuses a connection as soon as its handshake is complete, for which it gets less time than others.
    func refuseLater(_ connection: Connection, _ failure: RequestError) {
        connection.refusal = failure
        connection.deadline = now + configuration.lingerMilliseconds
    }

    // MARK: - Records

    /// Reads from the socket, or one record of TLS from it.
    func receive(_ connection: Connection) -> Transfer {
        guard let session = connection.session else { return Socket.receive(connection.socket, into: &readBuffer) }
        connection.readWaitsForOutput = false
        switch session.receive(into: &readBuffer) {
        case .bytes(let count): return .bytes(count)
        case .wantsInput: return .wouldBlock
        case .wantsOutput:
            connection.readWaitsForOutput = true
            connection.deadline = connection.deadline ?? now + configuration.answerMilliseconds
            watch(connection, .writing)
            return .wouldBlock
        case .closed, .failed: return .ended
        }
    }

    /// Writes to the socket, or one record of TLS to it.
    func send(_ connection: Connection, _ bytes: ArraySlice<UInt8>) -> Transfer {
        guard let session = connection.session, !bytes.isEmpty else { return Socket.send(connection.socket, bytes) }
        connection.writeWaitsForInput = false
        switch session.send(bytes) {
        case .bytes(let count): return .bytes(count)
        case .wantsOutput: return .wouldBlock
        case .wantsInput:
            connection.writeWaitsForInput = true
            return .wouldBlock
        case .closed, .failed: return .ended
        }
    }

    /// Counts a part of a record as a part of a request, which has a deadline and a limit of memory.
    func noteRecord(_ connection: Connection) {
        guard let session = connection.session, connection.phase == .reading, !connection.closesAfterAnswer,
            !connection.readWaitsForOutput
        else { return }
        let isBetweenRequests = if case .head = connection.stage { connection.input.isEmpty } else { false }
        guard isBetweenRequests, session.holdsRecord != (connection.requestStart != nil) else { return }
        // The record may turn out to be one without a part of a request, such as an update of keys.
        connection.requestStart = session.holdsRecord ? now : nil
        updateInterest(connection)
    }

    /// Sends close_notify, if the socket takes it, on a connection that is about to be closed.
    ///
    /// An end in the middle of a response must not look like that of a complete one.
    func finishIdleTLS(_ connection: Connection) {
        if connection.phase == .reading, !connection.hasUnsentOutput { _ = connection.session?.finish() }
    }

    /// Sends close_notify.
    ///
    /// - Returns: False when the socket's send buffer is full: the loop calls again when it is not.
    func finishTLS(_ connection: Connection) -> Bool {
        guard connection.session?.finish() == .wantsOutput else { return true }
        watch(connection, .writing)
        return false
    }
}

extension Connection {
    /// The bytes that OpenSSL holds for a handshake or for a part of a record.
    func heldBytes(_ session: TLSSession) -> Int {
        if phase == .handshaking { return hasBegunHandshake ? TLSSession.handshakeHeldBytes : 0 }
        return phase == .reading && requestStart != nil && session.holdsRecord ? TLSSession.recordHeldBytes : 0
    }
}
