import Events
import SQLite

/// Finds and removes records by their content, for the erasure of a visitor.
extension JournalFile {
    enum Table: String, CaseIterable {
        case records
        case deadLetters = "dead_letters"
    }

    /// The most numbers that one call looks at, so that records can be added between two calls.
    static let findMax: Int64 = 10_000

    /// Finds the rows of a table that contain the bytes and match, among the first ones after a number.
    ///
    /// - Returns: How many were found, and removed if wanted; and the number after which to continue, nil at the end.
    func find(
        _ bytes: [UInt8],
        in table: Table,
        after first: Int64,
        removing: Bool,
        where matches: (Record?) -> Bool
    ) throws(SQLiteError) -> (count: Int, next: Int64?) {
        let last = try connection.number("select max(number) from \(table.rawValue)") ?? 0
        // Numbers without rows, such as those of drained records, are skipped.
        let next = "select min(number) from \(table.rawValue) where number > ?1 + 0"
        guard first < last, let start = try connection.number(next, [String(first)]) else { return (0, nil) }
        let (end, overflows) = start.addingReportingOverflow(Self.findMax)
        let select = try connection.prepare(
            """
            select number, record from \(table.rawValue)
            where number >= ?1 and number < ?2 and instr(record, ?3) > 0 order by number
            """
        )
        try select.bind(1, start)
        try select.bind(2, end)
        try select.bind(3, blob: bytes)
        var numbers: [Int64] = []
        while try select.step() {
            guard let number = select.number(0), let blob = select.blob(1) else { throw .brokenRow }
            if matches(Record(decoding: blob)) { numbers.append(number) }
        }
        select.reset()
        if removing { try remove(numbers, from: table) }
        return (numbers.count, overflows || end > last ? nil : end - 1)
    }

    private func remove(_ numbers: [Int64], from table: Table) throws(SQLiteError) {
        guard !numbers.isEmpty else { return }
        let delete = try connection.prepare("delete from \(table.rawValue) where number = ?1")
        try transaction { () throws(SQLiteError) in
            for number in numbers {
                try delete.bind(1, number)
                try delete.run()
            }
        }
        try measure()
    }

    /// The number of times that bytes occur in the file and its log.
    func occurrences(of bytes: [UInt8]) throws(SQLiteError) -> Int { try connection.occurrences(of: bytes) }
}
