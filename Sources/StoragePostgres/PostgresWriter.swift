import Postgres
import Storage
import Telemetry

/// A connection that writes batches: one statement with arrays for each kind of record.
// Unchecked: the contract of `StoreWriter` keeps it to one thread at a time.
final class PostgresWriter: StoreWriter, @unchecked Sendable {
    /// Milliseconds for a batch to be answered; then the connection is given up.
    static let batchMilliseconds: Int32 = 30_000

    private let connection: Connection
    private var arrays = BinaryArrays()

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
        try guarded { () throws(PostgresError) in
            try connection.prepare("insert_events", Self.insertEventsSQL, timeoutMilliseconds: Self.batchMilliseconds)
            try connection.prepare(
                "insert_submissions",
                Self.insertSubmissionsSQL,
                timeoutMilliseconds: Self.batchMilliseconds
            )
        }
    }

    func append(_ batch: Batch) throws(StoreError) -> Appended {
        if batch.submissions.isEmpty { return try insertEvents(batch.events) }
        if batch.events.isEmpty { return try insertSubmissions(batch.submissions) }
        try execute("begin")
        do throws(StoreError) {
            let events = try insertEvents(batch.events)
            let submissions = try insertSubmissions(batch.submissions)
            try execute("commit")
            return Appended(stored: events.stored + submissions.stored, duplicates: events.duplicates)
        } catch {
            // Nothing to do about a failure: then the connection is lost, and the transaction with it.
            if case .refused = error { try execute("rollback") }
            throw error
        }
    }

    private func execute(_ sql: String) throws(StoreError) {
        try guarded { () throws(PostgresError) in
            try connection.execute(sql, timeoutMilliseconds: Self.batchMilliseconds)
        }
    }

    private func run(_ statement: String) throws(StoreError) -> Int {
        try guarded { () throws(PostgresError) in
            try connection.run(statement, arrays.buffer, arrays.places, timeoutMilliseconds: Self.batchMilliseconds)
                .changed
        }
    }

    // MARK: - Events

    private static let insertEventsSQL = """
        insert into collector_events (
            received_at, client_timestamp, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, ip_hash,
            user_agent, payload, event_id
        )
        select *
        from unnest(
            $1::timestamptz[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::uuid[]
        )
        on conflict do nothing
        """

    private func insertEvents(_ events: [Event]) throws(StoreError) -> Appended {
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
        let stored = try run("insert_events")
        return Appended(stored: stored, duplicates: events.count - stored)
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

    private func insertSubmissions(_ submissions: [Submission]) throws(StoreError) -> Appended {
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
        return Appended(stored: try run("insert_submissions"), duplicates: 0)
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
