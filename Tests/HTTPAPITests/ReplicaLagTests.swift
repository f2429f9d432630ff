import Storage
import Testing

@testable import HTTPAPI

/// When reports may be read from a replica; times are in seconds.
@Suite struct ReplicaLagTests {
    private func lag(_ comparisons: [(committed: Int64, applied: Int64, at: Double)]) -> ReplicaLag {
        var lag = ReplicaLag()
        for one in comparisons {
            lag.observe(ReplicaPositions(committed: one.committed, applied: one.applied), at: one.at)
        }
        return lag
    }

    @Test func `nothing is read from a replica that was never compared`() {
        #expect(!ReplicaLag().isUsable(at: 0))
        #expect(ReplicaLag().problem(at: 0) == "it has not caught up since the first comparison")
    }

    @Test func `a replica that has applied everything is used until the comparison is too old`() {
        let lag = lag([(100, 100, 10)])
        #expect(lag.isUsable(at: 10))
        #expect(lag.isUsable(at: 15))
        #expect(lag.problem(at: 15) == nil)
        #expect(!lag.isUsable(at: 15.1))
        #expect(lag.problem(at: 18.9) == "it is 8 s behind")
    }

    @Test func `a replica is as old as the newest position that it has applied`() {
        let behind = lag([(100, 90, 10), (200, 150, 11), (300, 190, 12)])
        #expect(behind.isUsable(at: 15))
        #expect(!behind.isUsable(at: 15.1))
        var caughtUp = behind
        caughtUp.observe(ReplicaPositions(committed: 400, applied: 350), at: 17)
        #expect(caughtUp.isUsable(at: 17))
        #expect(!caughtUp.isUsable(at: 17.1))
    }

    @Test func `a change is waited for`() {
        var lag = lag([(100, 100, 10)])
        lag.change(at: 10)
        #expect(!lag.isUsable(at: 10))
        #expect(lag.problem(at: 10) == nil)
        // It was committed before this comparison began.
        lag.observe(ReplicaPositions(committed: 200, applied: 150), at: 11)
        #expect(!lag.isUsable(at: 11))
        lag.observe(ReplicaPositions(committed: 250, applied: 200), at: 12)
        #expect(lag.isUsable(at: 12))
    }

    @Test func `a comparison that fails ends the use until the next one`() {
        var lag = lag([(100, 100, 10)])
        lag.fail("it is a standby of another server")
        #expect(!lag.isUsable(at: 10))
        #expect(lag.problem(at: 10) == "it is a standby of another server")
        lag.observe(ReplicaPositions(committed: 100, applied: 90), at: 11)
        #expect(!lag.isUsable(at: 11))
        lag.observe(ReplicaPositions(committed: 100, applied: 100), at: 12)
        #expect(lag.isUsable(at: 12))
    }

    @Test func `positions that wait are limited, and a replica that catches up is used again`() {
        var lag = ReplicaLag()
        for second in 0..<1_000 {
            lag.observe(ReplicaPositions(committed: Int64(second + 1), applied: 0), at: Double(second))
        }
        #expect(!lag.isUsable(at: 1_000))
        lag.observe(ReplicaPositions(committed: 1_001, applied: 1_000), at: 1_000)
        #expect(lag.isUsable(at: 1_000))
    }
}
