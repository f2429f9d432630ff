import Dispatch
import Locks
package import Ingest
package import Log
package import Storage

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
        var waiting: [(ticket: UInt64, wantsDetails: Bool)] = []
        var isStopping = false
    }

    private let probe: (any StoreProbe)?
    private let ingest: Ingest?
    private let log: Log
    private let answer: @Sendable ([(ticket: UInt64, wantsDetails: Bool)], Status) -> Void
    private let state = Locked(State())
    private let work = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    /// Creates a monitor; without a store, the status of every request is `notConfigured`.
    package init(
        store: (any Store)?,
        ingest: Ingest?,
        log: Log,
        answer: @escaping @Sendable ([(ticket: UInt64, wantsDetails: Bool)], Status) -> Void
    ) {
        probe = store?.makeProbe()
        self.ingest = ingest
        self.log = log
        self.answer = answer
    }

    package func start() {
        DispatchQueue(label: "health").async(group: stopped) { [self] in run() }
    }

    package func stop() {
        state.withLock { $0.isStopping = true }
        work.signal()
        _ = stopped.wait(timeout: .now() + .milliseconds(Int(Self.pingMillisecondsMax)))
    }

    /// Requests the status, which is passed to `answer` with the ticket.
    package func ask(_ ticket: UInt64, wantsDetails: Bool = false) {
        let isFirst = state.withLock { state in
            state.waiting.append((ticket, wantsDetails))
            return state.waiting.count == 1
        }
        if isFirst { work.signal() }
    }

    private func run() {
        while true {
            work.wait()
            let tickets = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            if !tickets.isEmpty { answer(tickets, status()) }
            if state.withLock({ $0.isStopping && $0.waiting.isEmpty }) { return }
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
