import Numbers
package import Rollups

/// How far the rollups are behind the events, and whether they are still being built: from what was observed, on a clock that never jumps.
package struct RollupProgress: Sendable {
    package typealias Reason = RollupStatus.Reason

    /// A build that is under way.
    package struct Processing: Sendable, Equatable {
        package var reason: Reason
        /// Events, counted by their ids.
        package var done: Int64
        package var total: Int64
        /// Nil until there is a rate to estimate by.
        package var secondsLeft: Int64?

        /// From 0 to 1.
        package var share: Double { total > 0 ? Double(done) / Double(total) : 1 }
    }

    /// One look at the store.
    package struct Observation: Sendable {
        /// The last event that the rollups have.
        package var position: Int64
        /// The id up to which they could have come, and the highest one that may hold an event.
        package var highWaterMark: Int64
        package var highest: Int64
        /// Whether they hold events that do not exist.
        package var isAhead: Bool
        /// Seconds since the first event that the rollups do not have was received; nil when that is not known.
        package var oldestSeconds: Int64?
        /// Why the rollups were emptied; nil since they have been complete again.
        package var emptiedReason: Reason?

        package init(
            position: Int64,
            highWaterMark: Int64,
            highest: Int64,
            isAhead: Bool = false,
            oldestSeconds: Int64? = nil
        ) {
            self.position = position
            self.highWaterMark = highWaterMark
            self.highest = highest
            self.isAhead = isAhead
            self.oldestSeconds = oldestSeconds
        }
    }

    /// Events, and seconds, behind which the rollups are said to be processing a backlog: far more than the pauses of the worker bring about.
    static let backlogEventsMin: Int64 = 50_000
    static let backlogSecondsMin = 60.0
    /// Seconds old that the first event must be before rollups that hold nothing count as being built: a new store is not.
    static let buildSecondsMin: Int64 = 30
    /// Moments that are remembered, and seconds between two of them.
    private static let samplesMax = 512
    private static let sampleSeconds = 1.0
    /// Seconds over which the rate is taken.
    private static let rateSeconds = 20.0

    /// Why rollups that begin with nothing do so.
    package var emptyReason: Reason
    /// When each highest id was first seen; those that the rollups have are dropped.
    private var samples: [(at: Double, highest: Int64)] = []
    /// Positions of the last seconds, for the rate.
    private var positions: [(at: Double, position: Int64)] = []
    /// The position that the build under way began from.
    private var start: Int64 = 0
    private var reason: Reason?
    private var last: Observation?
    private var movedAt = 0.0

    package init(emptyReason: Reason = .backlog) {
        self.emptyReason = emptyReason
    }

    /// Takes in a look at the store; `seconds` is a moment on a clock that only goes forward.
    package mutating func observe(_ observation: Observation, at seconds: Double) {
        let hasFallen = last.map { observation.position < $0.position } ?? false
        if last == nil || observation.position != last?.position { movedAt = seconds }
        samples.removeAll { $0.highest <= observation.position }
        let isNew = samples.last.map { observation.highest > $0.highest && seconds - $0.at >= Self.sampleSeconds }
        if observation.highest > observation.position, isNew ?? true {
            // The oldest stays: it is how long the rollups have been behind.
            if samples.count >= Self.samplesMax { samples.remove(at: Self.samplesMax / 2) }
            samples.append((seconds, observation.highest))
        }
        positions.removeAll { hasFallen || seconds - $0.at > Self.rateSeconds }
        positions.append((seconds, observation.position))
        last = observation
        follow(observation, hasFallen, at: seconds)
    }

    private mutating func follow(_ observation: Observation, _ hasFallen: Bool, at seconds: Double) {
        let left = observation.highWaterMark - observation.position
        guard left > 0 else {
            reason = nil
            return
        }
        if hasFallen {
            (reason, start) = (observation.emptiedReason ?? .rebuild, observation.position)
        } else if let emptied = observation.emptiedReason,
            observation.position > 0 || (observation.oldestSeconds ?? 0) >= Self.buildSecondsMin
        {
            // What was emptied is built from the first event on, whatever part of it was done before this process began.
            (reason, start) = (emptied == .upgrade && emptyReason == .takeover ? .takeover : emptied, 0)
        } else if reason == nil {
            let isEmpty = observation.position == 0 && (observation.oldestSeconds ?? 0) >= Self.buildSecondsMin
            guard isEmpty || left >= Self.backlogEventsMin || lagSeconds(at: seconds) >= Self.backlogSecondsMin else {
                return
            }
            (reason, start) = (isEmpty ? emptyReason : .backlog, observation.position)
        }
    }

    /// Seconds for which there have been events that the rollups do not have, as far as this process knows; 0 when they have all.
    package func lagSeconds(at seconds: Double) -> Double { samples.first.map { max(0, seconds - $0.at) } ?? 0 }

    /// Seconds for which the rollups have stood at the same event although there are later ones; 0 when they have all.
    package func stillSeconds(at seconds: Double) -> Double {
        guard let first = samples.first else { return 0 }
        return max(0, seconds - max(first.at, movedAt))
    }

    /// Whether the rollups have taken in events that do not exist: the table was truncated, or restored from another backup than they.
    package var isAhead: Bool { last?.isAhead ?? false }

    /// The build under way; nil when the rollups are up to date, or nearly so.
    package var processing: Processing? {
        guard let reason, let last else { return nil }
        let (done, total) = (last.position - start, last.highWaterMark - start)
        var left: Int64?
        if let first = positions.first, let newest = positions.last, newest.at > first.at,
            newest.position > first.position
        {
            let rate = Double(newest.position - first.position) / (newest.at - first.at)
            left = Int64(saturating: (Double(total - done) / rate).rounded(.up))
        }
        return Processing(reason: reason, done: done, total: total, secondsLeft: left)
    }
}
