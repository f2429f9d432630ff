import Dispatch
import Storage
import Synchronization
import Events
import TestSupport
import Testing

/// What both engines make of the numbers of batches: each batch once, whatever is sent again.
@Suite struct BatchIDTests {
    private func events(_ numbers: Range<Int>) throws -> [Event] {
        try numbers.map { try Event.sample(more: [("seq", String($0))]) }
    }

    private func stored(_ database: Database) throws -> [Int] {
        try database.column("select seq from collector_events order by id").compactMap { $0.flatMap { Int($0) } }
    }

    @Test(arguments: Engine.allCases)
    func `a batch that is sent again under its number changes nothing and says so`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let batch = Batch(events: try events(0..<5))
        let id = BatchID(source: .random(isJournal: false), number: 1, previous: 0)
        #expect(try writer.append(batch, as: id) == Appended(stored: 5, duplicates: 0))
        #expect(try writer.append(batch, as: id) == Appended(stored: 0, duplicates: 5))
        // As after a lost connection.
        #expect(try store.makeWriter().append(batch, as: id) == Appended(stored: 0, duplicates: 5))
        #expect(try stored(database) == Array(0..<5))
        #expect(try writer.position(of: id.source) == 1)
    }

    @Test(arguments: Engine.allCases)
    func `the next batch follows, whether numbers are next to each other or not`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let source = BatchSource.random(isJournal: true)
        let numbers: [Int64] = [1, 2, 1002, 1003, 1 << 40, .max]
        for (index, number) in numbers.enumerated() {
            let id = BatchID(source: source, number: number, previous: index == 0 ? 0 : numbers[index - 1])
            let appended = try writer.append(Batch(events: try events(index..<index + 1)), as: id)
            #expect(appended == Appended(stored: 1, duplicates: 0))
            #expect(try writer.position(of: source) == number)
        }
        #expect(try stored(database) == Array(0..<numbers.count))
    }

    @Test(arguments: Engine.allCases, [0, 1, 4, 6, 9])
    func `a batch that follows another number than the store knows is not written`(
        engine: Engine,
        previous: Int64
    ) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let source = BatchSource.random(isJournal: true)
        _ = try writer.append(Batch(events: try events(0..<1)), as: BatchID(source: source, number: 5, previous: 0))
        let wrong = BatchID(source: source, number: 10, previous: previous)
        let batches = try [
            Batch(events: events(1..<3)), Batch(submissions: [Submission.sample(), Submission.sample()]),
            Batch(events: events(1..<2), submissions: [Submission.sample()]),
        ]
        for batch in batches {
            #expect(try writer.append(batch, as: wrong) == Appended(stored: 0, duplicates: 2))
            #expect(try writer.position(of: source) == 5)
        }
        #expect(try stored(database) == [0])
        #expect(try database.count("debug_data") == 0)
        let right = BatchID(source: source, number: 10, previous: 5)
        #expect(try writer.append(batches[2], as: right) == Appended(stored: 2, duplicates: 0))
        #expect(try writer.position(of: source) == 10)
    }

    @Test(arguments: Engine.allCases)
    func `the first batch of a source is written whatever it says of the one before`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let id = BatchID(source: .random(isJournal: false), number: 9, previous: 8)
        #expect(try writer.append(Batch(events: try events(0..<1)), as: id).stored == 1)
        #expect(try writer.position(of: id.source) == 9)
    }

    @Test(arguments: Engine.allCases)
    func `two sources do not disturb each other`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writers = try [store.makeWriter(), store.makeWriter()]
        let sources = [BatchSource.random(isJournal: false), .random(isJournal: true)]
        for number in 1...Int64(4) {
            for (index, source) in sources.enumerated() {
                let id = BatchID(source: source, number: number, previous: number - 1)
                #expect(try writers[index].append(Batch(events: try events(0..<1)), as: id).stored == 1)
            }
        }
        _ = try writers[0].append(
            Batch(events: try events(0..<1)),
            as: BatchID(source: sources[0], number: 5, previous: 4)
        )
        #expect(try writers[1].position(of: sources[0]) == 5)
        #expect(try writers[0].position(of: sources[1]) == 4)
        #expect(try database.count("collector_events") == 9)
    }

    @Test(arguments: Engine.allCases)
    func `the number of a source that has sent nothing is not known`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let id = BatchID(source: .random(isJournal: true), number: 7, previous: 0)
        #expect(try writer.position(of: id.source) == nil)
        _ = try writer.append(Batch(events: try events(0..<1)), as: id)
        #expect(try writer.position(of: id.source) == 7)
        #expect(try writer.position(of: .random(isJournal: true)) == nil)
    }

    @Test(arguments: Engine.allCases)
    func `a batch that is refused does not move the number`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.refuse(visitor: "v_bad")
        let writer = try store.makeWriter()
        let source = BatchSource.random(isJournal: true)
        let bad = try Event.sample(visitor: "v_bad")
        let batches = [Batch(events: [bad]), Batch(events: [bad], submissions: [try Submission.sample()])]
        for known in [nil, 1] as [Int64?] {
            let id = BatchID(source: source, number: (known ?? 0) + 1, previous: known ?? 0)
            for batch in batches {
                let error = #expect(throws: StoreError.self) { try writer.append(batch, as: id) }
                guard case .refused = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(try writer.position(of: source) == known)
            }
            #expect(try writer.append(Batch(events: try events(0..<2)), as: id).stored == 2)
        }
        #expect(try stored(database) == [0, 1, 0, 1])
        #expect(try database.count("debug_data") == 0)
    }

    @Test(arguments: Engine.allCases)
    func `events that are there already move the number all the same`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let event = try Event.sample(eventID: "0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f")
        let source = BatchSource.random(isJournal: true)
        for number in 1...Int64(3) {
            let id = BatchID(source: source, number: number, previous: number - 1)
            let appended = try writer.append(Batch(events: [event]), as: id)
            #expect(appended == Appended(stored: number == 1 ? 1 : 0, duplicates: number == 1 ? 0 : 1))
            #expect(try writer.position(of: source) == number)
        }
    }

    @Test(arguments: Engine.allCases)
    func `a batch of both kinds is written once, too`(engine: Engine) throws {
        let database = try Database(engine)
        let writer = try database.migrated().makeWriter()
        let id = BatchID(source: .random(isJournal: false), number: 1, previous: 0)
        let submissions = [try Submission.sample(), try Submission.sample()]
        let batch = Batch(events: try events(0..<3), submissions: submissions)
        #expect(try writer.append(batch, as: id) == Appended(stored: 5, duplicates: 0))
        #expect(try writer.append(batch, as: id) == Appended(stored: 0, duplicates: 5))
        let next = BatchID(source: id.source, number: 2, previous: 1)
        #expect(try writer.append(Batch(submissions: submissions), as: next) == Appended(stored: 2, duplicates: 0))
        #expect(try writer.append(Batch(submissions: submissions), as: next) == Appended(stored: 0, duplicates: 2))
        #expect(try stored(database) == Array(0..<3))
        #expect(try database.count("debug_data") == 4)
        #expect(try writer.position(of: id.source) == 2)
    }

    @Test(arguments: Engine.allCases)
    func `two writers that send the same batch at the same time store it once`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writers = try [store.makeWriter(), store.makeWriter()]
        let source = BatchSource.random(isJournal: true)
        let rounds = 100
        for round in 0..<rounds {
            // Of one kind, of the other, and of both: each has a way of its own.
            let batch = try Batch(
                events: round % 3 == 1 ? [] : events(round..<round + 1),
                submissions: round % 3 == 0 ? [] : [Submission.sample()]
            )
            let id = BatchID(source: source, number: Int64(round + 1), previous: Int64(round))
            let answers = Mutex<[Result<Appended, StoreError>]>([])
            DispatchQueue.concurrentPerform(iterations: 2) { index in
                let answer = Result { () throws(StoreError) in try writers[index].append(batch, as: id) }
                answers.withLock { $0.append(answer) }
            }
            let appended = try answers.withLock { $0 }.map { try $0.get() }
            #expect(appended.reduce(0) { $0 + $1.stored } == batch.count)
            #expect(appended.reduce(0) { $0 + $1.duplicates } == batch.count)
        }
        #expect(try stored(database) == (0..<rounds).filter { $0 % 3 != 1 })
        #expect(try database.count("debug_data") == (0..<rounds).count { $0 % 3 != 0 })
    }

    @Test(arguments: Engine.allCases)
    func `a new writer forgets the numbers of writers of long ago, and never those of journals`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let days = [0, 89, 91]
        var sources: [Int: [BatchSource]] = [:]
        for age in days {
            sources[age] = [false, true].map { BatchSource.random(isJournal: $0) }
            for source in sources[age] ?? [] {
                let id = BatchID(source: source, number: 3, previous: 0)
                _ = try writer.append(Batch(events: try events(0..<1)), as: id)
                let time =
                    engine == .sqlite
                    ? "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-\(age) days')" : "now() - interval '\(age) days'"
                let name = String(decoding: source.id.text, as: UTF8.self)
                try database.rows("update ingest_positions set updated_at = \(time) where source = '\(name)'")
            }
        }
        let other = try store.makeWriter()
        for (age, ofAge) in sources {
            for source in ofAge {
                let known: Int64? = age > 90 && !source.isJournal ? nil : 3
                #expect(try other.position(of: source) == known, "\(age) days, journal: \(source.isJournal)")
            }
        }
    }
}
