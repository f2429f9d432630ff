import CNet
import Glibc

/// The result of a system call that transfers data.
enum Transfer: Equatable {
    case bytes(Int)
    /// The call would block.
    ///
    /// The poller reports when the socket is ready.
    case wouldBlock
    /// The peer has closed the connection, or the connection has failed.
    case ended
}

/// System calls for sockets.
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

    /// Reads the first byte that can be received, which stays in the socket.
    static func peek(_ socket: Int32, into byte: inout UInt8) -> Transfer {
        let count = unsafe recv(socket, &byte, 1, Int32(MSG_PEEK))
        if count > 0 { return .bytes(count) }
        return count < 0 && isTemporary(errno) ? .wouldBlock : .ended
    }

    /// Shuts down the sending direction.
    ///
    /// The socket can still receive.
    static func finish(_ socket: Int32) {
        shutdown(socket, Int32(SHUT_WR))
    }

    private static func isTemporary(_ code: Int32) -> Bool { code == EAGAIN || code == EWOULDBLOCK || code == EINTR }

    /// The number of connections that the kernel queues for `accept`.
    private static let backlog: Int32 = 4096

    /// Checks that no other process listens on an address.
    ///
    /// With `SO_REUSEPORT`, two processes can share a port without noticing, and each would receive
    /// a part of the other's requests.
    ///
    /// - Throws: `.cannotListen` when the address is in use or invalid.
    static func checkFree(host: String, port: Int) throws(ServerError) {
        let socket = unsafe cnet_listen(host, UInt16(port), 0, 0)
        guard socket >= 0 else {
            throw .cannotListen(code: errno, reason: unsafe String(cString: strerror(errno)))
        }
        close(socket)
    }

    /// Creates a listening socket.
    ///
    /// - Throws: `.cannotListen`
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
        /// The process or the system has no file descriptors or memory left.
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

/// The current time of the monotonic clock, in milliseconds.
func monotonicMilliseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// The current time of the monotonic clock, in microseconds.
func monotonicMicroseconds() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}
