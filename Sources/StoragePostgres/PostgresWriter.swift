import Postgres
import Storage
import Telemetry

/// A connection that writes batches: one statement with arrays for each kind of record.
// Unchecked: the contract of `StoreWriter` keeps it to one thread at a time.
final class PostgresWriter: StoreWriter, @unchecked Sendable {
    /// Milliseconds for a lock, and for a batch: then the server gives up and says so, and nothing has been stored.
    static let lockMilliseconds = 1000
    static let statementMilliseconds = 3000
    /// Milliseconds for the server to answer at all; then the connection is given up.
    static let answerMilliseconds: Int32 = 4000

    private let connection: Connection
    private var arrays = BinaryArrays()

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
        let session = """
            set lock_timeout = \(Self.lockMilliseconds);
            set statement_timeout = \(Self.statementMilliseconds)
            """
        // Behind the condition, if there is one.
        let absorb = "\non conflict do nothing"
        let statements = [
            ("mark", Self.mark(source: 1)), ("events", Self.insertEventsSQL + absorb),
            ("submissions", Self.insertSubmissionsSQL),
            ("marked_events", Self.marked(Self.insertEventsSQL, source: Self.eventArrays + 1) + absorb),
            ("marked_submissions", Self.marked(Self.insertSubmissionsSQL, source: Self.submissionArrays + 1)),
            ("ledgers", Self.ledgers(from: 1) + Self.greater),
            ("marked_tracked", Self.markedTracked),
        ]
        try guarded { () throws(PostgresError) in
            try connection.execute(session, timeoutMilliseconds: Self.answerMilliseconds)
            for (name, sql) in statements {
                try connection.prepare(name, sql, timeoutMilliseconds: Self.answerMilliseconds)
            }
            try connection.execute(Self.forgetSQL, timeoutMilliseconds: Self.answerMilliseconds)
        }
    }

    func append(_ batch: Batch, as id: BatchID) throws(StoreError) -> Appended {
        if batch.submissions.isEmpty, !batch.events.isEmpty {
            bindEvents(batch.events)
            bind(id)
            guard !batch.ledgers.isEmpty else {
                let stored = try run("marked_events", commits: true)
                return Appended(stored: stored, duplicates: batch.events.count - stored)
            }
            bindLedgers(batch.ledgers)
            // When none of the events is new, nothing tells whether the ledgers were: the caller asks.
            let stored = try run("marked_tracked", commits: true)
            return Appended(
                stored: stored > 0 ? stored + batch.ledgers.count : 0,
                duplicates: batch.events.count - stored
            )
        }
        if batch.events.isEmpty, batch.ledgers.isEmpty {
            bindSubmissions(batch.submissions)
            bind(id)
            let stored = try run("marked_submissions", commits: true)
            return Appended(stored: stored, duplicates: batch.submissions.count - stored)
        }
        try execute("begin", commits: false)
        do throws(StoreError) {
            arrays.removeAll()
            bind(id)
            guard try run("mark", commits: false) > 0 else {
                try execute("rollback", commits: false)
                return Appended(stored: 0, duplicates: batch.count)
            }
            let events = try run("events", batch.events) { bindEvents($0) }
            let submissions = try run("submissions", batch.submissions) { bindSubmissions($0) }
            _ = try run("ledgers", batch.ledgers) {
                arrays.removeAll()
                bindLedgers($0)
            }
            try execute("commit", commits: true)
            return Appended(
                stored: events + submissions + batch.ledgers.count,
                duplicates: batch.events.count - events
            )
        } catch {
            // After the other errors the connection is thrown away, and the transaction with it.
            if case .refused = error { try execute("rollback", commits: false) }
            throw error
        }
    }

    func position(of source: BatchSource) throws(StoreError) -> Int64? {
        let rows = try guarded { () throws(PostgresError) in
            try connection.query(
                "select position from ingest_positions where source = $1::uuid",
                [String(decoding: source.id.text, as: UTF8.self)],
                timeoutMilliseconds: Self.answerMilliseconds
            ).rows
        }
        return rows.first.flatMap { $0[0] }.flatMap { Int64($0) }
    }

    private func execute(_ sql: String, commits: Bool) throws(StoreError) {
        try guarded(mayBeCommitted: commits) { () throws(PostgresError) in
            try connection.execute(sql, timeoutMilliseconds: Self.answerMilliseconds)
        }
    }

    private func run(_ statement: String, commits: Bool) throws(StoreError) -> Int {
        try guarded(mayBeCommitted: commits) { () throws(PostgresError) in
            try connection.run(
                statement,
                arrays.buffer,
                arrays.places,
                timeoutMilliseconds: Self.answerMilliseconds
            ).changed
        }
    }

    /// Runs a statement of a transaction for the records of a kind, if there are any.
    private func run<Record>(
        _ statement: String,
        _ records: [Record],
        _ bind: ([Record]) -> Void
    ) throws(StoreError) -> Int {
        guard !records.isEmpty else { return 0 }
        bind(records)
        return try run(statement, commits: false)
    }

    // MARK: - Positions

    /// Moves the position of a source forward; changes nothing when it is not where the batch expects it.
    ///
    /// Waits for a transaction that has moved it and has not ended, so that a batch in doubt is never written beside its first attempt.
    private static func mark(source parameter: Int) -> String {
        """
        insert into ingest_positions as kept (source, position, is_journal)
        values ($\(parameter), $\(parameter + 1), $\(parameter + 2))
        on conflict (source) do update set position = excluded.position, updated_at = now()
        where kept.position = $\(parameter + 3)
        """
    }

    /// Parameters of the statements for events and for submissions; those of a position stand behind them.
    private static let eventArrays = 15
    private static let submissionArrays = 13
    private static let positionParameters = 4

    /// An insert that does nothing when its batch is there already.
    private static func marked(_ insert: String, source: Int) -> String {
        "with mark as (\(mark(source: source)) returning 1)\n\(insert)\nwhere exists (select from mark)"
    }

    /// A doubt in a journal may be as old as the outage that caused it.
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
            user_agent, payload, event_id, site, client_timestamp_original
        )
        select *
        from unnest(
            $1::timestamptz[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::uuid[], $14::text[], $15::timestamptz[]
        )
        """

    private func bindEvents(_ events: [Event]) {
        arrays.removeAll()
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
    }

    // MARK: - Ledgers

    /// Takes over what page views say of themselves; needs a rule for those that are known, behind the condition, if there is one.
    private static func ledgers(from parameter: Int) -> String {
        let types = ["text", "text", "text", "text", "jsonb", "integer", "integer", "timestamptz", "timestamptz"]
        let arrays = types.enumerated().map { "$\(parameter + $0.offset)::\($0.element)[]" }.joined(separator: ", ")
        return """
            insert into pageview_ledger as kept (
                pageview_id, visitor_id, session_id, site, drop_reasons, emitted, dropped, first_received_at, last_received_at
            )
            select *
            from unnest(\(arrays))
            """
    }

    private static let greater = """

        on conflict (pageview_id, visitor_id) do update
        set emitted = greatest(kept.emitted, excluded.emitted),
            drop_reasons = case when excluded.dropped > kept.dropped then excluded.drop_reasons else kept.drop_reasons end,
            dropped = greatest(kept.dropped, excluded.dropped),
            first_received_at = least(kept.first_received_at, excluded.first_received_at),
            last_received_at = greatest(kept.last_received_at, excluded.last_received_at)
        """

    /// Events and what their page views say of themselves, in one statement; the events come first, as they do in a transaction of their
    /// own, so that two writers do not wait for each other.
    private static let markedTracked = """
        with mark as (\(mark(source: eventArrays + 1)) returning 1),
        ledgers as (
            \(ledgers(from: eventArrays + positionParameters + 1))
            where exists (select from mark)\(greater)
        )
        \(insertEventsSQL)
        where exists (select from mark)
        on conflict do nothing
        """

    private func bindLedgers(_ ledgers: [Ledger]) {
        let merged = MergedLedger.all(ledgers)
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

    private static let insertSubmissionsSQL = """
        insert into debug_data (
            timestamp, client_timestamp, ip, browser_info, performance_data, fingerprints, errors, network, battery,
            benchmarks, visitor_id, session_id, pageview_id
        )
        select *
        from unnest(
            $1::timestamp[], $2::timestamptz[], $3::text[], $4::jsonb[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::jsonb[],
            $9::jsonb[], $10::jsonb[], $11::text[], $12::text[], $13::text[]
        )
        """

    private func bindSubmissions(_ submissions: [Submission]) {
        arrays.removeAll()
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

/// The binary form of jsonb is the version 1 and the text.
private func putJSON(_ bytes: [UInt8], _ slice: Slice?, _ buffer: inout [UInt8]) -> Bool {
    guard let slice else { return false }
    buffer.append(1)
    buffer += bytes[slice.range]
    return true
}

/// Microseconds from 2000-01-01, as PostgreSQL counts.
private func putTime(_ microseconds: Int64?, _ buffer: inout [UInt8]) -> Bool {
    guard let microseconds else { return false }
    BinaryArrays.put(UInt64(bitPattern: microseconds - 946_684_800_000_000), &buffer)
    return true
}
