import Testing

@testable import Rollups

/// Of several processes on one database, one aggregates, and another one takes over when it stops.
@Suite struct RollupTurnTests {
    private let start = ContinuousClock.now
    private let yield = RollupTurn.yieldMilliseconds

    private func position(_ event: Int64, generation: Int64 = 0) -> RollupPosition {
        RollupPosition(
            lastEventID: event,
            generation: generation,
            reason: nil,
            lastReceivedAt: nil,
            deadLettersUnlisted: 0,
            version: 0,
            lastSegmentID: 0,
            visitors: 0
        )
    }

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    /// Whether it is the turn of a process each time it looks at a position, whose id, generation and time are given.
    private func turns(_ looks: [(event: Int64, generation: Int64, milliseconds: Int)]) -> [Bool] {
        var turn = RollupTurn()
        return looks.map { turn.isOurs(position($0.event, generation: $0.generation), now: at($0.milliseconds)) }
    }

    @Test func `a process alone aggregates each time`() {
        var turn = RollupTurn()
        for step in 1...5 {
            let isOurs = turn.isOurs(position(Int64(step) * 10), now: at(step * 1000))
            #expect(isOurs)
            turn.moved(to: position(Int64(step + 1) * 10))
        }
    }

    @Test func `a process yields while another one moves the position`() {
        let looks = (0..<20).map { (event: 10 + Int64($0), generation: Int64(0), milliseconds: $0 * 1000) }
        // At its first look, it does not know of the other one.
        #expect(turns(looks) == [true] + Array(repeating: false, count: 19))
    }

    @Test func `a process takes over when the position has stopped`() {
        #expect(
            turns([(10, 0, 0), (20, 0, 1000), (20, 0, 999 + yield), (20, 0, 1000 + yield), (20, 0, 2000 + yield)])
                == [true, false, false, true, true]
        )
    }

    @Test func `no process yields after the rollups were cleared`() {
        #expect(turns([(10, 0, 0), (20, 0, 1000), (0, 1, 1500), (0, 1, 2000)]) == [true, false, true, true])
    }
}
