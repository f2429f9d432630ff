import Reports

extension TrackingReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let states = TrackingCheck.allCases.map { check in
            let state = checks.states[check] ?? .unknown
            return JSONEncodedValue.object([("check", .text(check.rawValue)), ("state", .text(state.rawValue))])
        }
        let summary: [(String, JSONEncodedValue)] = [
            ("range", range.json), ("now", .integer(now)), ("conclusion", .text(checks.conclusion.rawValue)),
            ("reasons", .array(checks.reasons.map { .text($0.rawValue) })), ("checks", .array(states)),
        ]
        return .object(
            summary + [
                ("pageviews", .integer(pageViews)), ("events", .integer(events)), ("bot_events", .integer(botEvents)),
                ("last_event", JSONEncodedValue(lastEvent)), ("figures", figures?.json ?? .null),
                ("figures_from", JSONEncodedValue(figuresFrom)), ("figures_to", JSONEncodedValue(figuresTo)),
                ("refused", JSONEncodedValue(refusal)),
                ("gaps", gaps.json), ("blocked", blocked.json), ("sites", JSONEncodedValue(sites)),
                ("site_count", .integer(siteCount)), ("version", .text(version)), ("server", server?.json ?? .null),
            ]
        )
    }
}

extension TrackingFigures: JSONRepresentable {
    var json: JSONEncodedValue {
        let versions = versions.map { version in
            JSONEncodedValue.object([
                ("version", .text(version.name)), ("pageviews", .integer(version.pageViews)),
                ("last_seen", .integer(version.lastSeen)),
            ])
        }
        return .object([
            ("pageviews", .integer(pageViews)), ("reported", .integer(delivery.pageViews)),
            ("emitted", .integer(delivery.emitted)), ("received", .integer(delivery.received)),
            ("dropped", .integer(delivery.dropped)), ("lost", .integer(delivery.lost)),
            ("delivery_rate", .share(delivery.received, of: delivery.emitted)),
            ("loads", .integer(loads)), ("loads_without_vitals", .integer(loadsWithoutVitals)),
            ("clocks", .integer(clocks)), ("wrong_clocks", .integer(wrongClocks)),
            ("median_skew_seconds", JSONEncodedValue(medianSkew)), ("sampled", .integer(sampled)),
            ("versions", .array(versions)),
        ])
    }
}

extension TrackingReport.SiteRow: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("site", .text(site)), ("pageviews", .integer(pageViews)), ("last_event", JSONEncodedValue(lastEvent)),
            ("figures", figures?.json ?? .null), ("blocked", .integer(blocked)),
        ])
    }
}

extension TrafficGaps: JSONRepresentable {
    var json: JSONEncodedValue {
        let rows = gaps.map { gap in
            JSONEncodedValue.object([
                ("from", .integer(gap.from)), ("to", .integer(gap.to)),
                ("expected", JSONEncodedValue(gap.expected, digits: 0)),
            ])
        }
        return .object([("hours_checked", .integer(hoursChecked)), ("rows", .array(rows))])
    }
}

extension BlockedRequests: JSONRepresentable {
    var json: JSONEncodedValue {
        let rows = rows.map { row in
            JSONEncodedValue.object([
                ("site", .text(row.site)), ("directive", .text(row.directive)), ("blocked", .text(row.blocked)),
                ("count", .integer(row.count)), ("own", .bool(row.isOwn)),
            ])
        }
        return .object([("total", .integer(total)), ("own", .integer(own)), ("rows", .array(rows))])
    }
}

extension ServerCounters: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("uptime_seconds", .integer(uptimeSeconds)), ("duplicates", .integer(duplicates)),
            ("refused", .integer(refused)), ("rate_limited", .integer(rateLimited)),
            ("unavailable", .integer(unavailable)), ("journaling", .bool(isJournaling)),
            ("journal_full", .bool(isJournalFull)), ("journal_records", .integer(journalRecords)),
            ("dead_letters", .integer(deadLetters)),
        ])
    }
}
