import Glibc
import SQLite
import Storage
import Events

/// The open file of a journal, which is locked for other processes.
final class JournalFile {
    private let path: String
    let connection: Connection
    private let insert: Statement
    private let select: Statement
    private let delete: Statement
    let source: BatchSource
    private(set) var status: JournalStatus
    /// Bytes of the file that are not in use.
    private(set) var freeBytes = 0
    private var scratch: [UInt8] = []

    /// The version of the schema and of the encoded records.
    ///
    /// Version 1 contained records of version 1, versions 2 and 3 those of version 2; versions 1 and 2
    /// had other table and column names. Files of a later version are not opened.
    private static let version = 4
    private static let schemaSQL = """
        pragma user_version = 4;
        create table if not exists journal (source text not null);
        create table if not exists records (
            number integer primary key autoincrement,
            received_at integer not null,
            record blob not null,
            batch_source text,
            batch_number integer
        );
        create table if not exists dead_letters (
            number integer primary key,
            received_at integer not null,
            record blob not null,
            reason text not null,
            moved_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        );
        create table if not exists drained (id integer primary key, through integer not null);
        create table if not exists damage (
            file text primary key,
            salvaged integer not null,
            lost_max integer,
            found_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        );
        """

    /// Renames the tables and columns of a file of version 1 or 2.
    private static func renameTables(_ connection: Connection) throws(SQLiteError) {
        guard try !connection.rows("select 1 from sqlite_master where name = 'set_aside'").isEmpty else { return }
        try connection.execute(
            """
            alter table set_aside rename to dead_letters;
            alter table dead_letters rename column set_aside_at to moved_at;
            alter table records rename column doubt_source to batch_source;
            alter table records rename column doubt_number to batch_number;
            """
        )
    }

    /// Opens the file exclusively, and creates it if it does not exist, with the given source or a new one.
    ///
    /// An existing file must be a journal: an empty one has lost its contents and causes `.emptied`.
    static func open(_ path: String, source: BatchSource? = nil) throws -> JournalFile {
        let bytes = DatabaseFile.bytes(path)
        // SQLite would treat an empty file as a new one and remove its log.
        guard bytes != 0 else { throw SQLiteError.emptied }
        if bytes == nil { try create(path, source ?? .random(isJournal: true)) }
        unlink(unfinished(path))
        return try JournalFile(path, nil)
    }

    private static func unfinished(_ path: String) -> String { path + ".new" }

    /// Creates the file with its tables under another name, and then links it to its own.
    ///
    /// A process that ends in the middle leaves no file that seems to have lost its contents; the next one continues with the
    /// unfinished file. All of it is done under the lock of that file.
    private static func create(_ path: String, _ source: BatchSource) throws {
        let unfinished = unfinished(path)
        try DatabaseFile.make(unfinished)
        let file: JournalFile
        do throws(SQLiteError) {
            file = try JournalFile(unfinished, source)
        } catch {
            guard error.isDamage else { throw error }
            // It never had records.
            for suffix in ["", "-wal", "-journal"] { unlink(unfinished + suffix) }
            throw StoreError.unavailable(reason: "the unfinished journal was damaged and has been removed")
        }
        defer { withExtendedLifetime(file) {} }
        // Another process may have been faster.
        guard DatabaseFile.bytes(path) == nil else { return }
        // SQLite would apply the log of a file that was removed.
        for suffix in ["-wal", "-journal"] { unlink(path + suffix) }
        // A file system without hard links needs the other way.
        guard link(unfinished, path) == 0 || rename(unfinished, path) == 0 else {
            throw StoreError.unavailable(reason: "cannot create the journal: \(String(cString: strerror(errno)))")
        }
    }

    private init(_ path: String, _ fresh: BatchSource?) throws(SQLiteError) {
        self.path = path
        connection = try Connection(path: path, busyMilliseconds: 0, mayCreate: false)
        try connection.execute("pragma page_size = 8192")
        // Exclusive, so that no two processes drain the same records. This also avoids the shared memory file.
        try connection.execute("pragma locking_mode = exclusive")
        try connection.execute("pragma journal_mode = wal")
        try connection.execute("pragma synchronous = full")
        try connection.execute("begin exclusive")
        guard try connection.number("pragma user_version") ?? 0 <= Self.version else { throw .laterVersion }
        if fresh == nil, try connection.rows("select 1 from sqlite_master where name = 'records'").isEmpty {
            throw .emptied
        }
        try Self.renameTables(connection)
        try connection.execute(Self.schemaSQL)
        source = try Self.readSource(connection, fresh)
        try connection.execute("commit")
        // From now on, a file without these tables has lost its log.
        if fresh != nil { try connection.execute("pragma wal_checkpoint(truncate)") }
        insert = try connection.prepare(
            "insert into records (received_at, record, batch_source, batch_number) values (?1, ?2, ?3, ?4)"
        )
        select = try connection.prepare(
            "select number, record, batch_source, batch_number from records order by number limit ?1"
        )
        delete = try connection.prepare("delete from records where number <= ?1")
        status = JournalStatus()
        try measure()
    }

