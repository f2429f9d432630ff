import Glibc
import Events

/// A moment on a clock that only goes forward, for limits and timeouts: the owner of the machine may set the other one.
///
/// `WallClock` dates records and whatever else has a date.
struct MonotonicTime: Sendable {
    let seconds: Double

    var wholeSeconds: Int64 { Int64(seconds) }

    /// To a few milliseconds, at a fraction of the cost of an exact clock: each request asks.
    static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return MonotonicTime(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }
}

extension WallClock {
    /// Seconds since 1970.
    static var seconds: Int64 { microseconds() / 1_000_000 }
}
