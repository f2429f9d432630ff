import Locks
package import Ingest
package import Live
package import Locations
import Reports
package import Rollups
package import Log
package import Storage
import Events
package import TLS
package import Workers

/// Watches whether rollups and other derived data keep up with the events, and finds the cause when they do not.
///
/// It checks the store on a thread and a connection of its own, so that `GET /api/status` responds at once with the result of the last check,
/// even when the database hangs.
package final class StatusMonitor: Sendable {
    /// Milliseconds between two checks, and while the status is being requested.
    static let restMilliseconds = 5000
    static let watchedMilliseconds = 500
    /// The seconds after a request for which the status counts as being requested.
    static let watchedSeconds = 30.0

    private struct State {
        var look: StoreSnapshot?
        var failure: StoreError?
        var progress = RollupProgress()
        var problems: [Problem] = []
        /// Times on the monotonic clock, in seconds.
        var lookedAt: Double?
        var askedAt = -watchedSeconds
    }

    private let store: any Store
    private let ingest: Ingest
    private let log: Log
    private let rollups: RollupWorker?
    private let feedFailure: @Sendable () -> String?
    private let damage: @Sendable () -> String?
    private let locationProblem: @Sendable () -> String?
    private let archiveProblem: @Sendable () -> String?
    private let replicaProblem: @Sendable () -> String?
    private let certificate: CertificateKeeper?
    private let storage: @Sendable () -> StorageReport?
    private let state = Locked(State())
    private let startedAt = ContinuousClock.now
    package let worker = Worker("status")

    package init(
        store: any Store,
        ingest: Ingest,
        log: Log,
        rollups: RollupWorker? = nil,
        retention: RetentionWorker? = nil,
        feed: LiveFeed? = nil,
        pool: ReaderPool? = nil,
        locations: LocationDatabase? = nil,
        replica: ReplicaMonitor? = nil,
        certificate: CertificateKeeper? = nil,
        archiveProblem: @escaping @Sendable () -> String? = { nil }
    ) {
        self.store = store
        self.ingest = ingest
        self.log = log
        self.rollups = rollups
        feedFailure = { feed?.failure }
        damage = { pool?.damage }
        locationProblem = { locations?.problem }
        self.archiveProblem = archiveProblem
        replicaProblem = { replica?.problem }
        self.certificate = certificate
        storage = { retention?.report }
    }

    package func start() {
        worker.start { [self] in run() }
    }

    /// The status by the last check.
    func status() -> ServiceStatus {
        let seconds = seconds
        let (answer, isNew) = state.withLock { state in
            let isNew = seconds - state.askedAt >= Self.watchedSeconds
            state.askedAt = seconds
            return (Self.status(state, at: seconds, ingest.report), isNew)
        }
        if isNew { worker.wake() }
        return answer
    }

    /// Seconds for which events have waited for the rollups, as far as this process knows; nil before the first check and after a failed one.
    package var lagSeconds: Int64? {
        let seconds = seconds
        return state.withLock { state in
            state.look == nil || state.failure != nil ? nil : Int64(state.progress.lagSeconds(at: seconds))
        }
    }

    /// The current build, for responses whose figures it affects.
    func processing() -> RollupProgress.Processing? { state.withLock { $0.progress.processing } }

    private static func status(_ state: State, at seconds: Double, _ report: Ingest.Report) -> ServiceStatus {
        ServiceStatus(
            processing: state.progress.processing,
            problems: state.problems,
            seconds: seconds,
            hasEvents: state.look?.hasEvents ?? false,
            hasOnlyBots: state.look?.hasOnlyBots ?? false,
            lastReceived: state.look?.lastReceived,
            lagSeconds: state.look == nil ? nil : Int64(state.progress.lagSeconds(at: seconds))
        )
    }

    /// Seconds since the start, on a monotonic clock.
    private var seconds: Double { startedAt.duration(to: .now) / .seconds(1) }

    // MARK: - The thread

    private func run() {
        var connection = WorkerConnection(store)
        while !worker.isStopping {
            var (look, failure): (StoreSnapshot?, StoreError?)
            do throws(StoreError) {
                look = try connection.use { database throws(StoreError) in
                    try StoreSnapshot(database, now: WallClock.seconds)
                }
            } catch {
                failure = error
            }
            note(look, failure)
            let hasSubscribers = state.withLock { seconds - $0.askedAt < Self.watchedSeconds }
            worker.sleep(milliseconds: hasSubscribers ? Self.watchedMilliseconds : Self.restMilliseconds)
        }
    }

    private func note(_ look: StoreSnapshot?, _ failure: StoreError?) {
        let (seconds, report) = (seconds, ingest.report)
        let (feedFailure, damage, locationProblem) = (feedFailure(), damage(), locationProblem())
        let (storage, archiveProblem, replicaProblem) = (storage(), archiveProblem(), replicaProblem())
        let certificate = certificate?.state(at: WallClock.seconds)
        // While the database is away, its own problem has the cause.
        let rollupFailure = look == nil ? nil : rollups?.status.lastError
        let (before, now) = state.withLock { state in
            state.failure = failure
            state.progress.emptyReason = report.emptyRollupsReason
            if let look {
                state.look = look
                state.lookedAt = seconds
                state.progress.observe(look.observation, at: seconds)
            }
            var finder = ProblemFinder(seconds: seconds, report: report, progress: state.progress)
            finder.look = look
            finder.failure = failure
            finder.rollupFailure = rollupFailure?.error.reason
            finder.feedFailure = feedFailure
            finder.damage = damage
            finder.locationProblem = locationProblem
            finder.archiveProblem = archiveProblem
            finder.replicaProblem = replicaProblem
            finder.certificate = certificate
            finder.storage = storage
            let before = state.problems
            state.problems = finder.problems(before: before)
            return (before, state.problems)
        }
        logChanges(before, now, at: seconds)
    }

    /// Logs the problems that have begun and those that are over.
    private func logChanges(_ before: [Problem], _ now: [Problem], at seconds: Double) {
        for problem in now where !before.contains(where: { $0.code == problem.code }) {
            log.warning("degraded", ["code": problem.code, "reason": problem.message])
        }
        for problem in before where !now.contains(where: { $0.code == problem.code }) {
            log.notice("recovered", ["code": problem.code, "seconds": Int(seconds - problem.since)])
        }
    }
}

extension Ingest.Report {
    /// The reason why the rollups are still empty.
    fileprivate var emptyRollupsReason: RollupProgress.Reason {
        if migrations.isEmpty { return .backlog }
        return MigrationPlan.isTakeover(migrations) ? .takeover : .upgrade
    }
}
