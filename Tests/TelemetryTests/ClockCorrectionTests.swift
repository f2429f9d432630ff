import Testing

@testable import Telemetry

@Suite struct ClockCorrectionTests {
    private let minute: Int64 = 60_000_000

    private func corrected(_ time: Int64?, receivedAt: Int64, sentAt: Int64?) -> Int64? {
        var time = time
        return ClockCorrection(receivedAt: receivedAt, sentAt: sentAt).apply(&time) ? time : nil
    }

    @Test func `a clock that is wrong by more than a minute is corrected by as much`() {
        let hour = 60 * minute
        #expect(corrected(5, receivedAt: 2 * hour, sentAt: 10) == 5 + 2 * hour - 10)
        #expect(corrected(3 * hour, receivedAt: hour, sentAt: 3 * hour) == hour)
    }

    @Test func `a clock that is right, or of which nothing is known, is believed`() {
        #expect(corrected(5, receivedAt: minute, sentAt: 0) == nil)
        #expect(corrected(5, receivedAt: minute + 1, sentAt: 0) == 5 + minute + 1)
        #expect(corrected(5, receivedAt: 0, sentAt: minute) == nil)
        #expect(corrected(5, receivedAt: 9 * minute, sentAt: nil) == nil)
        #expect(corrected(nil, receivedAt: 9 * minute, sentAt: 0) == nil)
    }

    @Test func `a time is not led out of the years that can be stored`() {
        let last: Int64 = 253_402_300_799_999_999
        #expect(corrected(last, receivedAt: 9 * minute, sentAt: 0) == nil)
        #expect(corrected(-62_135_596_800_000_000, receivedAt: 0, sentAt: 9 * minute) == nil)
    }
}
