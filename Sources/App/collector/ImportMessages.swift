import Events
import Rollups
import Texts

/// What imports of archives and of other products' exports say alike.
enum ImportMessages {
    /// Such as `12 rows imported, 3 skipped: the database has them`.
    static func outcome(stored: Int64, skipped: Int64, _ unit: String) -> String {
        "\(ProgressMeter.grouped(stored)) \(unit) imported"
            + (skipped > 0 ? ", \(ProgressMeter.grouped(skipped)) skipped: the database has them" : "")
    }

    /// Warns if a server would soon remove what begins at a time in seconds since 1970: it is older than the ages of a site, or of a site
    /// without ages of its own (nil).
    static func warnAboutRetention(
        _ policy: RetentionPolicy,
        _ site: String?,
        _ source: String,
        beginningAt start: Int64
    ) {
        guard let age = policy.ages(of: site ?? "").events, start < WallClock.seconds - age else { return }
        let isOwn = site.map { policy.sites[ByteText($0)] != nil } ?? false
        Console.error(
            "collector: warning: the \(source) begins on \(TimestampText.date(start)): with "
                + (isOwn ? "the retention of the site" : "COLLECTOR_RETENTION_EVENTS or _PAGEVIEWS")
                + " as it is set, a server removes old events again; their figures stay"
        )
    }
}
