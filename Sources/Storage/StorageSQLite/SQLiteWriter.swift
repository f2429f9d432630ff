import SQLite
import Storage
import Events

/// The connection that writes batches.
// Unchecked: by the contract of `StoreWriter`, it is used by one thread at a time.
final class SQLiteWriter: StoreWriter, @unchecked Sendable {
    private let connection: Connection
    private let busyMilliseconds: Int32
    private let checkpoints: Checkpointer
    private let insertEvent: Statement
    private let insertSubmission: Statement
    private let insertReport: Statement
    private let drawRevision: Statement
    private let mark: Statement
    /// The number of pages in the log from which it is restarted.
    private var restartLogPages = Checkpointer.logPagesMax

    init(_ connection: Connection, busyMilliseconds: Int32, checkpoints: Checkpointer) throws(StoreError) {
        self.connection = connection
        self.busyMilliseconds = busyMilliseconds
        self.checkpoints = checkpoints
        insertEvent = try guarded { () throws(SQLiteError) in try connection.prepare(Self.insertEventSQL) }
        insertSubmission = try guarded { () throws(SQLiteError) in try connection.prepare(Self.insertSubmissionSQL) }
        insertReport = try guarded { () throws(SQLiteError) in try connection.prepare(Self.insertReportSQL) }
        drawRevision = try guarded { () throws(SQLiteError) in try connection.prepare(Self.drawRevisionSQL) }
        mark = try guarded { () throws(SQLiteError) in try connection.prepare(Self.markSQL) }
        try guarded { () throws(SQLiteError) in try connection.execute(Self.forgetSQL) }
        connection.setBusy(milliseconds: busyMilliseconds)
        connection.watchLog()
        // A process that was killed may have left a large log.
        checkpoints.note()
    }

    func append(_ batch: Batch, as id: BatchID) throws(StoreError) -> Appended {
        // Writes to a file that was removed are lost when the connection is closed.
        guard !connection.hasMoved else { throw .unavailable(reason: "the database file is missing") }
        restartLogIfLarge()
        do throws(WriteError) {
            return try write(batch, id)
        } catch {
            guard error.error.kind == .unclear, error.step == nil else { throw StoreError(error) }
            return try clarify(batch, id)
        }
    }

    /// Determines whether a batch failed because of its values, by executing the same statements without values.
    ///
    /// A single record is tried again afterwards, since the database may have caused the error and
    /// recovered in between.
    private func clarify(_ batch: Batch, _ id: BatchID) throws(StoreError) -> Appended {
        do throws(SQLiteError) {
            // Also compiles the triggers.
            for sql in [
                Self.insertEventSQL, Self.insertSubmissionSQL, Self.drawRevisionSQL, Self.insertReportSQL,
            ] {
                _ = try connection.prepare(sql)
            }
            try connection.execute(Self.checkSQL)
        } catch {
            throw .unavailable(reason: "SQLite error \(error.code): \(error.message)")
        }
        guard batch.count == 1 else { throw .refused(reason: "the database refused a record of the batch") }
        do throws(WriteError) {
            return try write(batch, id)
        } catch {
            guard error.error.kind == .unclear, error.step == nil else { throw StoreError(error) }
            throw .refused(reason: "SQLite error \(error.error.code): \(error.error.message)")
        }
    }

    /// An error, and the step of the transaction that failed; nil for its body.
    fileprivate struct WriteError: Error {
        let error: SQLiteError
        let step: Connection.Step?
    }

    private func write(_ batch: Batch, _ id: BatchID) throws(WriteError) -> Appended {
        var appended = Appended(stored: 0, duplicates: 0)
        try connection.transaction(
            { () throws(WriteError) in
                do throws(SQLiteError) {
                    appended = try insert(batch, id)
                } catch {
                    throw WriteError(error: error, step: nil)
                }
            },
            { error, step in WriteError(error: error, step: step) }
        )
        checkpoints.note()
        return appended
    }

    private func insert(_ batch: Batch, _ id: BatchID) throws(SQLiteError) -> Appended {
        guard try isNew(id) else { return Appended(stored: 0, duplicates: batch.count) }
        // Before the events, so that the highest id is that of an event.
        let revision = try batch.reports.isEmpty ? 0 : drawnRevision()
        var appended = Appended(stored: 0, duplicates: 0)
        appended.eventIDs.reserveCapacity(batch.events.count)
        for event in batch.events {
            try insert(event)
            if connection.changes == 0 {
                appended.duplicates += 1
            } else {
                appended.stored += 1
                appended.eventIDs.append(connection.lastInsertID)
            }
        }
        if appended.duplicates > 0 { appended.eventIDs = [] }
        for submission in batch.submissions { try insert(submission) }
        for report in batch.reports { try insert(report, revision: revision) }
        appended.stored += batch.submissions.count + batch.reports.count
        return appended
    }

    func position(of source: BatchSource) throws(StoreError) -> Int64? {
        try guarded { () throws(SQLiteError) in
            try connection.number(
                "select position from ingest_positions where source = ?1",
                [String(decoding: source.id.text, as: UTF8.self)]
            )
        }
    }

    /// Advances the position of the batch's source.
    ///
    /// - Returns: False when the current position is not the expected one.
    private func isNew(_ id: BatchID) throws(SQLiteError) -> Bool {
        try mark.bind(1, id.source.id.text)
        try mark.bind(2, id.number)
        try mark.bind(3, id.source.isJournal ? 1 : 0)
        try mark.bind(4, id.previous)
        try mark.run()
        return connection.changes > 0
    }

    private static let markSQL = """
        insert into ingest_positions as kept (source, position, is_journal)
        values (?1, ?2, ?3)
        on conflict (source) do update
        set position = excluded.position, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        where kept.position = ?4
        """

