import Postgres
import Storage
import Events

/// A connection that writes batches, with one statement per batch and one array parameter per column.
// Unchecked: by the contract of `StoreWriter`, it is used by one thread at a time.
final class PostgresWriter: StoreWriter, @unchecked Sendable {
    /// The timeouts for a batch and for a lock.
    ///
    /// When one expires, the server cancels the statement, and nothing is stored.
    static let settings = SessionSettings(statementMilliseconds: 3000, lockMilliseconds: 1000)

    private let session: Session
    private var arrays = BinaryArrays()

    init(_ session: Session) throws(StoreError) {
        self.session = session
        try guarded { () throws(PostgresError) in
            try session.prepare([Self.markedEvents, Self.markedSubmissions, Self.markedTracked, Self.markedAll])
            _ = try session.run(Call(Self.forgetSQL))
        }
    }

    func append(_ batch: Batch, as id: BatchID) throws(StoreError) -> Appended {
        try BatchAttempts.append(batch.count) { () throws(WriteFailure) in
            do throws(PostgresError) {
                return try write(batch, id)
            } catch {
                throw WriteFailure(error, mayBeCommitted: error.stage == .unanswered)
            }
        } control: { () throws(PostgresError) in
            _ = try writeAll(Batch(), .control)
        }
    }

    /// Writes a batch and its number in one statement, which is its own transaction.
    private func write(_ batch: Batch, _ id: BatchID) throws(PostgresError) -> Appended {
        arrays.removeAll()
        if batch.events.isEmpty, batch.reports.isEmpty {
            arrays.append(batch.submissions)
            arrays.append(id)
            let stored = try run(Self.markedSubmissions).changed
            return Appended(stored: stored, duplicates: batch.submissions.count - stored)
        }
        guard batch.submissions.isEmpty, !batch.events.isEmpty else { return try writeAll(batch, id) }
        arrays.append(batch.events)
        arrays.append(id)
        if batch.reports.isEmpty {
            let result = try run(Self.markedEvents)
            var appended = Appended(stored: result.changed, duplicates: batch.events.count - result.changed)
            appended.eventIDs = Self.ids(result, of: batch)
            return appended
        }
        arrays.append(batch.reports)
        // When none of the events is new, the result does not show whether the delivery reports
        // were. The caller checks the position.
        let result = try run(Self.markedTracked)
        let stored = result.changed
        var appended = Appended(
            stored: stored > 0 ? stored + batch.reports.count : 0,
            duplicates: batch.events.count - stored
        )
        appended.eventIDs = Self.ids(result, of: batch)
        return appended
    }

    /// Writes records of all kinds, any of which may be missing.
    private func writeAll(_ batch: Batch, _ id: BatchID) throws(PostgresError) -> Appended {
        arrays.removeAll()
        arrays.append(batch.events)
        arrays.append(id)
        arrays.append(batch.reports)
        arrays.append(batch.submissions)
        let row = try run(Self.markedAll).rows.first ?? []
        let (isNew, events) = (row.first == "t", row.last.flatMap { $0 }.flatMap { Int($0) } ?? 0)
        guard isNew else { return Appended(stored: 0, duplicates: batch.count) }
        return Appended(
            stored: events + batch.submissions.count + batch.reports.count,
            duplicates: batch.events.count - events
        )
    }

    /// The ids of the events; empty when some of them were stored before, since it is unknown which.
    static func ids(_ result: Result, of batch: Batch) -> [Int64] {
        guard result.rows.count == batch.events.count else { return [] }
        return result.rows.compactMap { $0.first?.flatMap { Int64($0) } }
    }

    /// A write, since its commit waits for synchronous standbys, as the commit of the position did.
    ///
    /// A primary that starts again shows commits that its standbys may not have. If a standby is promoted, they are gone.
    func position(of source: BatchSource) throws(StoreError) -> Int64? {
        let text = source.id.text
        let sql = "update ingest_positions set updated_at = now() where source = $1::uuid returning position"
        let call = Call(sql, text + [0], [(0..<text.count, false, 0)])
        let rows = try guarded { () throws(PostgresError) in try session.run(call).rows }
        return rows.first.flatMap { $0[0] }.flatMap { Int64($0) }
    }

