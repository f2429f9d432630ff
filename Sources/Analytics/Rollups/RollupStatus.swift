package import Storage

/// What the rollup worker is doing: how far it has come, whether it is catching up, and what stopped it last.
///
/// A snapshot; times are seconds since 1970 by the clock of the server.
package struct RollupStatus: Sendable, Equatable {
    /// Why there is more to take in than usual.
    package enum Reason: String, Sendable {
        /// A migration has emptied the rollups.
        case upgrade
        /// `collector rebuild`, or events that were replaced, have emptied the rollups.
        case rebuild
        /// The events are those of a database that was filled before there were rollups.
        case takeover
        /// Events came in faster than they were taken in, or while the worker was not running.
        case backlog
    }

    /// The error of the last attempt that failed.
    package struct Failure: Sendable, Equatable {
        package var error: StoreError
        /// When this error appeared first; later attempts that failed the same way do not change it.
        package var since: Int64

        package init(error: StoreError, since: Int64) {
            self.error = error
            self.since = since
        }
    }

    /// The last event that is in the rollups; nil before the first attempt has succeeded.
    package var position: Int64?
    /// The highest id of an event below which nothing can appear any more, as of the last attempt.
    package var highWaterMark: Int64?
    /// Whether more is left than one portion.
    package var isCatchingUp = false
    /// Why; nil when it is not catching up.
    package var reason: Reason?
    /// Ids taken in and to be taken in since catching up began; both 0 when it is not catching up.
    package var done: Int64 = 0
    package var total: Int64 = 0
    /// When catching up began; nil when it is not catching up.
    package var startedAt: Int64?
    /// When the worker last succeeded, be it that there was nothing to do.
    package var lastSuccessAt: Int64?
    /// Nil after a success.
    package var lastError: Failure?
    /// Events that could not be written and were set aside since the rollups were last emptied, in the list and beyond it.
    package var deadLetters: Int64 = 0

    /// The position from which `done` is counted.
    private var start: Int64 = 0

    package init() {}

    /// Notes an attempt that succeeded; `reason` is why the rollups were emptied, nil when they have been complete since.
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
        // Emptied meanwhile: it begins again.
        if position < before { isCatchingUp = false }
        if !isCatchingUp {
            (isCatchingUp, startedAt) = (true, now)
            // What was emptied is to be made from the first event on, whatever part of it was done before this start.
            start = reason == nil ? before : 0
            if position < start { start = 0 }
        }
        self.reason = reason ?? .backlog
        (done, total) = (position - start, max(position, highWaterMark) - start)
    }

    /// Notes an attempt that failed.
    package mutating func fail(_ error: StoreError, now: Int64) {
        guard lastError?.error != error else { return }
        lastError = Failure(error: error, since: now)
    }
}
