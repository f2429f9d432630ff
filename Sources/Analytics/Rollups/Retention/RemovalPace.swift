/// How long a removal pauses between its steps: long enough to leave ingest alone, and short enough to keep up with it.
///
/// A step is followed by a pause of twice its time. From pass to pass, the pause is halved while more data is left that
/// must go, and doubled again once there is less.
struct RemovalPace {
    /// Milliseconds of a pause.
    static let pauseMin = 20
    static let pauseMax = 1000
    /// Pauses in quarters of the time of the step before.
    static let quartersMin = 1
    static let quartersMax = 8

    /// What had to go before the last pass; nil before the first one.
    private var before: (events: Int64, seconds: Int64)?
    private var quarters = Self.quartersMax

    /// Notes what must go before a pass: events over the limits of size, and seconds by which the oldest event is older
    /// than the age to keep.
    mutating func note(events: Int64, seconds: Int64) {
        let isMore = before.map { events > $0.events || seconds > $0.seconds } ?? false
        quarters = isMore ? max(quarters / 2, Self.quartersMin) : min(quarters * 2, Self.quartersMax)
        before = (events, seconds)
    }

    /// Milliseconds of the pause after a step that took some.
    func pause(after milliseconds: Int) -> Int {
        min(max(milliseconds * quarters / 4, Self.pauseMin), Self.pauseMax)
    }
}
