import Rollups
import Segments
import Storage
import TestSupport
import Testing
import TimeZones

@testable import Reports

/// Orders by impact, and the pages that need attention, from both stores.
@Suite struct SlowPagesTests {
    /// 2026-11-24, 00:00 UTC.
    private static let day: Int64 = 1_795_478_400

    /// Page views with an LCP, by page and device.
    private static let views: [(path: String, device: String, lcp: Float, count: Int)] = [
        ("/fast", "desktop", 1000, 90), ("/product", "desktop", 1200, 20), ("/product", "mobile", 4500, 40),
        ("/rare", "mobile", 9000, 8), ("/both", "desktop", 3000, 30), ("/both", "mobile", 3000, 30),
    ]

    private func filled(_ engine: Engine) throws -> (database: Database, reports: Reports, query: ReportQuery) {
        let database = try Database(engine)
        let store = try database.migrated()
        var fixture = SegmentFixture()
        var number = 0
        for view in Self.views {
            for _ in 0..<view.count {
                number += 1
                fixture.add(
                    visitor: "v_\(number)",
                    session: "s_\(number)",
                    device: view.device,
                    paths: [view.path],
                    at: Self.day + Int64(number) * 60,
                    lcp: view.lcp
                )
            }
        }
        try fixture.write(store.makeDatabase())
        let range = try ReportRange(from: Self.day, to: Self.day + 86_400, zone: .utc, interval: nil)
        return (database, Reports(try store.makeDatabase(), DictionaryCache()), ReportQuery(range: range))
    }

    @Test(arguments: Engine.allCases)
    func `values are sorted by impact, and those with few values follow by page views`(engine: Engine) throws {
        let (database, reports, query) = try filled(engine)
        defer { withExtendedLifetime(database) {} }
        func paths(limit: Int, sampleMin: Int64 = 30) throws -> [String] {
            let report = try reports.vitals(
                query,
                by: .path,
                limit: limit,
                order: .impact(.lcp),
                sampleMin: sampleMin
            )
            #expect(report.count == 4)
            return report.rows.map(\.value)
        }
        // 60 × 2000 ms, 60 × 500 ms, none, and 8 page views of 6500 ms.
        #expect(try paths(limit: 5) == ["/product", "/both", "/fast", "/rare"])
        #expect(try paths(limit: 1) == ["/product"])
        #expect(try paths(limit: 5, sampleMin: 1) == ["/product", "/rare", "/both", "/fast"])
        let pages = try reports.vitals(query, by: .path, limit: 1)
        #expect(pages.rows.map(\.value) == ["/fast"] && pages.order == .pageViews)
        #expect(pages.rows.first?.score.value == 100)
    }

    @Test(arguments: Engine.allCases)
    func `a page is listed on the device where it is slow, with the main cause`(engine: Engine) throws {
        let (database, reports, query) = try filled(engine)
        defer { withExtendedLifetime(database) {} }
        let report = try reports.slowPages(query, .lcp, limit: 5)
        #expect(report.rows.map(\.path) == ["/product", "/both"])
        #expect(report.rows.map(\.device) == ["mobile", nil])
        let first = try #require(report.rows.first)
        #expect(first.impact == 40 * 2000 && first.summary.count == 40)
        #expect(first.element == SlowPagesReport.Cause(value: "img#hero", count: 40, total: 40))
        #expect(first.part?.value == "resourceLoadDelay")
        #expect(try reports.slowPages(query, .inp, limit: 5).rows.isEmpty)
    }
}
