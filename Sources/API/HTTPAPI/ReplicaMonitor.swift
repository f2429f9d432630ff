import Locks
package import Log
package import Storage
package import Workers

/// Decides whether reports may be read from a replica: one that is current, and has the owner's own changes.
///
/// Thread-safe. It compares the replica with its store on a thread of its own, so that a request decides without a query.
package final class ReplicaMonitor: Sendable {
    /// Milliseconds between two comparisons.
    static let restMilliseconds = 1000

    private let replica: any Replica
    private let log: Log
    private let lag = Locked(ReplicaLag())
    private let startedAt = ContinuousClock.now
    package let worker = Worker("replica-lag")

    package init(_ replica: any Replica, log: Log) {
        self.replica = replica
        self.log = log
    }

    package func start() {
        worker.start { [self] in run() }
    }

    /// Registers that the owner has changed something; call before the response is sent.
    func noteChange() {
        let now = seconds
        lag.withLock { $0.change(at: now) }
    }

    /// Whether reports may be read from the replica now.
    var isUsable: Bool {
        let now = seconds
        return lag.withLock { $0.isUsable(at: now) }
    }

    /// Why reports are read from the store instead; nil when they are not.
    var problem: String? {
        let now = seconds
        return lag.withLock { $0.problem(at: now) }
    }

    /// Seconds since the start, on a monotonic clock.
    private var seconds: Double { startedAt.duration(to: .now) / .seconds(1) }

    private func run() {
        while !worker.isStopping {
            let begin = seconds
            do throws(StoreError) {
                let positions = try replica.compare()
                lag.withLock { $0.observe(positions, at: begin) }
            } catch {
                log.debug("replica cannot be compared", ["reason": error.reason])
                lag.withLock { $0.fail(error.reason) }
            }
            worker.sleep(milliseconds: Self.restMilliseconds)
        }
    }
}

/// The threads that read reports from a replica, and what decides whether they may.
package struct ReplicaReaders: Sendable {
    package let monitor: ReplicaMonitor
    package let pool: ReaderPool

    package init(monitor: ReplicaMonitor, pool: ReaderPool) {
        self.monitor = monitor
        self.pool = pool
    }
}
