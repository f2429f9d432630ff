import Events
import Foundation
import Ingest
import Postgres
import Storage
import StoragePostgres
import StorageSQLite
import TestSupport
import Testing

/// Ingest into a database whose events are on several servers, of which one goes down and comes back.
@Suite(.serialized) struct DistributedIngestTests {
    private static let milliseconds: Int32 = 10_000
    private static let visitors = 40

    private let folder: TemporaryFolder
    private let front: Cluster
    private let servers: DistributedServers
    private let url: String
    private let journal: SQLiteJournal
    private let store: PostgresStore

    init() throws {
        folder = try TemporaryFolder()
        front = try Cluster()
        servers = try DistributedServers(front: front)
        url = servers.url(try servers.makeDatabase())
        journal = SQLiteJournal(path: folder.file("journal.sqlite"), bytesMax: 64 << 20)
        store = PostgresStore(url: url, migrations: try Repository.migrations("postgres"))
    }

    /// Without an `event_id`: nothing but the position of its shard keeps it from being stored twice.
    private func event(_ ticket: Int) throws -> Entry {
        let event = try Event.sample(visitor: "v_\(ticket % Self.visitors)", more: [("seq", String(ticket))])
        return Entry(record: .event(event), ticket: UInt64(ticket))
    }

    private func numbers(_ sql: String) throws -> [Int] {
        let connection = try Connection(url: url, timeoutMilliseconds: Self.milliseconds)
        return try connection.execute(sql, timeoutMilliseconds: Self.milliseconds).rows.compactMap {
            $0[0].flatMap { Int($0) }
        }
    }

    private func remove() throws {
        for cluster in servers.workers + [front] { try cluster.remove() }
    }

    private func isDrained(_ harness: IngestHarness) -> Bool {
        harness.ingest.health == .ready && journal.status.records == 0
    }

    @Test func `every event is acknowledged and stored once while a server of shards is killed and comes back`() throws
    {
        let harness = IngestHarness(store, journal: journal)
        harness.startAndWait()
        for ticket in 0..<200 { #expect(harness.ingest.submit(try event(ticket))) }
        #expect(harness.waitForDeliveries(200))
        #expect(journal.status.records == 0)
        try servers.workers[1].kill()
        try servers.workers[1].stop()
        for ticket in 200..<600 { #expect(harness.ingest.submit(try event(ticket))) }
        #expect(harness.waitForDeliveries(400))
        #expect(harness.storedCount == 600)
        // The other server's shards get their part of the first batch that is drained.
        #expect(harness.waitUntil { harness.ingest.health != .ready && journal.status.records > 0 })
        try servers.workers[1].start()
        #expect(harness.waitUntil { isDrained(harness) })
        #expect(harness.ingest.submit(try event(600)))
        #expect(harness.waitForDeliveries(1))
        harness.ingest.stop()
        #expect(try numbers("select seq from collector_events order by seq") == Array(0...600))
        #expect(journal.status.deadLetters == 0)
        try remove()
    }

    @Test func `each event is stored once when connections break and servers are killed under load`() throws {
        let harness = IngestHarness(store, journal: journal)
        harness.startAndWait()
        let load = try Load(harness.ingest) { try event($0) }
        for (round, worker) in [0, 1, 0].enumerated() {
            #expect(harness.waitUntil { harness.storedCount > 300 * (round + 1) })
            try servers.workers[worker].kill()
            try servers.workers[worker].stop()
            try servers.workers[worker].start()
        }
        let taken = load.stop()
        #expect(harness.waitUntil { isDrained(harness) })
        harness.ingest.stop()
        #expect(try numbers("select seq from collector_events order by seq") == taken.sorted())
        try remove()
    }

    @Test func `submissions that are drained first do not remove events whose shard is down`() throws {
        let first = IngestHarness(store, journal: journal)
        first.startAndWait()
        try servers.workers[1].kill()
        try servers.workers[1].stop()
        for ticket in 0..<200 {
            #expect(first.ingest.submit(try event(ticket)))
            let submission = Entry(record: .submission(try Submission.sample()), ticket: UInt64(1000 + ticket))
            #expect(first.ingest.submit(submission))
        }
        #expect(first.waitForDeliveries(400))
        // The other server answers, so this does not fail.
        #expect(first.waitUntil { (try? numbers("select count(*) from debug_data")) == [200] })
        first.ingest.stop()
        try servers.workers[1].start()
        let second = IngestHarness(store, journal: journal)
        second.startAndWait()
        #expect(second.waitUntil { isDrained(second) })
        second.ingest.stop()
        #expect(try numbers("select seq from collector_events order by seq") == Array(0..<200))
        #expect(try numbers("select count(*) from debug_data") == [200])
        try remove()
    }

    @Test func `a batch of several shards is written once, however often it is sent`() throws {
        let id = BatchID(source: .random(isJournal: false), number: 1, previous: 0)
        let batch = Batch(
            events: try (0..<50).map { try Event.sample(visitor: "v_\($0)", more: [("seq", String($0))]) },
            submissions: [try Submission.sample()]
        )
        try servers.workers[1].kill()
        try servers.workers[1].stop()
        let error = #expect(throws: StoreError.self) { try store.makeWriter().append(batch, as: id) }
        // Those of the other server may have been written before.
        guard case .uncertain = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try store.makeWriter().position(of: id.source) == nil)
        try servers.workers[1].start()
        let writer = try store.makeWriter()
        let appended = try writer.append(batch, as: id)
        #expect(appended.stored + appended.duplicates == 51 && appended.stored > 0 && appended.duplicates > 0)
        #expect(try writer.append(batch, as: id) == Appended(stored: 0, duplicates: 51))
        #expect(try numbers("select seq from collector_events order by seq") == Array(0..<50))
        #expect(try numbers("select count(*) from debug_data") == [1])
        try remove()
    }
}
