import Reports
import Testing
import Rollups

/// The build of the rollups as it is observed.
@Suite struct RollupProgressTests {
    private func observation(_ position: Int64, of end: Int64) -> RollupProgress.Observation {
        .init(position: position, highWaterMark: end, highest: end, oldestSeconds: 3600)
    }

    @Test func `the time that is left follows from the rate of the last seconds`() throws {
        var progress = RollupProgress(emptyReason: .takeover)
        progress.observe(observation(0, of: 1_000_000), at: 0)
        progress.observe(observation(10_000, of: 1_000_000), at: 10)
        let processing = try #require(progress.processing)
        #expect((processing.done, processing.total) == (10_000, 1_000_000))
        #expect(processing.secondsLeft == 990)
    }

    @Test func `a gap of ids that no rate gets over has the longest time left, not a trap`() throws {
        var progress = RollupProgress(emptyReason: .takeover)
        progress.observe(observation(0, of: .max), at: 0)
        progress.observe(observation(1, of: .max), at: 10)
        #expect(try #require(progress.processing).secondsLeft == .max)
    }
}
