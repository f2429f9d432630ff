import Events
import HTTPServer
import HTTPWire
import Live
import Reports
import Storage

/// Handlers of the routes that return single events.
enum EventHandlers {
    /// The number of events of a response unless the query has a limit.
    private static let eventsDefault: Int64 = 50

    static func events(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let search = try call.parameters.search(now: WallClock.seconds)
        let before = call.parameters.integer("before")
        let limit = call.parameters.integer("limit") ?? eventsDefault
        return site.reports.read(call, missing: "Event not found") { database throws(StoreError) in
            try EventQueries(database: database).latest(search, before: before, limit: limit)
        }
    }

    static func timeline(_ site: Site, _ call: Call) -> HandlerResult {
        let (visitor, before) = (call.path["visitor"] ?? "", call.parameters.integer("before"))
        let scope = call.parameters.scope
        return site.reports.read(call, missing: "Event not found") { database throws(StoreError) in
            try EventQueries(database: database).timeline(of: visitor, before: before, scope: scope)
        }
    }

    static func submissions(_ site: Site, _ call: Call) -> HandlerResult {
        site.reports.read(call) { database throws(StoreError) in
            try EventQueries(database: database).submissions()
        }
    }

    static func export(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        guard let pool = site.reports.pool else { return .now(.response(Responses.unavailable())) }
        let search = try call.parameters.search(now: WallClock.seconds)
        let format = call.parameters["format"].flatMap { ExportFormat(rawValue: $0) } ?? .ndjson
        guard let export = EventExport.make(pool, call.ticket, search, format) else {
            return .now(.response(Responses.busy("Too many exports are running")))
        }
        return site.sessions.leased(
            .now(export.answer),
            call.identity,
            call.ticket,
            farewell: format.ending("the session has ended")
        )
    }

    static func stream(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        guard let feed = site.feed else { return .now(.response(Responses.unavailable())) }
        let header = call.request.text(.lastEventID).flatMap { $0.isEmpty ? nil : $0 }
        try Parameter("Last-Event-ID", .integer(0...Int64.max)).check(header)
        // The header that a browser sends when it reconnects overrides the query, which stays the same.
        let after = header.flatMap { Int64($0) } ?? call.parameters.integer("after")
        guard let subscriber = feed.subscribe(call.ticket, after: after, scope: call.parameters.scope) else {
            return .now(.response(Responses.busy("Too many subscribers")))
        }
        let fields = [("Content-Type", "text/event-stream"), Responses.noStore, ("X-Accel-Buffering", "no")]
        let response = Response(status: 200, fields: fields + Responses.security, body: .none)
        return site.sessions.leased(.now(.stream(response, subscriber)), call.identity, call.ticket)
    }
}
