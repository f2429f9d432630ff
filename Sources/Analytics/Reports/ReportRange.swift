package import TimeZones

/// The time range of a report with its buckets in a time zone, and the previous period.
package struct ReportRange: Sendable, Equatable {
    /// The most days of a range, and the most buckets of a series.
    package static let daysMax: Int64 = 10_000
    package static let bucketsMax: Int64 = 1500
    /// The seconds up to which buckets are minutes, hours, days or weeks unless the query has an interval.
    private static let usualSecondsMax: [(seconds: Int64, interval: Interval)] = [
        (2 * 3600, .minute), (3 * 86_400 + 3600, .hour), (190 * 86_400, .day), (800 * 86_400, .week),
    ]

    /// How the previous period is found.
    enum Previous: Sendable, Equatable {
        /// It has equal local length and ends where the range begins.
        case adjacent
        /// It is the same range a number of days earlier.
        case days(Int64)
        /// It begins at a time and has equal local length; it ends where the range begins at the latest.
        case from(Int64)
    }

    /// Seconds since 1970: `from` is inclusive, `to` exclusive.
    package let from: Int64
    package let to: Int64
    package let zone: Zone
    package let interval: Interval
    package let weekStart: Weekday
    package let previousFrom: Int64
    package let previousTo: Int64
    /// Whether the range begins with the first stored event, which `beginning(at:)` sets.
    let isAllTime: Bool
    /// The interval of the query.
    private let wanted: Interval?

    /// Without an `interval`, ranges have minutes up to two hours, hours up to three days, days up to 190 days, weeks up to 800 days, and
    /// months beyond.
    ///
    /// `shiftDays` is the number of days between the range and the previous period. Without it, the previous period has equal local length and
    /// ends where the range begins.
    package init(
        from: Int64,
        to: Int64,
        zone: Zone = .utc,
        interval: Interval? = nil,
        weekStart: Weekday = .monday,
        shiftDays: Int64? = nil
    ) throws(ReportError) {
        try self.init(from, to, zone, interval, weekStart, shiftDays.map { .days($0) } ?? .adjacent)
    }

    init(
        _ from: Int64,
        _ to: Int64,
        _ zone: Zone,
        _ interval: Interval?,
        _ weekStart: Weekday,
        _ previous: Previous
    ) throws(ReportError) {
        guard from < to else { throw .refused("from must be before to") }
        guard to - from <= Self.daysMax * 86_400 else {
            throw .refused("A range must have at most \(Self.daysMax) days")
        }
        (self.from, self.to, self.zone, self.weekStart) = (from, to, zone, weekStart)
        (wanted, isAllTime) = (interval, false)
        self.interval = interval ?? Self.usualInterval(to - from)
        guard (to - from) / self.interval.usualSeconds < Self.bucketsMax else {
            throw .refused(
                "A series must have at most \(Self.bucketsMax) buckets: narrow the range or choose a longer interval"
            )
        }
        (previousFrom, previousTo) = Self.bounds(previous, from, to, zone)
    }

    /// The range of all time until its first event is known.
    init(allTimeTo to: Int64, from: Int64, _ zone: Zone, _ interval: Interval?, _ weekStart: Weekday) {
        (self.from, self.to, self.zone, self.weekStart) = (from, to, zone, weekStart)
        (wanted, isAllTime, self.interval) = (interval, true, .month)
        (previousFrom, previousTo) = (from - 1, from)
    }

    private init(previousOf range: ReportRange) {
        (from, to, zone, interval) = (range.previousFrom, range.previousTo, range.zone, range.interval)
        (previousFrom, previousTo) = (from - (to - from), from)
        (weekStart, wanted, isAllTime) = (range.weekStart, range.wanted, false)
    }

    static func usualInterval(_ seconds: Int64) -> Interval {
        usualSecondsMax.first { seconds <= $0.seconds }?.interval ?? .month
    }

    private static func bounds(
        _ previous: Previous,
        _ from: Int64,
        _ to: Int64,
        _ zone: Zone
    ) -> (from: Int64, to: Int64) {
        let length = zone.local(to) - zone.local(from)
        switch previous {
        case .days(let days):
            return (zone.seconds(from, addingDays: -days), min(from, zone.seconds(to, addingDays: -days)))
        case .from(let start):
            // In a repeated hour, there may be no local time between the two.
            return (start, min(from, max(start + 1, zone.seconds(local: zone.local(start) + length))))
        case .adjacent:
            let start = zone.seconds(local: zone.local(from) - length)
            return (length > 0 && start < from ? start : from - (to - from), from)
        }
    }

    /// The starts of the buckets.
    var buckets: [Int64] { zone.bucketStarts(from: from, to: to, interval, weekStart: weekStart) }

    /// The start of the last bucket when the range ends before the bucket does.
    package var partialFrom: Int64? {
        bucketStart(to) == to ? nil : bucketStart(to - 1)
    }

    private func bucketStart(_ seconds: Int64) -> Int64 { zone.bucketStart(seconds, interval, weekStart: weekStart) }

    /// The previous period as a range.
    var previous: ReportRange { ReportRange(previousOf: self) }

    /// The range of all time with the day of the first event as its first day; today without events.
    ///
    /// It does not begin before `from`: the sender may not read earlier times.
    func beginning(at first: Int64?) throws(ReportError) -> ReportRange {
        let start = max(from, zone.bucketStart(min(max(first ?? to, from), to - 1), .day))
        return try ReportRange(start, to, zone, wanted, weekStart, .adjacent)
    }
}
