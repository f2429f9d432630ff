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
    /// The number of attempts to write a batch that conflicts with other transactions.
    private static let attemptsMax = 4

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
        var attempts = 1
        while true {
            do throws(PostgresError) {
                return try write(batch, id)
            } catch {
                switch error.errorClass {
                case .conflict where attempts < Self.attemptsMax: attempts += 1
                case .conflict, .unclear: return try clarify(error, batch, id)
                case .record, .outage, nil: throw StoreError(error, mayBeCommitted: true)
                }
            }
        }
    }

    /// Determines whether a batch failed because of its values, by executing the same statements without values.
    ///
    /// A single record is tried again afterwards, since the database may have caused the error and
    /// recovered in between.
    private func clarify(_ error: PostgresError, _ batch: Batch, _ id: BatchID) throws(StoreError) -> Appended {
        do throws(PostgresError) {
            _ = try session.run(Call(Self.checkSQL))
        } catch {
            throw .unavailable(reason: error.logReason)
        }
        guard batch.count == 1 else { throw .refused(reason: error.reason) }
        do throws(PostgresError) {
            return try write(batch, id)
        } catch {
            guard error.errorClass == .conflict || error.errorClass == .unclear else {
                throw StoreError(error, mayBeCommitted: true)
            }
            throw .refused(reason: error.reason)
        }
    }

    /// Writes a batch and its number in one statement, which is its own transaction.
    private func write(_ batch: Batch, _ id: BatchID) throws(PostgresError) -> Appended {
        arrays.removeAll()
        if batch.events.isEmpty, batch.reports.isEmpty {
            bindSubmissions(batch.submissions)
            bind(id)
            let stored = try run(Self.markedSubmissions).changed
            return Appended(stored: stored, duplicates: batch.submissions.count - stored)
        }
        bindEvents(batch.events)
        bind(id)
        if batch.submissions.isEmpty, batch.reports.isEmpty {
            let result = try run(Self.markedEvents)
            var appended = Appended(stored: result.changed, duplicates: batch.events.count - result.changed)
            appended.eventIDs = Self.ids(result, of: batch)
            return appended
        }
        bindReports(batch.reports)
        if batch.submissions.isEmpty, !batch.events.isEmpty {
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
        bindSubmissions(batch.submissions)
        let row = try run(Self.markedAll).rows.first ?? []
        let (isNew, events) = (row.first == "t", row.last.flatMap { $0 }.flatMap { Int($0) } ?? 0)
        guard isNew else { return Appended(stored: 0, duplicates: batch.count) }
        return Appended(
            stored: events + batch.submissions.count + batch.reports.count,
            duplicates: batch.events.count - events
        )
    }

    /// The ids of the events; empty when some of them were stored before, since it is unknown which.
    private static func ids(_ result: Result, of batch: Batch) -> [Int64] {
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
    private static func mark(source parameter: Int) -> String {
        """
        insert into ingest_positions as kept (source, position, is_journal)
        values ($\(parameter), $\(parameter + 1), $\(parameter + 2))
        on conflict (source) do update set position = excluded.position, updated_at = now()
        where kept.position = $\(parameter + 3)
        """
    }

    /// The numbers of array parameters of each kind of record, and of the parameters of a position, which follow them.
    private static let eventArrays = 19
    private static let submissionArrays = 13
    private static let reportArrays = 9
    private static let positionParameters = 4

    /// Combines an insert with the position update.
    ///
    /// It inserts nothing when the batch was stored before.
    private static func marked(_ insert: String, source: Int) -> String {
        "with mark as (\(mark(source: source)) returning 1)\n\(insert)\nwhere exists (select from mark)"
    }

    private static let markedEvents = PreparedStatement(
        name: "marked_events",
        sql: marked(insertEventsSQL, source: eventArrays + 1) + "\non conflict do nothing returning id"
    )
    private static let markedSubmissions = PreparedStatement(
        name: "marked_submissions",
        sql: marked(insertSubmissionsSQL, source: submissionArrays + 1)
    )

    /// A statement that does everything a batch does, without values.
    ///
    /// It fails when privileges, tables or columns are missing or the database cannot write.
    private static let checkSQL = """
        with events as (
            insert into collector_events (
                received_at, visitor_id, session_id, pageview_id, event_type, payload, event_id, site,
                country, region, city, location_source
            )
            select now(), '', '', '', '', '{}', null, null, null, null, null, null where false
        ),
        submissions as (insert into debug_data (timestamp, browser_info) select now(), '{}' where false),
        reports as (
            insert into delivery_reports (
                pageview_id, visitor_id, session_id, drop_reasons, emitted, dropped, first_received_at, last_received_at
            )
            select '', '', '', '{}', 0, 0, now(), now() where false
        )
        insert into ingest_positions as kept (source, position, is_journal)
        values ('00000000-0000-0000-0000-000000000000', 0, false)
        on conflict (source) do update set updated_at = now()
        """

    /// Deletes old positions of writers.
    ///
    /// An unconfirmed batch in a journal may be as old as the outage that caused it.
    private static let forgetSQL = """
        delete from ingest_positions where not is_journal and updated_at < now() - interval '90 days'
        """

    private func bind(_ id: BatchID) {
        arrays.append { buffer in
            BinaryArrays.put(id.source.id.high, &buffer)
            BinaryArrays.put(id.source.id.low, &buffer)
        }
        arrays.append { BinaryArrays.put(UInt64(bitPattern: id.number), &$0) }
        arrays.append { $0.append(id.source.isJournal ? 1 : 0) }
        arrays.append { BinaryArrays.put(UInt64(bitPattern: id.previous), &$0) }
    }

    // MARK: - Events

    private static let insertEventsSQL = """
        insert into collector_events (
            received_at, client_timestamp, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, ip_hash,
            user_agent, payload, event_id, site, client_timestamp_original, country, region, city, location_source
        )
        select *
        from unnest(
            $1::timestamptz[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::uuid[], $14::text[], $15::timestamptz[],
            $16::text[], $17::text[], $18::text[], $19::text[]
        )
        """

    private func bindEvents(_ events: [Event]) {
        arrays.append(.timestamptz, events) { putTime($0.receivedAt, &$1) }
        arrays.append(.timestamptz, events) { putTime($0.clientTimestamp, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.visitorID, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.sessionID, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.pageviewID, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.eventType, &$1) }
        arrays.append(.integer, events) {
            BinaryArrays.put($0.seq, &$1)
            return true
        }
        arrays.append(.text, events) { put($0.bytes, $0.path, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.referrer, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.ipHash, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.userAgent, &$1) }
        arrays.append(.jsonb, events) { putJSON($0.bytes, $0.payload, &$1) }
        arrays.append(.uuid, events) { event, buffer in
            guard let id = event.eventID else { return false }
            BinaryArrays.put(id.high, &buffer)
            BinaryArrays.put(id.low, &buffer)
            return true
        }
        arrays.append(.text, events) { put($0.bytes, $0.site, &$1) }
        arrays.append(.timestamptz, events) { putTime($0.clientTimestampOriginal, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.location?.country, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.location?.region, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.location?.city, &$1) }
        arrays.append(.text, events) { put($0.bytes, $0.location?.source, &$1) }
    }

    // MARK: - Delivery reports

    /// The statement that inserts delivery reports, from array parameters that start at `parameter`.
    ///
    /// Must be followed by a clause for existing rows, such as `greater`, and follow `markWithRevision`: without its row, it
    /// inserts nothing.
    private static func reports(from parameter: Int) -> String {
        let types = ["text", "text", "text", "text", "jsonb", "integer", "integer", "timestamptz", "timestamptz"]
        let arrays = types.enumerated().map { "$\(parameter + $0.offset)::\($0.element)[]" }.joined(separator: ", ")
        return """
            insert into delivery_reports as kept (
                pageview_id, visitor_id, session_id, site, drop_reasons, emitted, dropped, first_received_at, last_received_at,
                revision
            )
            select report.*, mark.revision
            from unnest(\(arrays)) as report cross join mark
            """
    }

    private static let greater = """

        on conflict (pageview_id, visitor_id) do update
        set emitted = greatest(kept.emitted, excluded.emitted),
            drop_reasons = case when excluded.dropped > kept.dropped then excluded.drop_reasons else kept.drop_reasons end,
            dropped = greatest(kept.dropped, excluded.dropped),
            revision = case
                when excluded.emitted > kept.emitted or excluded.dropped > kept.dropped
                    then greatest(kept.revision, excluded.revision)
                else kept.revision
            end,
            first_received_at = least(kept.first_received_at, excluded.first_received_at),
            last_received_at = greatest(kept.last_received_at, excluded.last_received_at)
        """

    /// Advances the position and takes the next number of the events' ids as the revision of the batch's delivery reports.
    ///
    /// The insert of events asks for this row first, so that the highest id is that of an event.
    private static let markWithRevision =
        mark(source: eventArrays + 1)
        + " returning nextval(pg_get_serial_sequence('collector_events', 'id')::regclass) as revision"

    /// Inserts events and delivery reports in one statement.
    ///
    /// Events are inserted first, in the same order as in a separate transaction, so that two writers cannot deadlock.
    private static let markedTracked = PreparedStatement(name: "marked_tracked", sql: markedTrackedSQL)
    private static let markedTrackedSQL = """
        with mark as (\(markWithRevision)),
        reports as (
            \(reports(from: eventArrays + positionParameters + 1))\(greater)
        )
        \(insertEventsSQL)
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
                \(insertEventsSQL)
                where exists (select from mark)
                on conflict do nothing
                returning 1
            ),
            submissions as (
                \(insertSubmissions(from: eventArrays + positionParameters + reportArrays + 1))
                where exists (select from mark)
            ),
            reports as (
                \(reports(from: eventArrays + positionParameters + 1))\(greater)
            )
            select exists (select from mark), (select count(*) from events)
            """
    )

    private func bindReports(_ reports: [DeliveryReport]) {
        let merged = MergedDeliveryReport.all(reports)
        arrays.append(.text, merged) { put($0.first.bytes, $0.first.pageviewID, &$1) }
        arrays.append(.text, merged) { put($0.first.bytes, $0.first.visitorID, &$1) }
        arrays.append(.text, merged) { put($0.first.bytes, $0.first.sessionID, &$1) }
        arrays.append(.text, merged) { put($0.first.bytes, $0.first.site, &$1) }
        arrays.append(.jsonb, merged) { putJSON($0.mostDropped.bytes, $0.mostDropped.dropReasons, &$1) }
        arrays.append(.integer, merged) {
            BinaryArrays.put($0.emitted, &$1)
            return true
        }
        arrays.append(.integer, merged) {
            BinaryArrays.put($0.mostDropped.dropped, &$1)
            return true
        }
        arrays.append(.timestamptz, merged) { putTime($0.firstReceivedAt, &$1) }
        arrays.append(.timestamptz, merged) { putTime($0.lastReceivedAt, &$1) }
    }

    // MARK: - Submissions

    private static let insertSubmissionsSQL = insertSubmissions(from: 1)

    private static func insertSubmissions(from parameter: Int) -> String {
        let jsons = Array(repeating: "jsonb", count: 7)
        let types = ["timestamp", "timestamptz", "text"] + jsons + ["text", "text", "text"]
        let arrays = types.enumerated().map { "$\(parameter + $0.offset)::\($0.element)[]" }.joined(separator: ", ")
        return """
            insert into debug_data (
                timestamp, client_timestamp, ip, browser_info, performance_data, fingerprints, errors, network, battery,
                benchmarks, visitor_id, session_id, pageview_id
            )
            select *
            from unnest(\(arrays))
            """
    }

    private func bindSubmissions(_ submissions: [Submission]) {
        arrays.append(.timestamp, submissions) { putTime($0.receivedAt, &$1) }
        arrays.append(.timestamptz, submissions) { putTime($0.clientTimestamp, &$1) }
        arrays.append(.text, submissions) { put($0.bytes, $0.ip, &$1) }
        arrays.append(.jsonb, submissions) { putJSON($0.bytes, $0.browserInfo, &$1) }
        arrays.append(.jsonb, submissions) { putJSON($0.bytes, $0.performanceData, &$1) }
        arrays.append(.jsonb, submissions) { putJSON($0.bytes, $0.fingerprints, &$1) }
        arrays.append(.jsonb, submissions) { putJSON($0.bytes, $0.errors, &$1) }
        arrays.append(.jsonb, submissions) { putJSON($0.bytes, $0.network, &$1) }
        arrays.append(.jsonb, submissions) { putJSON($0.bytes, $0.battery, &$1) }
        arrays.append(.jsonb, submissions) { putJSON($0.bytes, $0.benchmarks, &$1) }
        arrays.append(.text, submissions) { put($0.bytes, $0.visitorID, &$1) }
        arrays.append(.text, submissions) { put($0.bytes, $0.sessionID, &$1) }
        arrays.append(.text, submissions) { put($0.bytes, $0.pageviewID, &$1) }
    }
}

private func put(_ bytes: [UInt8], _ slice: Slice?, _ buffer: inout [UInt8]) -> Bool {
    guard let slice else { return false }
    buffer += bytes[slice.range]
    return true
}

/// Appends a jsonb value in binary format: the version 1, then the text.
private func putJSON(_ bytes: [UInt8], _ slice: Slice?, _ buffer: inout [UInt8]) -> Bool {
    guard let slice else { return false }
    buffer.append(1)
    buffer += bytes[slice.range]
    return true
}

/// Appends a timestamp in binary format: microseconds since 2000-01-01.
private func putTime(_ microseconds: Int64?, _ buffer: inout [UInt8]) -> Bool {
    guard let microseconds else { return false }
    BinaryArrays.put(UInt64(bitPattern: microseconds - 946_684_800_000_000), &buffer)
    return true
}