    private static func readSource(
        _ connection: Connection,
        _ fresh: BatchSource?
    ) throws(SQLiteError) -> BatchSource {
        let text = try connection.rows("select source from journal").first.flatMap { $0[0] }
        if let id = text.flatMap({ EventID(Array($0.utf8)) }) { return BatchSource(id: id, isJournal: true) }
        let source = fresh ?? .random(isJournal: true)
        _ = try connection.rows(
            "insert into journal (source) values (?1)",
            [String(decoding: source.id.text, as: UTF8.self)]
        )
        return source
    }

    var hasMoved: Bool { connection.hasMoved }
    var records: Int { status.records }
    var bytes: Int { status.bytes }

    func append(_ records: [Record], unconfirmedBatch: BatchID?) throws(SQLiteError) {
        try transaction { () throws(SQLiteError) in
            try insert.bind(3, unconfirmedBatch?.source.id.text)
            if let unconfirmedBatch {
                try insert.bind(4, unconfirmedBatch.number)
            } else {
                try insert.bind(4, nil as [UInt8]?)
            }
            for record in records {
                scratch.removeAll(keepingCapacity: scratch.capacity <= 1 << 20)
                record.encode(into: &scratch)
                try insert.bind(1, record.receivedAt)
                try insert.bind(2, blob: scratch)
                try insert.run()
            }
        }
        try measure()
    }

    /// Returns the oldest records: all records of an unconfirmed batch, otherwise as many as fit, at least one.
    ///
    /// Unreadable records are moved to the dead letters first, so that the rest of an unconfirmed
    /// batch is returned together.
    func oldest(recordsMax: Int, bytesMax: Int) throws(SQLiteError) -> JournalPortion? {
        while true {
            let (portion, damaged) = try read(recordsMax: recordsMax, bytesMax: bytesMax)
            guard !damaged.isEmpty else { return portion }
            try moveToDeadLetters(damaged, reason: "unreadable record")
        }
    }

    /// Reads the oldest records, and the numbers of the unreadable ones among them.
    private func read(
        recordsMax: Int,
        bytesMax: Int
    ) throws(SQLiteError) -> (portion: JournalPortion?, damaged: [Int64]) {
        defer { select.reset() }
        var portion: JournalPortion?
        var damaged: [Int64] = []
        var bytes = 0
        // An unconfirmed batch was a batch of the store, so it has at most `Batch.recordsMax`
        // records. It must not be split.
        try select.bind(1, Int64(max(recordsMax, Batch.recordsMax) + 1))
        while try select.step() {
            // Such a row violates the constraints of the table.
            guard let number = select.number(0), let blob = select.blob(1) else { throw .brokenRow }
            let unconfirmedBatch = select.unconfirmedBatch
            if portion == nil { portion = JournalPortion(items: [], unconfirmedBatch: unconfirmedBatch) }
            guard unconfirmedBatch == portion?.unconfirmedBatch else { break }
            if unconfirmedBatch == nil, let portion, !portion.items.isEmpty {
                guard portion.items.count < recordsMax, bytes + blob.count <= bytesMax else { break }
            }
            bytes += blob.count
            if let record = Record(decoding: blob) {
                portion?.items.append(JournalPortion.Item(number: number, record: record))
            } else {
                damaged.append(number)
            }
        }
        return (portion, damaged)
    }

    func remove(through number: Int64) throws(SQLiteError) {
        try transaction { () throws(SQLiteError) in
            try delete.bind(1, number)
            try delete.run()
            _ = try connection.rows("insert or replace into drained (id, through) values (1, ?1)", [String(number)])
        }
        try measure()
    }

