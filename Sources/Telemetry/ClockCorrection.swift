/// What the time at which a request was sent and the time at which it came say of the sender's clock.
struct ClockCorrection {
    /// Microseconds to add to the sender's times; 0 when its clock is right, or not known to be wrong.
    let offset: Int64

    /// - Parameters:
    ///   - receivedAt: by our clock, microseconds since 1970.
    ///   - sentAt: by the sender's, or nil when it does not say.
    init(receivedAt: Int64, sentAt: Int64?) {
        let difference = sentAt.map { receivedAt - $0 } ?? 0
        // A request may take its time; only a clock that is wrong by more is worth a correction.
        offset = abs(difference) > Limits.clockOffsetMicrosecondsMax ? difference : 0
    }

    /// Corrects a time, unless that would lead out of the years that a store can write.
    ///
    /// - Returns: whether it did.
    func apply(_ time: inout Int64?) -> Bool {
        guard offset != 0, let said = time, ISO8601.isStorable(said + offset) else { return false }
        time = said + offset
        return true
    }
}
