import Dispatch
import Glibc
import Locks
import HTTPWire
import Synchronization

/// Connections of all loops, and what they hold.
final class LiveCount: Sendable {
    private let count = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)

    var connections: Int { count.load(ordering: .relaxed) }
    var heldBytes: Int { bytes.load(ordering: .relaxed) }
    func increment() -> Int { count.add(1, ordering: .relaxed).newValue }
    func decrement() { count.subtract(1, ordering: .relaxed) }
    /// Adds to the bytes that are held, and gives their sum.
    func hold(_ more: Int) -> Int { bytes.add(more, ordering: .relaxed).newValue }
}

/// An HTTP/1.1 server: one event loop a thread, every loop with a listener of its own on the same port.
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

    /// The port that is listened on, once started.
    package var port: Int { boundPort.load(ordering: .relaxed) }

    /// Listens and starts the loops.
    package func start() throws(ServerError) {
        let live = LiveCount()
        if configuration.port != 0 { try Socket.checkFree(host: configuration.host, port: configuration.port) }
        var listeners = [try Socket.listen(host: configuration.host, port: configuration.port, sharesPort: true)]
        let port = Socket.port(listeners[0])
        for _ in 1..<max(1, configuration.loops) {
            listeners.append(try Socket.listen(host: configuration.host, port: port, sharesPort: true))
        }
        boundPort.store(port, ordering: .relaxed)
        let made = listeners.enumerated().map { number, listener in
            EventLoop(number: number, listener: listener, configuration: configuration, handler: handler, live: live)
        }
        loops.withLock { $0 = made }
        for loop in made {
            // A serial queue of its own is a thread of its own: the loop blocks in it until the stop.
            DispatchQueue(label: "loop-\(loop.number)").async(group: running) { loop.run() }
        }
    }

    /// Answers a request that waits, from any thread.
    package func answer(_ ticket: Ticket, _ answer: Answer) {
        self.answer([(ticket, answer)])
    }

    /// Answers requests that wait, from any thread: one lock and at most one wake for each loop.
    package func answer(_ answers: [(Ticket, Answer)]) {
        let loops = loops.withLock { $0 }
        for loop in loops { loop.mailbox.post(answers, of: loop.number) }
    }

    /// Asks the loops to stop; returns at once.
    package func beginStop() {
        for loop in loops.withLock({ $0 }) { loop.mailbox.stop() }
    }

    /// Blocks until every request that was sent has been answered, or the limit of a stop is over.
    package func waitUntilStopped() {
        running.wait()
    }
}
