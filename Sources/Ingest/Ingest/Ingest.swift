import Dispatch
import Glibc
import Locks
package import Log
package import Storage

/// Takes records in, writes them in groups and says of each what became of it, after its batch has been committed and not before.
///
/// Invariants: an entry that was taken gets exactly one delivery; `.stored` is said only after the commit in the store or in the journal;
/// what waits is bounded by `GroupCommit.Limits` and by the journal's; after `stop` nothing is taken and everything that waits is written
/// or given up.
package final class Ingest: Sendable {
    /// Milliseconds a free writer may wait for more records in all, and the longest silence it bears meanwhile.
    static let gatherMillisecondsMax = 5
    static let gatherSilenceMilliseconds = 1
    /// Milliseconds between two looks at the writers: if none of them has taken anything in between while records wait, the journal takes
    /// them.
    static let stallMilliseconds = 250
    /// Milliseconds after which a journal that could not be read is tried again.
    static let journalRetryMilliseconds = 1000
    /// Milliseconds between two lines of the log about a journal that is in use.
    static let reportMilliseconds = 10_000
    /// Bytes of records that wait; one beyond them is refused.
    package static let waitingBytesMax = GroupCommit.Limits().bytesMax
    /// Milliseconds that a stop waits for the store before what waits is given up.
    package static let stopMillisecondsMax = 3000

    /// How ingest stands, as an operator is told.
    package enum Health: Sendable, Equatable {
        /// The store has not been reached yet.
        case starting
        case ready
        /// The store takes nothing at present; with a journal, records are taken in all the same.
        case unavailable
        /// The schema is not ours; the program should end.
        case broken
    }

    /// What happened since the start.
    package struct Counters: Sendable {
        package var batches = 0
        package var stored = 0
        package var duplicates = 0
        package var settled = 0
        package var refused = 0
        package var unavailable = 0
        package var journaled = 0
        package var drained = 0
        package var deadLetters = 0
    }

    /// What an operator may know, at one moment.
    package struct Report: Sendable {
        package var health: Health
        /// Why the store takes nothing; nil while it takes records.
        package var failure: StoreError?
        /// Migrations that this process has applied.
        package var migrations: [String] = []
        package var counters: Counters
        package var writersConnected: Int
        package var waitingRecords: Int
        package var waitingBytes: Int
        /// Whether records go into the journal.
        package var isJournaling: Bool
        package var isJournalFull: Bool
        package var drainPerSecond: Double
        /// Nil without a journal.
        package var journal: JournalStatus?
    }

    let store: any Store
    let journal: (any Journal)?
    /// Takes events once they are committed, with their ids.
    let committed: CommittedEvents?
    let log: Log
    let deliver: @Sendable (Deliveries) -> Void
    let onBroken: @Sendable (String) -> Void
    let state: Locked<IngestState>
    private let wakeSignals: [DispatchSemaphore]
    let readiness = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    /// Makes the ends known to each other; nothing runs before `start`.
    ///
    /// `deliver` is called on a writer's thread, once for the entries of a batch, and must not block. `onBroken` is called when the database
    /// turns out to hold a schema that is not ours, with a sentence for the operator. Without a journal, records are refused while the store
    /// is away.
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
        wakeSignals = (0...store.writersMax).map { _ in DispatchSemaphore(value: 0) }
    }

    package var health: Health { state.withLock { $0.health } }
    package var counters: Counters { state.withLock { $0.counters } }

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
                journal: journal?.standing
            )
        }
    }

    /// Starts the writers, the first of which brings the schema up to date before any of them writes.
    package func start() {
        // Until then records go into the journal, if there is one.
        state.withLock { _ = $0.storeFailed() }
        for number in 0..<store.writersMax {
            // A serial queue of its own is a thread of its own: the writer blocks in it until the stop.
            DispatchQueue(label: "writer-\(number)").async(group: stopped) { [self] in write(number) }
        }
        if let journal { DispatchQueue(label: "journal").async(group: stopped) { [self] in keep(journal) } }
    }

    /// Blocks until the store takes records or has been found to be away, or the time is over.
    package func waitUntilReady(milliseconds: Int) {
        _ = readiness.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    /// Takes one record.
    ///
    /// - Returns: false when it cannot be taken now: the queue or the journal is full, the store away without a journal, or a stop under
    ///   way. Then nothing is delivered.
    package func submit(_ entry: Entry) -> Bool { submit { $0.offer(entry) } }

    /// Takes the records of one request, all or none.
    package func submit(_ entries: [Entry]) -> Bool { submit { $0.offer(entries) } }

    private func submit(_ offer: (inout GroupCommit) -> Bool) -> Bool {
        let (taken, thread) = state.withLock { state in
            let taken = state.accepts && offer(&state.queue)
            return (taken, taken ? state.threadToWake() : nil)
        }
        if let thread { wake(thread) }
        return taken
    }

    /// Ends the writers after everything that waits has been written or given up; blocks until then.
    package func stop() {
        let sleeping = state.withLock { state in
            state.queue.stop()
            return state.sleepingThreads()
        }
        for thread in sleeping { wake(thread) }
        _ = stopped.wait(timeout: .now() + .milliseconds(Self.stopMillisecondsMax))
    }

    // MARK: - For the threads

    var isRunning: Bool { state.withLock { !$0.isStopping } }

    func wake(_ thread: Int) { wakeSignals[thread].signal() }

    /// Sleeps until the thread's bell rings, or the time is over.
    ///
    /// - Returns: whether it rang.
    func sleep(_ thread: Int, milliseconds: Int? = nil) -> Bool {
        guard let milliseconds else {
            wakeSignals[thread].wait()
            return true
        }
        return wakeSignals[thread].wait(timeout: .now() + .milliseconds(milliseconds)) == .success
    }

    func pause(milliseconds: Int) {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        nanosleep(&time, nil)
    }

    /// Notes that the store has failed, and wakes who must act on it.
    func storeFailed() {
        let sleeping = state.withLock { state in state.storeFailed() ? state.sleepingThreads() : nil }
        guard let sleeping else { return }
        log.warning("journal takes over", ["engine": store.engine])
        for thread in sleeping { wake(thread) }
    }

    /// Notes that the store takes records, and wakes who must act on it.
    func storeWorks() {
        let sleeping = state.withLock { state in
            state.failure = nil
            return state.storeWorks() ? state.sleepingThreads() : nil
        }
        guard let sleeping else { return }
        signalIfReady()
        log.info("store takes records", ["engine": store.engine])
        for thread in sleeping { wake(thread) }
    }

    func signalIfReady() {
        if health == .ready { readiness.signal() }
    }

    /// Lets a start that waits go on without the store; later attempts are nobody's business.
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
