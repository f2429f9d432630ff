import Storage
import Events

/// Moves records from the journal into the store, in their order, each exactly once.
///
/// The store keeps the number of the last record drained from this journal, updated in the
/// transaction of the records. After a failure that number is read again, and the records up to it
/// are removed from the journal.
///
/// A distributed store keeps one number per shard. Records of shards that are available are moved
/// while another one is not, and a portion leaves the journal when all of its shards have it. A
/// shard that hangs costs a timeout, so of the shards that failed before, one is tried per step.
struct JournalDrain {
    /// The result of one step.
    enum Step {
        /// Records are in the store, were found there, or were moved to the dead letters.
        case moved(records: Int, settled: Int, deadLetters: Int)
        case empty
        /// The store failed.
        case failed(StoreError)
        /// The journal could not be read or written.
        case stuck(JournalError)
    }

    private let journal: any Journal
    private let committed: CommittedEvents?
    /// Whether the journal is open, and has no records up to the position of the store.
    private var isSynchronized = false
    /// The number of the last record that each shard has, as far as it has been read from the store; the key is nil
    /// when the store is not distributed.
    private var positions: [Int?: Int64] = [:]
    /// The shards that failed when they were tried last, in this order.
    private var failing: [Int] = []
    /// The shards whose last batch has a known outcome.
    private var confirmed: Set<Int> = []
    /// The last unconfirmed batch for which a rebuild was requested.
    private var rebuilt: BatchID?
    /// The maximum number of records per batch; reduced after a batch that failed, for example at the store's timeout.
    private var recordsMax = Batch.recordsMax
    private var settled = 0
    private var deadLetters = 0

    init(_ journal: any Journal, committed: CommittedEvents? = nil) {
        self.journal = journal
        self.committed = committed
    }

    private enum Failure: Error {
        case store(StoreError)
        case journal(JournalError)
    }

    /// Moves the oldest records.
    mutating func step(_ writer: any StoreWriter) -> Step {
        settled = 0
        deadLetters = 0
        do throws(Failure) {
            try synchronize(writer)
            guard
                let portion = try withJournal({ () throws(JournalError) in
                    try journal.oldest(recordsMax: recordsMax, bytesMax: Batch.bytesMax)
                })
            else { return .empty }
            let shards = try withStore { () throws(StoreError) in
                try writer.shards(of: portion.items.map(\.record))
            }
            if let shards {
                try move(portion, shards, writer)
            } else if try move(portion.items[...], portion.unconfirmedBatch, nil, writer) {
                try remove(portion)
            }
            recordsMax = min(Batch.recordsMax, recordsMax * 2)
            return .moved(records: portion.items.count, settled: settled, deadLetters: deadLetters)
        } catch {
            // A batch that was canceled by the store's timeout is retried in smaller parts.
            recordsMax = max(1, recordsMax / 2)
            isSynchronized = false
            positions = [:]
            switch error {
            case .store(let error): return .failed(error)
            case .journal(let error): return .stuck(error)
            }
        }
    }

    /// Reads the position of the store, and removes the records up to it from the journal.
    private mutating func synchronize(_ writer: any StoreWriter) throws(Failure) {
        guard !isSynchronized else { return }
        try withJournal { () throws(JournalError) in try journal.open() }
        guard let source = journal.source else { return }
        let found = try withStore { () throws(StoreError) in try writer.position(of: source) } ?? 0
        if found > 0 { try withJournal { () throws(JournalError) in try journal.remove(through: found) } }
        positions = [nil: found]
        isSynchronized = true
    }

    private func remove(_ portion: JournalPortion) throws(Failure) {
        guard let last = portion.items.last else { return }
        try withJournal { () throws(JournalError) in try journal.remove(through: last.number) }
    }

