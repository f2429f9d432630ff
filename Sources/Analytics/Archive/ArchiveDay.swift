import Events

/// A UTC day, as a number of days since 1970.
package struct ArchiveDay: Hashable, Comparable, Sendable {
    static let microseconds: Int64 = 86_400_000_000

    package let number: Int64

    package init(number: Int64) { self.number = number }

    /// The day of a time in microseconds since 1970.
    init(microseconds: Int64) { number = floorDivide(microseconds, Self.microseconds) }

    /// A date such as `2026-11-28`; nil for other text.
    package init?(_ text: String) {
        guard text.utf8.count == 10, let time = ISO8601.microseconds(Array(text.utf8)) else { return nil }
        self.init(microseconds: time)
    }

    /// The day of the system's clock, which is not over.
    package static var today: ArchiveDay { ArchiveDay(microseconds: WallClock.microseconds()) }

    /// The start in seconds since 1970.
    package var start: Int64 { number * 86_400 }

    package var text: String { TimestampText.date(start) }

    package static func < (one: ArchiveDay, other: ArchiveDay) -> Bool { one.number < other.number }
}
