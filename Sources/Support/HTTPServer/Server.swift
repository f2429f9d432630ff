import Dispatch
import Glibc
import Locks
import HTTPWire
import Synchronization

/// Counts the connections of all loops and the bytes that they hold.
final class LiveCount: Sendable {
    private let count = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)

    var connections: Int { count.load(ordering: .relaxed) }
    var heldBytes: Int { bytes.load(ordering: .relaxed) }
    func increment() -> Int { count.add(1, ordering: .relaxed).newValue }
    func decrement() { count.subtract(1, ordering: .relaxed) }
    /// Adds to the number of held bytes and returns the total.
    func hold(_ more: Int) -> Int { bytes.add(more, ordering: .relaxed).newValue }
}

/// An HTTP/1.1 server with one event loop per thread.
///
/// Each loop has its own listener on the same port (`SO_REUSEPORT`).
package final class Server: Sendable {
    private let configuration: ServerConfiguration
    private let handler: any Handler
    private let loops = Locked<[EventLoop]>([])
    private let boundPort = Atomic<Int>(0)
    private let running = DispatchGroup()

    package init(configuration: ServerConfiguration, handler: any Handler) {
        self.configuration = configuration
        self.handler = handler
    }

    /// The port that the server listens on; 0 before it is started.
    package var port: Int { boundPort.load(ordering: .relaxed) }

    /// Binds the listeners and starts the loops.
    ///
    /// Returns without waiting for requests.
    ///
    /// - Throws: `.cannotListen` when the address is in use or invalid.
    package func start() throws(ServerError) {
        let live = LiveCount()
        if configuration.port != 0 { try Socket.checkFree(host: configuration.host, port: configuration.port) }
        var listeners = [try Socket.listen(host: configuration.host, port: configuration.port, sharesPort: true)]
        let port = Socket.port(listeners[0])
        for _ in 1..<max(1, configuration.loops) {
            listeners.append(try Socket.listen(host: configuration.host, port: port, sharesPort: true))
        }
        boundPort.store(port, ordering: .relaxed)
        let eventLoops = listeners.enumerated().map { number, listener in
            EventLoop(number: number, listener: listener, configuration: configuration, handler: handler, live: live)
        }
        loops.withLock { $0 = eventLoops }
        for loop in eventLoops {
            // The loop blocks its queue until the shutdown, so each loop has its own serial queue,
            // and with it its own thread.
            DispatchQueue(label: "loop-\(loop.number)").async(group: running) { loop.run() }
        }
    }

    /// Sends the response for a ticket.
    ///
    /// Safe to call from any thread.
    package func answer(_ ticket: Ticket, _ answer: ServerResponse) {
        self.answer([(ticket, answer)])
    }

    /// Sends the responses for several tickets.
    ///
    /// Safe to call from any thread.
    ///
    /// Takes one lock and wakes at most once for each loop.
    package func answer(_ answers: [(Ticket, ServerResponse)]) {
        let loops = loops.withLock { $0 }
        for loop in loops { loop.mailbox.post(answers, of: loop.number) }
    }

    /// Requests a shutdown of all loops.
    ///
    /// Returns at once.
    package func beginStop() {
        for loop in loops.withLock({ $0 }) { loop.mailbox.stop() }
    }

    /// Blocks until all requests that were received have been responded to, or the shutdown limit has passed.
    package func waitUntilStopped() {
        running.wait()
    }
}
