import Testing

@testable import Reports
@testable import Segments

@Suite struct `The impact of slow pages` {
    private static func summary(_ count: Int64, p75: Double) -> VitalSummary {
        var summary = VitalSummary()
        (summary.count, summary.p75) = (count, p75)
        return summary
    }

    @Test func `it is the number of values by the excess of their p75, in the unit of reports`() {
        #expect(Impact.of(Self.summary(100, p75: 3000), .lcp, sampleMin: 30) == 50_000)
        #expect(Impact.of(Self.summary(100, p75: 2500), .lcp, sampleMin: 30) == 0)
        #expect(Impact.of(Self.summary(10, p75: 300), .cls, sampleMin: 10).map { ($0 * 1000).rounded() } == 2000)
        #expect(Impact.of(Self.summary(29, p75: 9000), .lcp, sampleMin: 30) == nil)
        #expect(Impact.of(VitalSummary(), .lcp, sampleMin: 1) == nil)
    }

    @Test func `a p75 above the threshold takes a quarter of the values`() {
        for count in 1...200 {
            var fewest = count
            for slow in 0...count {
                let values = RankedValues(exact: (0..<count).map { $0 < count - slow ? 1000 : 9000 })
                if values.percentile(0.75) ?? 0 > 1000 { fewest = min(fewest, slow) }
            }
            #expect(Impact.leastSlow(of: Int64(count)) == Int64(fewest), "\(count) values")
        }
    }

    private static func group(_ path: UInt32, _ device: UInt32?, _ impact: Double) -> SlowPagesReport.Group {
        SlowPagesReport.Group(path: path, text: "/\(path)", device: device, impact: impact)
    }

    @Test func `a page is shown once, on the device that has most of its impact`() {
        let pages = [Self.group(2, nil, 100), Self.group(3, nil, 80), Self.group(4, nil, 80)]
        let onDevices = [
            // Most of page 2, half of page 3, and a page that is fast on all devices together.
            Self.group(2, 7, 90), Self.group(2, 8, 30), Self.group(3, 7, 40), Self.group(3, 8, 40),
            Self.group(5, 8, 95),
        ]
        let chosen = SlowPagesReport.chosen(pages, onDevices, limit: 3)
        #expect(chosen == [Self.group(5, 8, 95), Self.group(2, 7, 90), Self.group(3, nil, 80)])
        #expect(SlowPagesReport.chosen([], [], limit: 3).isEmpty)
    }
}
