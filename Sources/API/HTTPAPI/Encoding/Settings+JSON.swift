import Events
import Reports
import Rollups

extension SiteSettings: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([("site", .text(site)), ("time_zone", JSONEncodedValue(timeZone))] + retention.members)
    }
}

extension SiteRetention {
    /// The members of the settings of a site; null is the age of the server.
    var members: [(String, JSONEncodedValue)] {
        [
            ("retention_events", JSONEncodedValue(events?.text)),
            ("retention_pageviews", JSONEncodedValue(pageViews?.text)),
        ]
    }
}

extension Annotation: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([("id", .text(id)), ("site", .text(site)), ("t", .integer(at)), ("text", .text(note))])
    }
}

extension AnnotationsReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let releases = releases.map { release in
            JSONEncodedValue.object([
                ("site", .text(release.site)), ("release", .text(release.release)), ("t", .integer(release.at)),
            ])
        }
        return .object([
            ("range", range.json), ("annotations", JSONEncodedValue(annotations)), ("releases", .array(releases)),
        ])
    }
}

extension SitePrivacy: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([("site", .text(site)), ("mode", JSONEncodedValue(mode?.rawValue))])
    }
}
