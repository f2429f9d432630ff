package import Events

/// The status of a journal.
package struct JournalStatus: Sendable, Equatable {
    /// The number of records waiting to be drained.
    package var records = 0
    /// The storage in use, in bytes.
    package var bytes = 0
    /// When the oldest record was received, in microseconds since 1970; nil when the journal is empty.
    package var oldestReceivedAt: Int64?
    /// The number of records rejected by the store and kept as dead letters for the operator.
    package var deadLetters = 0
    /// The damaged files that were moved away and still exist; nil when there are none.
    package var damage: JournalDamage?

    package init() {}

    /// Seconds since the oldest record was received, by the system clock; nil when the journal is empty.
    package var oldestSeconds: Double? {
        guard let oldestReceivedAt else { return nil }
        return Double(max(0, WallClock.microseconds() - oldestReceivedAt) / 1000) / 1000
    }
}

/// Damaged journal files that were moved away after their intact records had been salvaged.
package struct JournalDamage: Sendable, Equatable {
    /// The number of damaged files.
    package var files: Int
    /// The name of the most recent one, in the journal's folder.
    package var lastFile: String
    /// The number of records salvaged from all of them.
    package var salvaged: Int
    /// The maximum number of records lost with them; nil when a file does not show how many records it contained.
    package var lostMax: Int?

    package init(files: Int, lastFile: String, salvaged: Int, lostMax: Int?) {
        self.files = files
        self.lastFile = lastFile
        self.salvaged = salvaged
        self.lostMax = lostMax
    }
}

/// An error of a journal operation.
package enum JournalError: Error, Equatable {
    /// The records exceed the limits, and nothing was written.
    ///
    /// Do not accept them until records have been drained.
    case full
    /// The journal cannot be written or read: the disk is full or fails, or another process uses the file.
    ///
    /// Nothing was acknowledged. Retry later.
    case unavailable(reason: String)
    /// Another process has the journal open.
    ///
    /// Nothing was acknowledged. Retry when it has ended.
    case inUse

    /// A description of the error, without data.
    package var reason: String {
        switch self {
        case .full: "the journal is full"
        case .inUse: "another process uses the journal"
        case .unavailable(let reason): reason
        }
    }
}

/// Consecutive records of a journal, oldest first.
package struct JournalPortion: Sendable {
    /// A record and its number in the journal.
    package struct Item: Sendable {
        /// Increases from record to record and is never reused.
        package var number: Int64
        package var record: Record

        package init(number: Int64, record: Record) {
            self.number = number
            self.record = record
        }
    }

    package var items: [Item]
    /// The unconfirmed batch that these records form; nil when they are not part of one.
    ///
    /// Its commit was not confirmed when they were journaled, so the store must be asked first
    /// whether it has the batch.
    package var unconfirmedBatch: BatchID?

    package init(items: [Item], unconfirmedBatch: BatchID?) {
        self.items = items
        self.unconfirmedBatch = unconfirmedBatch
    }
}

/// The records and dead letters of a journal that a search has found.
package struct JournalMatches: Sendable, Equatable {
    package var records: Int
    package var deadLetters: Int

    package init(records: Int = 0, deadLetters: Int = 0) { (self.records, self.deadLetters) = (records, deadLetters) }
}

/// Durable storage on the local disk for records that the store cannot accept.
///
/// Calls block. Thread-safe.
package protocol Journal: AnyObject, Sendable {
    /// The source of the batches drained from the journal, whose numbers are those of its records;
    /// nil until it is opened.
    var source: BatchSource? { get }
    /// The current status.
    ///
    /// Does not wait for other operations.
    var status: JournalStatus { get }
    /// Opens the journal unless it is open, so that `source` and `status` are known.
    func open() throws(JournalError)
    /// Appends all records or none.
    ///
    /// They are durable when the call returns.
    ///
    /// `unconfirmedBatch` is the batch that they form, if it may have been committed to the store.
    func append(_ records: [Record], unconfirmedBatch: BatchID?) throws(JournalError)
    /// Returns the oldest records that fit within the limits, at least one; nil when the journal is empty.
    func oldest(recordsMax: Int, bytesMax: Int) throws(JournalError) -> JournalPortion?
    /// Removes the records up to and including a number, which the store has.
    func remove(through number: Int64) throws(JournalError)
    /// Moves a record that the store rejected to the dead letters.
    func moveToDeadLetters(_ number: Int64, reason: String) throws(JournalError)
    /// Finds the records and dead letters that contain the bytes and match, and removes them if wanted.
    ///
    /// `matches` gets nil for an unreadable record. Other calls continue between portions of the records.
    func find(
        _ bytes: [UInt8],
        removing: Bool,
        where matches: (Record?) -> Bool
    ) throws(JournalError) -> JournalMatches
    /// Rewrites the file, so that it has no bytes of records that were removed.
    func scrub() throws(JournalError)
    /// The number of times that bytes occur in the file and its log.
    func occurrences(of bytes: [UInt8]) throws(JournalError) -> Int
}
