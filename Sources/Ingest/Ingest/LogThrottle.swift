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
