import Dispatch
import Storage
import StorageSQLite
import Synchronization
import Events
import TestSupport
import Testing

/// What a journal takes it gives back, in its order, each record once.
@Suite struct JournalTests {
    private let folder: TemporaryFolder
    private let journal: SQLiteJournal

    init() throws {
        folder = try TemporaryFolder()
        journal = SQLiteJournal(path: folder.file("journal.sqlite"), bytesMax: 64 << 20)
    }

    private func record(_ number: Int, visitor: String = "v_1", payload: String? = nil) throws -> Record {
        .event(
            try Event.sample(
                visitor: visitor,
                payload: payload,
                more: [("seq", String(number))],
                receivedAt: Int64(1_000_000 + number)
            )
        )
    }

    private func records(_ numbers: Range<Int>) throws -> [Record] { try numbers.map { try record($0) } }

    private func bytes(_ record: Record) -> Int {
        var form: [UInt8] = []
        record.encode(into: &form)
        return form.count
    }

    private func oldest(recordsMax: Int = 1000, bytesMax: Int = 8 << 20) throws -> JournalPortion? {
        try journal.oldest(recordsMax: recordsMax, bytesMax: bytesMax)
    }

    private func seqs(_ portion: JournalPortion?) -> [Int]? { portion?.items.map(\.record.seq) }

    // MARK: - Order and content

    @Test func `an empty journal has nothing to give, and knows its source once it is open`() throws {
        #expect(journal.source == nil)
        try journal.open()
        #expect(journal.source?.isJournal == true)
        #expect(journal.status.records == 0 && journal.status.deadLetters == 0)
        #expect(journal.status.oldestReceivedAt == nil && journal.status.oldestSeconds == nil)
        #expect(try oldest() == nil)
        try journal.append([], unconfirmedBatch: nil)
        #expect(try oldest() == nil)
    }

    @Test func `records come out in the order they came in, under rising numbers`() throws {
        for start in stride(from: 0, to: 60, by: 6) {
            try journal.append(records(start..<start + 6), unconfirmedBatch: nil)
        }
        let portion = try #require(try oldest())
        #expect(seqs(portion) == Array(0..<60))
        #expect(portion.items.map(\.number) == Array(1...60))
        #expect(portion.unconfirmedBatch == nil)
        // Looked at, not taken.
        #expect(try seqs(oldest()) == Array(0..<60))
    }

