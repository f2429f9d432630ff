import Storage
import Events

/// Moves records from the journal into the store, in their order, each once.
///
/// The store keeps, in the transaction of the records themselves, the number of the last record that it got from this journal; after any
/// failure that number is asked for, and what it covers is forgotten here.
struct JournalDrain {
    /// What a step came to.
    enum Step {
        /// Records are in the store, or were found to be there; some may have been set aside.
        case moved(records: Int, settled: Int, deadLetters: Int)
        case empty
        /// The store did not take them.
        case failed(StoreError)
        /// The journal could not be read or written.
        case stuck(JournalError)
    }

    private let journal: any Journal
    private let committed: CommittedEvents?
    /// What the store has of this journal; nil when it must be asked.
    private var position: Int64?
    /// Records in one batch; fewer after a batch that took the store too long.
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
            try look(writer)
            guard
                let portion = try kept({ () throws(JournalError) in
                    try journal.oldest(recordsMax: recordsMax, bytesMax: Batch.bytesMax)
                })
            else { return .empty }
            try move(portion.items[...], portion.unconfirmedBatch, writer)
            recordsMax = min(Batch.recordsMax, recordsMax * 2)
            return .moved(records: portion.items.count, settled: settled, deadLetters: deadLetters)
        } catch {
            // A batch that was cut off by the store's time limit is tried in smaller parts.
            recordsMax = max(1, recordsMax / 2)
            position = nil
            switch error {
            case .store(let error): return .failed(error)
            case .journal(let error): return .stuck(error)
            }
        }
    }

    /// Finds out what the store has, and forgets that.
    private mutating func look(_ writer: any StoreWriter) throws(Failure) {
        guard position == nil else { return }
        try kept { () throws(JournalError) in try journal.open() }
        guard let source = journal.source else { return }
        let found = try stored { () throws(StoreError) in try writer.position(of: source) } ?? 0
        if found > 0 { try kept { () throws(JournalError) in try journal.remove(through: found) } }
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
        var isThere = true
        do throws(StoreError) {
            let appended = try writer.append(batch, as: id)
            committed?.add(batch.events, ids: appended.eventIDs)
            if appended.stored == 0 {
                isThere = try writer.position(of: id.source) == id.number
                if isThere, unconfirmedBatch != nil { settled += items.count }
            }
        } catch {
            guard case .refused(let reason) = error else { throw .store(error) }
            return try split(items, reason, writer)
        }
        guard isThere else {
            // The store was put back to an older state and has lost what it knew of the doubt; or an attempt of an earlier process has been
            // committed meanwhile, which the next step will find.
            if unconfirmedBatch != nil { return try move(items, nil, writer) }
            self.position = nil
            return
        }
        if unconfirmedBatch == nil { self.position = last.number }
        try kept { () throws(JournalError) in try journal.remove(through: last.number) }
    }

    /// Moves the halves of a batch that was refused by themselves, or sets the one record aside that is at fault.
    private mutating func split(
        _ items: ArraySlice<JournalPortion.Item>,
        _ reason: String,
        _ writer: any StoreWriter
    ) throws(Failure) {
        if items.count == 1, let item = items.first {
            try kept { () throws(JournalError) in try journal.moveToDeadLetters(item.number, reason: reason) }
            deadLetters += 1
            return
        }
        let middle = items.startIndex + items.count / 2
        // A refusal is an answer: the batch in doubt was not committed, so that its parts are like any others.
        try move(items[..<middle], nil, writer)
        try move(items[middle...], nil, writer)
    }

    private func stored<Value>(_ body: () throws(StoreError) -> Value) throws(Failure) -> Value {
        do { return try body() } catch { throw .store(error) }
    }

    @discardableResult
    private func kept<Value>(_ body: () throws(JournalError) -> Value) throws(Failure) -> Value {
        do { return try body() } catch { throw .journal(error) }
    }
}
