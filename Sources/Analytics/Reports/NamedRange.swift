package import TimeZones

/// A range with a name; all but `yesterday` and `last_month` end now.
package enum NamedRange: String, CaseIterable, Sendable {
    /// The last 30 minutes.
    case realtime
    case hours24 = "24h"
    case today, yesterday
    /// Days up to today.
    case days7 = "7d"
    case days30 = "30d"
    case days90 = "90d"
    /// The current month and the one before it.
    case month
    case lastMonth = "last_month"
    /// The current month and the eleven before it.
    case months12 = "12mo"
    /// The current year.
    case year
    /// From the first stored event.
    case all

    fileprivate var days: Int64 {
        switch self {
        case .days7: 7
        case .days30: 30
        case .days90: 90
        default: 1
        }
    }
}

extension ReportRange {
    /// The minutes of `realtime`, and the hours of `24h`.
    private static let realtimeMinutes: Int64 = 30
    private static let hours: Int64 = 24
    /// The days from which on the buckets of the current year are months.
    private static let yearDaysMax: Int64 = 92

    /// A named range of whole buckets, the last of which is the current one.
    ///
    /// `now` and `end`, the end of ranges up to now, are in seconds since 1970, as is `earliest`, before which no event is stored.
    package init(
        _ name: NamedRange,
        now: Int64,
        end: Int64,
        earliest: Int64,
        zone: Zone = .utc,
        interval: Interval? = nil,
        weekStart: Weekday = .monday
    ) throws(ReportError) {
        let today = zone.bucketStart(now, .day)
        func range(_ from: Int64, _ to: Int64, _ usual: Interval, _ previous: Previous) throws(ReportError) -> Self {
            try Self(from, to, zone, interval ?? usual, weekStart, previous)
        }
        switch name {
        case .realtime:
            let from = zone.bucketStart(end - (Self.realtimeMinutes - 1) * 60 - 1, .minute)
            self = try range(from, end, .minute, .adjacent)
        case .hours24:
            self = try range(zone.bucketStart(end - (Self.hours - 1) * 3600 - 1, .hour), end, .hour, .days(1))
        case .today:
            self = try range(today, end, .hour, .days(1))
        case .yesterday:
            self = try range(zone.bucketStart(today - 1, .day), today, .hour, .days(1))
        case .days7, .days30, .days90:
            let from = zone.bucketStart(zone.seconds(today, addingDays: 1 - name.days), .day)
            self = try range(from, end, .day, .days(name.days))
        case .month:
            self = try range(zone.monthStart(now), end, .day, .from(zone.monthStart(now, addingMonths: -1)))
        case .lastMonth:
            self = try range(zone.monthStart(now, addingMonths: -1), zone.monthStart(now), .day, .adjacent)
        case .months12:
            let from = zone.monthStart(now, addingMonths: -11)
            self = try range(from, end, .month, .from(zone.monthStart(now, addingMonths: -23)))
        case .year:
            let (from, before) = (zone.yearStart(now), zone.yearStart(now, addingYears: -1))
            self = try range(from, end, end - from > Self.yearDaysMax * 86_400 ? .month : .day, .from(before))
        case .all:
            self.init(allTimeTo: end, from: earliest, zone, interval, weekStart)
        }
    }
}
