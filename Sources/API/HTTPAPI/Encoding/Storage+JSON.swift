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

extension RetentionPolicy: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("events", JSONEncodedValue(events)), ("pageviews", JSONEncodedValue(pageViews)),
            ("delivery_reports", JSONEncodedValue(deliveryReports)), ("dead_letters", JSONEncodedValue(deadLetters)),
            ("database_max", JSONEncodedValue(databaseBytesMax)), ("disk_free_min", .integer(diskFreeMin)),
        ])
    }
}
