package import Telemetry

/// What is written in one transaction: all of it or none.
package struct Batch: Sendable {
    package var events: [Event]
    package var submissions: [Submission]

    package init(events: [Event] = [], submissions: [Submission] = []) {
        self.events = events
        self.submissions = submissions
    }

    package var count: Int { events.count + submissions.count }
}

/// What became of a batch that was committed.
package struct Appended: Sendable, Equatable {
    /// Records that are now rows because of this batch.
    package var stored: Int
    /// Events that were there already under their `event_id`, and were absorbed.
    package var duplicates: Int

    package init(stored: Int, duplicates: Int) {
        self.stored = stored
        self.duplicates = duplicates
    }
}

/// Why the store did not do what was asked; each case says what to do next.
package enum StoreError: Error, Equatable {
    /// The store cannot be reached or cannot write now; nothing of the call was stored. Try again later.
    case unavailable(reason: String)
    /// The connection was lost while a commit was under way: it may or may not have happened. Do not acknowledge.
    case uncertain(reason: String)
    /// The database refuses a value in the batch; nothing was stored. Split the batch, or refuse the one record.
    case refused(reason: String)
    /// The schema is not one this program can work with. Stop and tell the operator.
    case schema(reason: String)
}

/// A database that keeps records.
///
/// Calls block; each writer and probe belongs to one thread at a time.
package protocol Store: Sendable {
    /// `sqlite` or `postgresql`.
    var engine: String { get }
    /// How many writers may usefully run side by side.
    var writersMax: Int { get }
    /// Applies what is pending, under a lock that makes other processes wait, and adopts a database of the original program.
    ///
    /// - Returns: the names applied by this call, in order.
    func migrate() throws(StoreError) -> [String]
    /// Every known migration in order, applied or pending. Changes nothing.
    func migrationStatus() throws(StoreError) -> [MigrationStatus]
    /// Opens a connection that writes. Fails with `.unavailable` at once when the database is down.
    func makeWriter() throws(StoreError) -> any StoreWriter
    /// Makes a probe; it connects at its first ping.
    func makeProbe() -> any StoreProbe
}

/// One connection that writes.
///
/// After `.unavailable` or `.uncertain` the writer is spent: drop it and make another.
package protocol StoreWriter: AnyObject, Sendable {
    /// Writes the batch in one transaction; it has been committed durably when the call returns.
    ///
    /// - Returns: how many records became rows and how many were absorbed as duplicates.
    func append(_ batch: Batch) throws(StoreError) -> Appended
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
        case .unavailable(let reason), .uncertain(let reason), .refused(let reason), .schema(let reason): reason
        }
    }
}
