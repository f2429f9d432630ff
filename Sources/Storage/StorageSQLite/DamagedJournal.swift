import Glibc
import SQLite
import Storage
import Events

/// A row read from a damaged journal.
struct SalvagedRecord {
    var number: Int64
    var receivedAt: Int64
    var bytes: [UInt8]
    /// The source of its unconfirmed batch, or the reason of a dead letter.
    var text: [UInt8]?
    var unconfirmedNumber: Int64?
}

/// A damaged journal, read as far as SQLite can.
///
/// Rows are read in the order of their numbers up to an unreadable one. Then higher numbers are
/// probed until a row can be read.
struct DamagedJournal {
    /// The number of rows that are passed on together.
    private static let portionMax = 1000
    /// Probes after an unreadable row: each of the first `nearProbes` numbers, then every `farStride`th number.
    private static let nearProbes: Int64 = 64
    private static let farStride: Int64 = 16
    /// The maximum number of probes for a file.
    private static let probesMax = 1_000_000

    /// The page size of a journal in bytes.
    private static let pageBytes = 8192

    private let connection: Connection
    /// The source of the journal; nil when it cannot be read.
    let source: BatchSource?
    /// The highest number ever assigned, and the number of the last drained record; nil when they cannot be read.
    let lastNumber: Int64?
    let drainedThrough: Int64?

    /// Opens the file without changing it.
    ///
    /// Throws when SQLite cannot read anything in it.
    init(path: String) throws(SQLiteError) {
        // SQLite removes the log of an empty file, but reads it if the file contains a page of zeros.
        if DatabaseFile.bytes(path) == 0, DatabaseFile.bytes(path + "-wal") ?? 0 > 0 { truncate(path, Self.pageBytes) }
        connection = try Connection(path: path, busyMilliseconds: 0, mayCreate: false)
        connection.keepLog()
        // Also makes SQLite read files that are shorter than their header declares.
        try connection.execute("pragma writable_schema = on")
        try connection.execute("pragma locking_mode = exclusive")
        // A statement that names missing columns fails.
        let isOld = (try? connection.rows("select doubt_source from records limit 0")) != nil
        let batch = isOld ? "doubt_source, doubt_number" : "batch_source, batch_number"
        columns = "select number, received_at, record, \(batch) from records"
        // Each value may be lost separately.
        let text = try? connection.rows("select source from journal").first?[0]
        source = (text ?? nil).flatMap { EventID(Array($0.utf8)) }.map { BatchSource(id: $0, isJournal: true) }
        // As above.
        lastNumber = try? connection.number("select seq from sqlite_sequence where name = 'records'")
        // As above.
        drainedThrough = try? connection.number("select through from drained where id = 1")
    }

    /// The dead letters, as far as they can be read.
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

    /// Passes the readable records to `take`.
    func records(_ take: ([SalvagedRecord]) throws -> Void) throws {
        var start: Int64 = 1
        var probes = 0
        while true {
            let (rows, isWhole) = portion(from: start)
            try take(rows)
            if let number = rows.last?.number { start = number + 1 }
            if isWhole, rows.count < Self.portionMax { return }
            guard !isWhole else { continue }
            // Searching for a number below this one would reach the damaged page again.
            guard let next = next(from: start, &probes) else { return }
            try take(before(next, from: start))
            // Each iteration advances, no matter what the file contains.
            start = rows.isEmpty && next == start ? next + 1 : next
        }
    }

    /// The query for the columns of a record, which have other names in versions 1 and 2.
    private let columns: String

    /// Rows in their order, and whether they were read without an error.
    private func portion(from start: Int64) -> (rows: [SalvagedRecord], isWhole: Bool) {
        var rows: [SalvagedRecord] = []
        var isInOrder = true
        do {
            try read("\(columns) where number >= ?1 order by number limit \(Self.portionMax)", [start]) { row in
                // A damaged page may contain numbers that were never assigned.
                isInOrder = row.number > rows.last?.number ?? start - 1 && row.number <= lastNumber ?? .max
                if isInOrder { rows.append(row) }
                return isInOrder
            }
            return (rows, isInOrder)
        } catch {
            return (rows, false)
        }
    }

    /// The first number after a damaged row from which rows can be read again.
    private func next(from start: Int64, _ probes: inout Int) -> Int64? {
        var (number, tried) = (start, Int64(0))
        let highest = lastNumber ?? start + Int64(Self.probesMax)
        while number <= highest, probes < Self.probesMax {
            var found: Int64?
            // An error means that this row cannot be read either.
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

    /// The rows between a damaged row and the next readable one, read backwards.
    private func before(_ next: Int64, from start: Int64) -> [SalvagedRecord] {
        var rows: [SalvagedRecord] = []
        // Ends at the damaged row.
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
