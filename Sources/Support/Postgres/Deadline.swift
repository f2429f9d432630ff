import Glibc

/// The end of a timeout, on the monotonic clock.
struct Deadline {
    private let end: Int

    init(milliseconds: Int32) {
        end = Self.now() + Int(milliseconds)
    }

    var left: Int32 { Int32(max(0, end - Self.now())) }

    private static func now() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

/// Blocks until the socket is ready or the deadline has passed.
///
/// - Returns: Whether the socket is ready; true for a negative descriptor.
func wait(_ socket: Int32, _ events: Int16, _ deadline: Deadline) -> Bool {
    guard socket >= 0 else { return true }
    while true {
        var entry = pollfd(fd: socket, events: events, revents: 0)
        let count = unsafe poll(&entry, 1, deadline.left)
        if count > 0 { return true }
        if count < 0, errno == EINTR { continue }
        return false
    }
}
