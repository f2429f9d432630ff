import Events

/// The rows that an archive has: of each table and UTC day, those up to a number.
package struct ArchivedRows: Sendable, Equatable {
    /// The highest numbers by table and day since 1970.
    private var numbers: [String: [Int64: Int64]] = [:]

    /// Creates the rows of an empty archive.
    package init() {}

    /// The end of the last day of a table, in seconds since 1970; nil without one.
    package func end(_ table: String) -> Int64? { numbers[table]?.keys.max().map { ($0 + 1) * CivilDate.daySeconds } }

    /// Adds the rows of a day (days since 1970) with ids, or revisions of delivery reports, up to `number`.
    package mutating func add(_ table: String, day: Int64, through number: Int64) {
        numbers[table, default: [:]][day] = number
    }

    /// Whether a row of a time in microseconds since 1970 is in the archive.
    package func contains(_ table: String, microseconds: Int64, number: Int64) -> Bool {
        let day = floorDivide(microseconds, CivilDate.daySeconds * 1_000_000)
        return numbers[table]?[day].map { number <= $0 } ?? false
    }
}
