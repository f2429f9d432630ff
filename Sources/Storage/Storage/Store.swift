package import Events

/// Records that are written in one transaction.
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

    /// The maximum number of records in one batch.
    package static let recordsMax = 1000
    /// The maximum number of bytes in one batch, so that batches of large records stay small.
    ///
    /// A single larger record forms its own batch.
    package static let bytesMax = 8 << 20
}

/// The origin of batches: a writer of a process, or a journal.
///
/// Its batches have increasing numbers.
package struct BatchSource: Sendable, Hashable {
    /// A unique UUID.
    package var id: EventID
    /// Whether the source is a journal.
    ///
    /// Stores keep the position of a journal forever, that of a writer for 90 days.
    package var isJournal: Bool
    /// The shard of all records of its batches; nil when they may be in several, or the store has no shards.
    ///
    /// Sources of different shards have separate positions, even if their ids are equal.
    package var shard: Int?

    package init(id: EventID, isJournal: Bool, shard: Int? = nil) {
        self.id = id
        self.isJournal = isJournal
        self.shard = shard
    }

    /// The source of the batches of one shard.
    package func on(_ shard: Int?) -> BatchSource { BatchSource(id: id, isJournal: isJournal, shard: shard) }

    /// A new random source.
    package static func random(isJournal: Bool, shard: Int? = nil) -> BatchSource {
        BatchSource(
            id: EventID(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max)),
            isJournal: isJournal,
            shard: shard
        )
    }
}

/// Identifies a batch, so that a store can detect whether it already has it.
package struct BatchID: Sendable, Hashable {
    package var source: BatchSource
    /// The number of the batch, which increases from batch to batch of a source.
    package var number: Int64
    /// The number of the source's previous batch; 0 when there is none.
    ///
    /// The batch is not written if the store has another position for the source.
    package var previous: Int64

    package init(source: BatchSource, number: Int64, previous: Int64) {
        self.source = source
        self.number = number
        self.previous = previous
    }
}

/// The result of a committed batch.
package struct Appended: Sendable, Equatable {
    /// The number of records stored by this batch.
    package var stored: Int
    /// The number of records that were stored before: events with the same `event_id`, or the whole
    /// batch if it had already been committed.
    package var duplicates: Int
    /// The ids of the batch's events, in their order; empty when one of them was stored before or
    /// the engine does not return ids.
    package var eventIDs: [Int64] = []

    package init(stored: Int, duplicates: Int) {
        self.stored = stored
        self.duplicates = duplicates
    }

    /// Compares the counts only, since ids depend on the database.
    package static func == (one: Appended, other: Appended) -> Bool {
        one.stored == other.stored && one.duplicates == other.duplicates
    }
}

/// An error of a store operation.
package enum StoreError: Error, Equatable {
    /// The store cannot be reached or cannot write.
    ///
    /// Nothing of the call was stored. Retry later.
    case unavailable(reason: String)
    /// A query exceeded its timeout.
    ///
    /// The connection can still be used. Narrow the query.
    case queryTimeout
    /// The connection was lost during a commit, which may or may not have happened.
    ///
    /// Send the batch again under the same number, or do not acknowledge it.
    case uncertain(reason: String)
    /// The database rejected a value in the batch, and nothing was stored.
    ///
    /// Split the batch, or reject the single record.
    case refused(reason: String)
    /// The schema is not supported by this program.
    ///
    /// Stop and report it to the operator.
    case schema(reason: String)
    /// The database file is corrupt where it was read or written, and nothing of the call was stored.
    ///
    /// Other parts of it may still work.
    case damaged(reason: String)
}