    private func run(_ statement: PreparedStatement) throws(PostgresError) -> Result {
        try session.run(prepared: statement, arrays.buffer, arrays.ranges)
    }

    // MARK: - Positions

    /// The statement that advances the position of a source; changes nothing when the current
    /// position is not the expected one.
    ///
    /// Waits for an open transaction that has moved the position, so that an unconfirmed batch is
    /// never written concurrently with its first attempt.
    private static func mark(source parameter: Int, key: String = "source") -> String {
        """
        insert into ingest_positions as kept (source, position, is_journal)
        values ($\(parameter), $\(parameter + 1), $\(parameter + 2))
        on conflict (\(key)) do update set position = excluded.position, updated_at = now()
        where kept.position = $\(parameter + 3)
        """
    }

    /// Combines an insert with the position update.
    ///
    /// It inserts nothing when the batch was stored before. `key` is the primary key of the table of positions.
    static func marked(_ insert: String, source: Int, key: String = "source") -> String {
        "with mark as (\(mark(source: source, key: key)) returning 1)\n\(insert)\nwhere exists (select from mark)"
    }

    /// The number of parameters of a position, which follow the array parameters of the first kind of record.
    private static let positionParameters = 4

    private static let markedEvents = PreparedStatement(
        name: "marked_events",
        sql: marked(RecordSQL.insertEvents, source: RecordSQL.eventArrays + 1) + "\non conflict do nothing returning id"
    )
    private static let markedSubmissions = PreparedStatement(
        name: "marked_submissions",
        sql: marked(RecordSQL.insertSubmissions(from: 1), source: RecordSQL.submissionArrays + 1)
    )

    /// Deletes old positions of writers.
    ///
    /// An unconfirmed batch in a journal may be as old as the outage that caused it.
    static let forgetSQL = "delete from ingest_positions \(oldPositions)"
    static let oldPositions = "where not is_journal and updated_at < now() - interval '90 days'"

    /// Advances the position and takes the next number of the events' ids as the revision of the batch's delivery reports.
    ///
    /// The insert of events asks for this row first, so that the highest id is that of an event.
    private static let markWithRevision =
        mark(source: RecordSQL.eventArrays + 1)
        + " returning nextval(pg_get_serial_sequence('collector_events', 'id')::regclass) as revision"

    /// Inserts events and delivery reports in one statement.
    ///
    /// Events are inserted first, in the same order as in a separate transaction, so that two writers cannot deadlock.
    private static let markedTracked = PreparedStatement(name: "marked_tracked", sql: markedTrackedSQL)
    private static let markedTrackedSQL = """
        with mark as (\(markWithRevision)),
        reports as (
            \(RecordSQL.insertReports(from: RecordSQL.eventArrays + positionParameters + 1))\(RecordSQL.greater)
        )
        \(RecordSQL.insertEvents)
        where exists (select from mark)
        on conflict do nothing returning id
        """

    /// Inserts records of all kinds, any of which may be missing.
    ///
    /// Returns whether the batch is new and the number of new events.
    private static let markedAll = PreparedStatement(
        name: "marked_all",
        sql: """
            with mark as (\(markWithRevision)),
            events as (
                \(RecordSQL.insertEvents)
                where exists (select from mark)
                on conflict do nothing
                returning 1
            ),
            submissions as (
                \(RecordSQL.insertSubmissions(from: RecordSQL.eventArrays + positionParameters + RecordSQL.reportArrays + 1))
                where exists (select from mark)
            ),
            reports as (
                \(RecordSQL.insertReports(from: RecordSQL.eventArrays + positionParameters + 1))\(RecordSQL.greater)
            )
            select exists (select from mark), (select count(*) from events)
            """
    )
}
