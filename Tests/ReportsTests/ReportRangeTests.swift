import Testing

@testable import Reports
@testable import TimeZones

@Suite struct ReportRangeTests {
    private static func berlin() throws -> Zone { try #require(ZoneCache.system.zone("Europe/Berlin")) }

    @Test func `the previous period has equal local length across a change of the clocks`() throws {
        let zone = try Self.berlin()
        // The week from Monday, 2026-10-19, to Sunday, 2026-10-25, on which clocks go back.
        let range = try ReportRange(from: 1_792_360_800, to: 1_792_969_200, zone: zone)
        #expect(range.to - range.from == 7 * 86_400 + 3600)
        #expect(range.previousTo == range.from)
        #expect(range.from - range.previousFrom == 7 * 86_400)
        #expect(range.buckets.count == 7)
        #expect(range.previous.buckets.count == 7)
        let after = try ReportRange(from: 1_792_969_200, to: 1_793_574_000, zone: zone)
        #expect(after.previousFrom == range.from)
    }

    @Test func `a range ends in a bucket that is not over, or with one`() throws {
        let range = try ReportRange(from: 1_795_737_600, to: 1_795_740_000, interval: .hour)
        #expect(range.buckets == [1_795_737_600])
        #expect(range.partialFrom == 1_795_737_600)
        #expect(try ReportRange(from: 1_795_737_600, to: 1_795_741_200, interval: .hour).partialFrom == nil)
    }

    @Test func `ranges within a minute have one bucket, and nothing before the range counts`() throws {
        let range = try ReportRange(from: 1_795_773_617, to: 1_795_773_677, interval: .minute)
        #expect(range.buckets == [1_795_773_600, 1_795_773_660])
        #expect(range.previousFrom == 1_795_773_557)
    }

    @Test func `hours that are repeated can be asked about`() throws {
        let zone = try Self.berlin()
        // From 02:50 summer time to 02:10 winter time: the clocks go back by 40 minutes meanwhile.
        let range = try ReportRange(from: 1_792_889_400, to: 1_792_890_600, zone: zone, interval: .hour)
        #expect(range.previousTo - range.previousFrom == 1200)
        #expect(range.buckets == [1_792_886_400, 1_792_890_000])
    }

    @Test func `a range has 1,500 buckets and 10,000 days at most`() throws {
        let from: Int64 = 1_795_737_600
        _ = try ReportRange(from: from, to: from + 1500 * 60 - 1, interval: .minute)
        #expect(throws: ReportError.self) { try ReportRange(from: from, to: from + 1500 * 60, interval: .minute) }
        #expect(throws: ReportError.self) { try ReportRange(from: from, to: from + 10_001 * 86_400) }
        #expect(throws: ReportError.self) { try ReportRange(from: from, to: from) }
        #expect(try ReportRange(from: from, to: from + 800 * 86_400, interval: .month).buckets.count == 28)
    }

    /// The most seconds for an interval, and the interval beyond.
    private static let intervals: [(seconds: Int64, interval: Interval, next: Interval)] = [
        (7200, .minute, .hour), (262_800, .hour, .day), (16_416_000, .day, .week), (69_120_000, .week, .month),
        (864_000_000, .month, .month),
    ]

    @Test(arguments: intervals)
    func `longer ranges have longer buckets`(seconds: Int64, interval: Interval, next: Interval) throws {
        let from: Int64 = 946_684_800
        let range = try ReportRange(from: from, to: from + seconds)
        if interval != next { #expect(try ReportRange(from: from, to: from + seconds + 1).interval == next) }
        #expect(range.interval == interval)
        #expect(range.buckets.count <= 340)
    }

    @Test func `weeks start on the day of the query`() throws {
        // From Monday, 2026-11-23, to Sunday, 2026-11-29, in UTC.
        let (from, to): (Int64, Int64) = (1_795_392_000, 1_795_996_800)
        #expect(try ReportRange(from: from, to: to, interval: .week).buckets == [from])
        let sunday = try ReportRange(from: from, to: to, interval: .week, weekStart: .sunday)
        #expect(sunday.buckets == [from - 86_400, to - 86_400])
        #expect(sunday.partialFrom == to - 86_400)
        let saturday = try ReportRange(from: from, to: to, interval: .week, weekStart: .saturday)
        #expect(saturday.buckets == [from - 2 * 86_400, to - 2 * 86_400])
    }
}
