import Storage
import Events

/// Writes batches over one connection and determines the outcome of each record.
///
/// A batch that the database refuses is split until the refused record is alone; the other records
/// are stored. A batch whose commit was not confirmed is reported as an unconfirmed batch; without
/// a journal to keep it, it is sent again under the same number.
///
/// Not thread-safe. Calls block.
struct BatchWriter {
    /// The outcomes of the entries of a batch.
    struct Result {
        /// The outcome of each entry, in their order.
        var outcomes: [Outcome]
        /// Indices of `.unavailable` entries that may have been committed, and the ids of their batches.
        var unconfirmedBatches: [(indices: [Int], id: BatchID)] = []
        /// The number of records whose `event_id` was already stored.
        var duplicates = 0
        /// The number of records in resent batches that turned out to have been committed the first time.
        var settled = 0
        /// The last error of the store, for the log.
        var failure: StoreError?
    }

    /// The source of batches, and the number of its last committed batch.
    private struct Source {
        var id: BatchSource
        var last: Int64 = 0

        init(shard: Int?) { id = .random(isJournal: false, shard: shard) }
    }

    private let store: any Store
    /// Whether a batch is retried once over a new connection after the connection failed.
    private let retries: Bool
    private let committed: CommittedEvents?
    private(set) var writer: (any StoreWriter)?
    /// The sources by shard; the key is nil when the store is not distributed.
    private var sources: [Int?: Source] = [:]
    /// Shards that may have committed a batch after its writer had given up.
    ///
    /// The drain finds such batches of the journal.
    private var lateShards: Set<Int> = []

    /// Creates a writer that passes the events of confirmed batches to `committed`.
    init(store: any Store, retries: Bool, committed: CommittedEvents? = nil) {
        self.store = store
        self.retries = retries
        self.committed = committed
    }

    var isConnected: Bool { writer != nil }

    /// Opens the connection unless it is open.
    mutating func connect() throws(StoreError) {
        if writer == nil { writer = try store.makeWriter() }
    }

    /// Closes the connection.
    mutating func disconnect() {
        writer = nil
    }

    /// Writes the entries.
    mutating func write(_ entries: [Entry]) -> Result {
        var result = Result(outcomes: Array(repeating: .unavailable, count: entries.count))
        do {
            for (shard, indices) in try batches(entries, isRetry: false) {
                write(entries, indices[...], shard, isRetry: false, &result)
                // The journal keeps the rest: each shard of a server that hangs would cost another timeout.
                if !retries, !isConnected { break }
            }
            requestRebuilds()
        } catch {
            result.failure = error
        }
        return result
    }

    /// The indices of the entries of each batch: one batch, or one for each shard of a distributed store.
    private mutating func batches(
        _ entries: [Entry],
        isRetry: Bool
    ) throws(StoreError) -> [(shard: Int?, indices: [Int])] {
        do throws(StoreError) {
            try connect()
            return try byShard(entries, entries.indices) ?? [(nil, Array(entries.indices))]
        } catch {
            writer = nil
            guard retries, !isRetry else { throw error }
            return try batches(entries, isRetry: true)
        }
    }

    /// Groups entries by shard; nil when the store is not distributed.
    private func byShard(
        _ entries: [Entry],
        _ indices: some Collection<Int>
    ) throws(StoreError) -> [(shard: Int?, indices: [Int])]? {
        guard let shards = try writer?.shards(of: indices.map { entries[$0].record }) else { return nil }
        return Dictionary(grouping: zip(shards, indices)) { $0.0 }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value.map(\.1)) }
    }

    private mutating func write(
        _ entries: [Entry],
        _ indices: ArraySlice<Int>,
        _ shard: Int?,
        isRetry: Bool,
        _ result: inout Result
    ) {
        guard !indices.isEmpty else { return }
        let source = sources[shard] ?? Source(shard: shard)
        sources[shard] = source
        let id = BatchID(source: source.id, number: source.last + 1, previous: source.last)
        do {
            try connect()
            guard let writer else { return }
            if shard == nil, let parts = try byShard(entries, indices) {
                return try resend(entries, id, parts, writer, &result)
            }
            let batch = Batch(indices.lazy.map { entries[$0] })
            let appended = try writer.append(batch, as: id)
            committed?.add(batch.events, ids: appended.eventIDs)
            // Nothing was written. Either the batch was stored before, or the store was restored to an older
            // state and has another position for this source. For a new source the store has no position.
            if appended.stored == 0, source.last > 0 || isRetry, try writer.position(of: source.id) != id.number {
                sources[shard] = nil
                return write(entries, indices, shard, isRetry: isRetry, &result)
            }
            sources[shard]?.last = id.number
            if isRetry, appended.stored == 0 {
                result.settled += indices.count
            } else {
                result.duplicates += appended.duplicates
                // The first attempt was not committed.
                if isRetry, let shard { lateShards.remove(shard) }
            }
            for index in indices { result.outcomes[index] = .stored }
        } catch {
            result.failure = error
            switch error {
            case .refused where indices.count == 1:
                result.outcomes[indices[indices.startIndex]] = .refused
            case .refused:
                let middle = indices.startIndex + indices.count / 2
                write(entries, indices[..<middle], shard, isRetry: false, &result)
                write(entries, indices[middle...], shard, isRetry: false, &result)
            case .unavailable, .queryTimeout, .uncertain, .damaged:
                writer = nil
                if retries, let shard, case .uncertain = error { lateShards.insert(shard) }
                // A connection that the server closed while it was idle fails when it is used next.
                // Retry once over a new connection.
                if retries, !isRetry { return write(entries, indices, shard, isRetry: true, &result) }
                if case .uncertain = error { result.unconfirmedBatches.append((Array(indices), id)) }
                // The unconfirmed batch is resolved by comparing its number with this source's
                // position, which must not change.
                sources[shard] = nil
            case .schema:
                writer = nil
            }
        }
    }

    /// Requests that the rollups are computed again, if they may lack a batch that a shard committed late.
    private mutating func requestRebuilds() {
        for shard in lateShards {
            guard let writer else { return }
            // The row may be locked for a while: the next batch tries again.
            guard (try? writer.requestRebuild(for: shard)) != nil else { return }
            lateShards.remove(shard)
        }
    }

    /// Writes a batch to a store that was distributed after it was grouped.
    ///
    /// Transactions from before the distribution are over, so that the batch is stored or never will be.
    private mutating func resend(
        _ entries: [Entry],
        _ id: BatchID,
        _ parts: [(shard: Int?, indices: [Int])],
        _ writer: any StoreWriter,
        _ result: inout Result
    ) throws(StoreError) {
        let isStored = try writer.position(of: id.source) == id.number
        sources[nil] = nil
        for (shard, indices) in parts {
            if isStored {
                result.settled += indices.count
                for index in indices { result.outcomes[index] = .stored }
            } else {
                write(entries, indices[...], shard, isRetry: false, &result)
            }
        }
    }
}

extension Batch {
    init(_ entries: some Collection<Entry>) {
        self.init()
        events.reserveCapacity(entries.count)
        for entry in entries { append(entry.record) }
    }

    mutating func append(_ record: Record) {
        switch record {
        case .event(let event): events.append(event)
        case .submission(let submission): submissions.append(submission)
        case .deliveryReport(let report): reports.append(report)
        }
    }
}
