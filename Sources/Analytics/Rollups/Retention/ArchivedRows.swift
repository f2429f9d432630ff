import Events

/// The rows that an archive has: of each table and UTC day, those up to a number.
package struct ArchivedRows: Sendable, Equatable {
    private static let dayMicroseconds: Int64 = 86_400_000_000

    /// The highest numbers by table and day since 1970.
    private var numbers: [String: [Int64: Int64]] = [:]

    /// Creates the rows of an empty archive.
    package init() {}

    package var isEmpty: Bool { numbers.isEmpty }

    /// The end of the last day of a table, in seconds since 1970; nil without one.
    package func end(_ table: String) -> Int64? { numbers[table]?.keys.max().map { ($0 + 1) * 86_400 } }

    /// Adds the rows of a day (days since 1970) with ids, or revisions of delivery reports, up to `number`.
    package mutating func add(_ table: String, day: Int64, through number: Int64) {
        numbers[table, default: [:]][day] = number
    }

    /// Whether a row of a time in microseconds since 1970 is in the archive.
    package func contains(_ table: String, microseconds: Int64, number: Int64) -> Bool {
        guard let last = numbers[table]?[floorDivide(microseconds, Self.dayMicroseconds)] else { return false }
        return number <= last
    }
}
