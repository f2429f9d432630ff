import Events
import Postgres
import Storage

/// A connection that writes batches to a distributed database, in one transaction per shard.
///
/// Each shard has the positions of its sources, so a transaction that writes to one shard stores its
/// records and moves the position, or does neither. A transaction over several servers has no such
/// guarantee with foreign tables, and costs two phases with Citus.
// Unchecked: by the contract of `StoreWriter`, it is used by one thread at a time.
final class ShardWriter: StoreWriter, @unchecked Sendable {
    private let session: Session
    private let map: ShardMap
    private var arrays = BinaryArrays()
    /// The shards whose old positions this writer has deleted.
    private var tidiedShards: Set<Int> = []

    init(_ session: Session, _ map: ShardMap) throws(StoreError) {
        self.session = session
        self.map = map
        try guarded { () throws(PostgresError) in
            try session.prepare([route, Self.insertEvents, Self.submissions])
            _ = try session.run(Call(PostgresWriter.forgetSQL))
        }
    }

    // MARK: - Shards

    func shards(of records: @autoclosure () -> [Record]) throws(StoreError) -> [Int]? {
        let records = records()
        let visitors: [(bytes: [UInt8], id: Slice)] = records.compactMap { record in
            switch record {
            case .event(let event): (event.bytes, event.visitorID)
            case .deliveryReport(let report): (report.bytes, report.visitorID)
            case .submission: nil
            }
        }
        var found = try shards(of: visitors)[...]
        return records.map { record in
            if case .submission = record { ShardMap.local } else { found.removeFirst() }
        }
    }

    private func shards(of visitors: [(bytes: [UInt8], id: Slice)]) throws(StoreError) -> [Int] {
        guard !visitors.isEmpty else { return [] }
        arrays.removeAll()
        arrays.append(.text, visitors) { visitor, buffer in
            buffer += visitor.bytes[visitor.id.range]
            return true
        }
        let rows = try guarded { () throws(PostgresError) in try run(route).rows }
        let shards = rows.compactMap { $0[0].flatMap { Int($0) } }
        guard shards.count == visitors.count, shards.allSatisfy({ map.keys[$0] != nil }) else {
            // Shards have been split since the connection was opened.
            throw .unavailable(reason: ShardMap.changed)
        }
        return shards
    }

    private var route: PreparedStatement { PreparedStatement(name: "route", sql: map.routeSQL) }

    // MARK: - Batches

    func append(_ batch: Batch, as id: BatchID) throws(StoreError) -> Appended {
        guard let shard = id.source.shard else { return try appendToAll(batch, id) }
        return try append(batch, id, shard)
    }

    /// Writes a batch of several shards, in one transaction per shard.
    ///
    /// The position of the source is moved last. Until then, the batch can be sent again: shards that have their part skip it.
    private func appendToAll(_ batch: Batch, _ id: BatchID) throws(StoreError) -> Appended {
        // Like in a database on one server, the first batch of a source is written whatever its previous number is.
        guard try position(of: id.source) ?? id.previous == id.previous else {
            return Appended(stored: 0, duplicates: batch.count)
        }
        var sum = Appended(stored: 0, duplicates: 0)
        var ids: [Int: Int64] = [:]
        do throws(StoreError) {
            for (shard, indices) in try parts(batch) {
                let source = id.source.on(shard)
                let previous = try position(of: source) ?? 0
                var part = Batch()
                part.events = indices.events.map { batch.events[$0] }
                part.reports = indices.reports.map { batch.reports[$0] }
                guard previous < id.number else {
                    sum.duplicates += part.count
                    continue
                }
                let appended = try append(part, BatchID(source: source, number: id.number, previous: previous), shard)
                sum.stored += appended.stored
                sum.duplicates += appended.duplicates
                for (index, id) in zip(indices.events, appended.eventIDs) { ids[index] = id }
            }
        } catch {
            guard sum.stored > 0 else { throw error }
            throw .uncertain(reason: error.reason)
        }
        let rest = try append(Batch(submissions: batch.submissions), id, ShardMap.local)
        sum.stored += rest.stored
        sum.duplicates += rest.duplicates
        if ids.count == batch.events.count { sum.eventIDs = batch.events.indices.compactMap { ids[$0] } }
        return sum
    }