    /// A write without values.
    private static let checkSQL = """
        insert into ingest_positions (source, position, is_journal)
        values ('00000000-0000-0000-0000-000000000000', 0, 0)
        on conflict (source) do update set updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        """

    /// Deletes old positions of writers.
    ///
    /// An unconfirmed batch in a journal may be as old as the outage that caused it.
    private static let forgetSQL = """
        delete from ingest_positions where not is_journal and updated_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-90 days')
        """

    /// Restarts the write-ahead log if it is large.
    ///
    /// Only the writer can do that, since another connection would have to lock it out.
    ///
    /// The file keeps its size, because overwriting costs less than growing it again.
    private func restartLogIfLarge() {
        guard connection.logPages > restartLogPages else { return }
        connection.setBusy(milliseconds: Checkpointer.busyMilliseconds)
        // A concurrent checkpoint would fail this one immediately, without waiting, and the log would keep growing.
        let isPrevented = checkpoints.exclusively { try? connection.number("pragma wal_checkpoint(restart)") }
        // A long-running reader also prevents it. Then it is tried again after the log has grown by the same amount.
        restartLogPages = isPrevented == 0 ? Checkpointer.logPagesMax : connection.logPages + Checkpointer.logPagesMax
        connection.setBusy(milliseconds: busyMilliseconds)
    }

    private static let insertEventSQL = """
        insert into collector_events (
            received_at, client_timestamp, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, ip_hash,
            user_agent, payload, event_id, site, client_timestamp_original, country, region, city, location_source
        )
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
        on conflict do nothing
        """

    private func insert(_ event: Event) throws(SQLiteError) {
        try insertEvent.bind(1, TimestampText.bytes(event.receivedAt))
        try insertEvent.bind(2, event.clientTimestamp.map(TimestampText.bytes))
        try insertEvent.bind(7, Int64(event.seq))
        try insertEvent.bind(13, event.eventID?.text)
        try insertEvent.bind(15, event.clientTimestampOriginal.map(TimestampText.bytes))
        try insertEvent.run(
            event.bytes,
            texts: [
                (3, event.visitorID.range), (4, event.sessionID.range), (5, event.pageviewID.range),
                (6, event.eventType.range), (8, event.path?.range), (9, event.referrer?.range),
                (10, event.ipHash?.range),
                (11, event.userAgent?.range), (12, event.payload.range), (14, event.site?.range),
                (16, event.location?.country.range), (17, event.location?.region?.range),
                (18, event.location?.city?.range), (19, event.location?.source.range),
            ]
        )
    }

    /// Takes the next number of the events' ids as the revision of the batch's delivery reports.
    private static let drawRevisionSQL = "update sqlite_sequence set seq = seq + 1 where name = 'collector_events'"

    private static let insertReportSQL = """
        insert into delivery_reports as kept (
            pageview_id, visitor_id, session_id, site, drop_reasons, emitted, dropped, first_received_at, last_received_at,
            revision
        )
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)
        on conflict (pageview_id, visitor_id) do update
        set emitted = max(kept.emitted, excluded.emitted),
            drop_reasons = case when excluded.dropped > kept.dropped then excluded.drop_reasons else kept.drop_reasons end,
            dropped = max(kept.dropped, excluded.dropped),
            revision = case
                when excluded.emitted > kept.emitted or excluded.dropped > kept.dropped then excluded.revision
                else kept.revision
            end,
            first_received_at = min(kept.first_received_at, excluded.first_received_at),
            last_received_at = max(kept.last_received_at, excluded.last_received_at)
        """

    private func drawnRevision() throws(SQLiteError) -> Int64 {
        try drawRevision.run()
        return try connection.number("select seq from sqlite_sequence where name = 'collector_events'") ?? 0
    }

    private func insert(_ report: DeliveryReport, revision: Int64) throws(SQLiteError) {
        try insertReport.bind(6, Int64(report.emitted))
        try insertReport.bind(7, Int64(report.dropped))
        try insertReport.bind(8, TimestampText.bytes(report.receivedAt))
        try insertReport.bind(9, revision)
        try insertReport.run(
            report.bytes,
            texts: [
                (1, report.pageviewID.range), (2, report.visitorID.range), (3, report.sessionID.range),
                (4, report.site?.range), (5, report.dropReasons.range),
            ]
        )
    }

    private static let insertSubmissionSQL = """
        insert into debug_data (
            timestamp, client_timestamp, ip, browser_info, performance_data, fingerprints, errors, network, battery,
            benchmarks, visitor_id, session_id, pageview_id
        )
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """

    private func insert(_ submission: Submission) throws(SQLiteError) {
        try insertSubmission.bind(1, TimestampText.bytes(submission.receivedAt))
        try insertSubmission.bind(2, submission.clientTimestamp.map(TimestampText.bytes))
        try insertSubmission.run(
            submission.bytes,
            texts: [
                (3, submission.ip?.range), (4, submission.browserInfo.range), (5, submission.performanceData.range),
                (6, submission.fingerprints.range), (7, submission.errors.range), (8, submission.network?.range),
                (9, submission.battery?.range), (10, submission.benchmarks?.range), (11, submission.visitorID?.range),
                (12, submission.sessionID?.range), (13, submission.pageviewID?.range),
            ]
        )
    }
}

extension StoreError {
    fileprivate init(_ error: SQLiteWriter.WriteError) {
        guard error.step == .commit, error.error.isAboutDisk else {
            self.init(error.error)
            return
        }
        self = .uncertain(reason: "SQLite error \(error.error.code): \(error.error.message)")
    }
}
