/// When to try again to reach a store that failed: soon at first, then ever more seldom.
struct Reconnect {
    static let delayMillisecondsMin = 100
    static let delayMillisecondsMax = 5000

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
