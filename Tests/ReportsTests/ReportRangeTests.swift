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
        let range = try ReportRange(from: 1_795_737_600, to: 1_795_740_000)
        #expect(range.interval == .hour)
        #expect(range.buckets == [1_795_737_600])
        #expect(range.partialFrom == 1_795_737_600)
        #expect(try ReportRange(from: 1_795_737_600, to: 1_795_741_200).partialFrom == nil)
    }

    @Test func `ranges within a minute have one bucket, and nothing before the range counts`() throws {
        let range = try ReportRange(from: 1_795_773_617, to: 1_795_773_677, interval: .minute)
        #expect(range.buckets == [1_795_773_600, 1_795_773_660])
        #expect(range.previousFrom == 1_795_773_557)
    }

    @Test func `hours that are repeated can be asked about`() throws {
        let zone = try Self.berlin()
        // From 02:50 summer time to 02:10 winter time: the clocks go back by 40 minutes meanwhile.
        let range = try ReportRange(from: 1_792_889_400, to: 1_792_890_600, zone: zone)
        #expect(range.previousTo - range.previousFrom == 1200)
        #expect(range.buckets == [1_792_886_400, 1_792_890_000])
    }

    @Test func `a range has 1,500 buckets and 800 days at most`() throws {
        let from: Int64 = 1_795_737_600
        _ = try ReportRange(from: from, to: from + 1500 * 60 - 1, interval: .minute)
        #expect(throws: ReportError.self) { try ReportRange(from: from, to: from + 1500 * 60, interval: .minute) }
        #expect(throws: ReportError.self) { try ReportRange(from: from, to: from + 801 * 86_400) }
        #expect(throws: ReportError.self) { try ReportRange(from: from, to: from) }
        #expect(try ReportRange(from: from, to: from + 800 * 86_400, interval: .month).buckets.count == 28)
    }
}
