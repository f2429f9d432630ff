import Events
import Rollups

/// What imports of archives and of other products' exports say alike.
enum ImportMessages {
    /// Such as `12 rows imported, 3 skipped: the database has them`.
    static func outcome(stored: Int64, skipped: Int64, _ unit: String) -> String {
        "\(ProgressMeter.grouped(stored)) \(unit) imported"
            + (skipped > 0 ? ", \(ProgressMeter.grouped(skipped)) skipped: the database has them" : "")
    }

    /// Warns if a server would soon remove what begins at a time in seconds since 1970: it is older than the server's limits.
    static func warnAboutRetention(_ configuration: Configuration, _ source: String, beginningAt start: Int64) {
        guard let border = configuration.retention.eventsBorder(now: WallClock.seconds), start < border else { return }
        Console.error(
            "collector: warning: the \(source) begins on \(TimestampText.date(start)): with COLLECTOR_RETENTION_EVENTS or _PAGEVIEWS as "
                + "it is set, a server removes old events again; their figures stay"
        )
    }
}
