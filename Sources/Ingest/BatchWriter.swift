import Storage
import Telemetry

/// Writes batches through one connection and finds out what became of each record.
///
/// A batch that the database refuses is split until the record at fault stands alone; the others are stored. Records whose commit was
/// never confirmed are written again when they carry an `event_id`, since then a second row cannot come of it.
struct BatchWriter {
    private let store: any Store
    private var writer: (any StoreWriter)?

    init(store: any Store) {
        self.store = store
    }

    var isConnected: Bool { writer != nil }

    /// Opens the connection unless it is open.
    mutating func connect() throws(StoreError) {
        if writer == nil { writer = try store.makeWriter() }
    }

    /// Writes the entries.
    ///
    /// - Returns: the outcome of each, in their order, and the last error of the store, for the log.
    mutating func write(_ entries: [Entry]) -> (outcomes: [Outcome], duplicates: Int, failure: StoreError?) {
        var result = Result(outcomes: Array(repeating: .unavailable, count: entries.count))
        write(entries, 0..<entries.count, mayRetry: true, &result)
        return (result.outcomes, result.duplicates, result.failure)
    }

    private struct Result {
        var outcomes: [Outcome]
        var duplicates = 0
        var failure: StoreError?
    }

    private mutating func write(_ entries: [Entry], _ range: Range<Int>, mayRetry: Bool, _ result: inout Result) {
        guard !range.isEmpty else { return }
        do {
            try connect()
            guard let writer else { return }
            let appended = try writer.append(Batch(entries[range]))
            result.duplicates += appended.duplicates
            for index in range { result.outcomes[index] = .stored }
        } catch {
            result.failure = error
            switch error {
            case .refused where range.count == 1:
                result.outcomes[range.lowerBound] = .refused
            case .refused:
                let middle = range.lowerBound + range.count / 2
                write(entries, range.lowerBound..<middle, mayRetry: mayRetry, &result)
                write(entries, middle..<range.upperBound, mayRetry: mayRetry, &result)
            case .unavailable:
                writer = nil
                // A connection that the server closed while it was idle fails at its next use; a new one is worth one try.
                if mayRetry { write(entries, range, mayRetry: false, &result) }
            case .uncertain:
                writer = nil
                guard mayRetry, entries[range].allSatisfy(\.record.isIdempotent) else { return }
                write(entries, range, mayRetry: false, &result)
            case .schema:
                writer = nil
            }
        }
    }
}

extension Batch {
    init(_ entries: ArraySlice<Entry>) {
        self.init()
        events.reserveCapacity(entries.count)
        for entry in entries {
            switch entry.record {
            case .event(let event): events.append(event)
            case .submission(let submission): submissions.append(submission)
            }
        }
    }
}
