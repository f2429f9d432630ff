package import Events

extension Record {
    /// Every field by its name, as text, for comparisons; without the ranges in the buffer and without the body of a submission.
    package var fields: [String: String?] {
        switch self {
        case .event(let event):
            [
                "kind": "event", "received_at": String(event.receivedAt),
                "client_timestamp": event.clientTimestamp.map { String($0) },
                "client_timestamp_original": event.clientTimestampOriginal.map { String($0) },
                "site": event.text(event.site), "visitor_id": event.text(event.visitorID),
                "session_id": event.text(event.sessionID), "pageview_id": event.text(event.pageviewID),
                "event_type": event.text(event.eventType), "seq": String(event.seq), "path": event.text(event.path),
                "referrer": event.text(event.referrer), "ip_hash": event.text(event.ipHash),
                "user_agent": event.text(event.userAgent), "payload": event.text(event.payload),
                "country": event.text(event.location?.country),
                "region": event.text(event.location?.region), "city": event.text(event.location?.city),
                "location_source": event.text(event.location?.source),
                "event_id": event.eventID.map { String(decoding: $0.text, as: UTF8.self) },
            ]
        case .submission(let submission):
            [
                "kind": "submission", "received_at": String(submission.receivedAt),
                "client_timestamp": submission.clientTimestamp.map { String($0) }, "ip": submission.text(submission.ip),
                "browser_info": submission.text(submission.browserInfo),
                "performance_data": submission.text(submission.performanceData),
                "fingerprints": submission.text(submission.fingerprints), "errors": submission.text(submission.errors),
                "network": submission.text(submission.network), "battery": submission.text(submission.battery),
                "benchmarks": submission.text(submission.benchmarks),
                "visitor_id": submission.text(submission.visitorID),
                "session_id": submission.text(submission.sessionID),
                "pageview_id": submission.text(submission.pageviewID),
            ]
        case .deliveryReport(let report):
            [
                "kind": "ledger", "received_at": String(report.receivedAt),
                "pageview_id": report.text(report.pageviewID),
                "visitor_id": report.text(report.visitorID), "session_id": report.text(report.sessionID),
                "site": report.text(report.site), "emitted": String(report.emitted), "dropped": String(report.dropped),
                "drop_reasons": report.text(report.dropReasons),
            ]
        }
    }

    /// The number that a test gave an event; -1 for a submission.
    package var seq: Int {
        if case .event(let event) = self { Int(event.seq) } else { -1 }
    }
}
