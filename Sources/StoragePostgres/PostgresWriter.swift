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
        if batch.submissions.isEmpty { return try insertEvents(batch.events, commits: true) }
        if batch.events.isEmpty { return try insertSubmissions(batch.submissions, commits: true) }
        try execute("begin", commits: false)
        do throws(StoreError) {
            let events = try insertEvents(batch.events, commits: false)
            let submissions = try insertSubmissions(batch.submissions, commits: false)
            try execute("commit", commits: true)
            return Appended(stored: events.stored + submissions.stored, duplicates: events.duplicates)
        } catch {
            // After the other errors the connection is thrown away, and the transaction with it.
            if case .refused = error { try execute("rollback", commits: false) }
            throw error
        }
    }

    private func execute(_ sql: String, commits: Bool) throws(StoreError) {
        do throws(PostgresError) {
            try connection.execute(sql, timeoutMilliseconds: Self.batchMilliseconds)
        } catch {
            throw StoreError(error, mayBeCommitted: commits)
        }
    }

    private func run(_ statement: String, commits: Bool) throws(StoreError) -> Int {
        do throws(PostgresError) {
            return try connection.run(
                statement,
                arrays.buffer,
                arrays.places,
                timeoutMilliseconds: Self.batchMilliseconds
            ).changed
        } catch {
            throw StoreError(error, mayBeCommitted: commits)
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

    private func insertEvents(_ events: [Event], commits: Bool) throws(StoreError) -> Appended {
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
        let stored = try run("insert_events", commits: commits)
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

    private func insertSubmissions(_ submissions: [Submission], commits: Bool) throws(StoreError) -> Appended {
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
        return Appended(stored: try run("insert_submissions", commits: commits), duplicates: 0)
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
