import Events
import HTTPServer
import Reports
import Rollups

/// Handlers of the route for the privacy modes of sites.
enum PrivacyHandlers {
    /// The mode of a site, and how long events are kept; public, because it is what the site promises its visitors.
    static func privacy(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let name = try SettingsHandlers.siteName(call.parameters["site"] ?? "")
        var policy = site.retention?.policy ?? RetentionPolicy()
        policy.sites = site.privacy.retention
        let ages = policy.ages(of: name)
        return .now(
            Responses.json(
                .object([
                    ("site", .text(name)), ("mode", .text(site.privacy.mode(of: name).rawValue)),
                    ("retention_seconds", JSONEncodedValue(ages.events)),
                    ("pageviews_retention_seconds", JSONEncodedValue(ages.pageViews)),
                ])
            )
        )
    }

    /// `PUT` with `{"mode":…}`; an empty one removes the setting.
    static func change(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let body = try JSONBody(call.request, names: ["mode"])
        guard let word = try body.text("mode", bytesMax: Operation.jsonBodyBytesMax) else {
            throw QueryError(message: "mode is missing")
        }
        let mode = PrivacyMode(rawValue: word)
        guard word.isEmpty || mode != nil else {
            let words = PrivacyMode.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError(message: "mode must be one of \(words), or empty")
        }
        let privacy = SitePrivacy(site: try SettingsHandlers.siteName(call.parameters["site"] ?? ""), mode: mode)
        let (now, keeper) = (WallClock.seconds, site.privacy)
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.store(privacy, now: now)
            keeper.changed(privacy)
            return privacy
        }
    }
}
