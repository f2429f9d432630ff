import CNet
import Glibc

/// What a system call on a socket came to.
enum Transfer: Equatable {
    case bytes(Int)
    /// Nothing now; the poller will tell.
    case wouldBlock
    /// The other side has closed or the connection has failed.
    case ended
}

/// System calls on a connected socket.
enum Socket {
    static func receive(_ socket: Int32, into buffer: inout [UInt8]) -> Transfer {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, $0.count, 0) }
        if count > 0 { return .bytes(count) }
        return count < 0 && isTemporary(errno) ? .wouldBlock : .ended
    }

    static func send(_ socket: Int32, _ bytes: ArraySlice<UInt8>) -> Transfer {
        guard !bytes.isEmpty else { return .bytes(0) }
        let count = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return .bytes(count) }
        return isTemporary(errno) ? .wouldBlock : .ended
    }

    /// Says that nothing more will be sent, and goes on reading.
    static func finish(_ socket: Int32) {
        shutdown(socket, Int32(SHUT_WR))
    }

    private static func isTemporary(_ code: Int32) -> Bool { code == EAGAIN || code == EWOULDBLOCK || code == EINTR }

    /// Connections that wait to be accepted.
    private static let backlog: Int32 = 4096

    /// Makes sure that nobody else listens at an address: sharing a port works between programs too, and two that share one unknowingly
    /// would take each other's requests.
    static func checkFree(host: String, port: Int) throws(ServerError) {
        let socket = unsafe cnet_listen(host, UInt16(port), 0, 0)
        guard socket >= 0 else {
            throw .cannotListen(code: errno, reason: unsafe String(cString: strerror(errno)))
        }
        close(socket)
    }

    /// Listens at an address.
    static func listen(host: String, port: Int, sharesPort: Bool) throws(ServerError) -> Int32 {
        let socket = unsafe cnet_listen(host, UInt16(port), sharesPort ? 1 : 0, backlog)
        guard socket >= 0 else {
            throw .cannotListen(code: errno, reason: unsafe String(cString: strerror(errno)))
        }
        return socket
    }

    static func port(_ listener: Int32) -> Int { Int(cnet_port(listener)) }

    enum Accepted {
        case connection(Int32, peer: String)
        case nothing
        /// No descriptors are left.
        case exhausted
    }

    static func accept(_ listener: Int32) -> Accepted {
        var peer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let socket = unsafe cnet_accept(listener, &peer, peer.count)
        guard socket >= 0 else { return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? .exhausted : .nothing }
        let text = String(decoding: peer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return .connection(socket, peer: text)
    }
}

/// Milliseconds of a clock that only goes forward.
func monotonicMilliseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
