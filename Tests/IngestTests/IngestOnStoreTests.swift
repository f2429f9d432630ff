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

    @Test(arguments: Place.Engine.allCases)
    func `all that is submitted is delivered once, as stored, and is in its table`(engine: Place.Engine) throws {
        let place = try Place(engine)
        let bench = Bench(place.store)
        bench.startAndWait()
        let entries = try (0..<2200).map { try $0 < 2000 ? event($0, isIdempotent: $0 % 2 == 0) : submission($0) }
        DispatchQueue.concurrentPerform(iterations: 4) { part in
            for entry in entries[part * 550..<(part + 1) * 550] { #expect(bench.ingest.submit(entry)) }
        }
        #expect(bench.waitForDeliveries(2200))
        bench.ingest.stop()
        #expect(bench.outcomes == Dictionary(uniqueKeysWithValues: (0..<2200).map { ($0, [.stored]) }))
        #expect(try place.storedEvents() == Array(0..<2000))
        #expect(try place.numbers("select visitor_id from debug_data order by visitor_id") == Array(2000..<2200))
        #expect(bench.ingest.counters.stored == 2200 && bench.ingest.counters.batches < 2200)
    }

    @Test(arguments: Place.Engine.allCases)
    func `an event that comes again is delivered as stored, and counted`(engine: Place.Engine) throws {
        let place = try Place(engine)
        let bench = Bench(place.store)
        bench.startAndWait()
        let entry = try event(7, isIdempotent: true)
        #expect(bench.ingest.submit([entry, entry]))
        #expect(bench.waitForDeliveries(2))
        #expect(bench.ingest.submit(entry))
        #expect(bench.waitForDeliveries(1))
        bench.ingest.stop()
        #expect(bench.outcomes == [7: [.stored, .stored, .stored]])
        #expect(try place.storedEvents() == [7])
        #expect(bench.ingest.counters.duplicates == 2)
    }

    @Test(arguments: Place.Engine.allCases, [[0], [99], [37], [3, 4, 98]])
    func `a record that the database refuses is found, and the others are stored`(
        engine: Place.Engine,
        bad: [Int]
    ) throws {
        let place = try Place(engine)
        try place.refuse(type: "bad")
        let bench = Bench(place.store)
        bench.startAndWait()
        let entries = try (0..<100).map { try event($0, type: bad.contains($0) ? "bad" : "pageview") }
        #expect(bench.ingest.submit(entries + [try submission(100)]))
        #expect(bench.waitForDeliveries(101))
        for ticket in 0...100 { #expect(bench.outcomes[ticket] == [bad.contains(ticket) ? .refused : .stored]) }
        #expect(try place.storedEvents() == (0..<100).filter { !bad.contains($0) })
        #expect(try place.numbers("select visitor_id from debug_data") == [100])
        #expect(bench.ingest.health == .ready && bench.ingest.counters.refused == bad.count)
        bench.ingest.stop()
    }

    @Test(arguments: Place.Engine.allCases)
    func `what waits at a stop is written before the stop is over`(engine: Place.Engine) throws {
        let place = try Place(engine)
        let bench = Bench(place.store)
        bench.startAndWait()
        let lock = try place.lock()
        #expect(bench.ingest.submit(try (0..<500).map { try event($0) }))
        let stop = DispatchGroup()
        DispatchQueue.global().async(group: stop) { bench.ingest.stop() }
        var submitted = 500
        // Nothing is taken any more once the stop is under way.
        while bench.ingest.submit(try event(submitted)) {
            submitted += 1
            usleep(1000)
        }
        #expect(bench.outcomes.isEmpty)
        try lock.release()
        stop.wait()
        #expect(bench.outcomes == Dictionary(uniqueKeysWithValues: (0..<submitted).map { ($0, [.stored]) }))
        #expect(try place.storedEvents() == Array(0..<submitted))
    }

    @Test(arguments: Place.Engine.allCases)
    func `a stop does not wait for ever for a store that does not answer`(engine: Place.Engine) throws {
        let place = try Place(engine)
        let bench = Bench(place.store)
        bench.startAndWait()
        let lock = try place.lock()
        #expect(bench.ingest.submit(try event(0)))
        let time = ContinuousClock().measure { bench.ingest.stop() }
        #expect(time < .milliseconds(Ingest.stopMillisecondsMax + 2000))
        #expect(bench.outcomes.values.allSatisfy { $0 == [.unavailable] })
        try lock.release()
        #expect(bench.waitForDeliveries(1))
        #expect(try place.storedEvents() == (bench.outcomes == [0: [.stored]] ? [0] : []))
    }

    @Test(arguments: Place.Engine.allCases)
    func `a store that is down at the start is found when it is up`(engine: Place.Engine) throws {
        let place = try Place(engine, isOwn: true)
        try place.takeDown()
        let bench = Bench(place.store)
        bench.ingest.start()
        bench.ingest.waitUntilReady(milliseconds: 300)
        #expect(bench.ingest.health == .starting)
        #expect(!bench.ingest.submit(try event(0)))
        try place.bringUp()
        bench.ingest.waitUntilReady(milliseconds: 20_000)
        #expect(bench.ingest.submit(try event(1)))
        #expect(bench.waitForDeliveries(1))
        bench.ingest.stop()
        #expect(bench.outcomes == [1: [.stored]])
        #expect(try place.storedEvents() == [1])
        try place.remove()
    }

    @Test(arguments: Place.Engine.allCases)
    func `a stop while the store is down is over at once`(engine: Place.Engine) throws {
        let place = try Place(engine, isOwn: true)
        try place.takeDown()
        let bench = Bench(place.store)
        bench.ingest.start()
        bench.ingest.waitUntilReady(milliseconds: 300)
        #expect(ContinuousClock().measure { bench.ingest.stop() } < .milliseconds(Ingest.stopMillisecondsMax + 500))
        try place.bringUp()
        try place.remove()
    }

    @Test(arguments: Place.Engine.allCases)
    func `whatever was called stored is in the table after an outage under load`(engine: Place.Engine) throws {
        let place = try Place(engine, isOwn: true)
        let bench = Bench(place.store)
        bench.startAndWait()
        let load = try Load(bench.ingest) { try event($0, isIdempotent: $0 % 2 == 0) }
        for _ in 0..<2 {
            let before = bench.storedCount
            #expect(bench.waitUntil { bench.storedCount > before + 200 })
            try place.takeDown()
            #expect(bench.waitUntil { bench.ingest.health == .unavailable })
            try place.bringUp()
            #expect(bench.waitUntil { bench.ingest.health == .ready })
        }
        let before = bench.storedCount
        #expect(bench.waitUntil { bench.storedCount > before + 200 })
        try settle(bench, load, place)
        try place.remove()
    }

    @Test func `whatever was called stored is in the table while the server ends connections`() throws {
        let place = try Place(.postgresql)
        let bench = Bench(place.store)
        bench.startAndWait()
        let load = try Load(bench.ingest) { try event($0, isIdempotent: $0 % 2 == 0) }
        for _ in 0..<10 {
            let before = bench.storedCount
            #expect(bench.waitUntil { bench.storedCount > before + 50 })
            _ = try place.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )
        }
        try settle(bench, load, place)
    }

    /// Ends the load and compares what was said with what there is.
    private func settle(_ bench: Bench, _ load: Load, _ place: Place) throws {
        let taken = load.stop()
        bench.ingest.stop()
        let outcomes = bench.outcomes
        #expect(outcomes.keys.sorted() == taken.sorted())
        #expect(outcomes.values.allSatisfy { $0.count == 1 && $0 != [.refused] })
        let rows = try place.storedEvents()
        #expect(Set(rows).count == rows.count, "an event has two rows")
        let stored = Set(outcomes.filter { $0.value == [.stored] }.keys)
        #expect(stored.subtracting(rows).isEmpty, "acknowledged and lost")
        #expect(Set(rows).isSubset(of: taken))
    }
}
