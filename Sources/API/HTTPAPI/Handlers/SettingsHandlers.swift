import Events
import HTTPServer
import Reports
import Rollups
import TimeZones

/// Handlers of the routes for the owner's settings and annotations.
enum SettingsHandlers {
    static func settings(_ site: Site, _ call: Call) -> HandlerResult {
        let wanted = call.parameters.scope.site
        return site.reports.report(call) { reports throws(ReportError) in
            // Settings without a site are for sites that have none.
            let settings = try reports.settings().filter { wanted == nil || $0.site.isEmpty || $0.site == wanted }
            return JSONEncodedValue.object([("settings", JSONEncodedValue(settings))])
        }
    }

    private static let (eventsAge, pageViewsAge) = ("retention_events", "retention_pageviews")

    /// `PUT` with `{"time_zone":…}`, or with `{"retention_events":…}`, `{"retention_pageviews":…}` or both; an empty text removes a setting.
    static func changeSettings(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let body = try JSONBody(call.request, names: ["time_zone", eventsAge, pageViewsAge])
        let change = (events: try age(eventsAge, body), pageViews: try age(pageViewsAge, body))
        if change.events != nil || change.pageViews != nil { return try changeRetention(site, call, body, change) }
        guard let zone = try body.text("time_zone", bytesMax: Operation.jsonBodyBytesMax) else {
            throw QueryError(message: "time_zone, retention_events or retention_pageviews is missing")
        }
        guard zone.isEmpty || ZoneCache.system.zone(zone) != nil else {
            throw QueryError(message: "time_zone must be an IANA time zone, such as Europe/Berlin")
        }
        let name = try siteName(call.parameters["site"] ?? "")
        let settings = SiteSettings(site: name, timeZone: zone.isEmpty ? nil : zone)
        let now = WallClock.seconds
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.store(settings, now: now)
            return JSONEncodedValue.object([("site", .text(name)), ("time_zone", JSONEncodedValue(settings.timeZone))])
        }
    }

    private static func changeRetention(
        _ site: Site,
        _ call: Call,
        _ body: JSONBody,
        _ change: (events: RetentionAge??, pageViews: RetentionAge??)
    ) throws(QueryError) -> HandlerResult {
        guard try body.text("time_zone", bytesMax: Operation.jsonBodyBytesMax) == nil else {
            throw QueryError(message: "Change time_zone and the retention in two requests")
        }
        let name = try siteName(call.parameters["site"] ?? "")
        guard !name.isEmpty else {
            throw QueryError(
                message:
                    "site is missing: COLLECTOR_RETENTION_EVENTS and COLLECTOR_RETENTION_PAGEVIEWS set the ages of all sites"
            )
        }
        let (now, keeper) = (WallClock.seconds, site.privacy)
        return site.reports.report(call) { reports throws(ReportError) in
            let stored = try reports.store(change, of: name, now: now)
            keeper.changed(stored, of: name)
            return JSONEncodedValue.object([("site", .text(name))] + stored.members)
        }
    }

    /// An age of the body: nil without it, and nil in it for an empty one.
    private static func age(_ name: String, _ body: JSONBody) throws(QueryError) -> RetentionAge?? {
        guard let text = try body.text(name, bytesMax: Operation.jsonBodyBytesMax) else { return nil }
        guard !text.isEmpty else { return .some(nil) }
        guard let age = RetentionAge(text) else {
            throw QueryError(message: "\(name) must be \(RetentionAge.rule), or empty for the age of the server")
        }
        return age
    }

    // MARK: - Annotations

    static func annotations(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        return site.reports.report(call) { reports throws(ReportError) in try reports.annotations(query) }
    }

    /// `POST` with `{"t":…,"text":…,"site":…}`.
    static func add(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let annotation = try annotation(call, id: Owner.makeID())
        let now = WallClock.seconds
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.add(annotation, now: now)
            return annotation
        }
    }

    /// `PUT` with the members of `add`.
    static func replace(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let annotation = try annotation(call, id: call.path["id"] ?? "")
        let now = WallClock.seconds
        return site.reports.report(call, missing: missing) { reports throws(ReportError) in
            try reports.replace(annotation, now: now) ? annotation : nil
        }
    }

    static func remove(_ site: Site, _ call: Call) -> HandlerResult {
        let id = call.path["id"] ?? ""
        return site.reports.report(call, missing: missing) { reports throws(ReportError) in
            try reports.removeAnnotation(id) ? JSONEncodedValue.object([("deleted", .text(id))]) : nil
        }
    }

    private static let missing = "No such annotation"

    private static func annotation(_ call: Call, id: String) throws(QueryError) -> Annotation {
        let body = try JSONBody(call.request, names: ["t", "text", "site"])
        guard let at = try body.integer("t", in: Parameters.enteredTimes) else {
            throw QueryError(message: "t is missing")
        }
        let text = try body.text("text", bytesMax: Annotation.noteBytesMax) ?? ""
        guard text.contains(where: { !$0.isWhitespace }) else { throw QueryError(message: "text is missing") }
        let site = try body.text("site", bytesMax: SiteSettings.siteBytesMax) ?? ""
        return Annotation(id: id, site: site, at: at, note: text)
    }

    static func siteName(_ text: String) throws(QueryError) -> String {
        guard text.utf8.count <= SiteSettings.siteBytesMax, !text.utf8.contains(0) else {
            throw QueryError(message: "site must be the name of a site")
        }
        return text
    }
}
