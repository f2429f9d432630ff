import Dispatch
import Locks
package import Log
package import Storage
import Events

/// Keeps the rollups up with the events while the program runs, on a thread of its own.
///
/// While there is more than a portion to take in it rests not at all; afterwards a little, so that figures are seconds old at most.
package final class RollupWorker: Sendable {
    /// Milliseconds between two looks at what is new, at least and at most.
    package static let restMilliseconds = 1000
    package static let restMillisecondsMax = 5000
    /// Milliseconds until a database that did not answer is tried again.
    static let retryMilliseconds = 5000
    /// Milliseconds that a stop waits for a portion under way; what is not written then is read again at the next start.
    package static let stopMillisecondsMax = 500

    private let store: any Store
    private let committed: CommittedEvents?
    private let log: Log
    private let bell = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()
    private let current = Locked(RollupStatus())

    /// What the worker is doing, for any thread.
    package var status: RollupStatus { current.withLock { $0 } }

    /// The events that this process commits come from `committed`, with their ids.
    package init(store: any Store, committed: CommittedEvents? = nil, log: Log) {
        self.store = store
        self.committed = committed
        self.log = log
    }

    package func start() {
        DispatchQueue(label: "rollups", qos: .utility).async(group: stopped) { [self] in run() }
    }

    package func stop() {
        bell.signal()
        _ = stopped.wait(timeout: .now() + .milliseconds(Self.stopMillisecondsMax))
    }

    /// Waits.
    ///
    /// - Returns: whether to go on.
    private func rest(milliseconds: Int) -> Bool {
        guard bell.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut else {
            // Whoever waits next is to find it, too.
            bell.signal()
            return false
        }
        return true
    }

    private func run() {
        var rollups: Rollups?
        var reason = ""
        var milliseconds = Self.restMilliseconds
        // The schema may not be there yet.
        var isWarning = false
        var news = RollupLog(log: log)
        while rest(milliseconds: milliseconds) {
            do throws(StoreError) {
                let worker = if let rollups { rollups } else { try Rollups(store.makeDatabase(), committed: committed) }
                rollups = worker
                let start = ContinuousClock.now
                let count = try worker.advance(while: { rest(milliseconds: 0) })
                reason = ""
                let took = Int(start.duration(to: .now) / .milliseconds(1))
                log.debug("rollups", ["events": count, "milliseconds": took])
                news.log(worker.takeNotices(), deadLetters: worker.progress.deadLetters)
                note(worker.progress)
                let isBusy = count > 0 && worker.progress.isBehind
                // A portion that took long makes the next one wait a little, so that others have the processor, too.
                milliseconds = isBusy ? min(took / 4, Self.restMilliseconds) : Self.restMilliseconds
            } catch {
                rollups = nil
                current.withLock { $0.fail(error, now: Self.now()) }
                if isWarning, error.reason != reason {
                    reason = error.reason
                    log.warning("rollups cannot be written", ["reason": reason])
                }
                isWarning = true
                milliseconds = Self.retryMilliseconds
            }
        }
    }

    private func note(_ progress: Rollups.Progress) {
        current.withLock { status in
            status.succeed(
                position: progress.position,
                highWaterMark: progress.highWaterMark,
                isBehind: progress.isBehind,
                reason: progress.reason,
                deadLetters: progress.deadLetters,
                now: Self.now()
            )
        }
    }

    private static func now() -> Int64 { WallClock.microseconds() / 1_000_000 }
}

/// Logs what an operator should know of the rollups: each event that was set aside, but no more than a line a minute.
private struct RollupLog {
    private static let secondsMin: Int64 = 60

    private let log: Log
    private var last: ContinuousClock.Instant?
    private var unlogged = Rollups.Notices()
    /// The last that was logged.
    private var mergeFailure: String?
    private var unsearched: Set<Int64> = []

    init(log: Log) { self.log = log }

    mutating func log(_ news: Rollups.Notices, deadLetters: Int64) {
        if news.wereReplaced {
            log.warning("rollups are built again, since the events were replaced: their ids have begun again")
        }
        if let reason = news.mergeFailure, reason != mergeFailure {
            mergeFailure = reason
            log.warning("segments are not merged; figures are not affected", ["reason": reason])
        }
        if !news.unsearched.isSubset(of: unsearched) {
            unsearched = news.unsearched
            let list = unsearched.sorted().map(String.init).joined(separator: ", ")
            log.error(
                "segments are damaged, so their sessions may count twice; run 'collector rebuild'",
                ["segments": list]
            )
        }
        unlogged.deadLetters += news.deadLetters
        if let last = news.last { unlogged.last = last }
        guard let event = unlogged.last else { return }
        if let last, last.duration(to: .now) < .seconds(Self.secondsMin) { return }
        last = .now
        log.warning(
            "events moved to the dead letters, since the database refuses their rollups",
            [
                "events": unlogged.deadLetters, "last_event_id": event.id, "reason": event.reason,
                "dead_letters": deadLetters,
            ]
        )
        unlogged = Rollups.Notices()
    }
}
