import Events
import Locks
package import Log
package import Storage
package import Workers

/// Aggregates new events into the rollups while the program runs, on its own thread.
///
/// Of several servers on one database, one aggregates, and another one takes over within seconds of its end (`RollupTurn`).
///
/// It runs continuously while more than one portion is waiting and polls otherwise, so rollups are at most a
/// few seconds old.
package final class RollupWorker: Sendable {
    /// Polling interval in milliseconds.
    package static let restMilliseconds = 1000
    /// Upper bound in milliseconds of a pause without errors, on which lag checks rely.
    package static let restMillisecondsMax = 5000
    /// Milliseconds until the next attempt after an error.
    static let retryMilliseconds = 5000
    /// Milliseconds between two looks whether the database is ready.
    static let startMilliseconds = 100

    /// Stops between two portions; a portion that is not written then is read again at the next start.
    package let worker = Worker("rollups")

    private let store: any Store
    private let committed: CommittedEvents?
    private let log: Log
    private let isReady: @Sendable () -> Bool
    private let latest = Locked(RollupStatus())

    /// The current state; safe to read from any thread.
    package var status: RollupStatus { latest.withLock { $0 } }

    /// Creates a worker; `committed` has the events that this process commits, which saves reading them back.
    ///
    /// The worker does not use the database before `isReady` is true: a schema that is being migrated is no error.
    package init(
        store: any Store,
        committed: CommittedEvents? = nil,
        log: Log,
        isReady: @escaping @Sendable () -> Bool = { true }
    ) {
        (self.store, self.committed, self.log, self.isReady) = (store, committed, log, isReady)
    }

    /// Starts the thread.
    package func start() {
        worker.start { [self] in run() }
    }

    private func run() {
        var rollups: Rollups?
        var turn = RollupTurn()
        var reason = ""
        var milliseconds = Self.restMilliseconds
        var noticeLog = RollupLog(log: log)
        while !isReady() { guard worker.pause(milliseconds: Self.startMilliseconds) else { return } }
        while worker.pause(milliseconds: milliseconds) {
            do throws(StoreError) {
                let open = if let rollups { rollups } else { try Rollups(store.makeDatabase(), committed: committed) }
                rollups = open
                let start = ContinuousClock.now
                let count = try open.advance(inTurn: &turn, while: { !worker.isStopping })
                reason = ""
                let took = Int(start.duration(to: .now) / .milliseconds(1))
                log.debug("rollups", ["events": count, "milliseconds": took])
                noticeLog.log(open.takeNotices(), deadLetters: open.progress.deadLetters)
                updateStatus(open.progress)
                let isBusy = count > 0 && open.progress.isBehind
                // Pause after a long portion to leave processor time for other threads.
                milliseconds = isBusy ? min(took / 4, Self.restMilliseconds) : Self.restMilliseconds
            } catch {
                rollups = nil
                latest.withLock { $0.fail(error, now: WallClock.seconds) }
                if error.reason != reason {
                    reason = error.reason
                    log.warning("cannot write rollups", ["reason": reason])
                }
                milliseconds = Self.retryMilliseconds
            }
        }
    }

    private func updateStatus(_ progress: Rollups.Progress) {
        latest.withLock { status in
            status.succeed(
                position: progress.position,
                highWaterMark: progress.highWaterMark,
                isBehind: progress.isBehind,
                reason: progress.reason,
                deadLetters: progress.deadLetters,
                now: WallClock.seconds
            )
        }
    }
}

/// Logs notices of the rollups for operators; dead letters at most once a minute.
private struct RollupLog {
    private static let secondsMin: Int64 = 60

    private let log: Log
    private var last: ContinuousClock.Instant?
    private var unlogged = Rollups.Notices()
    /// The last merge failure that was logged.
    private var mergeFailure: String?
    private var unsearched: Set<Int64> = []

    init(log: Log) { self.log = log }

    mutating func log(_ notices: Rollups.Notices, deadLetters: Int64) {
        if notices.wereReplaced {
            log.warning("rebuilding rollups: the events were replaced and their ids restarted")
        }
        if !notices.lost.isEmpty {
            log.error(
                "damaged segments removed: their sessions cannot be recomputed, since retention has removed their events",
                ["segments": notices.lost.ids.count, "sessions": notices.lost.sessions]
            )
        }
        if let reason = notices.mergeFailure, reason != mergeFailure {
            mergeFailure = reason
            log.warning("cannot merge segments; figures are not affected", ["reason": reason])
        }
        if !notices.unsearched.isSubset(of: unsearched) {
            unsearched = notices.unsearched
            let list = unsearched.sorted().map(String.init).joined(separator: ", ")
            log.error(
                "damaged segments: their sessions may be counted twice; run 'collector rebuild'",
                ["segments": list]
            )
        }
        unlogged.deadLetters += notices.deadLetters
        if let last = notices.last { unlogged.last = last }
        guard let event = unlogged.last else { return }
        if let last, last.duration(to: .now) < .seconds(Self.secondsMin) { return }
        last = .now
        log.warning(
            "events moved to the dead letters: the database refused their rollups",
            [
                "events": unlogged.deadLetters, "last_event_id": event.id, "reason": event.reason,
                "dead_letters": deadLetters,
            ]
        )
        unlogged = Rollups.Notices()
    }
}
