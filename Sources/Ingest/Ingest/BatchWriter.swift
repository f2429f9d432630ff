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
        /// Ranges of `.unavailable` entries that may have been committed, and the ids of their batches.
        var unconfirmedBatches: [(range: Range<Int>, id: BatchID)] = []
        /// The number of records whose `event_id` was already stored.
        var duplicates = 0
        /// The number of records in resent batches that turned out to have been committed the first time.
        var settled = 0
        /// The last error of the store, for the log.
        var failure: StoreError?
    }

    private let store: any Store
    /// Whether a batch is retried once over a new connection after the connection failed.
    private let retries: Bool
    private let committed: CommittedEvents?
    private(set) var writer: (any StoreWriter)?
    private var source = BatchSource.random(isJournal: false)
    /// The number of the source's last committed batch.
    private var last: Int64 = 0

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
            // Nothing was written. Either the batch was stored before, or the store was restored to an older
            // state and has another position for this source. For a new source the store has no position.
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
                // A connection that the server closed while it was idle fails when it is used next.
                // Retry once over a new connection.
                if retries, !isRetry { return write(entries, range, isRetry: true, &result) }
                if case .uncertain = error { result.unconfirmedBatches.append((range, id)) }
                // The unconfirmed batch is resolved by comparing its number with this source's
                // position, which must not change.
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
