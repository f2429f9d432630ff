import Locks
package import HTTPServer
package import Ingest
package import Log
package import Storage
import Workers

/// Checks whether the database can be reached, by a real round trip on a connection of its own.
///
/// Requests that arrive during a round trip share the next one, so that health checks cost the database one query at a time. Each round trip
/// has a timeout, so that a database that hangs gives a result too.
package final class HealthMonitor: Sendable {
    /// The timeout of a round trip in milliseconds.
    package static let pingMillisecondsMax: Int32 = 2000

    /// The result of a check.
    package enum Status: Sendable, Equatable {
        case connected
        case notConfigured
        /// A word for the field `database` of the response, without host names or secrets.
        case unhealthy(String)
    }

    private struct State {
        var waiting: [(ticket: Ticket, response: @Sendable (Status) -> ServerResponse)] = []
    }

    private let probe: (any StoreProbe)?
    private let ingest: Ingest?
    private let log: Log
    private let responses: ResponseSink
    private let state = Locked(State())
    private let worker = Worker("health")

    /// Creates a monitor; without a store, the status of every request is `notConfigured`.
    package init(store: (any Store)?, ingest: Ingest?, responses: ResponseSink, log: Log) {
        probe = store?.makeProbe()
        self.ingest = ingest
        self.log = log
        self.responses = responses
    }

    package func start() {
        worker.start { [self] in run() }
    }

    package func stop() {
        worker.stop(milliseconds: Int(Self.pingMillisecondsMax))
    }

    /// Checks the status, and responds to a request with what `response` makes of it.
    func check(_ ticket: Ticket, _ response: @escaping @Sendable (Status) -> ServerResponse) {
        let isFirst = state.withLock { state in
            state.waiting.append((ticket, response))
            return state.waiting.count == 1
        }
        if isFirst { worker.wake() }
    }

    private func run() {
        while true {
            worker.sleep()
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            if !waiting.isEmpty {
                let status = status()
                responses.send(waiting.map { ($0.ticket, $0.response(status)) })
            }
            if state.withLock({ worker.isStopping && $0.waiting.isEmpty }) { return }
        }
    }

    private func status() -> Status {
        guard let probe, let ingest else { return .notConfigured }
        do {
            try probe.ping(timeoutMilliseconds: Self.pingMillisecondsMax)
        } catch {
            log.debug("health probe failed", ["reason": error.reason])
            return .unhealthy("unreachable")
        }
        switch ingest.health {
        case .ready: return .connected
        case .starting: return .unhealthy("starting")
        case .unavailable: return .unhealthy("not accepting writes")
        case .broken: return .unhealthy("schema mismatch")
        }
    }
}
