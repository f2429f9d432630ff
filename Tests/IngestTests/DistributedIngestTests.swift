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
    private let bench: DistributedBench

    init() throws { bench = try DistributedBench(isOwn: true) }

    @Test func `every event is acknowledged and stored once while a server of shards is killed and comes back`() throws
    {
        let harness = IngestHarness(bench.store, journal: bench.journal)
        harness.startAndWait()
        for ticket in 0..<200 { #expect(harness.ingest.submit(try bench.event(ticket))) }
        #expect(harness.waitForDeliveries(200))
        #expect(bench.journal.status.records == 0)
        try bench.servers.workers[1].kill()
        try bench.servers.workers[1].stop()
        for ticket in 200..<600 { #expect(harness.ingest.submit(try bench.event(ticket))) }
        #expect(harness.waitForDeliveries(400))
        #expect(harness.storedCount == 600)
        // The other server's shards get their part of the first batch that is drained.
        #expect(harness.waitUntil { harness.ingest.health != .ready && bench.journal.status.records > 0 })
        try bench.servers.workers[1].start()
        #expect(harness.waitUntil { bench.isDrained(harness) })
        #expect(harness.ingest.submit(try bench.event(600)))
        #expect(harness.waitForDeliveries(1))
        harness.ingest.stop()
        #expect(try bench.numbers("select seq from collector_events order by seq") == Array(0...600))
        #expect(bench.journal.status.deadLetters == 0)
        try bench.remove()
    }

    @Test func `each event is stored once when connections break and servers are killed under load`() throws {
        let harness = IngestHarness(bench.store, journal: bench.journal)
        harness.startAndWait()
        let load = try Load(harness.ingest) { try bench.event($0) }
        for (round, worker) in [0, 1, 0].enumerated() {
            #expect(harness.waitUntil { harness.storedCount > 300 * (round + 1) })
            try bench.servers.workers[worker].kill()
            try bench.servers.workers[worker].stop()
            try bench.servers.workers[worker].start()
        }
        let taken = load.stop()
        #expect(harness.waitUntil { bench.isDrained(harness) })
        harness.ingest.stop()
        #expect(try bench.numbers("select seq from collector_events order by seq") == taken.sorted())
        try bench.remove()
    }

    @Test func `submissions that are drained first do not remove events whose shard is down`() throws {
        let first = IngestHarness(bench.store, journal: bench.journal)
        first.startAndWait()
        try bench.servers.workers[1].kill()
        try bench.servers.workers[1].stop()
        for ticket in 0..<200 {
            #expect(first.ingest.submit(try bench.event(ticket)))
            let submission = Entry(record: .submission(try Submission.sample()), ticket: UInt64(1000 + ticket))
            #expect(first.ingest.submit(submission))
        }
        #expect(first.waitForDeliveries(400))
        // The other server answers, so this does not fail.
        #expect(first.waitUntil { (try? bench.numbers("select count(*) from debug_data")) == [200] })
        first.ingest.stop()
        try bench.servers.workers[1].start()
        let second = IngestHarness(bench.store, journal: bench.journal)
        second.startAndWait()
        #expect(second.waitUntil { bench.isDrained(second) })
        second.ingest.stop()
        #expect(try bench.numbers("select seq from collector_events order by seq") == Array(0..<200))
        #expect(try bench.numbers("select count(*) from debug_data") == [200])
        try bench.remove()
    }

    @Test func `a batch of several shards is written once, however often it is sent`() throws {
        let id = BatchID(source: .random(isJournal: false), number: 1, previous: 0)
        let batch = Batch(
            events: try (0..<50).map { try Event.sample(visitor: "v_\($0)", more: [("seq", String($0))]) },
            submissions: [try Submission.sample()]
        )
        try bench.servers.workers[1].kill()
        try bench.servers.workers[1].stop()
        let error = #expect(throws: StoreError.self) { try bench.store.makeWriter().append(batch, as: id) }
        // Those of the other server may have been written before.
        guard case .uncertain = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try bench.store.makeWriter().position(of: id.source) == nil)
        try bench.servers.workers[1].start()
        let writer = try bench.store.makeWriter()
        let appended = try writer.append(batch, as: id)
        #expect(appended.stored + appended.duplicates == 51 && appended.stored > 0 && appended.duplicates > 0)
        #expect(try writer.append(batch, as: id) == Appended(stored: 0, duplicates: 51))
        #expect(try bench.numbers("select seq from collector_events order by seq") == Array(0..<50))
        #expect(try bench.numbers("select count(*) from debug_data") == [1])
        try bench.remove()
    }
}
