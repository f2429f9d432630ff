/// The delays between attempts to reach a store that failed.
///
/// They double from 100 ms up to 2 seconds.
struct Backoff {
    static let delayMillisecondsMin = 100
    static let delayMillisecondsMax = 2000

    private var failures = 0

    /// Registers a failure.
    ///
    /// - Returns: Milliseconds to wait before the next attempt.
    mutating func failed() -> Int {
        defer { failures = min(failures + 1, 16) }
        return min(Self.delayMillisecondsMax, Self.delayMillisecondsMin << failures)
    }

    mutating func succeeded() {
        failures = 0
    }
}

/// Limits how often the log repeats the same error.
struct LogThrottle {
    /// The number of times that an error is suppressed before it is logged again.
    static let repeatsMax = 30

    private var last = ""
    private var repeats = 0

    /// Whether an error should be logged.
    mutating func shouldLog(_ reason: String) -> Bool {
        if reason == last, repeats < Self.repeatsMax {
            repeats += 1
            return false
        }
        last = reason
        repeats = 0
        return true
    }

    /// Ends the error condition.
    ///
    /// - Returns: Whether an error had been logged.
    mutating func isOver() -> Bool {
        defer { self = LogThrottle() }
        return !last.isEmpty
    }
}
