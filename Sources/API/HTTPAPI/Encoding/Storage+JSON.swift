import Reports
import Rollups
import Storage

extension StorageReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            (
                "sizes",
                .object([
                    ("events", .integer(size.events)), ("submissions", .integer(size.submissions)),
                    ("figures", .integer(size.figures)), ("reusable", .integer(size.reusable)),
                    ("used", .integer(size.used)), ("occupied", .integer(size.occupied)),
                ])
            ),
            ("bytes_per_event", .integer(size.bytesPerEvent)), ("disk_free", JSONEncodedValue(size.diskFree)),
            ("growth_per_day", JSONEncodedValue(growthPerDay)), ("days_left", JSONEncodedValue(daysLeft)),
            ("oldest_event", JSONEncodedValue(oldestEvent)), ("removed_before", JSONEncodedValue(retainedFrom)),
            ("removed_events", .integer(removedEvents)), ("late_events", .integer(lateEvents)),
            ("is_limit_exceeded", .bool(isLimitExceeded)), ("policy", policy.json),
        ])
    }
}

extension SiteStorage: JSONRepresentable {
    var json: JSONEncodedValue {
        .object(
            [("site", .text(site))] + own.members + [
                ("events_seconds", JSONEncodedValue(ages.events)),
                ("pageviews_seconds", JSONEncodedValue(ages.pageViews)),
                ("server_events_seconds", JSONEncodedValue(server.events)),
                ("server_pageviews_seconds", JSONEncodedValue(server.pageViews)),
                ("oldest_event", JSONEncodedValue(oldestEvent)), ("oldest_pageview", JSONEncodedValue(oldestPageView)),
                ("events_removed_before", JSONEncodedValue(removedBefore.events)),
                ("pageviews_removed_before", JSONEncodedValue(removedBefore.pageViews)),
            ]
        )
    }
}

extension RetentionPolicy: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("events", JSONEncodedValue(events)), ("pageviews", JSONEncodedValue(pageViews)),
            ("delivery_reports", JSONEncodedValue(deliveryReports)), ("dead_letters", JSONEncodedValue(deadLetters)),
            ("database_max", JSONEncodedValue(databaseBytesMax)), ("disk_free_min", .integer(diskFreeMin)),
        ])
    }
}
