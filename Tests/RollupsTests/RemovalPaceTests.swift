import Testing

@testable import Rollups

/// Pauses between the steps of a removal.
@Suite struct RemovalPaceTests {
    @Test func `a pause is twice as long as the step before it, within its limits`() {
        let pace = RemovalPace()
        #expect(pace.pause(after: 150) == 300)
        #expect(pace.pause(after: 1) == RemovalPace.pauseMin)
        #expect(pace.pause(after: 60_000) == RemovalPace.pauseMax)
    }

    @Test func `while more is left from pass to pass, pauses become shorter, and longer once there is less`() {
        var pace = RemovalPace()
        var pauses: [Int] = []
        for events: Int64 in [100, 200, 300, 400, 500, 450, 400, 300, 200] {
            pace.note(events: events, seconds: 0)
            pauses.append(pace.pause(after: 400))
        }
        #expect(pauses == [800, 400, 200, 100, 100, 200, 400, 800, 800])
    }

    @Test func `an age that is exceeded by more and more shortens pauses, too`() {
        var pace = RemovalPace()
        for seconds: Int64 in [10, 40] { pace.note(events: 0, seconds: seconds) }
        #expect(pace.pause(after: 400) == 400)
    }

    @Test func `a large backlog that becomes smaller does not`() {
        var pace = RemovalPace()
        for events in stride(from: Int64(10_000_000), to: 0, by: -1_000_000) { pace.note(events: events, seconds: 0) }
        #expect(pace.pause(after: 400) == 800)
    }
}
