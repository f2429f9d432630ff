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

    private func isDrained(_ harness: IngestHarness) -> Bool {
        harness.ingest.health == .ready && journal.status.records == 0
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `records are taken in while the store is down, and are in it once it is up`(engine: TestDatabase.Engine) throws
    {
        let database = try TestDatabase(engine, isOwn: true)
        try database.takeDown()
        let harness = IngestHarness(database.store, journal: journal)
        harness.ingest.start()
        for ticket in 0..<300 { #expect(harness.ingest.submit(try event(ticket))) }
        let submission = try Submission.sample(#"{"visitor_id":7}"#)
        #expect(harness.ingest.submit(Entry(record: .submission(submission), ticket: 300)))
        #expect(harness.waitForDeliveries(301))
        #expect(harness.outcomes == Dictionary(uniqueKeysWithValues: (0...300).map { ($0, [.stored]) }))
        #expect(harness.ingest.health != .ready && journal.status.records == 301)
        try database.bringUp()
        #expect(harness.waitUntil { isDrained(harness) })
        #expect(try database.numbers("select seq from collector_events order by id") == Array(0..<300))
        #expect(try database.numbers("select visitor_id from debug_data") == [7])
        #expect(harness.ingest.submit(try event(301)))
        #expect(harness.waitForDeliveries(1))
        harness.ingest.stop()
        #expect(harness.ingest.counters.journaled == 301 && harness.ingest.counters.drained == 301)
        try database.remove()
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `a table that is locked stops nobody`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine)
        let harness = IngestHarness(database.store, journal: journal)
        harness.startAndWait()
        let lock = try database.lock()
        for ticket in 0..<200 { #expect(harness.ingest.submit(try event(ticket))) }
        #expect(harness.waitForDeliveries(200))
        #expect(harness.storedCount == 200)
        try lock.release()
        #expect(harness.waitUntil { isDrained(harness) })
        harness.ingest.stop()
        #expect(try database.storedEvents() == Array(0..<200))
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `a backlog survives the end of the process that took it in`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine, isOwn: true)
        try database.takeDown()
        let first = IngestHarness(database.store, journal: journal)
        first.ingest.start()
        for ticket in 0..<50 { #expect(first.ingest.submit(try event(ticket))) }
        #expect(first.waitForDeliveries(50))
        first.ingest.stop()
        try database.bringUp()
        let second = IngestHarness(database.store, journal: journal)
        second.startAndWait()
        #expect(second.waitUntil { isDrained(second) })
        second.ingest.stop()
        #expect(try database.storedEvents() == Array(0..<50))
        try database.remove()
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `records of a backlog that the store already has are not written again`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine)
        _ = try database.store.migrate()
        try journal.append(try (0..<10).map { try event($0).record }, unconfirmedBatch: nil)
        // As a drain does that is killed before it could forget what it has written.
        let source = try #require(journal.source)
        let portion = try #require(try journal.oldest(recordsMax: 6, bytesMax: 1 << 20))
        var batch = Batch()
        for case .event(let event) in portion.items.map(\.record) { batch.events.append(event) }
        let last = try #require(portion.items.last?.number)
        let id = BatchID(source: source, number: last, previous: 0)
        #expect(try database.store.makeWriter().append(batch, as: id).stored == 6)
        let harness = IngestHarness(database.store, journal: journal)
        harness.startAndWait()
        #expect(harness.waitUntil { isDrained(harness) })
        harness.ingest.stop()
        #expect(try database.storedEvents() == Array(0..<10))
    }

    @Test(arguments: TestDatabase.Engine.allCases, [true, false])
    func `an unconfirmed batch is resolved by asking the store`(
        engine: TestDatabase.Engine,
        wasCommitted: Bool
    ) throws {
        let database = try TestDatabase(engine)
        _ = try database.store.migrate()
        let id = BatchID(source: .random(isJournal: false), number: 5, previous: 4)
        let records = try (0..<20).map { try event($0).record }
        if wasCommitted {
            let batch = Batch(events: try (0..<20).map { try Event.sample(more: [("seq", String($0))]) })
            #expect(try database.store.makeWriter().append(batch, as: id).stored == 20)
        }
        try journal.append(records, unconfirmedBatch: id)
        try journal.append([try event(20).record], unconfirmedBatch: nil)
        let harness = IngestHarness(database.store, journal: journal)
        harness.startAndWait()
        #expect(harness.waitUntil { isDrained(harness) })
        harness.ingest.stop()
        #expect(try database.storedEvents() == Array(0...20))
        #expect(harness.ingest.counters.settled == (wasCommitted ? 20 : 0))
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `a journaled record that the store refuses becomes a dead letter, and the others are stored`(
        engine: TestDatabase.Engine
    ) throws {
        let database = try TestDatabase(engine)
        try database.refuse(type: "bad")
        let records = try (0..<40).map { try event($0, type: $0 % 13 == 5 ? "bad" : "pageview").record }
        try journal.append(Array(records[..<30]), unconfirmedBatch: nil)
        try journal.append(
            Array(records[30...]),
            unconfirmedBatch: BatchID(source: .random(isJournal: false), number: 1, previous: 0)
        )
        let harness = IngestHarness(database.store, journal: journal)
        harness.startAndWait()
        #expect(harness.waitUntil { isDrained(harness) })
        harness.ingest.stop()
        #expect(try database.storedEvents() == (0..<40).filter { $0 % 13 != 5 })
        #expect(journal.status.deadLetters == 3)
    }

    @Test func `a full journal refuses, and takes again once it has been drained`() throws {
        let database = try TestDatabase(.postgresql, isOwn: true)
        let small = SQLiteJournal(path: folder.file("small.sqlite"), bytesMax: 64 << 20, recordsMax: 100)
        let harness = IngestHarness(database.store, journal: small)
        harness.startAndWait()
        try database.takeDown()
        var taken = 0
        #expect(
            harness.waitUntil {
                // Refused at once when it is known to be full; until then delivered as unavailable.
                guard (try? harness.ingest.submit(event(taken))) == true else { return true }  // the event is well made
                taken += 1
                return false
            }
        )
        #expect(harness.waitForDeliveries(taken))
        #expect(!harness.ingest.submit(try event(taken)))
        #expect(small.status.records <= 100)
        try database.bringUp()
        #expect(harness.waitUntil { harness.ingest.health == .ready && small.status.records == 0 })
        let stored = harness.outcomes.filter { $0.value == [.stored] }.keys.sorted()
        #expect(try database.storedEvents() == stored)
        #expect(harness.ingest.submit(try event(taken)))
        #expect(harness.waitForDeliveries(1))
        harness.ingest.stop()
        try database.remove()
    }

    @Test(arguments: TestDatabase.Engine.allCases)
    func `under load and outages everything taken is stored, once`(engine: TestDatabase.Engine) throws {
        let database = try TestDatabase(engine, isOwn: true)
        let harness = IngestHarness(database.store, journal: journal)
        harness.startAndWait()
        let load = try Load(harness.ingest) { try event($0) }
        for _ in 0..<3 {
            let before = harness.storedCount
            #expect(harness.waitUntil { harness.storedCount > before + 200 })
            try database.takeDown()
            #expect(harness.waitUntil { harness.ingest.health == .unavailable })
            let during = harness.storedCount
            #expect(harness.waitUntil { harness.storedCount > during + 200 })
            try database.bringUp()
            #expect(harness.waitUntil { harness.ingest.health == .ready })
        }
        let taken = load.stop()
        #expect(harness.waitUntil { isDrained(harness) })
        harness.ingest.stop()
        #expect(harness.outcomes == Dictionary(uniqueKeysWithValues: taken.map { ($0, [.stored]) }))
        #expect(try database.storedEvents() == taken.sorted())
        try database.remove()
    }
}
