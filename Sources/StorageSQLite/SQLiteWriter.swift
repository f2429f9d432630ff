import SQLite
import Storage
import Telemetry

/// The connection that writes; one thread uses it.
// Unchecked: the contract of `StoreWriter` keeps it to one thread at a time.
final class SQLiteWriter: StoreWriter, @unchecked Sendable {
    private let connection: Connection
    private let checkpoints: Checkpointer
    private let insertEvent: Statement
    private let insertSubmission: Statement

    init(_ connection: Connection, checkpoints: Checkpointer) throws(StoreError) {
        self.connection = connection
        self.checkpoints = checkpoints
        insertEvent = try guarded { () throws(SQLiteError) in try connection.prepare(Self.insertEventSQL) }
        insertSubmission = try guarded { () throws(SQLiteError) in try connection.prepare(Self.insertSubmissionSQL) }
    }

    func append(_ batch: Batch) throws(StoreError) -> Appended {
        // What is written into a file that has no name any more is lost when we close it.
        guard !connection.hasMoved else { throw .unavailable(reason: "the database file is missing") }
        if checkpoints.takeLogIsLarge() { beginLogAnew() }
        var appended = Appended(stored: 0, duplicates: 0)
        try connection.transaction(
            { () throws(StoreError) in
                for event in batch.events {
                    try guarded { () throws(SQLiteError) in try insert(event) }
                    if connection.changes == 0 { appended.duplicates += 1 } else { appended.stored += 1 }
                }
                for submission in batch.submissions {
                    try guarded { () throws(SQLiteError) in try insert(submission) }
                    appended.stored += 1
                }
            },
            { error, step in
                step == .commit && error.isAboutDisk
                    ? .uncertain(reason: "SQLite error \(error.code): \(error.message)") : StoreError(error)
            }
        )
        checkpoints.note()
        return appended
    }

    /// Empties the write-ahead log; only the writer can, since it is the one that would have to be kept out.
    private func beginLogAnew() {
        connection.setBusy(milliseconds: Checkpointer.busyMilliseconds)
        // A reader that goes on for long prevents it; the next checkpoint asks again.
        try? connection.execute("pragma wal_checkpoint(truncate)")
        connection.setBusy(milliseconds: SQLiteStore.busyMilliseconds)
    }

    private static let insertEventSQL = """
        insert into collector_events (
            received_at, client_timestamp, visitor_id, session_id, pageview_id, event_type, seq, path, referrer, ip_hash,
            user_agent, payload, event_id
        )
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        on conflict do nothing
        """

    private func insert(_ event: Event) throws(SQLiteError) {
        try insertEvent.bind(1, TimestampText.bytes(event.receivedAt))
        try insertEvent.bind(2, event.clientTimestamp.map(TimestampText.bytes))
        try insertEvent.bind(7, Int64(event.seq))
        try insertEvent.bind(13, event.eventID?.text)
        try insertEvent.run(
            event.bytes,
            texts: [
                (3, event.visitorID.range), (4, event.sessionID.range), (5, event.pageviewID.range),
                (6, event.eventType.range), (8, event.path?.range), (9, event.referrer?.range),
                (10, event.ipHash?.range),
                (11, event.userAgent?.range), (12, event.payload.range),
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

extension EventID {
    /// The hyphenated form in lower case, 36 bytes.
    fileprivate var text: [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { text.append(UInt8(ascii: "-")) }
            let half = place < 16 ? high : low
            text.append(digits[Int(half >> UInt64((15 - place % 16) * 4) & 15)])
        }
        return text
    }
}
