import Foundation
import SQLite
import Storage
import StorageSQLite
import Events
import TestSupport
import Testing

/// The file of a journal: what outlives the process, and what may happen to it.
@Suite struct JournalFileTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("journal.sqlite")
    }

    /// A journal as another process would have it; it is closed when the last reference has gone.
    private func journal() -> SQLiteJournal { SQLiteJournal(path: path, bytesMax: 64 << 20) }

    private func records(_ numbers: Range<Int>, payload: String? = nil) throws -> [Record] {
        try numbers.map { .event(try Event.sample(payload: payload, more: [("seq", String($0))])) }
    }

    private func seqs(_ portion: JournalPortion?) -> [Int] { portion?.items.map(\.record.seq) ?? [] }

    private func oldest(_ journal: SQLiteJournal) throws -> JournalPortion? {
        try journal.oldest(recordsMax: 1000, bytesMax: 8 << 20)
    }

    /// Runs SQL in the file while no journal has it.
    @discardableResult
    private func sql(_ text: String) throws -> [[String?]] {
        try Connection(path: path, busyMilliseconds: 0, mayCreate: false).rows(text)
    }

    private func fileBytes() throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    private func isUnavailable(_ error: JournalError?) -> Bool {
        if case .unavailable = error { true } else { false }
    }

    // MARK: - Closing and opening

    @Test func `a reopened journal has its records, source and numbers`() throws {
        let unconfirmedBatch = BatchID(source: .random(isJournal: false), number: 2, previous: 1)
        var source: BatchSource?
        do {
            let first = journal()
            try first.append(records(0..<3), unconfirmedBatch: nil)
            try first.append(records(3..<5), unconfirmedBatch: unconfirmedBatch)
            try first.moveToDeadLetters(1, reason: "refused")
            source = first.source
        }
        let second = journal()
        try second.open()
        #expect(source != nil && second.source == source)
        #expect(second.status.records == 4 && second.status.deadLetters == 1)
        #expect(try seqs(oldest(second)) == [1, 2])
        try second.remove(through: 3)
        let portion = try oldest(second)
        #expect(seqs(portion) == [3, 4] && portion?.unconfirmedBatch == unconfirmedBatch)
    }

    @Test func `numbers are not used again, even when everything was removed`() throws {
        let journal = journal()
        try journal.append(records(0..<3), unconfirmedBatch: nil)
        try journal.remove(through: 3)
        try journal.append(records(3..<5), unconfirmedBatch: nil)
        #expect(try oldest(journal)?.items.map(\.number) == [4, 5])
    }

    @Test func `numbers go on after the journal was emptied and closed, even when it was made small`() throws {
        let payload = #"{"t":""# + String(repeating: "x", count: 1_000_000) + #""}"#
        var source: BatchSource?
        do {
            let first = journal()
            try first.append(records(0..<8, payload: payload), unconfirmedBatch: nil)
            try first.remove(through: 7)
            try first.moveToDeadLetters(8, reason: "refused")
            try first.remove(through: 8)
            source = first.source
        }
        let second = journal()
        try second.append(records(8..<9), unconfirmedBatch: nil)
        #expect(try oldest(second)?.items.map(\.number) == [9])
        #expect(second.source == source)
    }

    @Test func `another journal has another source`() throws {
        let (first, second) = (journal(), SQLiteJournal(path: folder.file("other.sqlite"), bytesMax: 64 << 20))
        try first.open()
        try second.open()
        #expect(first.source != second.source)
    }

    @Test func `a second journal on the file is refused while the first is open, and works after it`() throws {
        let second = journal()
        do {
            let first = journal()
            try first.append(records(0..<2), unconfirmedBatch: nil)
            #expect(throws: JournalError.inUse) { try second.open() }
            let more = try records(9..<10)
            #expect(throws: JournalError.inUse) { try second.append(more, unconfirmedBatch: nil) }
            #expect(second.source == nil && second.status == JournalStatus())
            // The first is none the worse for it.
            try first.append(records(2..<3), unconfirmedBatch: nil)
            #expect(try seqs(oldest(first)) == [0, 1, 2])
        }
        try second.append(records(3..<4), unconfirmedBatch: nil)
        #expect(try seqs(oldest(second)) == [0, 1, 2, 3])
    }

    // MARK: - The file itself

    @Test func `the file is for its owner alone`() throws {
        let journal = journal()
        try journal.append(records(0..<2), unconfirmedBatch: nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        // No shared memory beside it.
        #expect(names == ["journal.sqlite", "journal.sqlite-wal"])
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        withExtendedLifetime(journal) {}
    }

    @Test func `a file that is removed while it is open is created again`() throws {
        let journal = journal()
        try journal.append(records(0..<2), unconfirmedBatch: nil)
        let source = journal.source
        try FileManager.default.removeItem(atPath: path)
        try journal.append(records(2..<4), unconfirmedBatch: nil)
        #expect(FileManager.default.fileExists(atPath: path))
        #expect(try seqs(oldest(journal)) == [2, 3])
        #expect(journal.status.records == 2)
        // Its numbers begin again, so that the store must not take them for those of the old one.
        #expect(journal.source != nil && journal.source != source)
    }

    @Test func `a journal that cannot be made is unavailable, and works once it can`() throws {
        let below = folder.file("below")
        let journal = SQLiteJournal(path: below + "/journal.sqlite", bytesMax: 64 << 20)
        #expect(
            isUnavailable(
                #expect(throws: JournalError.self) { try journal.append(records(0..<1), unconfirmedBatch: nil) }
            )
        )
        #expect(isUnavailable(#expect(throws: JournalError.self) { try oldest(journal) }))
        try FileManager.default.createDirectory(atPath: below, withIntermediateDirectories: false)
        try journal.append(records(0..<1), unconfirmedBatch: nil)
        #expect(try seqs(oldest(journal)) == [0])
    }

    @Test(arguments: ["select 1", "pragma user_version = 4", "create table journal (source text not null)", "damaged"])
    func `a journal whose creation was interrupted is not damaged`(state: String) throws {
        let unfinished = path + ".new"
        if state == "damaged" {
            try String(repeating: state, count: 2000).write(toFile: unfinished, atomically: false, encoding: .utf8)
        } else {
            _ = try Connection(path: unfinished, busyMilliseconds: 0).rows(state)
        }
        let journal = journal()
        if state == "damaged" {
            #expect(throws: JournalError.self) { try journal.append(records(0..<1), unconfirmedBatch: nil) }
        }
        try journal.append(records(0..<2), unconfirmedBatch: nil)
        #expect(try seqs(oldest(journal)) == [0, 1])
        #expect(journal.status.damage == nil)
        #expect(!FileManager.default.fileExists(atPath: unfinished))
    }

    @Test func `an empty journal that was large becomes small`() throws {
        let journal = journal()
        let payload = #"{"t":""# + String(repeating: "x", count: 1_000_000) + #""}"#
        for start in stride(from: 0, to: 40, by: 8) {
            try journal.append(records(start..<start + 8, payload: payload), unconfirmedBatch: nil)
        }
        #expect(try fileBytes() > 20_000_000)
        try journal.remove(through: 39)
        #expect(journal.status.records == 1)
        try journal.remove(through: 40)
        #expect(journal.status.records == 0)
        #expect(try fileBytes() < 1_000_000)
        try journal.append(records(40..<41), unconfirmedBatch: nil)
        #expect(try oldest(journal)?.items.map(\.number) == [41])
    }

    // MARK: - Versions

    // In version 2 an event ended before its location, here four texts that are none, of four bytes each; in version 1
    // before its site and its clock, here four bytes for none and one.
    @Test(arguments: [(1, 1, 21), (2, 2, 16), (3, 2, 16)])
    func `records of earlier versions are returned and the file is upgraded`(
        version: Int,
        ofRecords: Int,
        missing: Int
    ) throws {
        do { try journal().append(records(0..<4), unconfirmedBatch: nil) }
        let earlier = "cast(x'0\(ofRecords)' || substr(record, 2, length(record) - 1 - \(missing)) as blob)"
        try sql("update records set record = \(earlier)")
        try sql("pragma user_version = \(version)")
        #expect(
            try sql("select distinct hex(substr(record, 1, 1)), typeof(record) from records")
                == [["0\(ofRecords)", "blob"]]
        )
        do {
            let second = journal()
            try second.append(records(4..<5), unconfirmedBatch: nil)
            #expect(try seqs(oldest(second)) == [0, 1, 2, 3, 4])
            #expect(second.status.deadLetters == 0)
        }
        // An earlier program would find records that it cannot read.
        #expect(try sql("pragma user_version") == [["4"]])
    }

    @Test func `a file of a later version is left as it is`() throws {
        do { try journal().append(records(0..<2), unconfirmedBatch: nil) }
        try sql("pragma user_version = 5")
        let second = journal()
        #expect(
            isUnavailable(
                #expect(throws: JournalError.self) { try second.append(records(2..<3), unconfirmedBatch: nil) }
            )
        )
        #expect(try sql("select count(*) from records") == [["2"]])
        #expect(try sql("pragma user_version") == [["5"]])
    }

    @Test func `a file of version 2 keeps its records, its dead letters and its unconfirmed batch`() throws {
        let unconfirmedBatch = BatchID(source: .random(isJournal: false), number: 5, previous: 4)
        do {
            let first = journal()
            try first.append(records(0..<3), unconfirmedBatch: unconfirmedBatch)
            try first.append(records(3..<4), unconfirmedBatch: nil)
            try first.moveToDeadLetters(4, reason: "refused")
        }
        try sql("alter table dead_letters rename to set_aside")
        try sql("alter table set_aside rename column moved_at to set_aside_at")
        try sql("alter table records rename column batch_source to doubt_source")
        try sql("alter table records rename column batch_number to doubt_number")
        try sql("pragma user_version = 2")
        do {
            let second = journal()
            let portion = try #require(try oldest(second))
            #expect(seqs(portion) == [0, 1, 2])
            #expect(portion.unconfirmedBatch == unconfirmedBatch)
            #expect(second.status.deadLetters == 1)
        }
        #expect(try sql("select number, reason from dead_letters") == [["4", "refused"]])
        #expect(try sql("pragma user_version") == [["4"]])
    }

    // MARK: - Damage

    @Test(arguments: ["x''", "x'0100ff'", "x'02'", "'text'", "zeroblob(500)", "substr(record, 1, length(record) - 1)"])
    func `a record that is damaged is set aside and its neighbours are kept`(damage: String) throws {
        do { try journal().append(records(0..<5), unconfirmedBatch: nil) }
        try sql("update records set record = \(damage) where number in (1, 3, 5)")
        do {
            let second = journal()
            #expect(try seqs(oldest(second)) == [1, 3])
            #expect(second.status.deadLetters == 3)
        }
        #expect(try sql("select number from dead_letters order by number").map { $0[0] } == ["1", "3", "5"])
        #expect(try sql("select number from records order by number").map { $0[0] } == ["2", "4"])
    }

    @Test func `a damaged record inside a doubt does not lose the others, which stay a doubt`() throws {
        let unconfirmedBatch = BatchID(source: .random(isJournal: false), number: 5, previous: 4)
        do {
            let first = journal()
            try first.append(records(0..<10), unconfirmedBatch: unconfirmedBatch)
            try first.append(records(10..<12), unconfirmedBatch: nil)
        }
        try sql("update records set record = x'ff' where number in (1, 6, 7)")
        let second = journal()
        let portion = try #require(try second.oldest(recordsMax: 2, bytesMax: 1))
        #expect(seqs(portion) == [1, 2, 3, 4, 7, 8, 9])
        #expect(portion.unconfirmedBatch == unconfirmedBatch)
        #expect(second.status.deadLetters == 3)
    }

    @Test func `a journal of which every record is damaged is empty in the end`() throws {
        do { try journal().append(records(0..<6000), unconfirmedBatch: nil) }
        try sql("update records set record = x'0200'")
        let second = journal()
        #expect(try oldest(second) == nil)
        #expect(second.status.records == 0 && second.status.deadLetters == 6000)
    }

    @Test func `a file that is no database is kept under another name, and a new journal begins`() throws {
        let text = String(repeating: "no database ", count: 1000)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let journal = journal()
        try journal.append(records(0..<1), unconfirmedBatch: nil)
        #expect(try seqs(oldest(journal)) == [0])
        let file = URL(fileURLWithPath: path).lastPathComponent + ".damaged-1"
        #expect(journal.status.damage == JournalDamage(files: 1, lastFile: file, salvaged: 0, lostMax: nil))
        #expect(try String(contentsOfFile: path + ".damaged-1", encoding: .utf8) == text)
    }
}
