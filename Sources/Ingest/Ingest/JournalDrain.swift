import Storage
import Events

/// Moves records from the journal into the store, in their order, each exactly once.
///
/// The store keeps the number of the last record drained from this journal, updated in the
/// transaction of the records. After a failure that number is read again, and the records up to it
/// are removed from the journal.
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
    /// The number of the last record that the store has; nil when it must be read from the store.
    private var position: Int64?
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
            try move(portion.items[...], portion.unconfirmedBatch, writer)
            recordsMax = min(Batch.recordsMax, recordsMax * 2)
            return .moved(records: portion.items.count, settled: settled, deadLetters: deadLetters)
        } catch {
            // A batch that was canceled by the store's timeout is retried in smaller parts.
            recordsMax = max(1, recordsMax / 2)
            position = nil
            switch error {
            case .store(let error): return .failed(error)
            case .journal(let error): return .stuck(error)
            }
        }
    }

    /// Reads the position of the store, and removes the records up to it from the journal.
    private mutating func synchronize(_ writer: any StoreWriter) throws(Failure) {
        guard position == nil else { return }
        try withJournal { () throws(JournalError) in try journal.open() }
        guard let source = journal.source else { return }
        let found = try withStore { () throws(StoreError) in try writer.position(of: source) } ?? 0
        if found > 0 { try withJournal { () throws(JournalError) in try journal.remove(through: found) } }
        position = found
    }

    private mutating func move(
        _ items: ArraySlice<JournalPortion.Item>,
        _ unconfirmedBatch: BatchID?,
        _ writer: any StoreWriter
    ) throws(Failure) {
        guard let last = items.last, let source = journal.source, let position else { return }
        let id = unconfirmedBatch ?? BatchID(source: source, number: last.number, previous: position)
        var batch = Batch()
        for item in items { batch.append(item.record) }
        var isCommitted = true
        do throws(StoreError) {
            let appended = try writer.append(batch, as: id)
            committed?.add(batch.events, ids: appended.eventIDs)
            if appended.stored == 0 {
                isCommitted = try writer.position(of: id.source) == id.number
                if isCommitted, unconfirmedBatch != nil { settled += items.count }
            }
        } catch {
            guard case .refused(let reason) = error else { throw .store(error) }
            return try split(items, reason, writer)
        }
        guard isCommitted else {
            // Either the store was restored to an older state and no longer knows the unconfirmed
            // batch, or an attempt of an earlier process was committed in the meantime. The next
            // step detects the latter.
            if unconfirmedBatch != nil { return try move(items, nil, writer) }
            self.position = nil
            return
        }
        if unconfirmedBatch == nil { self.position = last.number }
        try withJournal { () throws(JournalError) in try journal.remove(through: last.number) }
    }

    /// Moves the halves of a refused batch separately, or moves a single refused record to the dead letters.
    private mutating func split(
        _ items: ArraySlice<JournalPortion.Item>,
        _ reason: String,
        _ writer: any StoreWriter
    ) throws(Failure) {
        if items.count == 1, let item = items.first {
            try withJournal { () throws(JournalError) in try journal.moveToDeadLetters(item.number, reason: reason) }
            deadLetters += 1
            return
        }
        let middle = items.startIndex + items.count / 2
        // The store has refused the batch, so it is known that the unconfirmed batch was not
        // committed. Its parts need no special handling.
        try move(items[..<middle], nil, writer)
        try move(items[middle...], nil, writer)
    }

    private func withStore<Value>(_ body: () throws(StoreError) -> Value) throws(Failure) -> Value {
        do { return try body() } catch { throw .store(error) }
    }

    @discardableResult
    private func withJournal<Value>(_ body: () throws(JournalError) -> Value) throws(Failure) -> Value {
        do { return try body() } catch { throw .journal(error) }
    }
}
