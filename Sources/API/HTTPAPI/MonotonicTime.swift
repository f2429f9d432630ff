import Glibc

/// A moment on a monotonic clock, for limits and timeouts; the wall clock may be set at any time.
///
/// `WallClock` is for the dates of records and everything else with a date.
struct MonotonicTime: Sendable {
    let seconds: Double

    var wholeSeconds: Int64 { Int64(seconds) }

    /// The current time to a few milliseconds, at a fraction of the cost of an exact clock, since every request reads it.
    static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return MonotonicTime(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }
}
