import Storage
import Events

/// The queue of waiting records and the rule that forms batches.
///
/// A value without locks, clocks or threads.
///
/// There is no timer: an idle writer takes all waiting records, and the next batch forms while it
/// commits. Only when records keep arriving and fewer than `gatherRecordsMax` are waiting may the
/// writer wait a moment, which halves the database's work at medium rates.
struct GroupCommit {
    struct Limits: Sendable {
        /// The maximum number of waiting records.
        var recordsMax = 20_000
        /// The maximum number of waiting bytes.
        var bytesMax = 32 << 20
        /// The maximum number of records in one batch.
        var batchRecordsMax = Batch.recordsMax
        /// The maximum number of bytes in one batch.
        ///
        /// A single larger record forms its own batch.
        var batchBytesMax = Batch.bytesMax
        /// The number of waiting records from which writers do not wait for more.
        var gatherRecordsMax = 64
        /// The number of batches without gathering after a gathering that gained no records.
        var gatherPauseBatches = 64
    }

    private let limits: Limits
    private var waiting: [Entry] = []
    private var head = 0
    private(set) var bytes = 0
    private var gatherPause = 0
    private(set) var isStopping = false

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var count: Int { waiting.count - head }
    var isEmpty: Bool { count == 0 }

    /// Adds the entries of one request, all or none.
    ///
    /// - Returns: False when there is no room or the queue is stopping.
    mutating func offer(_ entries: [Entry]) -> Bool {
        let more = entries.reduce(0) { $0 + $1.record.bytesCount }
        guard !isStopping, count + entries.count <= limits.recordsMax else { return false }
        guard bytes + more <= limits.bytesMax || isEmpty else { return false }
        waiting += entries
        bytes += more
        return true
    }

    /// Adds one entry by the same rule, without an array.
    ///
    /// - Returns: False when there is no room or the queue is stopping.
    mutating func offer(_ entry: Entry) -> Bool {
        let more = entry.record.bytesCount
        guard !isStopping, count < limits.recordsMax, bytes + more <= limits.bytesMax || isEmpty else { return false }
        bytes += more
        waiting.append(entry)
        return true
    }

    /// Whether an idle writer should wait for more records before it takes the waiting ones.
    func shouldGather() -> Bool {
        !isStopping && gatherPause == 0 && !isEmpty && count < limits.gatherRecordsMax
    }

    var hasEnough: Bool { count >= limits.gatherRecordsMax || isStopping }

    /// Registers the result of gathering.
    ///
    /// If it gained no records, gathering pauses for some batches.
    mutating func noteGathering(gained: Int) {
        if gained == 0 { gatherPause = limits.gatherPauseBatches }
    }

    /// Removes and returns the next batch, oldest first; empty when no records are waiting.
    mutating func take() -> [Entry] {
        if gatherPause > 0 { gatherPause -= 1 }
        var taken = 0
        var takenBytes = 0
        while taken < min(count, limits.batchRecordsMax) {
            let size = waiting[head + taken].record.bytesCount
            if taken > 0, takenBytes + size > limits.batchBytesMax { break }
            takenBytes += size
            taken += 1
        }
        bytes -= takenBytes
        if taken == count {
            defer {
                waiting = []
                waiting.reserveCapacity(min(taken, limits.batchRecordsMax))
                head = 0
            }
            return head == 0 ? waiting : Array(waiting[head...])
        }
        let batch = Array(waiting[head..<head + taken])
        head += taken
        // The taken entries are removed once they are half of the array, so that the cost per record stays constant.
        if head * 2 >= waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return batch
    }

    /// Removes and returns all waiting entries.
    mutating func takeAll() -> [Entry] {
        defer {
            waiting = []
            head = 0
            bytes = 0
        }
        return Array(waiting[head...])
    }

    /// Stops accepting entries.
    ///
    /// Waiting entries can still be taken.
    mutating func stop() {
        isStopping = true
    }
}
