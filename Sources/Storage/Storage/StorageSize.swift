import Glibc

/// The bytes that are free on the disk of a file or folder; nil when that is unknown.
package func freeDiskBytes(_ path: String) -> Int64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return Int64(clamping: UInt64(status.f_bavail)).multipliedReportingOverflow(by: Int64(status.f_frsize)).partialValue
}

/// The size of a database by what it holds, in bytes with indexes.
package struct StorageSize: Sendable, Equatable {
    /// Events and delivery reports.
    package var events: Int64 = 0
    /// Submissions of `/collect`; an estimate on SQLite.
    package var submissions: Int64 = 0
    /// Segments and other rollups.
    package var figures: Int64 = 0
    /// Space inside the database that later rows use; an estimate on PostgreSQL.
    package var reusable: Int64 = 0
    /// Estimated bytes of one event with its indexes; 0 without events.
    package var bytesPerEvent: Int64 = 0
    /// Free space of the disk; nil when the database is on another machine.
    package var diskFree: Int64?

    package init() {}

    /// The space that rows use.
    package var used: Int64 { events + submissions + figures - min(reusable, events) }
    /// The space that the database occupies on the disk.
    package var occupied: Int64 { events + submissions + figures }
}

/// The columns whose lengths make up most of a row, to estimate its size.
package enum SampledColumns {
    package static let events = [
        "visitor_id", "session_id", "pageview_id", "event_type", "path", "referrer", "ip_hash", "user_agent", "site",
        "payload",
    ]
    package static let submissions = [
        "browser_info", "performance_data", "fingerprints", "errors", "network", "battery", "benchmarks",
    ]
    /// Rows that are sampled, the latest.
    package static let rows = 200
}