    /// The indices of the events and delivery reports of each shard.
    private func parts(_ batch: Batch) throws(StoreError) -> [(Int, (events: [Int], reports: [Int]))] {
        let shards = try shards(
            of: batch.events.map { ($0.bytes, $0.visitorID) } + batch.reports.map { ($0.bytes, $0.visitorID) }
        )
        var parts: [Int: (events: [Int], reports: [Int])] = [:]
        for (index, shard) in shards.enumerated() {
            if index < batch.events.count {
                parts[shard, default: ([], [])].events.append(index)
            } else {
                parts[shard, default: ([], [])].reports.append(index - batch.events.count)
            }
        }
        return parts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Writes a batch whose records are all in one shard.
    private func append(_ batch: Batch, _ id: BatchID, _ shard: Int) throws(StoreError) -> Appended {
        try BatchAttempts.append(batch.count) { () throws(WriteFailure) in
            try shard == ShardMap.local ? writeSubmissions(batch, id) : write(batch, id, shard)
        } control: { () throws(PostgresError) in
            try shard == ShardMap.local ? checkSubmissions() : check(shard)
        }
    }

    private func write(_ batch: Batch, _ id: BatchID, _ shard: Int) throws(WriteFailure) -> Appended {
        var appended = Appended(stored: 0, duplicates: batch.count)
        var isAboutRecords = false
        do throws(PostgresError) {
            try transaction { () throws(PostgresError) in
                let key = try key(shard)
                guard try mark(id, key) else { return }
                try tidy(shard, key)
                isAboutRecords = true
                appended = try insert(batch)
            }
        } catch {
            // The statements of the position have no values of records.
            let isOutage = !isAboutRecords && Self.errorClass(error) == .record
            throw WriteFailure(error, as: isOutage ? .outage : Self.errorClass(error), mayBeCommitted: false)
        }
        do throws(PostgresError) { try end("commit") } catch {
            // The shard may have committed even if the server that forwards the commit reports an error.
            let errorClass = Self.errorClass(error)
            throw WriteFailure(error, as: errorClass, mayBeCommitted: errorClass != .record)
        }
        return appended
    }

    /// The meaning of an error of a shard for a batch; nil as for `PostgresError.errorClass`.
    private static func errorClass(_ error: PostgresError) -> ErrorClass? {
        switch error.sqlState {
        // Locks of other servers have no timeout of their own, so a timeout is not about a value.
        case "57014": .outage
        // Citus also reports it for the distribution itself.
        case _ where error.sqlClass == "0A": .unclear
        default: error.errorClass
        }
    }

    /// Executes the statements of a batch in a shard for records without values, and rolls them back.
    ///
    /// Statements without rows would not reach the shard.
    private func check(_ shard: Int) throws(PostgresError) {
        let key = try key(shard)
        let control = RecordSQL.control(visitor: key)
        let (event, report) = (TextParameters(control.event), TextParameters(control.report))
        let reports = [Self.insertReports(revision: "0"), RecordSQL.updateReport(revision: "0")]
        // Each in a transaction of its own: one that the owner's rules refuse does not hide what the next one finds.
        for call in [event.call(Self.insertEvents.sql)] + reports.map(report.call) {
            var isAboutRecords = false
            do throws(PostgresError) {
                try transaction { () throws(PostgresError) in
                    _ = try mark(.control, key)
                    isAboutRecords = true
                    _ = try within(call)
                }
            } catch {
                // A constraint or trigger of the owner refuses these values, so the table can be written.
                if isAboutRecords, Self.errorClass(error) == .record { continue }
                throw error
            }
            try end("rollback")
        }
    }

    /// Begins a transaction and runs its body; rolls back after an error.
    private func transaction(_ body: () throws(PostgresError) -> Void) throws(PostgresError) {
        do throws(PostgresError) {
            try session.begin("read committed", then: map.transactionSettings)
            try body()
        } catch {
            // A lost connection has rolled back by itself.
            try? end("rollback")
            throw error
        }
    }

    private func key(_ shard: Int) throws(PostgresError) -> String {
        if let key = map.keys[shard] { return key }
        throw PostgresError(stage: .answered, sqlState: "XX000", reason: ShardMap.changed)
    }

    private func end(_ sql: String) throws(PostgresError) {
        _ = try session.connection.execute(sql, timeoutMilliseconds: PostgresWriter.settings.answerMilliseconds)
    }

    /// Inserts the events and delivery reports of one shard in the current transaction.
    private func insert(_ batch: Batch) throws(PostgresError) -> Appended {
        arrays.removeAll()
        arrays.append(batch.events)
        // Also without events: it takes the table's lock, which the position of the figures waits for,
        // before the revision of the delivery reports is drawn.
        let result = try run(Self.insertEvents)
        if !batch.reports.isEmpty { try insert(batch.reports) }
        // Rows are counted: with Citus, the number of changed rows includes those that existed.
        let stored = result.rows.count
        var appended = Appended(stored: stored + batch.reports.count, duplicates: batch.events.count - stored)
        appended.eventIDs = PostgresWriter.ids(result, of: batch)
        return appended
    }

    /// Inserts delivery reports, then updates those that existed before.
    ///
    /// Foreign tables do not support `on conflict do update`.
    private func insert(_ reports: [DeliveryReport]) throws(PostgresError) {
        let merged = MergedDeliveryReport.all(reports)
        let sequence = "pg_get_serial_sequence('collector_events', 'id')::regclass"
        let revision = try within(Call("select nextval(\(sequence))")).rows[0][0] ?? "0"
        arrays.removeAll()
        arrays.append(merged)
        let rows = try within(Call(Self.insertReports(revision: revision), arrays.buffer, ranges: arrays.ranges)).rows
        let inserted = Set(rows.map { MergedDeliveryReport.key(($0[0] ?? "").utf8, ($0[1] ?? "").utf8) })
        for report in merged where !inserted.contains(report.key) {
            arrays.removeAll()
            arrays.append([report])
            let call = Call(RecordSQL.updateReport(revision: revision), arrays.buffer, ranges: arrays.ranges)
            _ = try within(call)
        }
    }

    /// Inserts delivery reports that are new, and returns their keys.
    private static func insertReports(revision: String) -> String {
        """
        with mark as (select \(revision)::bigint as revision)
        \(RecordSQL.insertReports(from: 1))
        on conflict do nothing returning pageview_id, visitor_id
        """
    }

    // MARK: - Positions

    func position(of source: BatchSource) throws(StoreError) -> Int64? {
        var parameters = TextParameters()
        parameters.append(Self.localID(source).text)
        var sql = "update ingest_positions set updated_at = now() where source = $1::uuid returning position"
        if let shard = source.shard, shard != ShardMap.local {
            parameters.append(Array((map.keys[shard] ?? "").utf8))
            sql = """
                update shard_positions set updated_at = now() where visitor_id = $2 and source = $1::uuid
                returning position
                """
        }
        let call = parameters.call(sql)
        var attempts = 1
        while true {
            do throws(PostgresError) {
                var row: [String?]?
                try transaction { () throws(PostgresError) in row = try within(call).rows.first }
                try end("commit")
                return row.flatMap { $0[0] }.flatMap { Int64($0) }
            } catch {
                // Foreign tables report a change by another transaction as a conflict, instead of waiting for it.
                guard error.errorClass == .conflict, attempts < BatchAttempts.max else { throw StoreError(error) }
                attempts += 1
            }
        }
    }

    /// Moves the position of a source in a shard.
    ///
    /// Waits for an open transaction that has moved it.
    ///
    /// - Returns: Whether it had the expected value, or did not exist.
    private func mark(_ id: BatchID, _ key: String) throws(PostgresError) -> Bool {
        var parameters = TextParameters()
        parameters.append(Array(key.utf8))
        parameters.append(id.source.id.text)
        parameters.append(Array("\(id.number)".utf8))
        if id.previous > 0 {
            var parameters = parameters
            parameters.append(Array("\(id.previous)".utf8))
            let sql = """
                update shard_positions set position = $3::bigint, updated_at = now()
                where visitor_id = $1 and source = $2::uuid and position = $4::bigint
                """
            if try within(parameters.call(sql)).changed == 1 { return true }
        }
        parameters.append(Array("\(id.source.isJournal)".utf8))
        let sql = """
            insert into shard_positions (visitor_id, source, position, is_journal)
            values ($1, $2::uuid, $3::bigint, $4::boolean)
            on conflict do nothing
            """
        return try within(parameters.call(sql)).changed == 1
    }

    /// Deletes old positions of writers in a shard, once per connection.
    private func tidy(_ shard: Int, _ key: String) throws(PostgresError) {
        guard tidiedShards.insert(shard).inserted else { return }
        var parameters = TextParameters()
        parameters.append(Array(key.utf8))
        _ = try within(
            parameters.call("delete from shard_positions \(PostgresWriter.oldPositions) and visitor_id = $1")
        )
    }

    func requestRebuild(for shard: Int) throws(StoreError) {
        // Submissions have no figures. The locks of a database on one server show all open transactions.
        guard map.isDistributed, shard != ShardMap.local else { return }
        try guarded { () throws(PostgresError) in
            _ = try session.run(Call("update insight_position set rebuild = 1 where id = 1 and rebuild = 0"))
        }
    }

    // MARK: - Submissions

    /// The id of a source in `ingest_positions`: submissions have a row of their own, apart from batches of several shards.
    private static func localID(_ source: BatchSource) -> EventID {
        guard source.shard == ShardMap.local else { return source.id }
        return EventID(high: source.id.high, low: source.id.low ^ 1)
    }

    private func writeSubmissions(_ batch: Batch, _ id: BatchID) throws(WriteFailure) -> Appended {
        arrays.removeAll()
        arrays.append(batch.submissions)
        var id = id
        id.source.id = Self.localID(id.source)
        arrays.append(id)
        do throws(PostgresError) {
            let stored = try run(Self.submissions).changed
            return Appended(stored: stored, duplicates: batch.submissions.count - stored)
        } catch {
            throw WriteFailure(error, mayBeCommitted: error.stage == .unanswered)
        }
    }

    /// Executes the statement of submissions without any.
    private func checkSubmissions() throws(PostgresError) {
        arrays.removeAll()
        arrays.append([Submission]())
        arrays.append(.control)
        _ = try run(Self.submissions)
    }

    private static let submissions = PreparedStatement(
        name: "marked_submissions",
        sql: PostgresWriter.marked(
            RecordSQL.insertSubmissions(from: 1),
            source: RecordSQL.submissionArrays + 1,
            key: "visitor_id, source"
        )
    )
    private static let insertEvents = PreparedStatement(
        name: "insert_events",
        sql: RecordSQL.insertEvents + "\non conflict do nothing returning id"
    )

    private func run(_ statement: PreparedStatement) throws(PostgresError) -> Result {
        try session.run(prepared: statement, arrays.buffer, arrays.ranges)
    }

    private func within(_ call: Call) throws(PostgresError) -> Result {
        try session.runWithin(call, statementMilliseconds: PostgresWriter.settings.statementMilliseconds)
    }
}
