import Storage
import Events

/// Writes batches through one connection and finds out what became of each record.
///
/// A batch that the database refuses is split until the record at fault stands alone; the others are stored. A batch whose commit was never
/// confirmed is named as a doubt; without a journal to keep it, it is sent once more under its number.
struct BatchWriter {
    /// What became of the entries of a batch.
    struct Result {
        /// Of each entry, in their order.
        var outcomes: [Outcome]
        /// Parts of those `.unavailable` that may have been committed after all, and under which name.
        var unconfirmedBatches: [(range: Range<Int>, id: BatchID)] = []
        /// Records that were there already, under their `event_id`.
        var duplicates = 0
        /// Records of batches that were sent again and turned out to have been committed the first time.
        var settled = 0
        /// The last error of the store, for the log.
        var failure: StoreError?
    }

    private let store: any Store
    /// Whether a batch that failed with its connection is tried on a new one.
    private let retries: Bool
    private let committed: CommittedEvents?
    private(set) var writer: (any StoreWriter)?
    private var source = BatchSource.random(isJournal: false)
    /// Number of the last batch of the source that was committed.
    private var last: Int64 = 0

    /// The events of batches whose commit was confirmed go to `committed`.
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

    /// Gives the connection up.
    mutating func disconnect() {
        writer = nil
    }

    /// Writes the entries.
    mutating func write(_ entries: [Entry]) -> Result {
        var result = Result(outcomes: Array(repeating: .unavailable, count: entries.count))
        write(entries, 0..<entries.count, isRetry: false, &result)
        return result
    }

    private mutating func write(_ entries: [Entry], _ range: Range<Int>, isRetry: Bool, _ result: inout Result) {
        guard !range.isEmpty else { return }
        let id = BatchID(source: source, number: last + 1, previous: last)
        do {
            try connect()
            guard let writer else { return }
            let batch = Batch(entries[range])
            let appended = try writer.append(batch, as: id)
            committed?.add(batch.events, ids: appended.eventIDs)
            // Nothing written: all of it was there, or the store, put back to an older state, knows another number of ours; of a new
            // source it knows none.
            if appended.stored == 0, last > 0, try writer.position(of: source) != id.number {
                beginSource()
                return write(entries, range, isRetry: isRetry, &result)
            }
            last = id.number
            if isRetry, appended.stored == 0 {
                result.settled += range.count
            } else {
                result.duplicates += appended.duplicates
            }
            for index in range { result.outcomes[index] = .stored }
        } catch {
            result.failure = error
            switch error {
            case .refused where range.count == 1:
                result.outcomes[range.lowerBound] = .refused
            case .refused:
                let middle = range.lowerBound + range.count / 2
                write(entries, range.lowerBound..<middle, isRetry: false, &result)
                write(entries, middle..<range.upperBound, isRetry: false, &result)
            case .unavailable, .queryTimeout, .uncertain, .damaged:
                writer = nil
                // A connection that the server closed while it was idle fails at its next use; a new one is worth one try.
                if retries, !isRetry { return write(entries, range, isRetry: true, &result) }
                if case .uncertain = error { result.unconfirmedBatches.append((range, id)) }
                // Whoever settles the doubt asks for this source's number, which must therefore stay as it is.
                beginSource()
            case .schema:
                writer = nil
            }
        }
    }

    private mutating func beginSource() {
        source = .random(isJournal: false)
        last = 0
    }
}

extension Batch {
    init(_ entries: ArraySlice<Entry>) {
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
