import HTTPServer

/// Handlers of the routes about the server itself.
enum HealthHandlers {
    static func health(_ site: Site, _ call: Call) -> HandlerResult {
        site.health.check(call.ticket) { Site.healthResponse($0) }
        return .later
    }

    static func details(_ site: Site, _ call: Call) -> HandlerResult {
        site.health.check(call.ticket) { site.details($0) }
        return .later
    }

    static func metrics(_ site: Site, _ call: Call) -> HandlerResult {
        site.health.check(call.ticket) { site.metrics($0) }
        return .later
    }

    static func status(_ site: Site, _ call: Call) -> HandlerResult {
        guard let status = site.status else { return .now(.response(Responses.unavailable())) }
        return .now(Responses.json(status.status().json(call.identity.access)))
    }
}