    /// Inserts the rows read from a damaged journal.
    func restore(_ records: [SalvagedRecord], deadLetters: [SalvagedRecord] = []) throws(SQLiteError) {
        let record = try connection.prepare(
            """
            insert or ignore into records (number, received_at, record, batch_source, batch_number)
            values (?1, ?2, ?3, ?4, ?5)
            """
        )
        let deadLetter = try connection.prepare(
            "insert or ignore into dead_letters (number, received_at, record, reason) values (?1, ?2, ?3, ?4)"
        )
        try transaction { () throws(SQLiteError) in
            for (statement, rows) in [(record, records), (deadLetter, deadLetters)] {
                for row in rows {
                    try statement.bind(1, row.number)
                    try statement.bind(2, row.receivedAt)
                    try statement.bind(3, blob: row.bytes)
                    try statement.bind(4, row.text)
                    if statement === record {
                        if let unconfirmedBatch = row.unconfirmedNumber {
                            try statement.bind(5, unconfirmedBatch)
                        } else {
                            try statement.bind(5, nil as [UInt8]?)
                        }
                    }
                    try statement.run()
                }
            }
        }
        try measure()
    }

    /// Records how a damaged journal was salvaged, and continues its numbers, none of which is reused.
    func noteDamage(file: String, salvaged: Int, lostMax: Int?, lastNumber: Int64) throws(SQLiteError) {
        try transaction { () throws(SQLiteError) in
            _ = try connection.rows(
                "insert or replace into damage (file, salvaged, lost_max) values (?1, ?2, ?3)",
                [file, String(salvaged), lostMax.map { String($0) }]
            )
            let text = String(lastNumber)
            _ = try connection.rows("delete from sqlite_sequence where name = 'records' and seq < ?1 + 0", [text])
            _ = try connection.rows(
                """
                insert into sqlite_sequence (name, seq)
                select 'records', ?1 + 0 where not exists (select 1 from sqlite_sequence where name = 'records')
                """,
                [text]
            )
        }
        try measure()
    }

    /// Moves the contents of the log into the file, so that the file can be renamed.
    func complete() throws(SQLiteError) { try connection.execute("pragma wal_checkpoint(truncate)") }

    /// The damaged files that still exist.
    private func damage() throws(SQLiteError) -> JournalDamage? {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        var damage: JournalDamage?
        for row in try connection.rows("select file, salvaged, lost_max from damage order by found_at, file") {
            guard let file = row[0], access(folder + file, F_OK) == 0 else { continue }
            let salvaged = row[1].flatMap { Int($0) } ?? 0
            let lost = row[2].flatMap { Int($0) }
            guard let known = damage else {
                damage = JournalDamage(files: 1, lastFile: file, salvaged: salvaged, lostMax: lost)
                continue
            }
            damage = JournalDamage(
                files: known.files + 1,
                lastFile: file,
                salvaged: known.salvaged + salvaged,
                lostMax: known.lostMax.flatMap { sum in lost.map { sum + $0 } }
            )
        }
        return damage
    }

    func moveToDeadLetters(_ numbers: [Int64], reason: String) throws(SQLiteError) {
        try transaction { () throws(SQLiteError) in
            let copy = """
                insert or replace into dead_letters (number, received_at, record, reason)
                select number, received_at, record, ?2 from records where number = ?1
                """
            for number in numbers {
                _ = try connection.rows(copy, [String(number), reason])
                _ = try connection.rows("delete from records where number = ?1", [String(number)])
            }
        }
        try measure()
    }

    /// Rewrites the file with what it contains, which releases its free space and the bytes of removed records.
    func shrink() throws(SQLiteError) {
        try connection.execute("vacuum")
        try connection.execute("pragma wal_checkpoint(truncate)")
        try measure()
    }

    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try connection.transaction(body, { error, _ in error })
    }

    /// Updates the status from values that SQLite knows without reading the records.
    func measure() throws(SQLiteError) {
        let pageBytes = Int(try connection.number("pragma page_size") ?? 0)
        freeBytes = Int(try connection.number("pragma freelist_count") ?? 0) * pageBytes
        status.bytes = Int(try connection.number("pragma page_count") ?? 0) * pageBytes - freeBytes
        let first = try connection.number("select min(number) from records")
        let last = try connection.number("select max(number) from records")
        // Records leave from the front, so their count follows from the numbers, except for the few
        // moved to the dead letters.
        status.records = first.flatMap { first in last.map { Int($0 - first + 1) } } ?? 0
        status.oldestReceivedAt = try connection.number("select received_at from records order by number limit 1")
        status.deadLetters = Int(try connection.number("select count(*) from dead_letters") ?? 0)
        status.damage = try damage()
    }
}

extension Statement {
    /// The unconfirmed batch of a row of `records`; nil when there is none.
    fileprivate var unconfirmedBatch: BatchID? {
        guard let id = blob(2).flatMap({ EventID($0) }), let number = number(3) else { return nil }
        return BatchID(source: BatchSource(id: id, isJournal: false), number: number, previous: number - 1)
    }
}
