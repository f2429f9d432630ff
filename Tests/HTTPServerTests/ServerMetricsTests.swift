@testable import HTTPServer
import Testing

@Suite struct ServerMetricsTests {
    @Test func `a latency is counted in the smallest bucket whose bound it does not exceed`() {
        var histogram = LatencyHistogram()
        for latency in [0, 500, 501, 1000, 10_000_000, 10_000_001] { histogram.count(latency) }
        #expect(histogram.counts.prefix(3) == [2, 2, 0])
        #expect(histogram.counts.suffix(2) == [1, 1])
        #expect(histogram.counts.reduce(0, +) == 6)
        #expect(histogram.microseconds == 20_002_002)
    }

    @Test func `the latencies of all loops are added, and those of other kinds are not`() {
        let metrics = ServerMetrics(loops: 2)
        metrics.count(700, .ingest, loop: 0)
        metrics.count(900, .ingest, loop: 1)
        metrics.count(40, .page, loop: 1)
        #expect(metrics.latencies(.ingest).counts[1] == 2)
        #expect(metrics.latencies(.ingest).microseconds == 1600)
        #expect(metrics.latencies(.page).microseconds == 40)
        #expect(metrics.latencies(.api) == LatencyHistogram())
    }
}
