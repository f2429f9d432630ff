import Dispatch
import Postgres
import Storage
import Synchronization
import Events
import TestSupport
import Testing

/// A batch whose first attempt is still open on the server, in a session that nobody reads from any more.
@Suite(.onOneServer("it holds the position of a database on one server")) struct DoubtTests {
    private static let milliseconds: Int32 = 10_000

    /// How the other session ends.
    enum End: String, CaseIterable, Sendable {
        case commit
        case rollback
    }

    private let database: Database
    private let store: any Store
    private let other: Connection
    private let id = BatchID(source: .random(isJournal: false), number: 3, previous: 2)

    init() throws {
        database = try Database(.postgresql)
        store = try database.migrated()
        let name = try #require(try database.column("select current_database()").first ?? nil)
        other = try Connection(url: Cluster.shared.get().url(name), timeoutMilliseconds: Self.milliseconds)
    }

    private func batch() throws -> Batch { Batch(events: [try Event.sample(visitor: "v_doubt")]) }

    private func execute(_ sql: String) throws -> [[String?]] {
        try other.execute(sql, timeoutMilliseconds: Self.milliseconds).rows
    }

    /// Does in the other session what the writer does, but for the commit.
    private func beginFirstAttempt() throws {
        let source = String(decoding: id.source.id.text, as: UTF8.self)
        _ = try execute(
            """
            begin;
            insert into ingest_positions as kept (source, position, is_journal) values ('\(source)', 3, false)
            on conflict (source) do update set position = excluded.position where kept.position = 2;
            insert into collector_events (visitor_id, session_id, pageview_id, event_type)
            values ('v_doubt', 's', 'p', 'pageview')
            """
        )
    }

    private func sendTheBatchBefore() throws {
        let before = BatchID(source: id.source, number: 2, previous: 1)
        _ = try store.makeWriter().append(Batch(submissions: [try Submission.sample()]), as: before)
    }

    private func expectUnavailable(_ batch: Batch) throws {
        let error = try #require(throws: StoreError.self) { try store.makeWriter().append(batch, as: id) }
        guard case .unavailable = error else { throw error }
    }

    private func expectOutcome(_ end: End, _ appended: Appended) throws {
        let wasThere = end == .commit
        #expect(appended == Appended(stored: wasThere ? 0 : 1, duplicates: wasThere ? 1 : 0))
        #expect(try store.makeWriter().position(of: id.source) == 3)
        #expect(try database.column("select visitor_id from collector_events") == ["v_doubt"])
    }

    @Test(arguments: End.allCases, [false, true])
    func `a batch is not written beside its first attempt, and is settled when that has ended`(
        end: End,
        isFirstOfSource: Bool
    ) throws {
        if !isFirstOfSource { try sendTheBatchBefore() }
        try beginFirstAttempt()
        try expectUnavailable(batch())
        #expect(try database.count("collector_events") == 0)
        _ = try execute(end.rawValue)
        try expectOutcome(end, store.makeWriter().append(batch(), as: id))
    }

    @Test(arguments: End.allCases, [false, true])
    func `a batch of both kinds is not written beside its first attempt either`(
        end: End,
        isFirstOfSource: Bool
    ) throws {
        if !isFirstOfSource { try sendTheBatchBefore() }
        try beginFirstAttempt()
        let mixed = Batch(events: try batch().events, submissions: [try Submission.sample()])
        let before = try database.count("debug_data")
        try expectUnavailable(mixed)
        _ = try execute(end.rawValue)
        #expect(try store.makeWriter().append(mixed, as: id).stored == (end == .commit ? 0 : 2))
        #expect(try database.count("collector_events") == 1)
        #expect(try database.count("debug_data") == before + (end == .commit ? 0 : 1))
    }

    @Test(arguments: End.allCases)
    func `events with what their page views say are not written beside their first attempt either`(end: End) throws {
        try beginFirstAttempt()
        let tracked = Batch(events: try batch().events, reports: [try DeliveryReport.sample()])
        try expectUnavailable(tracked)
        _ = try execute(end.rawValue)
        #expect(try store.makeWriter().append(tracked, as: id).stored == (end == .commit ? 0 : 2))
        #expect(try database.count("collector_events") == 1)
        #expect(try database.count("delivery_reports") == (end == .commit ? 0 : 1))
    }

    @Test(arguments: End.allCases, [false, true])
    func `a batch waits for its first attempt, and is settled within the same call`(
        end: End,
        isFirstOfSource: Bool
    ) throws {
        if !isFirstOfSource { try sendTheBatchBefore() }
        try beginFirstAttempt()
        let writer = try store.makeWriter()
        let again = try batch()
        let answer = Mutex<Swift.Result<Appended, StoreError>?>(nil)
        let appending = DispatchGroup()
        DispatchQueue.global().async(group: appending) { [id] in
            let appended = Swift.Result { () throws(StoreError) in try writer.append(again, as: id) }
            answer.withLock { $0 = appended }
        }
        let waiting = "select count(*) from pg_locks where not granted and transactionid = pg_current_xact_id()::xid"
        var isWaiting = false
        while !isWaiting, answer.withLock({ $0 == nil }) { isWaiting = try execute(waiting).first?[0] == "1" }
        #expect(isWaiting)
        _ = try execute(end.rawValue)
        appending.wait()
        let appended = try #require(answer.withLock { $0 }).get()
        try expectOutcome(end, appended)
    }
}
