import Storage

/// The state shared by the threads of ingest and the rules that decide what they do.
///
/// A value without locks, clocks or threads.
///
/// Records go to the store while it accepts them. When the store fails, or takes no records
/// although some are waiting, they go to the journal. The first writer then drains the journal, and
/// its first success switches back to the store.
struct IngestState {
    /// The destination of records.
    enum WriteTarget {
        case store
        case journal
    }

    /// The next job of a writer.
    enum WriterJob {
        case write([Entry])
        /// Wait for more records; `from` is the number of records waiting.
        case gather(from: Int)
        case drain
        /// Sleep until woken.
        case sleep
        case end
    }

    /// The next job of the journal's thread.
    enum JournalJob {
        case keep([Entry])
        case sleep
        case end
    }

    var queue: GroupCommit
    let hasJournal: Bool
    var target: WriteTarget
    /// Whether the journal may contain records; true until it was found empty.
    var hasBacklog: Bool
    /// Whether the journal was full at the last append and has not been drained since.
    var isJournalFull = false
    /// Whether the journal could not be read at the last attempt.
    var isJournalStuck = false
    var isSchemaReady = false
    /// The last error of the store; nil after a success.
    var failure: StoreError?
    /// The names of the migrations applied by this process.
    var migrations: [String] = []
    var isBroken = false
    /// Whether a writer has been connected since the start.
    private var hasConnected = false
    /// Whether the store has accepted records since the start: until then it is starting, not unavailable.
    private(set) var hasBeenReady = false
    /// Whether an attempt to reach the store has failed.
    var hasFailed = false
    var connected = 0
    var counters = Ingest.Counters()
    var drainPerSecond = 0.0
    /// Whether each thread is asleep: the writers, then the journal's thread.
    private var isAsleep: [Bool]
    private var wroteLast = false
    /// The number of batches taken by writers, and that number at the last check of the journal's thread.
    private var taken: UInt64 = 0
    private var takenSeen: UInt64 = 0
    /// Whether records were waiting at the last check.
    private var hasWaited = false
    private var isStalled = false

    init(writers: Int, hasJournal: Bool, queue: GroupCommit = GroupCommit()) {
        self.queue = queue
        self.hasJournal = hasJournal
        hasBacklog = hasJournal
        target = .store
        isAsleep = Array(repeating: false, count: writers + 1)
    }

    var writers: Int { isAsleep.count - 1 }
    var journalThread: Int { writers }
    var isStopping: Bool { queue.isStopping }

    var health: Ingest.Health {
        if isBroken { return .broken }
        guard hasBeenReady else { return .starting }
        return connected > 0 && target == .store ? .ready : .unavailable
    }

    /// Whether records are accepted.
    var accepts: Bool {
        guard hasJournal else { return health == .ready }
        return !isBroken && !(target == .journal && isJournalFull)
    }

    // MARK: - Jobs

    mutating func job(ofWriter number: Int, mayGather: Bool) -> WriterJob {
        let drains = number == 0 && hasBacklog && !isStopping
        guard target == .store else {
            // Drain even without a backlog: finding the journal empty also switches back to the store.
            if number == 0, !isStopping { return .drain }
            return sleep(number) ? .sleep : .end
        }
        if drains, wroteLast || queue.isEmpty {
            wroteLast = false
            return .drain
        }
        guard !queue.isEmpty else { return sleep(number) ? .sleep : .end }
        if mayGather, queue.shouldGather() { return .gather(from: queue.count) }
        if number == 0 { wroteLast = true }
        taken &+= 1
        return .write(queue.take())
    }

    /// Returns the next job of the journal's thread.
    ///
    /// `isTick` is true when the time between two checks of the writers has passed.
    mutating func jobOfJournal(isTick: Bool) -> JournalJob {
        if isTick {
            isStalled = taken == takenSeen && (isStalled || hasWaited && !queue.isEmpty)
            takenSeen = taken
            hasWaited = !queue.isEmpty
        }
        if !queue.isEmpty, target == .journal || isStalled && taken == takenSeen { return .keep(queue.take()) }
        return sleep(journalThread) ? .sleep : .end
    }

    /// Marks a thread as asleep.
    ///
    /// - Returns: False when the thread should end instead.
    private mutating func sleep(_ thread: Int) -> Bool {
        guard !isStopping || thread == journalThread && !queue.isEmpty else { return false }
        isAsleep[thread] = true
        return true
    }

    // MARK: - Waking threads

    /// The thread to wake for a new record; nil when the threads that handle it are awake.
    mutating func threadToWake() -> Int? {
        if target == .journal { return wake(journalThread) ? journalThread : nil }
        for writer in 0..<writers where wake(writer) {
            // A sleeping writer is idle, no matter what the other writers are blocked on.
            isStalled = false
            return writer
        }
        return isStalled && wake(journalThread) ? journalThread : nil
    }

    /// Marks all sleeping threads as awake and returns them, to be woken.
    mutating func sleepingThreads() -> [Int] { isAsleep.indices.filter { wake($0) } }

    private mutating func wake(_ thread: Int) -> Bool {
        defer { isAsleep[thread] = false }
        return isAsleep[thread]
    }

    // MARK: - Events

    /// Records were added to the journal.
    ///
    /// - Returns: The thread to wake.
    mutating func journalFilled() -> Int? {
        hasBacklog = true
        return wake(0) ? 0 : nil
    }

    /// The journal cannot be read.
    ///
    /// - Returns: Whether this is the first failure since it could be read.
    mutating func journalStuck() -> Bool {
        defer { isJournalStuck = true }
        hasBacklog = false
        return !isJournalStuck
    }

    /// The journal that could not be read should be tried again.
    ///
    /// - Returns: The thread to wake.
    mutating func retryJournal() -> Int? {
        guard isJournalStuck, !hasBacklog else { return nil }
        return journalFilled()
    }

    /// The store has failed.
    ///
    /// - Returns: Whether this switched to the journal.
    mutating func storeFailed() -> Bool {
        guard hasJournal, target == .store else { return false }
        target = .journal
        return true
    }

    /// The store has drained records from the journal, or the journal is empty and the store is reachable.
    ///
    /// - Returns: Whether this switched back to the store.
    mutating func storeWorks() -> Bool {
        guard target == .journal else { return false }
        target = .store
        hasBeenReady = true
        return true
    }

    /// A writer has connected.
    ///
    /// While the journal is in use, that does not count as a success; only a stored batch does.
    ///
    /// - Returns: Whether it is the first since the start.
    mutating func writerConnected() -> Bool {
        defer { hasConnected = true }
        connected += 1
        if target == .store {
            failure = nil
            hasBeenReady = true
        }
        return !hasConnected
    }
}