    @Test func `records of both kinds are given back with every field as it was`() throws {
        let body = #"""
            {"browser":{"b":1.0},"performance":{"p":[1e2]},"fingerprints":{"f":"🙂"},"errors":[{"message":"ß"}],"network":{"n":1},
            "battery":{"level":0.5},"benchmarks":[2],"timestamp":"0001-01-01T00:00:00Z","visitor_id":"v_ü","session_id":"s",
            "pageview_id":7,"other":1}
            """#
        let given: [Record] = [
            .event(
                try Event.sample(
                    visitor: "v_ß🙂",
                    eventID: "ffffffff-ffff-ffff-8000-00000000000f",
                    payload: #"{"z": 1.0,"t":"\u00e9 \"\\"}"#,
                    more: [
                        ("seq", "-2147483648"), ("path", #""/größe?q=🙂""#),
                        ("referrer", #""https:\/\/x.test\/\u00e9""#),
                        ("client_timestamp", #""1969-12-31T23:59:59.999999Z""#),
                    ],
                    userAgent: "Agent/1.0 (ü)",
                    ipHash: String(repeating: "a", count: 64),
                    location: Location(country: "US", regionCode: "IL", cityName: "Springfield", source: .proxy)
                )
            ),
            .event(try Event.sample()), .submission(try Submission.sample(body, ip: "2001:db8::1")),
            .submission(try Submission.sample()),
        ]
        try journal.append(given, unconfirmedBatch: nil)
        let found = try #require(try oldest()).items.map(\.record)
        #expect(found.map(\.fields) == given.map(\.fields))
        #expect(found[1].fields["path"] == .some(nil) && found[0].fields["path"] == "/größe?q=🙂")
    }

    // MARK: - Portions

    @Test func `a portion holds no more records and bytes than it may, but at least one`() throws {
        let given = try records(0..<10)
        try journal.append(given, unconfirmedBatch: nil)
        let three = given[..<3].reduce(0) { $0 + bytes($1) }
        #expect(try seqs(oldest(recordsMax: 4)) == [0, 1, 2, 3])
        #expect(try seqs(oldest(bytesMax: three)) == [0, 1, 2])
        #expect(try seqs(oldest(bytesMax: three - 1)) == [0, 1])
        #expect(try seqs(oldest(bytesMax: 1)) == [0])
        #expect(try seqs(oldest(recordsMax: 1)) == [0])
        #expect(try seqs(oldest(recordsMax: 1000, bytesMax: .max))?.count == 10)
    }

    @Test func `removed records are gone, later ones stay`() throws {
        try journal.append(records(0..<10), unconfirmedBatch: nil)
        try journal.remove(through: 4)
        #expect(try seqs(oldest()) == Array(4..<10))
        #expect(journal.status.records == 6 && journal.status.oldestReceivedAt == 1_000_004)
        // Once more, as after a failure.
        try journal.remove(through: 4)
        #expect(try seqs(oldest()) == Array(4..<10))
        try journal.remove(through: 10)
        #expect(try oldest() == nil)
        #expect(journal.status.records == 0 && journal.status.oldestReceivedAt == nil)
    }

    // MARK: - Unconfirmed batches

    @Test func `an unconfirmed batch is returned whole and alone, however few records are requested`() throws {
        let unconfirmedBatch = BatchID(source: .random(isJournal: false), number: 7, previous: 6)
        let other = BatchID(source: unconfirmedBatch.source, number: 8, previous: 7)
        try journal.append(records(0..<2), unconfirmedBatch: nil)
        try journal.append(records(2..<1002), unconfirmedBatch: unconfirmedBatch)
        try journal.append(records(1002..<1005), unconfirmedBatch: other)
        try journal.append(records(1005..<1007), unconfirmedBatch: nil)
        let portions: [(range: Range<Int>, unconfirmedBatch: BatchID?)] = [
            (0..<2, nil), (2..<1002, unconfirmedBatch), (1002..<1005, other), (1005..<1007, nil),
        ]
        for (range, unconfirmedBatch) in portions {
            let portion = try #require(try oldest(recordsMax: 2, bytesMax: unconfirmedBatch == nil ? 8 << 20 : 1))
            #expect(seqs(portion) == Array(range))
            #expect(portion.unconfirmedBatch == unconfirmedBatch)
            try journal.remove(through: #require(portion.items.last).number)
        }
        #expect(try oldest() == nil)
    }

    // MARK: - Limits

    @Test func `a batch over the record limit is refused as a whole until records are removed`() throws {
        let small = SQLiteJournal(path: folder.file("small.sqlite"), bytesMax: 64 << 20, recordsMax: 10)
        try small.append(records(0..<8), unconfirmedBatch: nil)
        #expect(throws: JournalError.full) { try small.append(records(8..<11), unconfirmedBatch: nil) }
        #expect(small.status.records == 8)
        try small.append(records(8..<10), unconfirmedBatch: nil)
        #expect(throws: JournalError.full) { try small.append(records(10..<11), unconfirmedBatch: nil) }
        try small.remove(through: 2)
        try small.append(records(10..<12), unconfirmedBatch: nil)
        let portion = try small.oldest(recordsMax: 100, bytesMax: 1 << 20)
        #expect(seqs(portion) == Array(2..<12))
    }

    @Test func `a batch over the byte limit is refused as a whole until records are removed`() throws {
        let small = SQLiteJournal(path: folder.file("small.sqlite"), bytesMax: 2 << 20)
        let payload = #"{"t":""# + String(repeating: "x", count: 100_000) + #""}"#
        var taken = 0
        var error: JournalError?
        while error == nil, taken < 100 {
            let two = try [record(taken, payload: payload), record(taken + 1, payload: payload)]
            do throws(JournalError) {
                try small.append(two, unconfirmedBatch: nil)
                taken += 2
            } catch let failure { error = failure }
        }
        #expect(error == .full)
        #expect((12...20).contains(taken) && small.status.records == taken)
        #expect(small.status.bytes <= 2 << 20 && small.status.bytes > 1 << 20)
        try small.remove(through: 4)
        try small.append([record(0, payload: payload), record(1, payload: payload)], unconfirmedBatch: nil)
        #expect(small.status.records == taken - 2)
    }

    // MARK: - Validity

    @Test func `the status has the number of records, bytes and the oldest`() throws {
        try journal.open()
        let empty = journal.status.bytes
        try journal.append(records(5..<8), unconfirmedBatch: nil)
        try journal.append(records(1..<2), unconfirmedBatch: nil)
        #expect(journal.status.records == 4 && journal.status.deadLetters == 0)
        #expect(journal.status.oldestReceivedAt == 1_000_005)
        #expect(try #require(journal.status.oldestSeconds) > 1e9)
        let payload = #"{"t":""# + String(repeating: "x", count: 200_000) + #""}"#
        try journal.append([record(9, payload: payload)], unconfirmedBatch: nil)
        #expect((190_000..<300_000).contains(journal.status.bytes - empty))
        try journal.remove(through: 5)
        #expect(journal.status.bytes - empty < 50_000)
    }

    @Test func `a dead letter is not returned again, and is counted`() throws {
        try journal.append(records(0..<4), unconfirmedBatch: nil)
        try journal.moveToDeadLetters(1, reason: "refused")
        #expect(try seqs(oldest()) == [1, 2, 3])
        #expect(journal.status.deadLetters == 1 && journal.status.records == 3)
        try journal.moveToDeadLetters(3, reason: "refused")
        #expect(try seqs(oldest()) == [1, 3])
        #expect(journal.status.deadLetters == 2)
        try journal.remove(through: 4)
        #expect(journal.status.deadLetters == 2 && journal.status.records == 0)
        // Of a number that is not there nothing is made.
        try journal.moveToDeadLetters(99, reason: "refused")
        #expect(journal.status.deadLetters == 2)
    }

    // MARK: - Threads

    @Test func `while threads append and one drains, each record comes out once and in its thread's order`() throws {
        let (threads, appends) = (4, 50)
        let groups = try (0..<threads).map { thread in
            try (0..<appends).map { turn in
                try (0...turn % 3).map { try record(turn * 3 + $0, visitor: "v_\(thread)") }
            }
        }
        let appending = DispatchGroup()
        for group in groups {
            DispatchQueue(label: "appending").async(group: appending) { [journal] in
                for records in group {
                    do { try journal.append(records, unconfirmedBatch: nil) } catch { Issue.record(error) }
                }
            }
        }
        var found: [String: [Int]] = [:]
        var numbers: [Int64] = []
        var hasEnded = false
        while true {
            guard let portion = try oldest(recordsMax: 7) else {
                // What was appended after the last look and before the end is looked for once more.
                guard !hasEnded else { break }
                hasEnded = appending.wait(timeout: .now() + .milliseconds(1)) == .success
                continue
            }
            for item in portion.items {
                found[(item.record.fields["visitor_id"] ?? nil) ?? "", default: []].append(item.record.seq)
                numbers.append(item.number)
            }
            try journal.remove(through: #require(numbers.last))
        }
        for (thread, group) in groups.enumerated() { #expect(found["v_\(thread)"] == group.joined().map(\.seq)) }
        #expect(numbers == Array(1...Int64(groups.joined().joined().count)))
        #expect(journal.status.records == 0)
    }
}
