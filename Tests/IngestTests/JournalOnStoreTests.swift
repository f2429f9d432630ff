import Foundation
import Ingest
import Storage
import StorageSQLite
import Events
import TestSupport
import Testing

/// Ingest with a journal: whatever happens to the store, what was called stored gets there, once.
@Suite(.serialized) struct JournalOnStoreTests {
    private let folder: TemporaryFolder
    private let journal: SQLiteJournal

    init() throws {
        folder = try TemporaryFolder()
        journal = SQLiteJournal(path: folder.file("journal.sqlite"), bytesMax: 64 << 20)
    }

    /// Without an `event_id`: nothing but the number of its batch keeps it from being stored twice.
    private func event(_ ticket: Int, type: String = "pageview") throws -> Entry {
        let event = try Event.sample(more: [("event_type", "\"\(type)\""), ("seq", String(ticket))])
        return Entry(record: .event(event), ticket: UInt64(ticket))
    }

    private func isDrained(_ bench: Bench) -> Bool {
        bench.ingest.health == .ready && journal.standing.records == 0
    }

    @Test(arguments: Place.Engine.allCases)
    func `records are taken in while the store is down, and are in it once it is up`(engine: Place.Engine) throws {
        let place = try Place(engine, isOwn: true)
        try place.takeDown()
        let bench = Bench(place.store, journal: journal)
        bench.ingest.start()
        for ticket in 0..<300 { #expect(bench.ingest.submit(try event(ticket))) }
        let submission = try Submission.sample(#"{"visitor_id":7}"#)
        #expect(bench.ingest.submit(Entry(record: .submission(submission), ticket: 300)))
        #expect(bench.waitForDeliveries(301))
        #expect(bench.outcomes == Dictionary(uniqueKeysWithValues: (0...300).map { ($0, [.stored]) }))
        #expect(bench.ingest.health != .ready && journal.standing.records == 301)
        try place.bringUp()
        #expect(bench.waitUntil { isDrained(bench) })
        #expect(try place.numbers("select seq from collector_events order by id") == Array(0..<300))
        #expect(try place.numbers("select visitor_id from debug_data") == [7])
        #expect(bench.ingest.submit(try event(301)))
        #expect(bench.waitForDeliveries(1))
        bench.ingest.stop()
        #expect(bench.ingest.counters.journaled == 301 && bench.ingest.counters.drained == 301)
        try place.remove()
    }

    @Test(arguments: Place.Engine.allCases)
    func `a table that is locked stops nobody`(engine: Place.Engine) throws {
        let place = try Place(engine)
        let bench = Bench(place.store, journal: journal)
        bench.startAndWait()
        let lock = try place.lock()
        for ticket in 0..<200 { #expect(bench.ingest.submit(try event(ticket))) }
        #expect(bench.waitForDeliveries(200))
        #expect(bench.storedCount == 200)
        try lock.release()
        #expect(bench.waitUntil { isDrained(bench) })
        bench.ingest.stop()
        #expect(try place.storedEvents() == Array(0..<200))
    }

    @Test(arguments: Place.Engine.allCases)
    func `a backlog survives the end of the process that took it in`(engine: Place.Engine) throws {
        let place = try Place(engine, isOwn: true)
        try place.takeDown()
        let first = Bench(place.store, journal: journal)
        first.ingest.start()
        for ticket in 0..<50 { #expect(first.ingest.submit(try event(ticket))) }
        #expect(first.waitForDeliveries(50))
        first.ingest.stop()
        try place.bringUp()
        let second = Bench(place.store, journal: journal)
        second.startAndWait()
        #expect(second.waitUntil { isDrained(second) })
        second.ingest.stop()
        #expect(try place.storedEvents() == Array(0..<50))
        try place.remove()
    }

    @Test(arguments: Place.Engine.allCases)
    func `what the store has of a backlog is not written again`(engine: Place.Engine) throws {
        let place = try Place(engine)
        _ = try place.store.migrate()
        try journal.append(try (0..<10).map { try event($0).record }, unconfirmedBatch: nil)
        // As a drain does that is killed before it could forget what it has written.
        let source = try #require(journal.source)
        let portion = try #require(try journal.oldest(recordsMax: 6, bytesMax: 1 << 20))
        var batch = Batch()
        for case .event(let event) in portion.items.map(\.record) { batch.events.append(event) }
        let last = try #require(portion.items.last?.number)
        let id = BatchID(source: source, number: last, previous: 0)
        #expect(try place.store.makeWriter().append(batch, as: id).stored == 6)
        let bench = Bench(place.store, journal: journal)
        bench.startAndWait()
        #expect(bench.waitUntil { isDrained(bench) })
        bench.ingest.stop()
        #expect(try place.storedEvents() == Array(0..<10))
    }

    @Test(arguments: Place.Engine.allCases, [true, false])
    func `a batch in unconfirmedBatch is settled by what the store says`(
        engine: Place.Engine,
        wasCommitted: Bool
    ) throws {
        let place = try Place(engine)
        _ = try place.store.migrate()
        let id = BatchID(source: .random(isJournal: false), number: 5, previous: 4)
        let records = try (0..<20).map { try event($0).record }
        if wasCommitted {
            let batch = Batch(events: try (0..<20).map { try Event.sample(more: [("seq", String($0))]) })
            #expect(try place.store.makeWriter().append(batch, as: id).stored == 20)
        }
        try journal.append(records, unconfirmedBatch: id)
        try journal.append([try event(20).record], unconfirmedBatch: nil)
        let bench = Bench(place.store, journal: journal)
        bench.startAndWait()
        #expect(bench.waitUntil { isDrained(bench) })
        bench.ingest.stop()
        #expect(try place.storedEvents() == Array(0...20))
        #expect(bench.ingest.counters.settled == (wasCommitted ? 20 : 0))
    }

    @Test(arguments: Place.Engine.allCases)
    func `a record of the backlog that the store refuses is set aside, and the others are stored`(
        engine: Place.Engine
    ) throws {
        let place = try Place(engine)
        try place.refuse(type: "bad")
        let records = try (0..<40).map { try event($0, type: $0 % 13 == 5 ? "bad" : "pageview").record }
        try journal.append(Array(records[..<30]), unconfirmedBatch: nil)
        try journal.append(
            Array(records[30...]),
            unconfirmedBatch: BatchID(source: .random(isJournal: false), number: 1, previous: 0)
        )
        let bench = Bench(place.store, journal: journal)
        bench.startAndWait()
        #expect(bench.waitUntil { isDrained(bench) })
        bench.ingest.stop()
        #expect(try place.storedEvents() == (0..<40).filter { $0 % 13 != 5 })
        #expect(journal.standing.deadLetters == 3)
    }

    @Test func `a full journal refuses, and takes again once it has been drained`() throws {
        let place = try Place(.postgresql, isOwn: true)
        let small = SQLiteJournal(path: folder.file("small.sqlite"), bytesMax: 64 << 20, recordsMax: 100)
        let bench = Bench(place.store, journal: small)
        bench.startAndWait()
        try place.takeDown()
        var taken = 0
        #expect(
            bench.waitUntil {
                // Refused at once when it is known to be full; until then delivered as unavailable.
                guard (try? bench.ingest.submit(event(taken))) == true else { return true }  // the event is well made
                taken += 1
                return false
            }
        )
        #expect(bench.waitForDeliveries(taken))
        #expect(!bench.ingest.submit(try event(taken)))
        #expect(small.standing.records <= 100)
        try place.bringUp()
        #expect(bench.waitUntil { bench.ingest.health == .ready && small.standing.records == 0 })
        let stored = bench.outcomes.filter { $0.value == [.stored] }.keys.sorted()
        #expect(try place.storedEvents() == stored)
        #expect(bench.ingest.submit(try event(taken)))
        #expect(bench.waitForDeliveries(1))
        bench.ingest.stop()
        try place.remove()
    }

    @Test(arguments: Place.Engine.allCases)
    func `under load and outages everything taken is stored, once`(engine: Place.Engine) throws {
        let place = try Place(engine, isOwn: true)
        let bench = Bench(place.store, journal: journal)
        bench.startAndWait()
        let load = try Load(bench.ingest) { try event($0) }
        for _ in 0..<3 {
            let before = bench.storedCount
            #expect(bench.waitUntil { bench.storedCount > before + 200 })
            try place.takeDown()
            #expect(bench.waitUntil { bench.ingest.health == .unavailable })
            let during = bench.storedCount
            #expect(bench.waitUntil { bench.storedCount > during + 200 })
            try place.bringUp()
            #expect(bench.waitUntil { bench.ingest.health == .ready })
        }
        let taken = load.stop()
        #expect(bench.waitUntil { isDrained(bench) })
        bench.ingest.stop()
        #expect(bench.outcomes == Dictionary(uniqueKeysWithValues: taken.map { ($0, [.stored]) }))
        #expect(try place.storedEvents() == taken.sorted())
        try place.remove()
    }
}
