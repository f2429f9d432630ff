/// When to try again to reach a store that failed: soon at first, then ever more seldom.
struct Backoff {
    static let delayMillisecondsMin = 100
    static let delayMillisecondsMax = 2000

    private var failures = 0

    /// Notes a failure.
    ///
    /// - Returns: milliseconds to wait before the next attempt.
    mutating func failed() -> Int {
        defer { failures = min(failures + 1, 16) }
        return min(Self.delayMillisecondsMax, Self.delayMillisecondsMin << failures)
    }

    mutating func succeeded() {
        failures = 0
    }
}

/// What the log has been told about a lasting trouble, so that it is not told at every attempt.
struct LogThrottle {
    /// Times that the same is kept from the log after it has been told.
    static let repeatsMax = 30

    private var last = ""
    private var repeats = 0

    /// Whether the log should be told.
    mutating func shouldLog(_ reason: String) -> Bool {
        if reason == last, repeats < Self.repeatsMax {
            repeats += 1
            return false
        }
        last = reason
        repeats = 0
        return true
    }

    /// Forgets the trouble.
    ///
    /// - Returns: whether the log had been told of one.
    mutating func isOver() -> Bool {
        defer { self = LogThrottle() }
        return !last.isEmpty
    }
}
