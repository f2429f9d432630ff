import Locks
import Log
import Storage
import Workers

/// Journaling: storing records in the journal while the store is unavailable, and draining them
/// into the store afterwards.
extension Ingest {
    // MARK: - The journal's thread

    /// Runs the journal's thread: journals waiting records while the store is unavailable, and logs
    /// the status of the journal.
    ///
    /// Blocks until ingest is stopped.
    func keep(_ journal: any Journal) {
        // Opened at once, so that the backlog of an earlier process is known even while the store is unavailable.
        do { try journal.open() } catch { log.warning("cannot open journal", ["reason": error.reason]) }
        let thread = state.withLock { $0.journalThread }
        var isTick = false
        let clock = ContinuousClock()
        var (reported, retried) = (clock.now, clock.now)
        var damage: JournalDamage?
        while true {
            if let found = journal.status.damage, found != damage {
                damage = found
                logDamage(found)
            }
            switch state.withLock({ $0.jobOfJournal(isTick: isTick) }) {
            case .keep(let entries):
                isTick = false
                keepAll(entries, journal)
            case .sleep:
                isTick = !workers[thread].sleep(milliseconds: Self.stallMilliseconds)
            case .end:
                return
            }
            if clock.now - retried >= .milliseconds(Self.journalRetryMilliseconds) {
                retried = clock.now
                if let thread = state.withLock({ $0.retryJournal() }) { wake(thread) }
            }
            if clock.now - reported >= .milliseconds(Self.reportMilliseconds) {
                reported = clock.now
                reportBacklog(journal)
            }
        }
    }

    private func logDamage(_ damage: JournalDamage) {
        log.error(
            "journal was damaged",
            [
                "moved_to": damage.lastFile, "files": damage.files, "salvaged": damage.salvaged,
                "lost_at_most": damage.lostMax.map { String($0) } ?? "unknown",
            ]
        )
    }

    private func keepAll(_ entries: [Entry], _ journal: any Journal) {
        var result = BatchWriter.Result(outcomes: Array(repeating: .unavailable, count: entries.count))
        var counters = Counters()
        counters.journaled = keep(entries, &result, journal)
        counters.unavailable = entries.count - counters.journaled
        state.withLock { $0.counters.add(counters) }
        deliver(Deliveries(entries, result.outcomes))
    }

    /// Journals those entries of a batch that were not stored.
    ///
    /// The entries of an unconfirmed batch are kept together under its id.
    ///
    /// - Returns: The number of entries that were journaled.
    func keep(_ entries: [Entry], _ result: inout BatchWriter.Result, _ journal: any Journal) -> Int {
        var count = 0
        let unconfirmed = Set(result.unconfirmedBatches.flatMap(\.indices))
        for (indices, id) in result.unconfirmedBatches { count += keep(entries, indices, id, &result, journal) }
        let rest = entries.indices.filter { result.outcomes[$0] == .unavailable && !unconfirmed.contains($0) }
        return count + keep(entries, rest, nil, &result, journal)
    }

    private func keep(
        _ entries: [Entry],
        _ indices: [Int],
        _ unconfirmedBatch: BatchID?,
        _ result: inout BatchWriter.Result,
        _ journal: any Journal
    ) -> Int {
        guard !indices.isEmpty else { return 0 }
        do {
            try journal.append(indices.map { entries[$0].record }, unconfirmedBatch: unconfirmedBatch)
            if let thread = state.withLock({ $0.journalFilled() }) { wake(thread) }
            for index in indices { result.outcomes[index] = .stored }
            return indices.count
        } catch {
            let shouldLog = state.withLock { state in
                guard error == .full else { return true }
                defer { state.isJournalFull = true }
                return !state.isJournalFull
            }
            if shouldLog { log.error("cannot write to journal", ["reason": error.reason]) }
            return 0
        }
    }

    private func reportBacklog(_ journal: any Journal) {
        let report = report
        guard let status = report.journal, status.records > 0 || report.isJournaling else { return }
        log.notice(
            "journal",
            [
                "records": status.records, "bytes": status.bytes, "oldest_seconds": status.oldestSeconds ?? 0,
                "drain_per_second": Int(report.drainPerSecond), "dead_letters": status.deadLetters,
            ]
        )
    }

    // MARK: - The thread of the first writer

    /// Moves one batch from the journal into the store.
    func drainStep(
        _ drain: inout JournalDrain?,
        _ writer: inout BatchWriter,
        _ backoff: inout Backoff,
        _ throttle: inout LogThrottle
    ) {
        guard drain != nil, let connection = writer.writer else { return }
        let start = ContinuousClock.now
        let step = drain?.step(connection) ?? .empty
        switch step {
        case .moved(let records, let settled, let deadLetters):
            throttle = LogThrottle()
            let seconds = start.duration(to: .now) / .seconds(1)
            state.withLock { state in
                state.isJournalFull = false
                state.isJournalStuck = false
                state.counters.drained += records - deadLetters
                state.counters.settled += settled
                state.counters.deadLetters += deadLetters
                let rate = Double(records) / max(seconds, 1e-6)
                state.drainPerSecond = state.drainPerSecond == 0 ? rate : state.drainPerSecond * 0.9 + rate * 0.1
            }
            if deadLetters > 0 { log.error("records moved to the dead letters of the journal", ["count": deadLetters]) }
            backoff.succeeded()
            storeWorks()
        case .empty:
            finishDrain()
            storeWorks()
        case .failed(let error):
            state.withLock { $0.failure = error }
            if throttle.shouldLog(error.reason) { log.warning("journal drain interrupted", ["reason": error.reason]) }
            storeFailed()
            writer.disconnect()
            state.withLock { $0.connected -= 1 }
            workers[0].pause(milliseconds: backoff.failed())
        case .stuck(let error):
            // The store works, so it is used even though the journal cannot be read.
            if state.withLock({ $0.journalStuck() }) {
                log.error("cannot drain journal", ["reason": error.reason])
            }
            storeWorks()
        }
    }

    /// Marks the journal as empty, unless records were journaled in the meantime.
    private func finishDrain() {
        let drained = state.withLock { state -> Int? in
            guard let journal, journal.status.records == 0, state.hasBacklog else { return nil }
            state.hasBacklog = false
            state.isJournalStuck = false
            state.isJournalFull = false
            defer { state.drainPerSecond = 0 }
            return state.drainPerSecond > 0 ? state.counters.drained : nil
        }
        if let drained { log.info("journal is empty", ["drained_since_start": drained]) }
    }
}
