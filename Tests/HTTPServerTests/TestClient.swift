import Glibc

/// A client on a plain socket, which says exactly what a test wants said.
final class TestClient {
    /// Seconds that a read waits before the test fails.
    private static let timeoutSeconds = 10

    private let socket: Int32

    /// Connects to 127.0.0.1, or to ::1.
    init(port: Int, isIPv6: Bool = false, receiveBytes: Int32? = nil) throws {
        socket = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var bytes = receiveBytes { setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, 4) }
        var timeout = timeval(tv_sec: Self.timeoutSeconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let result = isIPv6 ? Self.connect6(socket, port) : Self.connect4(socket, port)
        guard result == 0 else { throw NotConnected() }
    }

    deinit { close(socket) }

    struct NotConnected: Error {}

    private static func connect4(_ socket: Int32, _ port: Int) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func connect6(_ socket: Int32, _ port: Int) -> Int32 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = UInt16(port).bigEndian
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    /// Sends all of the text; false when the server no longer takes it.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)[...]) }

    @discardableResult
    func send(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends what the server takes without waiting; how many bytes that was.
    func sendAvailable(_ bytes: [UInt8]) -> Int {
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return max(0, bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, flags) })
    }

    func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// Closes with a reset, as a program that is killed does.
    func abort() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Whether something has come that was not read.
    var hasInput: Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    private var buffer: [UInt8] = []

    private func readMore() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }

    /// Reads until the server closes.
    func readAll() -> String {
        while readMore() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// A response as the client received it.
    struct ReceivedResponse {
        var status: Int
        var head: String
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Whether something has come that can be read, or comes within the time.
    func isReadable(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return !buffer.isEmpty || poll(&entry, 1, milliseconds) > 0
    }

    /// Reads one response, by its length; nil when the server closes before it is whole.
    func readResponse(hasBody: Bool = true) -> ReceivedResponse? {
        let blank = Array("\r\n\r\n".utf8)
        var end: Int?
        while end == nil {
            end = buffer.indices.first { buffer[$0...].starts(with: blank) }
            if end == nil, !readMore() { return nil }
        }
        guard let end else { return nil }
        let head = String(decoding: buffer[..<end], as: UTF8.self)
        let lines = head.split(separator: "\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }.flatMap {
            Int($0.dropFirst(15).filter(\.isNumber))
        }
        let status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
        let count = hasBody && status != 100 ? length ?? 0 : 0
        while buffer.count < end + 4 + count { guard readMore() else { return nil } }
        let body = Array(buffer[end + 4..<end + 4 + count])
        buffer.removeFirst(end + 4 + count)
        return ReceivedResponse(status: status, head: head, body: body)
    }
}
