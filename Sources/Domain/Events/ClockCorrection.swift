/// What the time at which a request was sent and the time at which it came say of the sender's clock.
struct ClockCorrection {
    /// Microseconds to add to the sender's times; 0 when its clock is right, or not known to be wrong.
    let offset: Int64
    private let receivedAt: Int64

    /// - Parameters:
    ///   - receivedAt: by our clock, microseconds since 1970.
    ///   - sentAt: by the sender's, or nil when it does not say.
    init(receivedAt: Int64, sentAt: Int64?) {
        self.receivedAt = receivedAt
        let (difference, isOverflow) = sentAt.map(receivedAt.subtractingReportingOverflow) ?? (0, false)
        // A request may take its time; only a clock that is wrong by more is worth a correction.
        let isWrong = !isOverflow && difference.magnitude > UInt64(Limits.clockOffsetMicrosecondsMax)
        offset = isWrong ? difference : 0
    }

    /// Corrects a time, unless that would lead to one before 2000 or later than a day after it came: then one of the times is made up.
    ///
    /// - Returns: whether it did.
    func apply(_ time: inout Int64?) -> Bool {
        guard offset != 0, let said = time else { return false }
        let (corrected, isOverflow) = said.addingReportingOverflow(offset)
        let (latest, isLate) = receivedAt.addingReportingOverflow(Limits.clientTimestampAheadMicrosecondsMax)
        guard !isOverflow, !isLate, corrected >= Limits.clientTimestampMicrosecondsMin, corrected <= latest else {
            return false
        }
        time = corrected
        return true
    }
}
