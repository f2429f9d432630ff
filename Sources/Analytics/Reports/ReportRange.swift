package import TimeZones

/// The time range of a report with its buckets in a time zone, and the previous period.
package struct ReportRange: Sendable, Equatable {
    /// The most seconds of a range, and the most buckets of a series.
    package static let secondsMax: Int64 = 800 * 86_400
    package static let bucketsMax: Int64 = 1500
    /// The seconds up to which buckets are hours unless the query has an interval.
    static let hourlySecondsMax: Int64 = 3 * 86_400 + 3600

    /// Seconds since 1970: `from` is inclusive, `to` exclusive.
    package let from: Int64
    package let to: Int64
    package let zone: Zone
    package let interval: Interval
    package let previousFrom: Int64
    package let previousTo: Int64

    /// Without an `interval`, ranges of up to three days have hours, and longer ones days.
    ///
    /// `shiftDays` is the number of days between the range and the previous period. Without it, the previous period has equal local length and
    /// ends where the range begins.
    package init(
        from: Int64,
        to: Int64,
        zone: Zone = .utc,
        interval: Interval? = nil,
        shiftDays: Int64? = nil
    ) throws(ReportError) {
        guard from < to else { throw .refused("from must be before to") }
        guard to - from <= Self.secondsMax else { throw .refused("A range must have at most 800 days") }
        (self.from, self.to, self.zone) = (from, to, zone)
        self.interval = interval ?? (to - from <= Self.hourlySecondsMax ? .hour : .day)
        guard (to - from) / self.interval.usualSeconds < Self.bucketsMax else {
            throw .refused(
                "A series must have at most \(Self.bucketsMax) buckets: narrow the range or choose a longer interval"
            )
        }
        if let shiftDays {
            previousFrom = zone.seconds(from, addingDays: -shiftDays)
            previousTo = min(from, zone.seconds(to, addingDays: -shiftDays))
        } else {
            previousTo = from
            let length = zone.local(to) - zone.local(from)
            let start = zone.seconds(local: zone.local(from) - length)
            // In a repeated hour, there may be no local time between the two.
            previousFrom = length > 0 && start < from ? start : from - (to - from)
        }
    }

    /// The starts of the buckets.
    var buckets: [Int64] { zone.bucketStarts(from: from, to: to, interval) }

    /// The start of the last bucket when the range ends before the bucket does.
    package var partialFrom: Int64? {
        zone.bucketStart(to, interval) == to ? nil : zone.bucketStart(to - 1, interval)
    }

    private init(previousOf range: ReportRange) {
        (from, to, zone, interval) = (range.previousFrom, range.previousTo, range.zone, range.interval)
        (previousFrom, previousTo) = (from - (to - from), from)
    }

    /// The previous period as a range.
    var previous: ReportRange { ReportRange(previousOf: self) }
}
