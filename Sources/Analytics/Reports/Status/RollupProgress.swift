import Numbers
package import Rollups

/// How far the rollups are behind the events, and whether they are being built, by observations on a monotonic clock.
package struct RollupProgress: Sendable {
    package typealias Reason = RollupStatus.Reason

    /// A build in progress.
    package struct Processing: Sendable, Equatable {
        package var reason: Reason
        /// The number of events, by their ids.
        package var done: Int64
        package var total: Int64
        /// Nil until there is a rate for an estimate.
        package var secondsLeft: Int64?

        /// From 0 to 1.
        package var share: Double { total > 0 ? Double(done) / Double(total) : 1 }
    }

    /// The state of the store at one moment.
    package struct Observation: Sendable {
        /// The last event in the rollups.
        package var position: Int64
        /// The id that the rollups could have reached, and the highest id that may have an event.
        package var highWaterMark: Int64
        package var highest: Int64
        /// Whether the rollups contain events that do not exist.
        package var isAhead: Bool
        /// The seconds since the first event that is not in the rollups was received; nil when that is unknown.
        package var oldestSeconds: Int64?
        /// The reason why the rollups were emptied; nil once they are complete again.
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

    /// The events and seconds behind which the rollups count as processing a backlog: far more than the worker's pauses cause.
    static let backlogEventsMin: Int64 = 50_000
    static let backlogSecondsMin = 60.0
    /// The age in seconds of the first event from which on empty rollups count as being built; a new store does not.
    static let buildSecondsMin: Int64 = 30
    /// The most samples, and the seconds between two of them.
    private static let samplesMax = 512
    private static let sampleSeconds = 1.0
    /// The seconds over which the rate is computed.
    private static let rateSeconds = 20.0

    /// The reason why the rollups start empty.
    package var emptyReason: Reason
    /// The times when each highest id was first seen; samples up to the position of the rollups are dropped.
    private var samples: [(at: Double, highest: Int64)] = []
    /// The positions of the last seconds, for the rate.
    private var positions: [(at: Double, position: Int64)] = []
    /// The position at which the current build started.
    private var start: Int64 = 0
    private var reason: Reason?
    private var last: Observation?
    private var movedAt = 0.0

    package init(emptyReason: Reason = .backlog) {
        self.emptyReason = emptyReason
    }

    /// Adds an observation of the store; `seconds` is a moment on a monotonic clock.
    package mutating func observe(_ observation: Observation, at seconds: Double) {
        let hasFallen = last.map { observation.position < $0.position } ?? false
        if last == nil || observation.position != last?.position { movedAt = seconds }
        samples.removeAll { $0.highest <= observation.position }
        let isNew = samples.last.map { observation.highest > $0.highest && seconds - $0.at >= Self.sampleSeconds }
        if observation.highest > observation.position, isNew ?? true {
            // The oldest sample stays, since it shows how long the rollups have been behind.
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
            // Emptied rollups are built from the first event on, also when a part was done before this process started.
            (reason, start) = (emptied == .upgrade && emptyReason == .takeover ? .takeover : emptied, 0)
        } else if reason == nil {
            let isEmpty = observation.position == 0 && (observation.oldestSeconds ?? 0) >= Self.buildSecondsMin
            guard isEmpty || left >= Self.backlogEventsMin || lagSeconds(at: seconds) >= Self.backlogSecondsMin else {
                return
            }
            (reason, start) = (isEmpty ? emptyReason : .backlog, observation.position)
        }
    }

    /// The seconds for which there have been events that are not in the rollups, as far as this process knows; 0 when they are up to date.
    package func lagSeconds(at seconds: Double) -> Double { samples.first.map { max(0, seconds - $0.at) } ?? 0 }

    /// The seconds for which the position has not advanced although there are later events; 0 when the rollups are up to date.
    package func stillSeconds(at seconds: Double) -> Double {
        guard let first = samples.first else { return 0 }
        return max(0, seconds - max(first.at, movedAt))
    }

    /// Whether the rollups contain events that do not exist: the table was truncated, or restored from another backup.
    package var isAhead: Bool { last?.isAhead ?? false }

    /// The current build; nil when the rollups are up to date, or nearly so.
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
