import Events
import Locks
package import Log
package import Storage
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
    /// A step is followed by a pause of twice its time, and at least this long, in which ingest is not disturbed.
    static let pauseMillisecondsMin = 20
    static let pauseMillisecondsMax = 1000

    package let worker = Worker("retention")

    private let store: any Store
    private let policy: RetentionPolicy
    private let log: Log
    private let isIdle: @Sendable () -> Bool
    private let latest = Locked<StorageReport?>(nil)
    private let holder: String

    /// The last measurement; nil before the first one.
    package var report: StorageReport? { latest.withLock { $0 } }

    /// Creates a worker; `holder` identifies this process to others on the same database.
    ///
    /// `isIdle` says whether nothing waits outside of the database, such as records of an outage in the journal.
    package init(
        store: any Store,
        policy: RetentionPolicy,
        holder: String,
        log: Log,
        isIdle: @escaping @Sendable () -> Bool = { true }
    ) {
        (self.store, self.policy, self.holder, self.log, self.isIdle) = (store, policy, holder, log, isIdle)
    }

    package func start() {
        worker.start { [self] in run() }
    }

    private func run() {
        var connection = WorkerConnection(store)
        var milliseconds = Self.startMilliseconds
        var failures = 0
        while worker.pause(milliseconds: milliseconds) {
            milliseconds = Self.restMilliseconds
            do throws(StoreError) {
                let (report, isCut) = try connection.use { database throws(StoreError) in try pass(database) }
                latest.withLock { $0 = report }
                if isCut { milliseconds = Self.pauseMillisecondsMin }
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
    private func pass(_ database: any Database) throws(StoreError) -> (StorageReport, isCut: Bool) {
        let now = WallClock.seconds
        // Events of the journal may belong to sessions that would otherwise be removed.
        guard isIdle(), try Retention(database).acquire(holder, now: now, until: now + Self.leaseSeconds) else {
            return (try StorageReport(database, policy: policy, now: now), false)
        }
        let leaseEnd = ContinuousClock.now + .seconds(Self.leaseSeconds / 2)
        var pass = try RetentionPass(database, policy: policy, now: now) { [self] milliseconds in
            let rest = min(max(2 * milliseconds, Self.pauseMillisecondsMin), Self.pauseMillisecondsMax)
            return worker.pause(milliseconds: rest) && .now < leaseEnd && isIdle()
        }
        let report = try pass.run()
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
        return (report, pass.isCut && isIdle())
    }
}
