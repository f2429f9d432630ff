import Storage

/// What the threads of ingest share, and the rules by which they act: a value, without a lock, a clock or a thread.
///
/// Records go to the store as long as it takes them. When it fails, or takes nothing while records wait, they go into the journal; from
/// there the first writer tries to drain them, and its first success turns the way back to the store.
struct IngestState {
    /// Where records go.
    enum WriteTarget {
        case store
        case journal
    }

    /// What a writer should do next.
    enum WriterJob {
        case write([Entry])
        /// Waits for more records, of which so many are there.
        case gather(from: Int)
        case drain
        /// Until its bell rings.
        case sleep
        case end
    }

    /// What the thread of the journal should do next.
    enum JournalJob {
        case keep([Entry])
        case sleep
        case end
    }

    var queue: GroupCommit
    let hasJournal: Bool
    var target: WriteTarget
    /// Whether the journal may hold something; true until it has been seen empty.
    var hasBacklog: Bool
    /// Whether the journal has said that it is full, and nothing has been drained since.
    var isJournalFull = false
    /// Whether the journal could not be read at the last attempt.
    var isJournalStuck = false
    var isSchemaReady = false
    /// Why the store did not take the last that it was given; nil since it has taken something.
    var failure: StoreError?
    /// Migrations that this process has applied.
    var migrations: [String] = []
    var isBroken = false
    var hasBeenReady = false
    /// Whether an attempt to reach the store has failed.
    var hasFailed = false
    var connected = 0
    var counters = Ingest.Counters()
    var drainPerSecond = 0.0
    /// Which threads sleep: the writers, then the journal's.
    private var isAsleep: [Bool]
    private var wroteLast = false
    /// Counts what writers take; what it was when the journal's thread last looked; whether it has stood still since then.
    private var taken: UInt64 = 0
    private var takenSeen: UInt64 = 0
    /// Whether records waited at the last look.
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

    /// Whether records are taken in.
    var accepts: Bool {
        guard hasJournal else { return health == .ready }
        return !isBroken && !(target == .journal && isJournalFull)
    }

    // MARK: - Jobs

    mutating func job(ofWriter number: Int, mayGather: Bool) -> WriterJob {
        let drains = number == 0 && hasBacklog && !isStopping
        guard target == .store else {
            // Even without a backlog: that there is nothing to drain turns the way back, too.
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

    /// What the thread of the journal should do; `isTick` says that the time between two looks at the writers has passed.
    mutating func jobOfJournal(isTick: Bool) -> JournalJob {
        if isTick {
            isStalled = taken == takenSeen && (isStalled || hasWaited && !queue.isEmpty)
            takenSeen = taken
            hasWaited = !queue.isEmpty
        }
        if !queue.isEmpty, target == .journal || isStalled && taken == takenSeen { return .keep(queue.take()) }
        return sleep(journalThread) ? .sleep : .end
    }

    /// Notes that a thread will sleep; false when it should end instead.
    private mutating func sleep(_ thread: Int) -> Bool {
        guard !isStopping || thread == journalThread && !queue.isEmpty else { return false }
        isAsleep[thread] = true
        return true
    }

    // MARK: - Bells

    /// The thread to be woken for a record that has come; nil when those who should see it are awake.
    mutating func threadToWake() -> Int? {
        if target == .journal { return wake(journalThread) ? journalThread : nil }
        for writer in 0..<writers where wake(writer) {
            // A writer that sleeps is free, whatever the others wait for.
            isStalled = false
            return writer
        }
        return isStalled && wake(journalThread) ? journalThread : nil
    }

    /// All threads that sleep, to be woken.
    mutating func sleepingThreads() -> [Int] { isAsleep.indices.filter { wake($0) } }

    private mutating func wake(_ thread: Int) -> Bool {
        defer { isAsleep[thread] = false }
        return isAsleep[thread]
    }

    // MARK: - What happened

    /// Something has come into the journal.
    ///
    /// - Returns: the thread to be woken for it.
    mutating func journalFilled() -> Int? {
        hasBacklog = true
        return wake(0) ? 0 : nil
    }

    /// The journal cannot be read now.
    ///
    /// - Returns: whether that is news.
    mutating func journalStuck() -> Bool {
        defer { isJournalStuck = true }
        hasBacklog = false
        return !isJournalStuck
    }

    /// The journal that could not be read should be tried again.
    ///
    /// - Returns: the thread to be woken for it.
    mutating func retryJournal() -> Int? {
        guard isJournalStuck, !hasBacklog else { return nil }
        return journalFilled()
    }

    /// The store has failed.
    ///
    /// - Returns: whether the way has been turned to the journal by this.
    mutating func storeFailed() -> Bool {
        guard hasJournal, target == .store else { return false }
        target = .journal
        return true
    }

    /// The store has taken records out of the journal, or the journal is empty and the store can be reached.
    ///
    /// - Returns: whether the way has been turned back to the store by this.
    mutating func storeWorks() -> Bool {
        guard target == .journal else { return false }
        target = .store
        return true
    }
}
