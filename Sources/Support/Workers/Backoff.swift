/// The delays between attempts of a worker, for example to reach a store that failed.
///
/// They double from 100 ms up to 2 seconds.
package struct Backoff {
    package static let delayMillisecondsMin = 100
    package static let delayMillisecondsMax = 2000

    private var failures = 0

    package init() {}

    /// Registers a failure.
    ///
    /// - Returns: Milliseconds to wait before the next attempt.
    package mutating func failed() -> Int {
        defer { failures = min(failures + 1, 16) }
        return min(Self.delayMillisecondsMax, Self.delayMillisecondsMin << failures)
    }

    package mutating func succeeded() {
        failures = 0
    }
}
