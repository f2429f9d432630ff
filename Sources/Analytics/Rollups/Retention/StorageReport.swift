package import Storage

/// How much space the data takes, how fast it grows, and what retention has removed.
package struct StorageReport: Sendable, Equatable {
    /// Seconds between two samples of the size, and for which samples are kept.
    static let sampleSeconds: Int64 = 3600
    static let samplesSeconds: Int64 = 8 * 86_400
    /// Seconds that samples must span before a growth is computed from them.
    static let spanMin: Int64 = 6 * 3600

    package var size = StorageSize()
    /// Bytes per day by the samples of the last days; nil as long as there are too few.
    package var growthPerDay: Int64?
    /// Reception time of the oldest event, in seconds since 1970; nil without events.
    package var oldestEvent: Int64?
    /// Seconds by which the oldest event is older than the age of its site; 0 when none is.
    package var overdueSeconds: Int64 = 0
    /// The latest time before which events of a site have been removed, in seconds since 1970; nil when none have been.
    package var retainedFrom: Int64?
    /// Events removed since the database was created.
    package var removedEvents: Int64 = 0
    /// Events that came after their session had been removed, and count in no figure.
    package var lateEvents: Int64 = 0
    /// Whether the last pass left the database above its limit of size, or the disk below its minimum.
    package var isLimitExceeded = false
    package var policy = RetentionPolicy()

    package init() {}

    /// Bytes that may be added until the disk, or the limit of the database, is reached; nil when that is unknown.
    package var bytesLeft: Int64? {
        let disk = size.diskFree.map { max(0, $0 - policy.diskFreeMin) + size.reusable }
        let limit = policy.databaseBytesMax.map { max(0, $0 - size.used) }
        return [disk, limit].compactMap(\.self).min()
    }

    /// Days until there are no bytes left; nil without growth, or when that is unknown.
    package var daysLeft: Double? {
        guard let bytesLeft, let growthPerDay, growthPerDay > 0 else { return nil }
        return Double(bytesLeft) / Double(growthPerDay)
    }

    /// Measures the database, and adds a sample of its size if the last one is an hour old.
    package init(_ database: any Database, policy: RetentionPolicy, now: Int64) throws(StoreError) {
        self.policy = policy
        size = try database.storageSize()
        oldestEvent = try Self.oldestEvent(database)
        let row = try database.rows(
            "select retained_from, removed_events, late_events from insight_position where id = 1"
        ).first
        retainedFrom = row?[0].integer.flatMap { $0 > 0 ? $0 : nil }
        (removedEvents, lateEvents) = (row?[1].integer ?? 0, row?[2].integer ?? 0)
        overdueSeconds = try Self.overdue(database, policy.eventsTimes(now: now), oldest: oldestEvent)
        growthPerDay = try Self.growth(database, used: size.used, now: now)
    }

    /// Reception time of the oldest event, in seconds since 1970; nil without events.
    static func oldestEvent(_ database: any Database) throws(StoreError) -> Int64? {
        try StoredSites.oldest(database, .all)
    }

    private static func overdue(
        _ database: any Database,
        _ times: RemovalTimes,
        oldest: Int64?
    ) throws(StoreError) -> Int64 {
        guard times.sites.isEmpty else {
            return try StoredSites(database).overdue(times).map { $0.time - $0.oldest }.max() ?? 0
        }
        guard let time = times.others, let oldest else { return 0 }
        return max(0, time - oldest)
    }

    private static func growth(_ database: any Database, used: Int64, now: Int64) throws(StoreError) -> Int64? {
        let samples = try database.rows(
            "select at, bytes from size_samples where at >= ?1 order by at",
            [.integer(now - samplesSeconds)]
        )
        let last = samples.last?[0].integer ?? 0
        if now - last >= sampleSeconds {
            try database.insert(
                "insert into size_samples (at, bytes)",
                [[.integer(now), .integer(used)]],
                "on conflict (at) do nothing"
            )
            _ = try database.change("delete from size_samples where at < ?1", [.integer(now - samplesSeconds)])
        }
        guard let first = samples.first, let at = first[0].integer, let bytes = first[1].integer, now - at >= spanMin
        else { return nil }
        return Int64(clamping: Int128(used - bytes) * 86_400 / Int128(now - at))
    }

    /// The events to remove so that the limits of size are kept; 0 when they are.
    package var excessEvents: Int64 {
        guard size.bytesPerEvent > 0 else { return 0 }
        let overLimit = policy.databaseBytesMax.map { size.used - $0 } ?? 0
        var overDisk: Int64 = 0
        if policy.diskFreeMin > 0, let free = size.diskFree {
            overDisk = min(policy.diskFreeMin - free - size.reusable, size.used - RetentionPolicy.diskKeptMin)
        }
        let excess = max(overLimit, overDisk)
        return excess > 0 ? excess / size.bytesPerEvent + 1 : 0
    }
}
