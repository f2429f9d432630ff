import UserAgents
package import Aggregation
import Events
import Reports
import Segments

extension StoredEvent: JSONRepresentable {
    /// The JSON of an event, also as the live feed sends it.
    package var encodedJSON: [UInt8] { json.encoded }

    /// `t` is in milliseconds since 1970.
    var json: JSONEncodedValue {
        .object([
            ("id", .integer(id)), ("t", .integer(receivedAt / 1000)), ("type", .text(type)), ("seq", .integer(seq)),
            ("site", .text(site)), ("path", JSONEncodedValue(path)), ("referrer", JSONEncodedValue(referrer)),
            ("visitor", .text(visitorID)), ("session", .text(sessionID)), ("pageview", .text(pageviewID)),
            ("user_agent", JSONEncodedValue(userAgent)), ("country", JSONEncodedValue(location?.country)),
            ("region", JSONEncodedValue(location?.region)), ("city", JSONEncodedValue(location?.city)),
            ("location_source", JSONEncodedValue(location?.source)), ("payload", .stored(payload)),
        ])
    }
}

extension EventList: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([("events", JSONEncodedValue(events)), ("next", JSONEncodedValue(next))])
    }
}

extension VisitorTimeline: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("visitor", .text(visitor)), ("cut", .bool(next != nil)), ("next", JSONEncodedValue(next)),
            (
                "sessions",
                .array(
                    sessions.map { session in
                        let agent = session.userAgent
                        return .object([
                            ("session", .text(session.id)), ("browser", .text(agent.browser)),
                            ("system", .text(agent.system)), ("device", .text(agent.device.rawValue)),
                            ("pageviews", JSONEncodedValue(session.pageViews)),
                        ])
                    }
                )
            ),
        ])
    }
}

extension VisitorTimeline.PageView: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("pageview", .text(id)), ("path", JSONEncodedValue(path)), ("emitted", JSONEncodedValue(report?.emitted)),
            ("dropped", JSONEncodedValue(report?.dropped)),
            ("drop_reasons", report.map { .stored($0.dropReasons) } ?? .null),
            ("missing", .array(missing.map { .integer($0) })),
            ("issues", .array(issues.map { .object([("event", .integer($0.event)), ("issue", .text($0.issue))]) })),
            ("events", JSONEncodedValue(events)),
        ])
    }
}

extension SubmissionList: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([("cut", .bool(isCut)), ("submissions", JSONEncodedValue(submissions))])
    }
}

extension SubmissionList.Submission: JSONRepresentable {
    var json: JSONEncodedValue {
        let vitals = Vital.allCases.map { ($0.name, JSONEncodedValue(self.vitals[$0.rawValue], digits: 4)) }
        return .object(
            [
                ("id", .integer(id)), ("t", JSONEncodedValue(submittedAt.map { $0 / 1000 })),
                ("visitor", JSONEncodedValue(visitor)), ("browser", .text(userAgent.browser)),
                ("system", .text(userAgent.system)), ("device", .text(userAgent.device.rawValue)),
            ] + vitals + [("errors", .integer(errors)), ("message", JSONEncodedValue(firstMessage))]
        )
    }
}

extension ShareLink: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("id", .text(id)), ("label", .text(label)), ("created", .integer(createdAt)),
            ("expires", .integer(expiresAt)), ("last_used", JSONEncodedValue(lastUsedAt)), ("limits", limits.json),
        ])
    }
}

extension ShareLimits: JSONRepresentable {
    /// Null without a limit.
    var json: JSONEncodedValue {
        guard !isEmpty else { return .null }
        let (from, to, days) = bounds
        let names = views.map { JSONEncodedValue.array($0.map { .text($0.rawValue) }) }
        return .object([
            ("site", JSONEncodedValue(site)), ("from", JSONEncodedValue(from)), ("to", JSONEncodedValue(to)),
            ("range_days", JSONEncodedValue(days)), ("views", names ?? .null),
        ])
    }
}
