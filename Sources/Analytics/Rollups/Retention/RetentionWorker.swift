import Events
import Locks
package import Log
package import Storage
import Texts
package import Workers

/// Removes old data while the program runs, on its own thread.
///
/// Of several processes on one database, the one that holds the lease removes. All of them measure the database.
package final class RetentionWorker: Sendable {
    /// Milliseconds between two passes, and until the next attempt after an error.
    static let restMilliseconds = 20_000
    static let retryMilliseconds = 10_000
    /// Milliseconds until the first pass, in which the start has priority.
    static let startMilliseconds = 2000
    /// Seconds after which another process takes over from one that has ended, or hangs.
    static let leaseSeconds: Int64 = 30

    package let worker = Worker("retention")

    private let store: any Store
    package let policy: RetentionPolicy
    private let log: Log
    private let isIdle: @Sendable () -> Bool
    private let archived: (@Sendable () -> ArchivedRows)?
    private let latest = Locked<StorageReport?>(nil)
    private let holder: String

    /// The last measurement; nil before the first one.
    package var report: StorageReport? { latest.withLock { $0 } }

    /// Creates a worker; `holder` identifies this process to others on the same database.
    ///
    /// `isIdle` says whether nothing waits outside of the database, such as records of an outage in the journal. With `archived`, only
    /// rows are removed that it returns.
    package init(
        store: any Store,
        policy: RetentionPolicy,
        holder: String,
        log: Log,
        isIdle: @escaping @Sendable () -> Bool = { true },
        archived: (@Sendable () -> ArchivedRows)? = nil
    ) {
        (self.store, self.policy, self.holder, self.log) = (store, policy, holder, log)
        (self.isIdle, self.archived) = (isIdle, archived)
    }

    package func start() {
        worker.start { [self] in run() }
    }

    /// Seconds for which the disk must have too little free space before events are removed: a temporary file costs none.
    static let shortageSecondsMin: Int64 = 120

    private func run() {
        var (shortage, pace, figures) = (Shortage(), RemovalPace(), FiguresTurn())
        var connection = WorkerConnection(store)
        var milliseconds = Self.startMilliseconds
        var failures = 0
        while worker.pause(milliseconds: milliseconds) {
            milliseconds = Self.restMilliseconds
            do throws(StoreError) {
                let (report, isCut) = try connection.use { database throws(StoreError) in
                    try pass(database, &shortage, &pace, &figures)
                }
                latest.withLock { $0 = report }
                if isCut { milliseconds = RemovalPace.pauseMin }
                failures = 0
            } catch {
                milliseconds = Self.retryMilliseconds
                failures += 1
                // The first error may be that the schema does not exist yet.
                if failures == 2 { log.warning("cannot remove old data", ["reason": error.reason]) }
            }
        }
        // Without it, another process takes over when the lease ends.
        try? connection.use { database throws(StoreError) in try Retention(database).release(holder) }
    }

    /// - Returns: the size of the database, and whether there is more to remove.
    private func pass(
        _ database: any Database,
        _ shortage: inout Shortage,
        _ pace: inout RemovalPace,
        _ figures: inout FiguresTurn
    ) throws(StoreError) -> (StorageReport, isCut: Bool) {
        let now = WallClock.seconds
        var policy = policy
        policy.sites = try SiteRetention.read(database)
        let measured = try StorageReport(database, policy: policy, now: now)
        shortage.note(measured, .now)
        pace.note(events: measured.excessEvents, seconds: measured.overdueSeconds)
        // An erasure rewrites the files, which takes space for a while.
        let isErasing = try !database.rows("select 1 from erasures where finished_at is null limit 1").isEmpty
        var allowed = policy
        if isErasing || !shortage.hasLasted(.seconds(Self.shortageSecondsMin), .now) { allowed.diskFreeMin = 0 }
        // Events of the journal may belong to sessions that would otherwise be removed. But with a full disk, the journal
        // cannot be drained, and grows until there is space.
        let isUrgent = allowed.diskFreeMin > 0 && shortage.isCritical
        let mayRun = { [self] in isUrgent || isIdle() }
        guard mayRun(), try Retention(database).acquire(holder, now: now, until: now + Self.leaseSeconds) else {
            return (measured, false)
        }
        let leaseEnd = ContinuousClock.now + .seconds(Self.leaseSeconds / 2)
        let archived = archived?()
        let pause = { [self, pace] (milliseconds: Int) in
            worker.pause(milliseconds: pace.pause(after: milliseconds)) && .now < leaseEnd && mayRun()
        }
        var pass = try RetentionPass(
            database,
            policy: allowed,
            now: now,
            archived: archived,
            withPageViews: figures.isDue(policy.sites, .now),
            pause: pause
        )
        var report = try pass.run()
        if !pass.isCut { figures.finish(policy.sites, .now) }
        report.policy = policy
        let removed = pass.removed
        if removed != RetentionPass.Removed() {
            log.info(
                "old data removed",
                [
                    "events": removed.events, "submissions": removed.submissions, "sessions": removed.pageViews,
                    "delivery_reports": removed.deliveryReports, "dead_letters": removed.deadLetters,
                ]
            )
        }
        return (report, pass.isCut && mayRun())
    }
}

/// When the figures are searched for old page views.
///
/// With ages of sites, old page views of others stay, and each search reads them again.
private struct FiguresTurn {
    /// Time between two searches.
    private static let rest = Duration.seconds(600)

    private var last: (sites: [ByteText: SiteRetention], at: ContinuousClock.Instant)?

    func isDue(_ sites: [ByteText: SiteRetention], _ now: ContinuousClock.Instant) -> Bool {
        guard let last, !sites.isEmpty, last.sites == sites else { return true }
        return last.at.duration(to: now) >= Self.rest
    }

    mutating func finish(_ sites: [ByteText: SiteRetention], _ now: ContinuousClock.Instant) {
        if isDue(sites, now) { last = (sites, now) }
    }
}

/// How long the disk has had less free space than the owner wants.
private struct Shortage {
    private var since: ContinuousClock.Instant?
    /// Whether less than half of the wanted space is left.
    private(set) var isCritical = false

    mutating func note(_ report: StorageReport, _ now: ContinuousClock.Instant) {
        let (free, wanted) = (report.size.diskFree ?? .max, report.policy.diskFreeMin)
        isCritical = free < wanted / 2
        if free >= wanted { since = nil } else if since == nil { since = now }
    }

    func hasLasted(_ time: Duration, _ now: ContinuousClock.Instant) -> Bool {
        since.map { $0.duration(to: now) >= time } ?? false
    }
}
