import Glibc
import HTTPWire
import Synchronization
import Workers

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
    private let responses: ResponseSink
    private let handler: any Handler
    private let boundPort = Atomic<Int>(0)
    private let workers: [Worker]

    /// Creates a server that sends the responses which reach the sink later than the handler returns.
    package init(configuration: ServerConfiguration, responses: ResponseSink, handler: any Handler) {
        self.configuration = configuration
        self.responses = responses
        self.handler = handler
        workers = responses.mailboxes.indices.map { Worker("loop-\($0)") }
    }

    /// The port that the server listens on; 0 before it is started.
    package var port: Int { boundPort.load(ordering: .relaxed) }

    /// Binds the listeners and starts the loops.
    ///
    /// Returns without waiting for requests.
    ///
    /// - Throws: `.cannotListen` when the address is in use or invalid.
    package func start() throws(ServerError) {
        if configuration.port != 0 { try Socket.checkFree(host: configuration.host, port: configuration.port) }
        var listeners = [try Socket.listen(host: configuration.host, port: configuration.port, sharesPort: true)]
        let port = Socket.port(listeners[0])
        for _ in responses.mailboxes.dropFirst() {
            listeners.append(try Socket.listen(host: configuration.host, port: port, sharesPort: true))
        }
        boundPort.store(port, ordering: .relaxed)
        for (number, listener) in listeners.enumerated() {
            let loop = EventLoop(
                number: number,
                listener: listener,
                mailbox: responses.mailboxes[number],
                configuration: configuration,
                handler: handler,
                metrics: responses.metrics
            )
            workers[number].start { loop.run() }
        }
    }

    /// Requests a shutdown of all loops.
    ///
    /// Returns at once.
    package func beginStop() {
        for mailbox in responses.mailboxes { mailbox.stop() }
    }

    /// Blocks until all requests that were received have been responded to, or the shutdown limit has passed.
    package func waitUntilStopped() {
        for worker in workers { worker.waitUntilStopped() }
    }
}
