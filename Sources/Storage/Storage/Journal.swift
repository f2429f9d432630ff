package import Events

/// How much a journal holds.
package struct JournalStatus: Sendable, Equatable {
    /// Records that wait to be drained.
    package var records = 0
    /// Bytes of storage in use.
    package var bytes = 0
    /// When the oldest of them was received, microseconds since 1970; nil when there is none.
    package var oldestReceivedAt: Int64?
    /// Records that the store refused, kept for the operator.
    package var deadLetters = 0
    /// Damaged files that were moved aside and are still there; nil when there is none.
    package var damage: JournalDamage?

    package init() {}

    /// Seconds since the oldest was received, by the system's clock; nil when there is none.
    package var oldestSeconds: Double? {
        guard let oldestReceivedAt else { return nil }
        return Double(max(0, WallClock.microseconds() - oldestReceivedAt) / 1000) / 1000
    }
}

/// What became of journals that were found damaged: their intact records were taken over, the files moved aside.
package struct JournalDamage: Sendable, Equatable {
    /// Files that were moved aside.
    package var files: Int
    /// Name of the last of them, in the folder of the journal.
    package var lastFile: String
    /// Records that were taken over from all of them.
    package var salvaged: Int
    /// Records that may have been lost with them, at most; nil when a file does not show how many it held.
    package var lostMax: Int?

    package init(files: Int, lastFile: String, salvaged: Int, lostMax: Int?) {
        self.files = files
        self.lastFile = lastFile
        self.salvaged = salvaged
        self.lostMax = lostMax
    }
}

/// Why the journal did not do what was asked.
package enum JournalError: Error, Equatable {
    /// The records do not fit within the limits; nothing was written. Refuse them until something has been drained.
    case full
    /// It cannot be written or read now: the disk is full or fails, or another process has it. Nothing was acknowledged; try again later.
    case unavailable(reason: String)

    package var reason: String {
        switch self {
        case .full: "the journal is full"
        case .unavailable(let reason): reason
        }
    }
}

/// Records that a journal kept, in their order.
package struct JournalPortion: Sendable {
    package struct Item: Sendable {
        /// Rises from record to record and is never used again.
        package var number: Int64
        package var record: Record

        package init(number: Int64, record: Record) {
            self.number = number
            self.record = record
        }
    }

    package var items: [Item]
    /// The batch that these records are the whole of, when they were in doubt as it was written; the store is asked for it first.
    package var unconfirmedBatch: BatchID?

    package init(items: [Item], unconfirmedBatch: BatchID?) {
        self.items = items
        self.unconfirmedBatch = unconfirmedBatch
    }
}

/// Keeps records on this machine's disk while the store cannot take them.
///
/// Calls block, and may come from several threads.
package protocol Journal: AnyObject, Sendable {
    /// The journal as a source of batches, whose numbers are those of its records; nil until it has been opened.
    var source: BatchSource? { get }
    /// How much it holds; never blocks.
    var standing: JournalStatus { get }
    /// Opens it unless it is open, so that `source` and `standing` are known.
    func open() throws(JournalError)
    /// Writes all of the records or none; they are on the disk when the call returns.
    ///
    /// `doubt` names the batch that they are the whole of, when it may have been committed.
    func append(_ records: [Record], unconfirmedBatch: BatchID?) throws(JournalError)
    /// The oldest records, as many as fit within the limits but at least one; nil when there is none.
    func oldest(recordsMax: Int, bytesMax: Int) throws(JournalError) -> JournalPortion?
    /// Forgets the records up to a number, which the store has.
    func remove(through number: Int64) throws(JournalError)
    /// Takes a record that the store refuses out of the way, and keeps it.
    func moveToDeadLetters(_ number: Int64, reason: String) throws(JournalError)
}
