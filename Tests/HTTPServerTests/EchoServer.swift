import Dispatch
import Glibc
import Locks
import HTTPServer
import HTTPWire
import Synchronization

/// A body that a test makes while it is sent.
final class TestSource: BodySource {
    let isEndless = true
    let ticket: Ticket
    let parts = Locked<[BodyPart]>([])
    private let asked = Atomic<Int>(0)
    private let closed = Atomic<Int>(0)

    init(_ ticket: Ticket) { self.ticket = ticket }

    var askedCount: Int { asked.load(ordering: .relaxed) }
    var closedCount: Int { closed.load(ordering: .relaxed) }

    func next() -> BodyPart {
        asked.add(1, ordering: .relaxed)
        return parts.withLock { $0.isEmpty ? .later : $0.removeFirst() }
    }

    func close() { closed.add(1, ordering: .relaxed) }
}

/// A handler with a route for each way of answering.
///
/// `/now` echoes at once, `/later` from another thread, `/never` not before the test releases it, `/big` sends five
/// million bytes and `/huge` more than the kernel buffers.
final class EchoHandler: Handler {
    static let bodyBytesMax = 100
    static let bigBytes = 5_000_000
    /// More than the kernel buffers for a client that does not read.
    static let hugeBytes = 40_000_000

    let responses: ResponseSink
    private let held = Locked<[Ticket]>([])
    /// What `/stream` sends, the first that was asked for first.
    let sources = Locked<[TestSource]>([])
    private let answers = DispatchQueue(label: "answers")
    private let handled = Atomic<Int>(0)
    private let loopClock = Atomic<Int32>(0)

    var handledCount: Int { handled.load(ordering: .relaxed) }
    var heldCount: Int { held.withLock { $0.count } }

    /// Milliseconds that the thread of the loop that took `/never` last has worked.
    var loopMilliseconds: Int {
        var time = timespec()
        clock_gettime(loopClock.load(ordering: .relaxed), &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    /// Gives the source of a stream more to send.
    func feed(_ index: Int, _ parts: [BodyPart]) {
        let source = sources.withLock { $0[index] }
        source.parts.withLock { $0 += parts }
        responses.send(source.ticket, .wake)
    }

    init(_ responses: ResponseSink) { self.responses = responses }

    func admit(_ head: RequestHead, _ bytes: Span<UInt8>) -> BodyPolicy {
        guard head.text(head.path, bytes) != "/missing" else { return .refuse(Self.answer(404, Array("missing".utf8))) }
        return .accept(bodyBytesMax: Self.bodyBytesMax, kind: .api)
    }

    func handle(_ request: consuming Request, _ ticket: Ticket) -> HandlerResult {
        handled.add(1, ordering: .relaxed)
        let body = Array(request.bytes[request.body])
        switch request.path {
        case "/later":
            answers.async { [responses] in responses.send(ticket, Self.answer(200, body)) }
            return .later
        case "/never":
            var clock: clockid_t = 0
            pthread_getcpuclockid(pthread_self(), &clock)
            loopClock.store(clock, ordering: .relaxed)
            held.withLock { $0.append(ticket) }
            return .later
        case "/big":
            let pattern = Array("0123456789".utf8)
            return .now(.response(Response(status: 200, fields: [], body: .repeating(pattern, count: Self.bigBytes))))
        case "/huge":
            let pattern = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
            return .now(.response(Response(status: 200, fields: [], body: .repeating(pattern, count: Self.hugeBytes))))
        case "/stream":
            let source = TestSource(ticket)
            sources.withLock { $0.append(source) }
            return .now(.stream(Response(status: 200, fields: [], body: .none), source))
        case "/peer":
            return .now(Self.answer(200, Array(request.peer.utf8)))
        default:
            return .now(Self.answer(200, body))
        }
    }

    func refusal(_ failure: RequestError, head: RequestHead?, bytes: Span<UInt8>, peer: String) -> ServerResponse {
        let path = head.map { " \($0.text($0.path, bytes))" } ?? ""
        return Self.answer(failure.status, Array("refused\(path)".utf8))
    }

    /// Answers what `/never` has held back.
    func release(times: Int = 1) {
        let tickets = held.withLock { tickets in
            defer { tickets = [] }
            return tickets
        }
        for _ in 0..<times { responses.send(tickets.map { ($0, Self.answer(200, Array("released".utf8))) }) }
    }

    private static func answer(_ status: Int, _ body: [UInt8]) -> ServerResponse {
        .response(Response(status: status, fields: [], body: .bytes(body)))
    }
}

/// Runs a body against a server with short limits, and stops it afterwards.
func withServer(
    _ change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (Server, EchoHandler) throws -> Void
) throws {
    var configuration = ServerConfiguration()
    configuration.tickMilliseconds = 20
    configuration.drainGraceMilliseconds = 100
    change(&configuration)
    let handler = EchoHandler(ResponseSink(configuration))
    let server = Server(configuration: configuration, responses: handler.responses, handler: handler)
    try server.start()
    defer {
        server.beginStop()
        server.waitUntilStopped()
    }
    try body(server, handler)
}

/// Waits until something is true, for at most ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        usleep(5000)
    }
    return condition()
}
