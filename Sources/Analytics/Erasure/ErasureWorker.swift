import Events
package import Log
import Rollups
package import Storage
package import Workers

/// Works on requested erasures while the server runs, on its own thread.
///
/// A request is a row of the database, so it survives a restart, and a command can make it while the server has the journal open. Of several
/// servers on one database, each removes the visitor from its own journal and memory, and one does the rest.
package final class ErasureWorker: Sendable {
    /// Milliseconds between two looks for requests of other processes, and until the next attempt after an error.
    package static let restMilliseconds = 2000
    static let retryMilliseconds = 5000
    /// The same after an error that repeats, such as too little free disk space.
    static let repeatedMilliseconds = 60_000
    /// Milliseconds after which each server has seen a request, if other ones may use the store.
    private static let seenMilliseconds = 2 * restMilliseconds + 1000
    /// Milliseconds between two looks at the rollups while they are rebuilt.
    static let figuresMilliseconds = 200
    /// The most ids of erasures that were seen.
    static let seenMax = 1000

    package let worker = Worker("erasures")

    private let store: any Store
    private let journal: (any Journal)?
    private let log: Log
    private let forget: @Sendable () -> Void
    private let holder = RandomID.make()

    /// Creates a worker; `journal` is that of this process, and `forget` drops the copies of events in its memory.
    package init(store: any Store, journal: (any Journal)?, log: Log, forget: @escaping @Sendable () -> Void) {
        (self.store, self.journal, self.log, self.forget) = (store, journal, log, forget)
    }

    package func start() {
        worker.start { [self] in run() }
    }

    /// Looks for requests now.
    package func wake() { worker.wake() }

    /// Whether records of a visitor may be in the journal, which is not searched while a request waits.
    package var mayHaveOtherRecords: Bool {
        journal.map { $0.status.records > 0 || $0.status.deadLetters > 0 } ?? false
    }

    private func run() {
        var connection = WorkerConnection(store)
        var seen: Set<String> = []
        var reason = ""
        // The first error is not logged: the schema may not exist yet.
        var isWarning = false
        while !worker.isStopping {
            var milliseconds = Self.restMilliseconds
            do throws(StoreError) {
                if let failure = try connection.use({ database throws(StoreError) in try turn(database, &seen) }) {
                    milliseconds = failure == reason ? Self.repeatedMilliseconds : Self.retryMilliseconds
                    if failure != reason { log.warning("cannot erase a visitor", ["reason": failure]) }
                    reason = failure
                } else {
                    reason = ""
                }
            } catch {
                milliseconds = Self.retryMilliseconds
                if isWarning, error.reason != reason { log.warning("cannot erase a visitor", ["reason": error.reason]) }
                if isWarning { reason = error.reason }
            }
            isWarning = true
            worker.sleep(milliseconds: milliseconds)
        }
    }

    /// Works on the erasures that are requested now.
    ///
    /// - Returns: Why they failed; nil when they did not.
    private func turn(_ database: any Database, _ seen: inout Set<String>) throws(StoreError) -> String? {
        let pending = try ErasureLog(database).pending()
        guard !pending.isEmpty else {
            seen = []
            return nil
        }
        let eraser = Eraser(store, database, journal: journal, holder: holder, work)
        do throws(ErasureError) {
            let claimed = try eraser.claim(pending)
            let ids = Set(claimed.map(\.id)).union(seen)
            for erasure in pending where !ids.contains(erasure.id) {
                try eraser.removeLocally(erasure)
                if seen.count >= Self.seenMax { seen = [] }
                seen.insert(erasure.id)
            }
            for erasure in try eraser.run(claimed) { report(erasure) }
            return nil
        } catch {
            if case .store(let error) = error, case .schema = error { throw error }
            do throws(ErasureError) { try eraser.note(error, of: pending) } catch {
                // The next attempt has the same cause.
            }
            return error.reason
        }
    }

    /// Milliseconds that an erasure takes at least.
    package static func settleMilliseconds(_ store: any Store) -> Int { store.isShared ? seenMilliseconds : 0 }

    private var work: Eraser.Work {
        Eraser.Work(
            settleMilliseconds: Self.settleMilliseconds(store),
            forget: forget,
            aggregate: { [worker] _ in worker.pause(milliseconds: Self.figuresMilliseconds) },
            shouldContinue: { [worker] _ in !worker.isStopping },
            noteRefused: { [log] tables in
                log.warning(
                    "PostgreSQL frees the space of erased rows later: the role does not own the tables",
                    ["tables": tables.joined(separator: ", ")]
                )
            },
            noteLost: { [log] lost in log.error("damaged segments removed", ["reason": lost.text]) }
        )
    }

    private func report(_ erasure: Erasure) {
        let seconds = ((erasure.finishedAt ?? erasure.requestedAt) - erasure.requestedAt) / 1_000_000
        log.notice(
            "visitor erased",
            [
                "erasure": erasure.id, "origin": erasure.origin.rawValue,
                "rows": erasure.counts.values.reduce(0, +), "seconds": seconds,
            ]
        )
    }
}
