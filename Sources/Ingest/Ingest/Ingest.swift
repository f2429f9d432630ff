import Dispatch
import Locks
package import Log
package import Storage
import Workers

/// Accepts records, writes them in batches, and reports the outcome of each record after its batch was committed.
///
/// Invariants: each accepted entry gets exactly one delivery. `.stored` is only delivered after the
/// commit in the store or in the journal. Waiting records are bounded by `GroupCommit.Limits` and
/// by the limits of the journal. After `stop`, no record is accepted, and each waiting record is
/// written or given up.
package final class Ingest: Sendable {
    /// Milliseconds that an idle writer may wait for more records: in total, and without a new record arriving.
    static let gatherMillisecondsMax = 5
    static let gatherSilenceMilliseconds = 1
    /// Milliseconds between two checks of the writers.
    ///
    /// If records are waiting and no writer took any since the last check, they are journaled.
    static let stallMilliseconds = 250
    /// Milliseconds between two attempts to read a journal that could not be read.
    static let journalRetryMilliseconds = 1000
    /// Milliseconds between two log lines about a journal that is in use.
    static let reportMilliseconds = 10_000
    /// The maximum number of bytes of waiting records.
    ///
    /// Records that exceed it are not accepted.
    package static let waitingBytesMax = GroupCommit.Limits().bytesMax
    /// Milliseconds that `stop` waits for the store before it gives up the waiting records.
    package static let stopMillisecondsMax = 3000

    /// The state of ingest, as reported to operators.
    package enum Health: Sendable, Equatable {
        /// The store has not accepted records since the start.
        case starting
        case ready
        /// The store is unavailable.
        ///
        /// With a journal, records are still accepted.
        case unavailable
        /// The schema of the database belongs to another program.
        ///
        /// The process should exit.
        case broken
    }

    /// Counts of records and batches since the start.
    package struct Counters: Sendable {
        /// Batches written, including those that failed.
        package var batches = 0
        /// Records stored by writers, including duplicates.
        package var stored = 0
        /// Records whose `event_id` was already stored.
        package var duplicates = 0
        /// Records of unconfirmed batches that turned out to have been committed.
        package var settled = 0
        /// Records rejected by the database.
        package var refused = 0
        /// Records that neither the store nor the journal could store.
        package var unavailable = 0
        /// Records written to the journal.
        package var journaled = 0
        /// Records moved from the journal to the store.
        package var drained = 0
        /// Records moved to the dead letters of the journal.
        package var deadLetters = 0
    }

    /// The status of ingest at one point in time, as reported to operators.
    package struct Report: Sendable {
        package var health: Health
        /// The error of the store; nil while it accepts records.
        package var failure: StoreError?
        /// The names of the migrations applied by this process.
        package var migrations: [String] = []
        package var counters: Counters
        package var writersConnected: Int
        package var waitingRecords: Int
        package var waitingBytes: Int
        /// Whether records are written to the journal.
        package var isJournaling: Bool
        package var isJournalFull: Bool
        /// Records drained per second, as a moving average; 0 when the journal is empty.
        package var drainPerSecond: Double
        /// The status of the journal; nil without a journal.
        package var journal: JournalStatus?
    }

    let store: any Store
    let journal: (any Journal)?
    /// Receives events and their ids after they are committed.
    let committed: CommittedEvents?
    let log: Log
    let deliver: @Sendable (Deliveries) -> Void
    let onBroken: @Sendable (String) -> Void
    let state: Locked<IngestState>
    /// The writers, then the journal's, by the numbers of `IngestState`.
    let workers: [Worker]
    let readiness = DispatchSemaphore(value: 0)

    /// Creates an ingest without starting its threads.
    ///
    /// `deliver` is called on the thread of a writer, once for the entries of a batch, and must not
    /// block. `onBroken` is called with a message for operators when the database has a schema of
    /// another program. Without a journal, records are not accepted while the store is unavailable.
    package init(
        store: any Store,
        journal: (any Journal)? = nil,
        waitingBytesMax: Int = Ingest.waitingBytesMax,
        committed: CommittedEvents? = nil,
        log: Log,
        deliver: @escaping @Sendable (Deliveries) -> Void,
        onBroken: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.journal = journal
        self.committed = committed
        self.log = log
        self.deliver = deliver
        self.onBroken = onBroken
        var limits = GroupCommit.Limits()
        limits.gatherRecordsMax = store.gatherRecordsMax
        limits.bytesMax = waitingBytesMax
        state = Locked(
            IngestState(
                writers: store.writersMax,
                hasJournal: journal != nil,
                queue: GroupCommit(limits: limits)
            )
        )
        workers = (0..<store.writersMax).map { Worker("writer-\($0)") } + [Worker("journal")]
    }

    package var health: Health { state.withLock { $0.health } }
    package var counters: Counters { state.withLock { $0.counters } }

    /// The current status.
    ///
    /// Safe to call from any thread.
    package var report: Report {
        state.withLock { state in
            Report(
                health: state.health,
                failure: state.failure,
                migrations: state.migrations,
                counters: state.counters,
                writersConnected: state.connected,
                waitingRecords: state.queue.count,
                waitingBytes: state.queue.bytes,
                isJournaling: state.target == .journal,
                isJournalFull: state.isJournalFull,
                drainPerSecond: state.drainPerSecond,
                journal: journal?.status
            )
        }
    }

    /// Starts the threads of the writers and of the journal.
    ///
    /// The first writer migrates the schema before any writer writes.
    package func start() {
        // Until then records go to the journal, if there is one.
        state.withLock { _ = $0.storeFailed() }
        for number in 0..<store.writersMax { workers[number].start { [self] in write(number) } }
        if let journal { workers[store.writersMax].start { [self] in keep(journal) } }
    }

    /// Blocks until the store accepts records, the first attempt to reach it has failed, or the timeout has expired.
    package func waitUntilReady(milliseconds: Int) {
        _ = readiness.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    /// Accepts one record.
    ///
    /// Never blocks; safe to call from any thread.
    ///
    /// - Returns: False when the record cannot be accepted: the queue or the journal is full, the store
    ///   is unavailable and there is no journal, or ingest is stopping. Nothing is delivered then.
    package func submit(_ entry: Entry) -> Bool { submit { $0.offer(entry) } }

    /// Accepts the records of one request, all or none.
    package func submit(_ entries: [Entry]) -> Bool { submit { $0.offer(entries) } }

    private func submit(_ offer: (inout GroupCommit) -> Bool) -> Bool {
        let (taken, thread) = state.withLock { state in
            let taken = state.accepts && offer(&state.queue)
            return (taken, taken ? state.threadToWake() : nil)
        }
        if let thread { wake(thread) }
        return taken
    }

    /// Stops the threads after each waiting record has been written or given up.
    ///
    /// Blocks for at most `stopMillisecondsMax`.
    package func stop() {
        state.withLock { state in
            state.queue.stop()
            _ = state.sleepingThreads()
        }
        Worker.stop(workers, milliseconds: Self.stopMillisecondsMax)
    }

    // MARK: - Thread support

    var isRunning: Bool { state.withLock { !$0.isStopping } }

    func wake(_ thread: Int) { workers[thread].wake() }

    /// Handles a failure of the store: switches to the journal and wakes the threads.
    func storeFailed() {
        let sleeping = state.withLock { state in state.storeFailed() ? state.sleepingThreads() : nil }
        guard let sleeping else { return }
        log.warning("database unavailable; writing to journal", ["engine": store.engine])
        for thread in sleeping { wake(thread) }
    }

    /// Handles a success of the store: switches back to it and wakes the threads.
    func storeWorks() {
        let sleeping = state.withLock { state in
            state.failure = nil
            return state.storeWorks() ? state.sleepingThreads() : nil
        }
        guard let sleeping else { return }
        signalIfReady()
        log.info("database available; writing to database", ["engine": store.engine])
        for thread in sleeping { wake(thread) }
    }

    func signalIfReady() {
        if health == .ready { readiness.signal() }
    }

    /// Ends `waitUntilReady` at the first failed attempt to reach the store, so that the program starts without it.
    func signalFirstFailure() {
        let isFirst = state.withLock { state in
            defer { state.hasFailed = true }
            return !state.hasFailed && !state.hasBeenReady
        }
        if isFirst { readiness.signal() }
    }
}

extension Ingest.Counters {
    mutating func add(_ other: Ingest.Counters) {
        batches += other.batches
        stored += other.stored
        duplicates += other.duplicates
        settled += other.settled
        refused += other.refused
        unavailable += other.unavailable
        journaled += other.journaled
        drained += other.drained
        deadLetters += other.deadLetters
    }
}
