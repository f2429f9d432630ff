import Events
import Testing

@testable import Reports
@testable import TimeZones

@Suite struct NamedRangeTests {
    private static let berlin = "Europe/Berlin"

    /// A local time as seconds since 1970.
    private static func at(
        _ year: Int64,
        _ month: Int64,
        _ day: Int64,
        _ hour: Int64 = 0,
        _ minute: Int64 = 0,
        zone name: String = berlin
    ) throws -> Int64 {
        let zone = try #require(ZoneCache.system.zone(name))
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        return zone.seconds(local: days * 86_400 + hour * 3600 + minute * 60)
    }

    private static func range(
        _ name: NamedRange,
        now: Int64,
        zone: String = berlin,
        interval: Interval? = nil
    ) throws -> ReportRange {
        try ReportRange(
            name,
            now: now,
            end: now,
            earliest: 946_684_800,
            zone: try #require(ZoneCache.system.zone(zone)),
            interval: interval
        )
    }

    @Test func `realtime is 30 minutes and 24 hours are 24 hours, the last of which is not over`() throws {
        let now = try Self.at(2026, 11, 29, 12, 30) + 17
        let realtime = try Self.range(.realtime, now: now)
        #expect(realtime.interval == .minute && realtime.buckets.count == 30)
        #expect(realtime.from == now - 17 - 29 * 60)
        #expect(realtime.previousTo == realtime.from && realtime.previousFrom == realtime.from - (now - realtime.from))
        let hours = try Self.range(.hours24, now: now)
        #expect(hours.interval == .hour && hours.buckets.count == 24)
    }

    @Test func `a day of the clock change has 23 or 25 hours, and is compared up to the same time of day`() throws {
        for (month, day, hours) in [(Int64(3), Int64(29), 23), (10, 25, 25)] {
            let next = try Self.at(2026, month, day + 1)
            let yesterday = try Self.range(.yesterday, now: next + 3600)
            #expect(yesterday.buckets.count == hours)
            #expect(yesterday.to == next)
            #expect(try yesterday.previousFrom == Self.at(2026, month, day - 1))
            let today = try Self.range(.today, now: try Self.at(2026, month, day, 15, 30))
            #expect(try today.previousTo == Self.at(2026, month, day - 1, 15, 30))
        }
    }

    @Test func `seven days over a clock change begin at midnight`() throws {
        let range = try Self.range(.days7, now: try Self.at(2026, 3, 31, 10))
        #expect(try range.from == Self.at(2026, 3, 25))
        #expect(range.buckets.count == 7)
        #expect(try range.previousFrom == Self.at(2026, 3, 18) && range.previousTo == Self.at(2026, 3, 24, 10))
    }

    @Test func `the month to date is compared with the same days of the month before`() throws {
        let range = try Self.range(.month, now: try Self.at(2026, 11, 12, 9))
        #expect(try range.from == Self.at(2026, 11, 1) && range.interval == .day)
        // The clocks were set back in October: the local length is equal.
        #expect(try range.previousFrom == Self.at(2026, 10, 1) && range.previousTo == Self.at(2026, 10, 12, 9))
        // February has no 31st: the whole of it counts.
        let long = try Self.range(.month, now: try Self.at(2026, 3, 31, 9))
        #expect(try long.previousFrom == Self.at(2026, 2, 1) && long.previousTo == Self.at(2026, 3, 1))
    }

    @Test func `the last month is whole, also in January, and has the leap day`() throws {
        let december = try Self.range(.lastMonth, now: try Self.at(2026, 1, 5, 1))
        #expect(try december.from == Self.at(2025, 12, 1) && december.to == Self.at(2026, 1, 1))
        #expect(december.buckets.count == 31 && december.partialFrom == nil)
        #expect(try december.previousFrom == Self.at(2025, 10, 31) && december.previousTo == december.from)
        #expect(try Self.range(.lastMonth, now: try Self.at(2028, 3, 1)).buckets.count == 29)
        #expect(try Self.range(.lastMonth, now: try Self.at(2026, 3, 31)).buckets.count == 28)
    }

    @Test func `twelve months are those up to the current one`() throws {
        let range = try Self.range(.months12, now: try Self.at(2026, 1, 31, 23, 59))
        #expect(try range.from == Self.at(2025, 2, 1) && range.interval == .month)
        #expect(range.buckets.count == 12)
        #expect(try range.previousFrom == Self.at(2024, 2, 1))
        // A leap year: 365 days from 2024-02-01 end a day earlier in the year.
        #expect(try range.previousTo == Self.at(2025, 1, 30, 23, 59))
    }

    @Test func `the year begins in January of the zone, by day until there are months to compare`() throws {
        let january = try Self.range(.year, now: try Self.at(2026, 1, 1, 0, 1))
        #expect(try january.from == Self.at(2026, 1, 1) && january.interval == .day)
        #expect(january.buckets.count == 1)
        #expect(try january.previousTo == Self.at(2025, 1, 1, 0, 1))
        let december = try Self.range(.year, now: try Self.at(2026, 12, 31, 23))
        #expect(december.interval == .month && december.buckets.count == 12)
        // In Auckland it is 2027 already.
        let auckland = try Self.range(.year, now: try Self.at(2026, 12, 31, 23), zone: "Pacific/Auckland")
        #expect(try auckland.from == Self.at(2027, 1, 1, zone: "Pacific/Auckland"))
    }

    @Test func `all time begins on the day of the first event`() throws {
        let now = try Self.at(2026, 11, 29, 12)
        let range = try Self.range(.all, now: now)
        #expect(range.isAllTime)
        let short = try range.beginning(at: try Self.at(2026, 11, 20, 13))
        #expect(try short.from == Self.at(2026, 11, 20) && short.interval == .day && short.to == now)
        #expect(try range.beginning(at: try Self.at(2019, 5, 5)).interval == .month)
        #expect(try range.beginning(at: nil).from == Self.at(2026, 11, 29))
        let minutes = try Self.range(.all, now: now, interval: .minute)
        #expect(throws: ReportError.self) { try minutes.beginning(at: try Self.at(2026, 11, 20)) }
    }
}