/// A database that stores records.
///
/// Calls block. A writer or probe is used by one thread at a time.
package protocol Store: Sendable {
    /// `sqlite` or `postgresql`.
    var engine: String { get }
    /// The number of writers that may usefully run concurrently.
    var writersMax: Int { get }
    /// Whether processes on several machines may use the store.
    var isShared: Bool { get }
    /// The number of waiting records below which an idle writer may wait for more; 0 when small
    /// batches have no extra cost.
    var gatherRecordsMax: Int { get }
    /// A description of the database for operators: engine, file or host and name.
    ///
    /// Contains no secrets.
    var location: String { get }
    /// Applies pending migrations under a lock that blocks other processes, and converts a database
    /// of the original program.
    ///
    /// `before` is called before each migration with its name and the number of pending migrations,
    /// including it; when it returns false, no further migration is applied. Returns the names of the
    /// migrations applied by this call, in order. Throws `.schema` when the schema cannot be migrated.
    func migrate(before: (_ name: String, _ pending: Int) -> Bool) throws(StoreError) -> [String]
    /// All known migrations in order, each with whether it has been applied.
    ///
    /// Changes nothing.
    func migrationStatus() throws(StoreError) -> [MigrationStatus]
    /// All known migrations, in order.
    var migrations: [Migration] { get }
    /// The sizes of the tables of these names that exist, in the database as it is.
    ///
    /// Changes nothing, and creates no database. Numbers of rows that would take long to count are estimates.
    func tableSizes(_ names: Set<String>) throws(StoreError) -> [String: TableSize]
    /// Gives the table of events a primary key that starts with `visitor_id`, and distributes it with the tables
    /// that belong to it over several servers, if an extension for that has servers.
    ///
    /// Blocks until it is done. Servers can be running: their batches go to the journal while the tables are
    /// locked. Can be called again after an interruption. Submissions, which may have no visitor, and all
    /// derived data stay on the server to which the program connects.
    ///
    /// - Parameters:
    ///   - shards: The number of shards, at most `Distribution.shardsMax`.
    ///   - step: Called before each step with a description of it.
    /// - Returns: What was done, or why nothing could be.
    /// - Throws: `.schema` when migrations are pending, `.unavailable` when the engine cannot distribute, behind a
    ///   pooler, or when a step fails.
    func distribute(shards: Int, step: (String) -> Void) throws(StoreError) -> Distribution
    /// Connects to the database, and reads what an operator can check.
    ///
    /// Changes nothing. Throws `.unavailable` when the database does not respond.
    func inspect() throws(StoreError) -> StoreInspection
    /// Free bytes of the disk of the database; nil when it may be on another machine, or does not exist.
    var diskFree: Int64? { get }
    /// Opens a connection for writing.
    ///
    /// Throws `.unavailable` without waiting when the database is down.
    func makeWriter() throws(StoreError) -> any StoreWriter
    /// Creates a probe, which connects at its first ping.
    func makeProbe() -> any StoreProbe
    /// Opens a connection for queries and derived data.
    func makeDatabase() throws(StoreError) -> any Database
    /// Rewrites the tables, so that the bytes of deleted rows are gone as far as the engine can remove them.
    ///
    /// Blocks until it is done, which takes time and disk space in proportion to the data. SQLite rewrites the whole
    /// file, and batches go to the journal meanwhile; PostgreSQL frees the space, and writes continue.
    ///
    /// - Returns: The tables that the role may not clean up.
    /// - Throws: `.unavailable` when the disk is full, or a reader keeps old pages for too long.
    func scrub(_ tables: [String]) throws(StoreError) -> [String]
    /// The number of times that bytes occur in the files of the store; nil when it has no files on this machine.
    func occurrences(of bytes: [UInt8]) throws(StoreError) -> Int?
}

extension Store {
    /// Applies all pending migrations.
    package func migrate() throws(StoreError) -> [String] { try migrate { _, _ in true } }

    /// What the pending migrations would do to the database.
    ///
    /// Changes nothing. Throws the same errors as `migrationStatus`.
    package func migrationForecast() throws(StoreError) -> MigrationForecast {
        let names = Set(try migrationStatus().filter { !$0.isApplied }.map(\.name))
        let pending = migrations.filter { names.contains($0.name) }
        return MigrationForecast(
            MigrationEngine(rawValue: engine) ?? .postgresql,
            known: migrations,
            pending: names,
            sizes: try pending.isEmpty ? [:] : tableSizes(MigrationForecast.tablesToMeasure(pending))
        )
    }
}

/// A connection that writes batches.
///
/// After `.unavailable` or `.uncertain` the writer must be discarded and replaced. Until then, it may be used
/// for other shards: if its connection is lost, these calls fail at once.
package protocol StoreWriter: AnyObject, Sendable {
    /// Writes the batch and its number in one transaction.
    ///
    /// Both are durable when the call returns.
    ///
    /// Changes nothing if the store's position for the source is not `id.previous`: either this
    /// batch was stored before, or the caller's assumption about the source was wrong. So a batch
    /// can be sent again after `.uncertain`, as long as its source has sent no other batch in
    /// between. The call waits for an open transaction that has moved the source's position.
    ///
    /// - Returns: The numbers of stored records and duplicates; 0 stored records when nothing was changed.
    func append(_ batch: Batch, as id: BatchID) throws(StoreError) -> Appended
    /// The number of the source's last committed batch; nil when there is none.
    ///
    /// When the call returns, that batch is as durable as after `append`, also if its first writer got no response.
    func position(of source: BatchSource) throws(StoreError) -> Int64?
    /// The shard of each record; nil, without evaluating the records, when the store is not distributed.
    ///
    /// A batch whose records are in one shard, and whose source names that shard, is one transaction
    /// of that shard. It can be written while other shards are unavailable. A batch of several
    /// shards is written in one transaction per shard: it may be stored in part when the call
    /// throws, and must be sent again under the same number until it succeeds.
    func shards(of records: @autoclosure () -> [Record]) throws(StoreError) -> [Int]?

    /// Requests that the rollups are computed again if they may lack committed events of a shard.
    ///
    /// To be called when a batch whose commit was not confirmed is found in the store: a shard may have committed
    /// it after the rollups had passed its ids.
    func requestRebuild(for shard: Int) throws(StoreError)
}

extension StoreWriter {
    package func shards(of records: @autoclosure () -> [Record]) throws(StoreError) -> [Int]? { nil }
    package func requestRebuild(for shard: Int) throws(StoreError) {}
}

/// Checks the database with a small query over its own connection, reconnecting as needed.
package protocol StoreProbe: AnyObject, Sendable {
    /// Runs a small query.
    ///
    /// Throws within about `timeoutMilliseconds`, even if the database hangs.
    func ping(timeoutMilliseconds: Int32) throws(StoreError)
}

extension StoreError {
    /// A description of the error, without host names or data.
    package var reason: String {
        switch self {
        case .unavailable(let reason), .uncertain(let reason), .refused(let reason), .schema(let reason),
            .damaged(let reason):
            reason
        case .queryTimeout: "the query timed out"
        }
    }
}
