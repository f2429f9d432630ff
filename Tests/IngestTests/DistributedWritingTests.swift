import Events
import Foundation
import Ingest
import Postgres
import Storage
import StoragePostgres
import StorageSQLite
import TestSupport
import Testing

/// What is written to a database whose events are on several servers, which all keep running.
@Suite(.serialized) struct DistributedWritingTests {
    private let bench: DistributedBench

    init() throws { bench = try DistributedBench(isOwn: false) }

    @Test(
        arguments: [
            ("collector_events_1", "rename column path to gone", "rename column gone to path"),
            ("delivery_reports_1", "rename column emitted to gone", "rename column gone to emitted"),
            ("shard_positions_1", "rename column position to gone", "rename column gone to position"),
            ("shard_positions_1", "add constraint refuse check (position < 0) not valid", "drop constraint refuse"),
        ]
    )
    func `a table of one server that cannot be written is an outage, and no record is refused`(
        table: String,
        damage: String,
        repair: String
    ) throws {
        let harness = IngestHarness(bench.store, journal: bench.journal)
        harness.startAndWait()
        try bench.servers.workers[1].psql(bench.name, "alter table \(table) \(damage)")
        for visitor in 0..<DistributedBench.visitors {
            #expect(harness.ingest.submit(try bench.event(visitor)))
            let report = try DeliveryReport.sample(visitor: "v_\(visitor)")
            #expect(harness.ingest.submit(Entry(record: .deliveryReport(report), ticket: UInt64(100 + visitor))))
            #expect(harness.waitForDeliveries(2))
        }
        #expect(harness.storedCount == 2 * DistributedBench.visitors)
        #expect(harness.waitUntil { harness.ingest.health != .ready && bench.journal.status.records > 0 })
        #expect(bench.journal.status.deadLetters == 0)
        try bench.servers.workers[1].psql(bench.name, "alter table \(table) \(repair)")
        #expect(harness.waitUntil { bench.isDrained(harness) })
        harness.ingest.stop()
        #expect(
            try bench.numbers("select seq from collector_events order by seq") == Array(0..<DistributedBench.visitors)
        )
        #expect(try bench.numbers("select count(*) from delivery_reports") == [DistributedBench.visitors])
        #expect(bench.journal.status.deadLetters == 0)
    }

    @Test
    func `events in flight while the tables are distributed are written once, and only a refused one is not`() throws {
        try bench.front.psql(bench.name, "alter table shard_positions rename to hidden")
        let harness = IngestHarness(bench.store)
        harness.startAndWait()
        try bench.front.psql(bench.name, "alter table hidden rename to shard_positions")
        try bench.servers.refuse(visitor: "v_7", in: bench.name)
        for ticket in 0..<DistributedBench.visitors { #expect(harness.ingest.submit(try bench.event(ticket))) }
        #expect(harness.waitForDeliveries(DistributedBench.visitors))
        harness.ingest.stop()
        for ticket in 0..<DistributedBench.visitors {
            #expect(harness.outcomes[ticket] == [ticket == 7 ? .refused : .stored])
        }
        let expected = (0..<DistributedBench.visitors).filter { $0 != 7 }
        #expect(try bench.numbers("select seq from collector_events order by seq") == expected)
    }

    @Test(arguments: [true, false])
    func `figures are computed again if a shard may have committed a batch late`(wasCommitted: Bool) throws {
        let writer = try bench.store.makeWriter()
        let event = try bench.event(0).record
        let shard = try writer.shards(of: [event])?[0]
        let id = BatchID(source: .random(isJournal: false, shard: shard), number: 5, previous: 4)
        if wasCommitted {
            let batch = Batch(events: [try Event.sample(visitor: "v_0", more: [("seq", "0")])])
            #expect(try writer.append(batch, as: id).stored == 1)
        }
        try bench.journal.append([event], unconfirmedBatch: id)
        let harness = IngestHarness(bench.store, journal: bench.journal)
        harness.startAndWait()
        #expect(harness.waitUntil { bench.isDrained(harness) })
        harness.ingest.stop()
        #expect(try bench.numbers("select seq from collector_events") == [0])
        #expect(try bench.numbers("select rebuild from insight_position") == [wasCommitted ? 1 : 0])
    }

    @Test func `figures are computed again if a shard may have committed a batch of an earlier drain late`() throws {
        let writer = try bench.store.makeWriter()
        let event = try bench.event(0).record
        let shard = try writer.shards(of: [event])?[0]
        try bench.journal.append([event], unconfirmedBatch: nil)
        let number = try #require(
            try bench.journal.oldest(recordsMax: 1, bytesMax: Batch.bytesMax)?.items.first?.number
        )
        let id = BatchID(source: try #require(bench.journal.source).on(shard), number: number, previous: 0)
        let batch = Batch(events: [try Event.sample(visitor: "v_0", more: [("seq", "0")])])
        #expect(try writer.append(batch, as: id).stored == 1)
        let harness = IngestHarness(bench.store, journal: bench.journal)
        harness.startAndWait()
        #expect(harness.waitUntil { bench.isDrained(harness) })
        harness.ingest.stop()
        #expect(try bench.numbers("select seq from collector_events") == [0])
        #expect(try bench.numbers("select rebuild from insight_position") == [1])
    }

    @Test func `nothing is written while a partition is detached`() throws {
        try bench.front.psql(bench.name, "alter table collector_events detach partition collector_events_3")
        let error = #expect(throws: StoreError.self) { try bench.store.makeWriter() }
        guard case .unavailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a database that is no longer distributed is written as before`() throws {
        let url = bench.front.url(try bench.front.makeDatabase())
        let store = PostgresStore(url: url, migrations: try Repository.migrations("postgres"))
        _ = try store.migrate()
        #expect(try store.distribute(shards: 4, step: { _ in }) == .keysOnly(servers: nil))
        let connection = try Connection(url: url, timeoutMilliseconds: DistributedBench.milliseconds)
        try connection.execute(PostgresStore.positionsSQL, timeoutMilliseconds: DistributedBench.milliseconds)
        let writer = try store.makeWriter()
        let source = BatchSource.random(isJournal: true, shard: 1)
        let batch = Batch(events: [try Event.sample()], reports: [try DeliveryReport.sample()])
        #expect(try writer.append(batch, as: BatchID(source: source, number: 5, previous: 0)).stored == 2)
        #expect(try writer.append(batch, as: BatchID(source: source, number: 5, previous: 0)).stored == 0)
        #expect(try writer.position(of: source) == 5)
        let sql = "select count(*) from collector_events"
        #expect(try connection.execute(sql, timeoutMilliseconds: DistributedBench.milliseconds).rows == [["1"]])
    }
}
