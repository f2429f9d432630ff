import Glibc

/// The system clock, which dates records.
package enum WallClock {
    /// The current time in microseconds since 1970, UTC.
    package static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The current time in whole seconds since 1970, UTC.
    package static var seconds: Int64 { microseconds() / 1_000_000 }
}
