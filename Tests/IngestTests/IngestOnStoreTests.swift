import Dispatch
import Foundation
import Ingest
import Log
import Postgres
import SQLite
import Storage
import StoragePostgres
import StorageSQLite
import Synchronization
import Events
import TestSupport
import Testing

/// Ingest on the databases that it is used with: what it says of a record is what is in the table.
@Suite(.serialized) struct IngestOnStoreTests {
    private func event(_ ticket: Int, type: String = "pageview", isIdempotent: Bool = false) throws -> Entry {
        let digits = String(ticket)
        let id = "0198f0c2-7b1e-7cc3-98c4-" + String(repeating: "0", count: 12 - digits.count) + digits
        let event = try Event.sample(
            eventID: isIdempotent ? id : nil,
            more: [("event_type", "\"\(type)\""), ("seq", digits)]
        )
        return Entry(record: .event(event), ticket: UInt64(ticket))
    }

    private func submission(_ ticket: Int) throws -> Entry {
        Entry(record: .submission(try Submission.sample(#"{"visitor_id":\#(ticket)}"#)), ticket: UInt64(ticket))
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `all that is submitted is delivered once, as stored, and is in its table`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine)
        let harness = IngestHarness(database.store)
        harness.startAndWait()
        let entries = try (0..<2200).map { try $0 < 2000 ? event($0, isIdempotent: $0 % 2 == 0) : submission($0) }
        DispatchQueue.concurrentPerform(iterations: 4) { part in
            for entry in entries[part * 550..<(part + 1) * 550] { #expect(harness.ingest.submit(entry)) }
        }
        #expect(harness.waitForDeliveries(2200))
        harness.ingest.stop()
        #expect(harness.outcomes == Dictionary(uniqueKeysWithValues: (0..<2200).map { ($0, [.stored]) }))
        #expect(try database.storedEvents() == Array(0..<2000))
        #expect(try database.numbers("select visitor_id from debug_data order by visitor_id") == Array(2000..<2200))
        #expect(harness.ingest.counters.stored == 2200 && harness.ingest.counters.batches < 2200)
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `an event that comes again is delivered as stored, and counted`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine)
        let harness = IngestHarness(database.store)
        harness.startAndWait()
        let entry = try event(7, isIdempotent: true)
        #expect(harness.ingest.submit([entry, entry]))
        #expect(harness.waitForDeliveries(2))
        #expect(harness.ingest.submit(entry))
        #expect(harness.waitForDeliveries(1))
        harness.ingest.stop()
        #expect(harness.outcomes == [7: [.stored, .stored, .stored]])
        #expect(try database.storedEvents() == [7])
        #expect(harness.ingest.counters.duplicates == 2)
    }

    @Test(arguments: TestDatabase.Engine.allCases, [[0], [99], [37], [3, 4, 98]])
    func `a record that the database refuses is found, and the others are stored`(
        engine: TestDatabase.Engine,
        bad: [Int]
    ) throws {
        let database = try TestDatabase(engine)
        try database.refuse(type: "bad")
        let harness = IngestHarness(database.store)
        harness.startAndWait()
        let entries = try (0..<100).map { try event($0, type: bad.contains($0) ? "bad" : "pageview") }
        #expect(harness.ingest.submit(entries + [try submission(100)]))
        #expect(harness.waitForDeliveries(101))
        for ticket in 0...100 { #expect(harness.outcomes[ticket] == [bad.contains(ticket) ? .refused : .stored]) }
        #expect(try database.storedEvents() == (0..<100).filter { !bad.contains($0) })
        #expect(try database.numbers("select visitor_id from debug_data") == [100])
        #expect(harness.ingest.health == .ready && harness.ingest.counters.refused == bad.count)
        harness.ingest.stop()
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `a stop writes waiting records before it returns`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine)
        let harness = IngestHarness(database.store)
        harness.startAndWait()
        let lock = try database.lock()
        #expect(harness.ingest.submit(try (0..<500).map { try event($0) }))
        let stop = DispatchGroup()
        DispatchQueue.global().async(group: stop) { harness.ingest.stop() }
        var submitted = 500
        // Nothing is taken any more once the stop is under way.
        while harness.ingest.submit(try event(submitted)) {
            submitted += 1
            usleep(1000)
        }
        #expect(harness.outcomes.isEmpty)
        try lock.release()
        stop.wait()
        #expect(harness.outcomes == Dictionary(uniqueKeysWithValues: (0..<submitted).map { ($0, [.stored]) }))
        #expect(try database.storedEvents() == Array(0..<submitted))
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `a stop does not wait for ever for a store that does not answer`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine)
        let harness = IngestHarness(database.store)
        harness.startAndWait()
        let lock = try database.lock()
        #expect(harness.ingest.submit(try event(0)))
        let time = ContinuousClock().measure { harness.ingest.stop() }
        #expect(time < .milliseconds(Ingest.stopMillisecondsMax + 2000))
        #expect(harness.outcomes.values.allSatisfy { $0 == [.unavailable] })
        try lock.release()
        #expect(harness.waitForDeliveries(1))
        #expect(try database.storedEvents() == (harness.outcomes == [0: [.stored]] ? [0] : []))
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `a store that is down at the start is found when it is up`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine, isOwn: true)
        try database.takeDown()
        let harness = IngestHarness(database.store)
        harness.ingest.start()
        harness.ingest.waitUntilReady(milliseconds: 300)
        #expect(harness.ingest.health == .starting)
        #expect(!harness.ingest.submit(try event(0)))
        try database.bringUp()
        harness.ingest.waitUntilReady(milliseconds: 20_000)
        #expect(harness.ingest.submit(try event(1)))
        #expect(harness.waitForDeliveries(1))
        harness.ingest.stop()
        #expect(harness.outcomes == [1: [.stored]])
        #expect(try database.storedEvents() == [1])
        try database.remove()
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `a stop while the store is down is over at once`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine, isOwn: true)
        try database.takeDown()
        let harness = IngestHarness(database.store)
        harness.ingest.start()
        harness.ingest.waitUntilReady(milliseconds: 300)
        #expect(ContinuousClock().measure { harness.ingest.stop() } < .milliseconds(Ingest.stopMillisecondsMax + 500))
        try database.bringUp()
        try database.remove()
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `every record reported as stored is kept through an outage under load`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine, isOwn: true)
        let harness = IngestHarness(database.store)
        harness.startAndWait()
        let load = try Load(harness.ingest) { try event($0, isIdempotent: $0 % 2 == 0) }
        for _ in 0..<2 {
            let before = harness.storedCount
            #expect(harness.waitUntil { harness.storedCount > before + 200 })
            try database.takeDown()
            #expect(harness.waitUntil { harness.ingest.health == .unavailable })
            try database.bringUp()
            #expect(harness.waitUntil { harness.ingest.health == .ready })
        }
        let before = harness.storedCount
        #expect(harness.waitUntil { harness.storedCount > before + 200 })
        try settle(harness, load, database)
        try database.remove()
    }

    @Test func `every record reported as stored is in the table while the server drops connections`() throws {
        let database = try TestDatabase(.postgresql)
        let harness = IngestHarness(database.store)
        harness.startAndWait()
        let load = try Load(harness.ingest) { try event($0, isIdempotent: $0 % 2 == 0) }
        for _ in 0..<10 {
            let before = harness.storedCount
            #expect(harness.waitUntil { harness.storedCount > before + 50 })
            _ = try database.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )
        }
        try settle(harness, load, database)
    }

    /// Ends the load and compares what was said with what there is.
    private func settle(_ harness: IngestHarness, _ load: Load, _ database: TestDatabase) throws {
        let taken = load.stop()
        harness.ingest.stop()
        let outcomes = harness.outcomes
        #expect(outcomes.keys.sorted() == taken.sorted())
        #expect(outcomes.values.allSatisfy { $0.count == 1 && $0 != [.refused] })
        let rows = try database.storedEvents()
        #expect(Set(rows).count == rows.count, "an event has two rows")
        let stored = Set(outcomes.filter { $0.value == [.stored] }.keys)
        #expect(stored.subtracting(rows).isEmpty, "acknowledged and lost")
        #expect(Set(rows).isSubset(of: taken))
    }
}
