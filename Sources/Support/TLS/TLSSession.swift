import CTLS

/// The server side of TLS on one connection, with a non-blocking socket.
///
/// Reads and writes the socket itself, and keeps no bytes that were received except those of an incomplete record: the poller
/// reports everything else. Confined to one thread at a time.
@safe package final class TLSSession {
    /// The result of a call.
    package enum Result: Equatable {
        case bytes(Int)
        /// Repeat the call when the socket is readable.
        case wantsInput
        /// Repeat the call when the socket is writable.
        case wantsOutput
        /// The peer has ended the connection with close_notify.
        case closed
        /// The connection was cut, or the peer has violated the protocol.
        case failed
    }

    /// The most bytes that a client may send before its handshake is complete; those of browsers have about two thousand.
    package static let handshakeBytesMax = 32_768
    /// The memory in bytes that OpenSSL uses for a handshake, beyond that of an established connection.
    package static let handshakeHeldBytes = 49_152
    /// The memory in bytes for an incomplete record.
    package static let recordHeldBytes = 16_896

    private let session: OpaquePointer
    /// Whether the handshake is complete.
    package private(set) var isEstablished = false
    private var hasFinished = false
    private var hasFailed = false

    /// Takes ownership of a session.
    @unsafe init(_ session: OpaquePointer) { unsafe self.session = session }

    deinit { unsafe ctls_session_free(session) }

    /// Continues the handshake; `.bytes(0)` when it is complete.
    package func handshake() -> Result {
        let result = note(unsafe Int(ctls_handshake(session)))
        isEstablished = result == .bytes(0)
        let received = unsafe ctls_received_bytes(session)
        return isEstablished || received <= Self.handshakeBytesMax ? result : note(Int(CTLS_FAILED))
    }

    /// Reads at most one record.
    package func receive(into buffer: inout [UInt8]) -> Result {
        note(unsafe buffer.withUnsafeMutableBytes { unsafe ctls_read(session, $0.baseAddress, $0.count) })
    }

    /// Writes at most one record of at least one byte.
    ///
    /// After `.wantsOutput` or `.wantsInput`, the next call must begin with the same bytes.
    package func send(_ bytes: ArraySlice<UInt8>) -> Result {
        note(unsafe bytes.withUnsafeBytes { unsafe ctls_write(session, $0.baseAddress, $0.count) })
    }

    /// Sends close_notify, once, unless the connection has failed or has not been established.
    ///
    /// - Returns: `.wantsOutput` when the call has to be repeated; else there is nothing more to send.
    package func finish() -> Result {
        guard isEstablished, !hasFinished, !hasFailed else { return .bytes(0) }
        let result = note(unsafe Int(ctls_finish(session)))
        hasFinished = result != .wantsOutput
        return result
    }

    /// Whether a part of a record has been received.
    package var holdsRecord: Bool { unsafe ctls_holds_record(session) != 0 }

    private func note(_ result: Int) -> Result {
        switch result {
        case Int(CTLS_WANTS_INPUT): return .wantsInput
        case Int(CTLS_WANTS_OUTPUT): return .wantsOutput
        case Int(CTLS_CLOSED): return .closed
        case Int(CTLS_FAILED):
            hasFailed = true
            return .failed
        default: return .bytes(result)
        }
    }
}
