/// Decides which of several processes on one database aggregates: the one that moved the position last.
///
/// Every process may move the position, and only one can move it from where it is. But each would aggregate all events,
/// and discard the result if another one was faster. So a process that finds the position moved by another one yields for
/// a while, and takes over when the position has stopped.
///
/// A value without locks, clocks or threads.
struct RollupTurn {
    /// Time in milliseconds for which a process yields after another one has moved the position: longer than the pauses of
    /// a worker that keeps up.
    static let yieldMilliseconds = 3000

    private struct Reached: Equatable {
        let event: Int64
        let generation: Int64

        init(_ position: RollupPosition) { (event, generation) = (position.lastEventID, position.generation) }
    }

    /// Where the position was last seen, or left by this process; nil before the first look.
    private var last: Reached?
    private var yieldsUntil: ContinuousClock.Instant?

    /// Whether this process should aggregate from the stored position.
    mutating func isOurs(_ position: RollupPosition, now: ContinuousClock.Instant) -> Bool {
        let reached = Reached(position)
        // Rollups that were cleared are built again by the first process that comes.
        if let last, last != reached {
            yieldsUntil = last.generation == reached.generation ? now + .milliseconds(Self.yieldMilliseconds) : nil
        }
        last = reached
        return yieldsUntil.map { now >= $0 } ?? true
    }

    /// Notes that this process has moved the position.
    mutating func moved(to position: RollupPosition) { last = Reached(position) }
}
