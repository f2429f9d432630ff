package import Events

/// What is written in one transaction: all of it or none.
package struct Batch: Sendable {
    package var events: [Event]
    package var submissions: [Submission]
    package var reports: [DeliveryReport]

    package init(events: [Event] = [], submissions: [Submission] = [], reports: [DeliveryReport] = []) {
        self.events = events
        self.submissions = submissions
        self.reports = reports
    }

    package var count: Int { events.count + submissions.count + reports.count }

    /// Records in one batch.
    package static let recordsMax = 1000
    /// Bytes in one batch, so that a batch of large records stays small; one record may exceed it alone.
    package static let bytesMax = 8 << 20
}

/// Where batches come from: a writer of a process, or a journal.
///
/// Its batches are numbered, each higher than the one before.
package struct BatchSource: Sendable, Hashable {
    /// A UUID that nobody else uses.
    package var id: EventID
    /// What a store knows of a journal it keeps for ever; what it knows of a writer only while that writer may ask.
    package var isJournal: Bool

    package init(id: EventID, isJournal: Bool) {
        self.id = id
        self.isJournal = isJournal
    }

    /// A source for this process.
    package static func random(isJournal: Bool) -> BatchSource {
        BatchSource(
            id: EventID(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max)),
            isJournal: isJournal
        )
    }
}

/// Names a batch, so that a store can tell whether it has it already.
package struct BatchID: Sendable, Hashable {
    package var source: BatchSource
    package var number: Int64
    /// The number of the source's batch before this one; 0 when there is none.
    ///
    /// When the store knows of another, the batch is not written.
    package var previous: Int64

    package init(source: BatchSource, number: Int64, previous: Int64) {
        self.source = source
        self.number = number
        self.previous = previous
    }
}

/// What became of a batch that was committed.
package struct Appended: Sendable, Equatable {
    /// Records that are now rows because of this batch.
    package var stored: Int
    /// Records that were there already: events under their `event_id`, or the whole batch, when it had been committed before.
    package var duplicates: Int
    /// Ids of the batch's events, in their order; empty when one of them was there already, or the engine does not report them.
    package var eventIDs: [Int64] = []

    package init(stored: Int, duplicates: Int) {
        self.stored = stored
        self.duplicates = duplicates
    }

    /// Whether as many records were stored; ids depend on the database.
    package static func == (one: Appended, other: Appended) -> Bool {
        one.stored == other.stored && one.duplicates == other.duplicates
    }
}

/// Why the store did not do what was asked; each case says what to do next.
package enum StoreError: Error, Equatable {
    /// The store cannot be reached or cannot write now; nothing of the call was stored. Try again later.
    case unavailable(reason: String)
    /// A query exceeded its time limit; the connection can go on. Ask for less.
    case queryTimeout
    /// The connection was lost while a commit was under way: it may or may not have happened. Send the batch again under its
    /// number, or do not acknowledge it.
    case uncertain(reason: String)
    /// The database refuses a value in the batch; nothing was stored. Split the batch, or refuse the one record.
    case refused(reason: String)
    /// The schema is not one this program can work with. Stop and tell the operator.
    case schema(reason: String)
    /// The database file is damaged where it was read or written; nothing of the call was stored. Other parts of it may still work.
    case damaged(reason: String)
}

/// A database that keeps records.
///
/// Calls block; each writer and probe belongs to one thread at a time.
package protocol Store: Sendable {
    /// `sqlite` or `postgresql`.
    var engine: String { get }
    /// How many writers may usefully run side by side.
    var writersMax: Int { get }
    /// Records below which a free writer may wait a moment for more; 0 when a small batch costs no more than its share.
    var gatherRecordsMax: Int { get }
    /// Which database it is, for people: engine, file or host and name; never a secret.
    var location: String { get }
    /// Applies what is pending, under a lock that makes other processes wait, and adopts a database of the original program.
    ///
    /// `before` is asked before each migration with its name and how many are pending with it; false stops there. Gives the names applied by
    /// this call, in order.
    func migrate(before: (_ name: String, _ pending: Int) -> Bool) throws(StoreError) -> [String]
    /// Every known migration in order, applied or pending. Changes nothing.
    func migrationStatus() throws(StoreError) -> [MigrationStatus]
    /// Opens a connection that writes. Fails with `.unavailable` at once when the database is down.
    func makeWriter() throws(StoreError) -> any StoreWriter
    /// Makes a probe; it connects at its first ping.
    func makeProbe() -> any StoreProbe
    /// Opens a connection for what is derived from the records, and for questions.
    func makeDatabase() throws(StoreError) -> any Database
}

extension Store {
    /// Applies everything that is pending.
    package func migrate() throws(StoreError) -> [String] { try migrate { _, _ in true } }
}

/// One connection that writes.
///
/// After `.unavailable` or `.uncertain` the writer is spent: drop it and make another.
package protocol StoreWriter: AnyObject, Sendable {
    /// Writes the batch and its number in one transaction; both have been committed durably when the call returns.
    ///
    /// Changes nothing when the store knows another number of this source than `id.previous`: then this batch is there already, or what
    /// the caller believed of its source was wrong. So a batch may be sent again after `.uncertain`, as long as its source has sent no
    /// other in between. A transaction that has named the source and has not ended is waited for.
    ///
    /// - Returns: how many records became rows and how many were absorbed as duplicates; none stored when nothing was changed.
    func append(_ batch: Batch, as id: BatchID) throws(StoreError) -> Appended
    /// The number of the last batch of a source that was committed; nil when there is none.
    func position(of source: BatchSource) throws(StoreError) -> Int64?
}

/// A cheap round trip to the database on a connection of its own, reconnecting as needed.
package protocol StoreProbe: AnyObject, Sendable {
    /// Asks the database something small; fails within about `timeoutMilliseconds`, whatever the database does.
    func ping(timeoutMilliseconds: Int32) throws(StoreError)
}

extension StoreError {
    /// What the database said, without names of hosts and without data.
    package var reason: String {
        switch self {
        case .unavailable(let reason), .uncertain(let reason), .refused(let reason), .schema(let reason),
            .damaged(let reason):
            reason
        case .queryTimeout: "the query took too long"
        }
    }
}
