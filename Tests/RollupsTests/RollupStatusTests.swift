import Rollups
import Storage
import Testing

/// What the rollup worker says of itself.
@Suite struct RollupStatusTests {
    private func succeed(
        _ status: inout RollupStatus,
        _ position: Int64,
        of end: Int64,
        reason: RollupStatus.Reason? = nil,
        now: Int64
    ) {
        status.succeed(
            position: position,
            highWaterMark: end,
            isBehind: position < end,
            reason: reason,
            deadLetters: 0,
            now: now
        )
    }

    @Test func `an upgrade is counted from the first event on, and ends when nothing is left`() {
        var status = RollupStatus()
        succeed(&status, 300, of: 1000, reason: .upgrade, now: 10)
        #expect(status.isCatchingUp)
        #expect(status.reason == .upgrade)
        #expect((status.done, status.total) == (300, 1000))
        #expect(status.startedAt == 10)
        succeed(&status, 1000, of: 1000, now: 20)
        #expect(!status.isCatchingUp)
        #expect((status.done, status.total) == (0, 0))
        #expect(status.reason == nil)
        #expect(status.lastSuccessAt == 20)
    }

    @Test func `a backlog is counted from where it began`() {
        var status = RollupStatus()
        succeed(&status, 1000, of: 1000, now: 10)
        succeed(&status, 1500, of: 3000, now: 20)
        #expect(status.reason == .backlog)
        #expect((status.done, status.total) == (500, 2000))
    }

    @Test func `a rebuild while it runs begins again at nothing`() {
        var status = RollupStatus()
        succeed(&status, 1000, of: 1000, now: 10)
        succeed(&status, 200, of: 1000, reason: .rebuild, now: 20)
        #expect(status.reason == .rebuild)
        #expect((status.done, status.total) == (200, 1000))
    }

    @Test func `an error stays with the time it appeared first, until a success`() {
        var status = RollupStatus()
        status.fail(.unavailable(reason: "locked"), now: 10)
        status.fail(.unavailable(reason: "locked"), now: 20)
        #expect(status.lastError == .init(error: .unavailable(reason: "locked"), since: 10))
        status.fail(.unavailable(reason: "away"), now: 30)
        #expect(status.lastError?.since == 30)
        succeed(&status, 1, of: 1, now: 40)
        #expect(status.lastError == nil)
    }
}
