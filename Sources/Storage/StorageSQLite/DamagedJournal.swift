import Glibc
import SQLite
import Storage
import Events

/// A row that was read of a damaged journal, as it is in the file.
struct SalvagedRecord {
    var number: Int64
    var receivedAt: Int64
    var bytes: [UInt8]
    /// The source of its doubt, or the reason why it was set aside.
    var text: [UInt8]?
    var unconfirmedNumber: Int64?
}

/// A journal whose file contradicts itself, read as far as SQLite can.
///
/// Rows are read in the order of their numbers up to one that cannot be; then the next number is looked for that can.
struct DamagedJournal {
    /// Rows that are handed over together.
    private static let portionMax = 1000
    /// Numbers that are tried behind a row that cannot be read: each of the first ones, then one of some.
    private static let nearProbes: Int64 = 64
    private static let farStride: Int64 = 16
    /// Probes of a whole file.
    private static let probesMax = 1_000_000

    /// Bytes of a page of a journal.
    private static let pageBytes = 8192

    private let connection: Connection
    /// Nil when it cannot be read.
    let source: BatchSource?
    /// The highest number that was ever given, and the last that was drained; nil when they cannot be read.
    let lastNumber: Int64?
    let drainedThrough: Int64?

    /// Opens the file without changing it; fails when there is nothing in it that SQLite knows.
    init(path: String) throws(SQLiteError) {
        // SQLite removes the log of an empty file; of one with a page of zeros it reads it.
        if DatabaseFile.bytes(path) == 0, DatabaseFile.bytes(path + "-wal") ?? 0 > 0 { truncate(path, Self.pageBytes) }
        connection = try Connection(path: path, busyMilliseconds: 0, mayCreate: false)
        connection.keepLog()
        // Besides what its name says, this makes SQLite read files that are shorter than they should be.
        try connection.execute("pragma writable_schema = on")
        try connection.execute("pragma locking_mode = exclusive")
        // A statement that names missing columns fails.
        let isOld = (try? connection.rows("select doubt_source from records limit 0")) != nil
        let batch = isOld ? "doubt_source, doubt_number" : "batch_source, batch_number"
        columns = "select number, received_at, record, \(batch) from records"
        // Each may be lost by itself.
        let text = try? connection.rows("select source from journal").first?[0]
        source = (text ?? nil).flatMap { EventID(Array($0.utf8)) }.map { BatchSource(id: $0, isJournal: true) }
        // As above.
        lastNumber = try? connection.number("select seq from sqlite_sequence where name = 'records'")
        // As above.
        drainedThrough = try? connection.number("select through from drained where id = 1")
    }

    /// Rows that were set aside, as many as can be read.
    func deadLetters() -> [SalvagedRecord] {
        var rows: [SalvagedRecord] = []
        // Versions 1 and 2 named the table set_aside.
        for table in ["dead_letters", "set_aside"] {
            // Ends at the first unreadable row; the file is kept.
            try? read("select number, received_at, record, reason, null from \(table) order by number", []) {
                rows.append($0)
                return true
            }
        }
        return rows
    }

    /// Hands the records over that can be read.
    func records(_ take: ([SalvagedRecord]) throws -> Void) throws {
        var start: Int64 = 1
        var probes = 0
        while true {
            let (rows, isWhole) = portion(from: start)
            try take(rows)
            if let number = rows.last?.number { start = number + 1 }
            if isWhole, rows.count < Self.portionMax { return }
            guard !isWhole else { continue }
            // To look for a number before this one would lead to the damaged page again.
            guard let next = next(from: start, &probes) else { return }
            try take(before(next, from: start))
            // Each turn goes forward, whatever the file holds.
            start = rows.isEmpty && next == start ? next + 1 : next
        }
    }

    /// Selects the columns of a record, which versions 1 and 2 named differently.
    private let columns: String

    /// Rows in their order, and whether none of them was in the way.
    private func portion(from start: Int64) -> (rows: [SalvagedRecord], isWhole: Bool) {
        var rows: [SalvagedRecord] = []
        var isInOrder = true
        do {
            try read("\(columns) where number >= ?1 order by number limit \(Self.portionMax)", [start]) { row in
                // A damaged page gives numbers that were never given.
                isInOrder = row.number > rows.last?.number ?? start - 1 && row.number <= lastNumber ?? .max
                if isInOrder { rows.append(row) }
                return isInOrder
            }
            return (rows, isInOrder)
        } catch {
            return (rows, false)
        }
    }

    /// The first number behind a damaged row from which on one can be read again.
    private func next(from start: Int64, _ probes: inout Int) -> Int64? {
        var (number, tried) = (start, Int64(0))
        let highest = lastNumber ?? start + Int64(Self.probesMax)
        while number <= highest, probes < Self.probesMax {
            var found: Int64?
            // An error says that this one cannot be read either.
            try? read("\(columns) where number >= ?1 order by number limit 1", [number]) {
                found = $0.number
                return false
            }
            if let found, found >= number, found <= highest { return found }
            probes += 1
            tried += 1
            number += tried < Self.nearProbes ? 1 : Self.farStride
        }
        return nil
    }

    /// Rows between a damaged one and one that can be read, from its side.
    private func before(_ next: Int64, from start: Int64) -> [SalvagedRecord] {
        var rows: [SalvagedRecord] = []
        // The damaged row ends it.
        try? read("\(columns) where number < ?1 and number >= ?2 order by number desc", [next, start]) { row in
            guard row.number < rows.last?.number ?? next, row.number >= start else { return false }
            rows.append(row)
            return rows.count < Int(Self.farStride)
        }
        return rows
    }

    private func read(
        _ sql: String,
        _ parameters: [Int64],
        _ take: (SalvagedRecord) -> Bool
    ) throws(SQLiteError) {
        let statement = try connection.prepare(sql)
        for (index, parameter) in parameters.enumerated() { try statement.bind(index + 1, parameter) }
        while try statement.step() {
            guard let number = statement.number(0), let bytes = statement.blob(2) else { continue }
            let row = SalvagedRecord(
                number: number,
                receivedAt: statement.number(1) ?? 0,
                bytes: bytes,
                text: statement.blob(3),
                unconfirmedNumber: statement.number(4)
            )
            guard take(row) else { return }
        }
    }
}
