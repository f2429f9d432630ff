import Locks
import Log
import Storage
import Workers

/// The threads of the writers.
///
/// A writer connects and writes waiting records; the first writer also drains the journal.
extension Ingest {
    func write(_ number: Int) {
        var writer = BatchWriter(store: store, retries: journal == nil, committed: committed)
        var backoff = Backoff()
        var (throttle, drainLog) = (LogThrottle(), LogThrottle())
        var drain = number == 0 ? journal.map { JournalDrain($0, committed: committed) } : nil
        guard prepareSchema(number, &backoff, &throttle) else { return }
        var hasGathered = false
        while true {
            guard writer.isConnected || connect(number, &writer, &backoff, &throttle) else { return }
            let job = state.withLock { $0.job(ofWriter: number, mayGather: !hasGathered) }
            hasGathered = false
            switch job {
            case .write(let entries):
                let result = writer.write(entries)
                completeBatch(entries, result, isConnected: writer.isConnected)
            case .gather(let count):
                gather(number, from: count)
                hasGathered = true
            case .drain:
                drainStep(&drain, &writer, &backoff, &drainLog)
            case .sleep:
                workers[number].sleep()
            case .end:
                return
            }
        }
    }

    /// Migrates the schema, retrying until the database is reachable.
    ///
    /// Writers other than the first wait for it.
    ///
    /// - Returns: False when the thread should end.
    private func prepareSchema(
        _ number: Int,
        _ backoff: inout Backoff,
        _ throttle: inout LogThrottle
    ) -> Bool {
        guard number == 0 else {
            while state.withLock({ !$0.isSchemaReady && !$0.isBroken && !$0.isStopping }) {
                workers[number].pause(milliseconds: Backoff.delayMillisecondsMin)
            }
            return isRunning
        }
        while isRunning, !state.withLock({ $0.isSchemaReady }) {
            do {
                let applied = try store.migrate()
                if !applied.isEmpty { log.info("migrations applied", ["count": applied.count]) }
                backoff.succeeded()
                state.withLock { state in
                    state.migrations += applied
                    state.isSchemaReady = true
                }
            } catch {
                if case .schema(let reason) = error {
                    state.withLock { $0.isBroken = true }
                    onBroken(reason)
                    return false
                }
                wait(number, error, &backoff, &throttle)
            }
        }
        return isRunning
    }

    /// Connects, retrying until it succeeds or ingest is stopped.
    ///
    /// - Returns: False when ingest is stopping.
    private func connect(
        _ number: Int,
        _ writer: inout BatchWriter,
        _ backoff: inout Backoff,
        _ throttle: inout LogThrottle
    ) -> Bool {
        while isRunning {
            do {
                try writer.connect()
                let isFirst = state.withLock { state in
                    if state.target == .store { backoff.succeeded() }
                    return state.writerConnected()
                }
                signalIfReady()
                if throttle.isOver() || isFirst { log.info("database connected", ["engine": store.engine]) }
                return true
            } catch {
                storeFailed()
                wait(number, error, &backoff, &throttle)
            }
        }
        return false
    }

    private func wait(
        _ number: Int,
        _ error: StoreError,
        _ backoff: inout Backoff,
        _ throttle: inout LogThrottle
    ) {
        signalFirstFailure()
        state.withLock { $0.failure = error }
        if throttle.shouldLog(error.reason) {
            log.warning("cannot connect to database", ["reason": error.reason, "engine": store.engine])
        }
        workers[number].pause(milliseconds: backoff.failed())
    }

    /// Waits while more records keep arriving.
    private func gather(_ number: Int, from count: Int) {
        var last = count
        for _ in 0..<Self.gatherMillisecondsMax / Self.gatherSilenceMilliseconds {
            workers[number].pause(milliseconds: Self.gatherSilenceMilliseconds)
            let (now, enough) = state.withLock { ($0.queue.count, $0.queue.hasEnough) }
            if enough || now == last { break }
            last = now
        }
        state.withLock { $0.queue.noteGathering(gained: $0.queue.count - count) }
    }

    /// Journals the entries that were not stored, updates the counters, and logs and delivers the
    /// outcomes of a batch.
    private func completeBatch(_ entries: [Entry], _ result: BatchWriter.Result, isConnected: Bool) {
        var result = result
        var counters = Counters()
        counters.batches = 1
        counters.duplicates = result.duplicates
        counters.settled = result.settled
        let isUnavailable = result.outcomes.contains(.unavailable)
        if isUnavailable, let journal {
            storeFailed()
            counters.journaled = keep(entries, &result, journal)
        }
        counters.stored = -counters.journaled
        for outcome in result.outcomes {
            switch outcome {
            case .stored: counters.stored += 1
            case .refused: counters.refused += 1
            case .unavailable: counters.unavailable += 1
            }
        }
        let givenUp = state.withLock { state -> [Entry] in
            state.counters.add(counters)
            guard !isConnected else { return [] }
            state.connected -= 1
            guard state.connected == 0, journal == nil else { return [] }
            // No writer is left to write the waiting records, so fail them now.
            let rest = state.queue.takeAll()
            state.counters.unavailable += rest.count
            return rest
        }
        if let failure = result.failure {
            log.warning(
                "batch stored in part",
                [
                    "reason": failure.reason, "stored": counters.stored, "journaled": counters.journaled,
                    "refused": counters.refused, "unavailable": counters.unavailable,
                ]
            )
        }
        deliver(Deliveries(entries, result.outcomes))
        if !givenUp.isEmpty { deliver(Deliveries(givenUp, givenUp.map { _ in .unavailable })) }
    }
}
