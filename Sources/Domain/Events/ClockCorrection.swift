/// The correction of a client's clock, from the time at which a request was sent and the time at
/// which it was received.
struct ClockCorrection {
    /// Microseconds to add to the client's times; 0 when its clock is right or not known to be wrong.
    let offset: Int64
    private let receivedAt: Int64

    /// - Parameters:
    ///   - receivedAt: The time of receipt by the server's clock, in microseconds since 1970.
    ///   - sentAt: The time of sending by the client's clock, in microseconds since 1970; nil when unknown.
    init(receivedAt: Int64, sentAt: Int64?) {
        self.receivedAt = receivedAt
        let (difference, isOverflow) = sentAt.map(receivedAt.subtractingReportingOverflow) ?? (0, false)
        // A request may be delayed, so only differences above the limit are corrected.
        let isWrong = !isOverflow && difference.magnitude > UInt64(Limits.clockOffsetMicrosecondsMax)
        offset = isWrong ? difference : 0
    }

    /// Corrects a time.
    ///
    /// If the corrected time is before 2000 or more than a day after the time of receipt, one of
    /// the times is invalid, and the time is not changed.
    ///
    /// - Returns: Whether the time was changed.
    func apply(_ time: inout Int64?) -> Bool {
        guard offset != 0, let uncorrected = time else { return false }
        let (corrected, isOverflow) = uncorrected.addingReportingOverflow(offset)
        let (latest, isLate) = receivedAt.addingReportingOverflow(Limits.clientTimestampAheadMicrosecondsMax)
        guard !isOverflow, !isLate, corrected >= Limits.clientTimestampMicrosecondsMin, corrected <= latest else {
            return false
        }
        time = corrected
        return true
    }
}