    /// Moves a portion in one batch per shard.
    ///
    /// Throws after the shards have been tried, so that one that is unavailable does not delay the others.
    private mutating func move(
        _ portion: JournalPortion,
        _ shards: [Int],
        _ writer: any StoreWriter
    ) throws(Failure) {
        var unconfirmedBatch = portion.unconfirmedBatch
        if let id = unconfirmedBatch {
            // A batch from before the store was distributed has its position outside of the shards.
            let found = try withStore { () throws(StoreError) in try writer.position(of: id.source.on(nil)) }
            if found == id.number {
                settled += portion.items.count
                return try remove(portion)
            }
            if Set(shards).count > 1 { unconfirmedBatch = nil }
        }
        var failure: Failure?
        var isComplete = true
        let items = Dictionary(grouping: zip(portion.items, shards)) { $0.1 }.mapValues { $0.map(\.0) }
        for shard in items.keys.sorted().filter({ !failing.contains($0) }) + failing {
            guard let items = items[shard] else { continue }
            if failing.contains(shard), failure != nil { break }
            failing.removeAll { $0 == shard }
            do throws(Failure) {
                if try !move(items, unconfirmedBatch, to: shard, writer) { isComplete = false }
            } catch {
                confirmed.remove(shard)
                positions[shard] = nil
                failing.append(shard)
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        if isComplete { try remove(portion) }
    }

    /// Moves the records that a shard does not have.
    private mutating func move(
        _ items: [JournalPortion.Item],
        _ unconfirmedBatch: BatchID?,
        to shard: Int,
        _ writer: any StoreWriter
    ) throws(Failure) -> Bool {
        guard let source = journal.source else { return false }
        let position = try position(source.on(shard), writer)
        let missing = items.filter { $0.number > position }
        if missing.count < items.count, !confirmed.contains(shard) {
            // A batch of this drain, or of an earlier process, may have been committed after its writer had given up.
            try withStore { () throws(StoreError) in try writer.requestRebuild(for: shard) }
            confirmed.insert(shard)
        }
        let isMoved = try move(missing[...], unconfirmedBatch, shard, writer)
        if isMoved { confirmed.insert(shard) } else { confirmed.remove(shard) }
        return isMoved
    }

    /// The number of the last record that a shard has.
    private mutating func position(_ source: BatchSource, _ writer: any StoreWriter) throws(Failure) -> Int64 {
        if let known = positions[source.shard] { return known }
        let found = try withStore { () throws(StoreError) in try writer.position(of: source) } ?? 0
        positions[source.shard] = found
        return found
    }

    /// Moves records in one batch, or in several if the store refuses it.
    ///
    /// - Returns: Whether the store has them, or they are dead letters.
    private mutating func move(
        _ items: ArraySlice<JournalPortion.Item>,
        _ unconfirmedBatch: BatchID?,
        _ shard: Int?,
        _ writer: any StoreWriter
    ) throws(Failure) -> Bool {
        guard let last = items.last else { return true }
        guard let source = journal.source, let position = positions[shard] else { return false }
        var id = unconfirmedBatch ?? BatchID(source: source, number: last.number, previous: position)
        id.source.shard = shard
        var batch = Batch()
        for item in items { batch.append(item.record) }
        var isCommitted = true
        do throws(StoreError) {
            let appended = try writer.append(batch, as: id)
            committed?.add(batch.events, ids: appended.eventIDs)
            if appended.stored == 0 {
                isCommitted = try writer.position(of: id.source) == id.number
                if isCommitted, unconfirmedBatch != nil { settled += items.count }
                if isCommitted { try requestRebuild(shard, unconfirmedBatch, writer) }
            }
        } catch {
            guard case .refused(let reason) = error else { throw .store(error) }
            return try split(items, reason, shard, writer)
        }
        guard isCommitted else {
            // Either the store was restored to an older state and no longer knows the unconfirmed
            // batch, or an attempt of an earlier process was committed in the meantime. The next
            // step detects the latter.
            if unconfirmedBatch != nil { return try move(items, nil, shard, writer) }
            positions[shard] = nil
            isSynchronized = false
            return false
        }
        if unconfirmedBatch == nil { positions[shard] = last.number }
        return true
    }

    /// Requests a rebuild if a batch that was found in a shard may have been committed late.
    private mutating func requestRebuild(
        _ shard: Int?,
        _ unconfirmedBatch: BatchID?,
        _ writer: any StoreWriter
    ) throws(StoreError) {
        guard let shard else { return }
        let isKnown = if let unconfirmedBatch { unconfirmedBatch == rebuilt } else { confirmed.contains(shard) }
        guard !isKnown else { return }
        try writer.requestRebuild(for: shard)
        rebuilt = unconfirmedBatch ?? rebuilt
    }

    /// Moves the halves of a refused batch separately, or moves a single refused record to the dead letters.
    private mutating func split(
        _ items: ArraySlice<JournalPortion.Item>,
        _ reason: String,
        _ shard: Int?,
        _ writer: any StoreWriter
    ) throws(Failure) -> Bool {
        if items.count == 1, let item = items.first {
            try withJournal { () throws(JournalError) in try journal.moveToDeadLetters(item.number, reason: reason) }
            deadLetters += 1
            return true
        }
        let middle = items.startIndex + items.count / 2
        // The store has refused the batch, so it is known that the unconfirmed batch was not
        // committed. Its parts need no special handling.
        guard try move(items[..<middle], nil, shard, writer) else { return false }
        return try move(items[middle...], nil, shard, writer)
    }

    private func withStore<Value>(_ body: () throws(StoreError) -> Value) throws(Failure) -> Value {
        do { return try body() } catch { throw .store(error) }
    }

    @discardableResult
    private func withJournal<Value>(_ body: () throws(JournalError) -> Value) throws(Failure) -> Value {
        do { return try body() } catch { throw .journal(error) }
    }
}
