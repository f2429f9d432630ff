import Testing

@testable import Events

@Suite struct ClockCorrectionTests {
    private static let minute: Int64 = 60_000_000
    private static let hour = 60 * minute
    private static let day = 24 * hour
    /// A moment in 2026, microseconds since 1970.
    private static let now: Int64 = 1_795_456_784_000_000
    private static let first: Int64 = -62_135_596_800_000_000
    private static let last: Int64 = 253_402_300_799_999_999

    private func corrected(_ time: Int64?, sentAt: Int64?, receivedAt: Int64 = now) -> Int64? {
        var time = time
        return ClockCorrection(receivedAt: receivedAt, sentAt: sentAt).apply(&time) ? time : nil
    }

    @Test func `a clock that is wrong by more than a minute is corrected by as much`() {
        let (now, hour) = (Self.now, Self.hour)
        #expect(corrected(now - 2 * hour - 5, sentAt: now - 2 * hour) == now - 5)
        #expect(corrected(now + 3 * hour - 7, sentAt: now + 3 * hour) == now - 7)
        // The clock of a device whose battery was empty begins in 1970.
        #expect(corrected(90, sentAt: 100) == now - 10)
    }

    @Test func `a clock that is right, or of which nothing is known, is believed`() {
        let (now, minute) = (Self.now, Self.minute)
        #expect(corrected(now - 5, sentAt: now - minute) == nil)
        #expect(corrected(now - 5, sentAt: now - minute - 1) == now - 5 + minute + 1)
        #expect(corrected(now - 5, sentAt: now + minute) == nil)
        #expect(corrected(now - 5, sentAt: nil) == nil)
        #expect(corrected(nil, sentAt: now - 9 * minute) == nil)
    }

    @Test func `a correction leads to a time from 2000 to a day after it came, or is not made`() {
        let (now, hour, day) = (Self.now, Self.hour, Self.day)
        #expect(corrected(now - hour + day, sentAt: now - hour) == now + day)
        #expect(corrected(now - hour + day + 1, sentAt: now - hour) == nil)
        let start = Limits.clientTimestampMicrosecondsMin
        #expect(corrected(start + hour, sentAt: now + hour) == start)
        #expect(corrected(start + hour - 1, sentAt: now + hour) == nil)
    }

    @Test func `no times, however absurd, overflow`() {
        for time in [Int64.min, Self.first, 0, Self.last, .max] {
            for sentAt in [Int64.min, Self.first, 0, Self.last, .max] {
                for receivedAt in [Int64.min, Self.first, 0, Self.now, Self.last, .max] {
                    let corrected = corrected(time, sentAt: sentAt, receivedAt: receivedAt)
                    if let corrected { #expect(corrected >= Limits.clientTimestampMicrosecondsMin) }
                }
            }
        }
    }
}
