import Storage
import Events

/// The queue before the store and the rule by which batches are formed.
///
/// A value: no lock, no clock and no thread in here.
/// There is no timer: a writer that is free takes all that waits, and the next batch forms while it commits. Only when records keep
/// arriving, and fewer than `gatherRecordsMax` wait, may it hold on for a moment, which halves the database's work at middling rates.
struct GroupCommit {
    struct Limits: Sendable {
        /// Records waiting; one more is refused.
        var recordsMax = 20_000
        /// Bytes waiting; a record beyond them is refused.
        var bytesMax = 32 << 20
        /// Records in one batch.
        var batchRecordsMax = Batch.recordsMax
        /// Bytes in one batch; one record may exceed it alone.
        var batchBytesMax = Batch.bytesMax
        /// While this many wait there is no gathering.
        var gatherRecordsMax = 64
        /// Batches without gathering after a gathering that gained nothing.
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

    /// Takes the entries of one request, all or none.
    ///
    /// - Returns: false when there is no room.
    mutating func offer(_ entries: [Entry]) -> Bool {
        let more = entries.reduce(0) { $0 + $1.record.bytesCount }
        guard !isStopping, count + entries.count <= limits.recordsMax else { return false }
        guard bytes + more <= limits.bytesMax || isEmpty else { return false }
        waiting += entries
        bytes += more
        return true
    }

    /// Takes one entry; the same rule without an array.
    mutating func offer(_ entry: Entry) -> Bool {
        let more = entry.record.bytesCount
        guard !isStopping, count < limits.recordsMax, bytes + more <= limits.bytesMax || isEmpty else { return false }
        bytes += more
        waiting.append(entry)
        return true
    }

    /// Whether a free writer should wait a moment for more before it takes what is there.
    func shouldGather() -> Bool {
        !isStopping && gatherPause == 0 && !isEmpty && count < limits.gatherRecordsMax
    }

    var hasEnough: Bool { count >= limits.gatherRecordsMax || isStopping }

    /// Notes how a gathering went: one that gained nothing is not tried again for a while.
    mutating func noteGathering(gained: Int) {
        if gained == 0 { gatherPause = limits.gatherPauseBatches }
    }

    /// Takes the next batch, oldest first; empty when nothing waits.
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
        // What was taken is dropped once it is half of the array, so that the cost stays constant per record.
        if head * 2 >= waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return batch
    }

    /// Takes everything that waits.
    mutating func takeAll() -> [Entry] {
        defer {
            waiting = []
            head = 0
            bytes = 0
        }
        return Array(waiting[head...])
    }

    /// From now on nothing is taken in; what waits may still be taken out.
    mutating func stop() {
        isStopping = true
    }
}
