package import Storage

/// State of the rollup worker: position, catch-up progress and last error.
///
/// A snapshot; times are in seconds since 1970 by the server's clock.
package struct RollupStatus: Sendable, Equatable {
    /// Why the worker is catching up.
    package enum Reason: String, Sendable {
        /// A migration cleared the rollups.
        case upgrade
        /// `collector rebuild`, or replaced events, cleared the rollups.
        case rebuild
        /// The database had events before the rollups were introduced.
        case takeover
        /// Events arrived faster than they were aggregated, or while the worker was not running.
        case backlog
    }

    /// The error of the last failed attempt.
    package struct Failure: Sendable, Equatable {
        package var error: StoreError
        /// When this error first occurred; repeated failures with the same error do not change it.
        package var since: Int64

        package init(error: StoreError, since: Int64) {
            self.error = error
            self.since = since
        }
    }

    /// Id of the last aggregated event; nil before the first successful attempt.
    package var position: Int64?
    /// The highest event id below which no new events can appear, as of the last attempt.
    package var highWaterMark: Int64?
    /// Whether more than one portion of events is left.
    package var isCatchingUp = false
    /// Nil when the worker is not catching up.
    package var reason: Reason?
    /// Event ids processed, and ids in all, since catching up began; both 0 when the worker is not catching up.
    package var done: Int64 = 0
    package var total: Int64 = 0
    /// When catching up began; nil when the worker is not catching up.
    package var startedAt: Int64?
    /// When an attempt last succeeded, including attempts without new events.
    package var lastSuccessAt: Int64?
    /// Nil after a successful attempt.
    package var lastError: Failure?
    /// Number of dead letters since the rollups were last cleared, listed and unlisted.
    package var deadLetters: Int64 = 0

    /// The position at which `done` is 0.
    private var start: Int64 = 0

    package init() {}

    /// Records a successful attempt; `reason` is why the rollups were cleared, nil if they have been complete since.
    package mutating func succeed(
        position: Int64,
        highWaterMark: Int64,
        isBehind: Bool,
        reason: Reason?,
        deadLetters: Int64,
        now: Int64
    ) {
        let before = self.position ?? position
        (self.position, self.highWaterMark, self.deadLetters) = (position, highWaterMark, deadLetters)
        (lastSuccessAt, lastError) = (now, nil)
        guard isBehind else {
            (isCatchingUp, self.reason, startedAt, done, total) = (false, nil, nil, 0, 0)
            return
        }
        // The rollups were cleared in between: catching up starts over.
        if position < before { isCatchingUp = false }
        if !isCatchingUp {
            (isCatchingUp, startedAt) = (true, now)
            // After a clear, progress counts from the first event, even if this process starts in the middle.
            start = reason == nil ? before : 0
            if position < start { start = 0 }
        }
        self.reason = reason ?? .backlog
        (done, total) = (position - start, max(position, highWaterMark) - start)
    }

    /// Records a failed attempt.
    package mutating func fail(_ error: StoreError, now: Int64) {
        guard lastError?.error != error else { return }
        lastError = Failure(error: error, since: now)
    }
}
