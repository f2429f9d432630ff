import HTTPServer
import HTTPWire
import Reports
import Rollups
import Storage
import Events

/// The owner's questions, and the only place where stored data is told.
final class OwnerRoutes: Sendable {
    /// Bytes of a body.
    static let bodyBytesMax = 4096

    private let sessions: SessionRoutes
    private let pool: ReaderPool?
    private let feed: LiveFeed?
    private let status: StatusMonitor?
    private let clients: ClientAddressRule
    private let limiter = RateLimiter(perSecond: 20)
    private let dictionaries = DictionaryCache()
    private let openAPI: @Sendable (borrowing Request) -> Answer

    init(
        sessions: SessionRoutes,
        pool: ReaderPool?,
        feed: LiveFeed?,
        status: StatusMonitor?,
        clients: ClientAddressRule,
        openAPI: @escaping @Sendable (borrowing Request) -> Answer
    ) {
        self.sessions = sessions
        self.pool = pool
        self.feed = feed
        self.status = status
        self.clients = clients
        self.openAPI = openAPI
    }

    private func refuse(_ status: Int, _ message: String, _ fields: [Responses.Field] = []) -> HandlerResult {
        .now(.response(Responses.message(status, message, fields)))
    }

    /// Whether a page of this server sends the request, as the browser says, or no page at all.
    private static func isOwnPage(_ request: borrowing Request) -> Bool {
        if let site = request.text(.secFetchSite) { return site == "same-origin" || site == "none" }
        guard let origin = request.text(.origin)?.lowercased() else { return true }
        guard let host = request.text(.host)?.lowercased() else { return false }
        return origin == "https://" + host || origin == "http://" + host
    }

    // MARK: - Routes

    func answer(_ route: APIRoute, _ request: consuming Request, _ ticket: Ticket) -> HandlerResult {
        let isChange = request.method != .get && request.method != .head
        guard !isChange || Self.isOwnPage(request) else { return refuse(403, "Only pages of this server may do that") }
        if route == .openapi { return .now(openAPI(request)) }
        let query = Query(request.query)
        if let unknown = query.names.first(where: { !route.parameters(request.method).contains($0) }) {
            return refuse(400, Self.sentence(unknown, route))
        }
        if route == .shared { return shared(query, request, ticket) }
        if route == .session, request.method == .post { return sessions.signIn(request, ticket) }
        if route == .session, request.method == .delete { return sessions.signOut(request, ticket) }
        return sessions.authenticate(request, ticket) { [self] identity, request in
            serve(route, query, identity, request, ticket)
        }
    }

    private func serve(
        _ route: APIRoute,
        _ query: Query,
        _ identity: SessionRoutes.Identity,
        _ request: borrowing Request,
        _ ticket: Ticket
    ) -> HandlerResult {
        if route == .session { return sessions.session(identity) }
        guard identity.access != .nothing else {
            return refuse(401, "Sign in with the owner's token", [("WWW-Authenticate", "Bearer")])
        }
        let isChange = request.method != .get && request.method != .head
        guard identity.access == .everything || (!isChange && route != .shares) else {
            return refuse(403, "This link only reads")
        }
        guard let pool else { return .now(.response(Responses.unavailable())) }
        if route == .status, let status {
            return .now(Self.json(status.status().json(isGuest: identity.access != .everything)))
        }
        do throws(QueryError) {
            switch route {
            case .shares: return try sessions.shares(query, request, ticket)
            case .stream: return sessions.leased(try stream(query, request, ticket), identity, ticket)
            case .export: return try export(query, identity, ticket, pool)
            case .issue where request.method == .put: return try decide(query, request, ticket, pool)
            default: return pool.answer(ticket, try work(route, query))
            }
        } catch {
            return refuse(400, error.message)
        }
    }

    /// Why a parameter is refused.
    private static func sentence(_ unknown: String, _ route: APIRoute) -> String {
        guard route == .fingerprints, APIRoute.report.contains(unknown) else {
            return "Unknown parameter: \(unknown.prefix(40))"
        }
        return "Fingerprints cover all time and all visitors: leave \(unknown) out"
    }

    private typealias Work = @Sendable (any Database) throws(StoreError) -> Answer

    private static func json(_ value: JSONOut) -> Answer { .response(Responses.json(200, .bytes(value.encoded))) }

    /// 404 with a sentence for what is not there.
    private static func found(_ value: JSONOut?, _ missing: String) -> Answer {
        value.map(json) ?? .response(Responses.message(404, missing))
    }

    /// An answer of a report; a sentence where it is refused.
    private static func report(_ body: () throws(ReportError) -> JSONOut?) throws(StoreError) -> Answer {
        do throws(ReportError) {
            return found(try body(), "No such issue")
        } catch {
            switch error {
            case .store(let error): throw error
            case .refused(let sentence): return .response(Responses.message(400, sentence))
            }
        }
    }

    /// What is to be asked of the database.
    private func work(_ route: APIRoute, _ query: Query) throws(QueryError) -> Work {
        switch route {
        case .submissions:
            return { database throws(StoreError) in Self.json(try EventQueries(database: database).submissions()) }
        case .journey:
            guard let visitor = query["visitor"] else { throw QueryError(message: "visitor is missing") }
            let before = try query.number("before", 1...Int64.max)
            return { database throws(StoreError) in
                Self.found(
                    try EventQueries(database: database).journey(visitor: visitor, before: before),
                    "No such event"
                )
            }
        case .events: return try latest(query, now: WallClock.seconds)
        default:
            let report = try reportWork(route, query)
            return { [dictionaries] database throws(StoreError) in
                try Self.report { () throws(ReportError) in try report(Reports(database, dictionaries)) }
            }
        }
    }

    private typealias ReportWork = @Sendable (Reports) throws(ReportError) -> JSONOut?

    private func reportWork(_ route: APIRoute, _ query: Query) throws(QueryError) -> ReportWork {
        let now = WallClock.seconds
        let site = query["site"]
        let wanted = try query.report(now: now)
        let limit = Int(try query.number("limit", 1...Int64(Reports.limitMax)) ?? 10)
        switch route {
        case .sites: return { reports throws(ReportError) in try reports.sites() }
        case .overview:
            let processing = status?.processing()?.json ?? .null
            return { reports throws(ReportError) in
                try reports.overview(wanted, now: now, processing: processing)
            }
        case .performance: return { reports throws(ReportError) in try reports.performance(wanted) }
        case .fingerprints:
            let isAllTime = APIRoute.filtered.subtracting(["site"]).allSatisfy { query[$0] == nil }
            return { reports throws(ReportError) in try reports.fingerprints(wanted, isAllTime: isAllTime) }
        case .quality: return { reports throws(ReportError) in try reports.quality(wanted) }
        case .live: return { reports throws(ReportError) in try reports.live(site: site, now: now) }
        case .breakdowns:
            let dimensions = try query.dimensions("dimensions")
            let only = query["only"]
            guard only == nil || only == "counts" else { throw QueryError(message: "only must be counts") }
            return { reports throws(ReportError) in
                try reports.breakdowns(wanted, dimensions, limit: limit, countsOnly: only != nil)
            }
        case .slowest:
            let dimensions = try query.dimensions("dimension")
            guard dimensions.count == 1, dimensions[0].hasVitals else {
                throw QueryError(message: "dimension must be one of sessions or page views, such as path or browser")
            }
            return { reports throws(ReportError) in try reports.vitals(wanted, by: dimensions[0], limit: limit) }
        case .issues:
            let state = query["state"]
            guard state.map({ Reports.listedStates.contains($0) }) ?? true else {
                throw QueryError(message: "state must be open, reopened, resolved or ignored")
            }
            guard query["noise"] == nil || query["noise"] == "include" else {
                throw QueryError(message: "noise must be include")
            }
            let includesNoise = query["noise"] == "include"
            return { reports throws(ReportError) in
                try reports.issues(wanted, state: state, includesNoise: includesNoise)
            }
        case .issue:
            guard let issue = query["issue"] else { throw QueryError(message: "issue is missing") }
            return { reports throws(ReportError) in try reports.issue(wanted, issue) }
        case .session, .shares, .export, .stream, .status, .shared, .openapi, .submissions, .journey, .events:
            throw QueryError(message: "Not found")
        }
    }

    /// The latest events that the query looks for.
    private func latest(_ query: Query, now: Int64) throws(QueryError) -> Work {
        let search = try query.search(now: now)
        let before = try query.number("before", 1...Int64.max)
        let wanted = try query.number("limit", 1...EventQueries.limitMax) ?? 50
        return { database throws(StoreError) in
            let found = try EventQueries(database: database).latest(search, before: before, limit: wanted)
            let answer = found.map { events, next in
                JSONOut.object([("events", .array(events.map(\.json))), ("next", JSONOut(next))])
            }
            return Self.found(answer, "No such event")
        }
    }

    private func stream(
        _ query: Query,
        _ request: borrowing Request,
        _ ticket: Ticket
    ) throws(QueryError) -> HandlerResult {
        let asked = try query.number("after", 0...Int64.max)
        // What a browser sends when it connects again counts more than the address, which stays the same.
        let after = try Query.number(request.text(.lastEventID), named: "Last-Event-ID", 0...Int64.max) ?? asked
        guard let answer = feed?.watch(ticket, after: after) else {
            return refuse(503, "Too many watch", [("Retry-After", "10")])
        }
        return .now(answer)
    }

    private func export(
        _ query: Query,
        _ identity: SessionRoutes.Identity,
        _ ticket: Ticket,
        _ pool: ReaderPool
    ) throws(QueryError) -> HandlerResult {
        guard let format = Export.Format(rawValue: query["format"] ?? "ndjson") else {
            throw QueryError(message: "format must be ndjson or csv")
        }
        let now = WallClock.seconds
        let search = try query.search(now: now)
        guard let export = Export(pool, ticket, search, format) else {
            return .now(.response(Responses.busy("Too many exports run")))
        }
        return sessions.leased(
            .now(export.answer),
            identity,
            ticket,
            farewell: Export.ending(format, "the session has ended")
        )
    }

    private func decide(
        _ query: Query,
        _ request: borrowing Request,
        _ ticket: Ticket,
        _ pool: ReaderPool
    ) throws(QueryError) -> HandlerResult {
        guard let issue = query["issue"] else { throw QueryError(message: "issue is missing") }
        let body = try JSONBody(request, names: ["state"])
        guard let state = try body.text("state", bytesMax: Self.bodyBytesMax), Reports.states.contains(state) else {
            throw QueryError(message: "state must be open, resolved or ignored")
        }
        let now = WallClock.seconds
        let site = query["site"]
        return pool.answer(ticket) { [dictionaries] database throws(StoreError) in
            try Self.report { () throws(ReportError) in
                let reports = Reports(database, dictionaries)
                guard try reports.decide(issue, site: site, state: state, now: now) else { return nil }
                return .object([("issue", .text(issue)), ("state", .text(state))])
            }
        }
    }

    /// `GET /api/shared?signals=canvas:1a2b,fonts:3c4d`.
    private func shared(_ query: Query, _ request: borrowing Request, _ ticket: Ticket) -> HandlerResult {
        guard let pool else { return .now(.response(Responses.unavailable())) }
        let pairs = (query["signals"] ?? "").split(separator: ",").map { $0.split(separator: ":", maxSplits: 1) }
        guard !pairs.isEmpty, pairs.count <= 41, pairs.allSatisfy({ $0.count == 2 && $0[0].count + $0[1].count <= 128 })
        else {
            return refuse(400, "signals must be names and hashes: name:hash,…")
        }
        if let address = ClientInfo(request, clients).address,
            let wait = limiter.take(address, records: pairs.count, now: .now)
        {
            return refuse(429, "Too many requests", [("Retry-After", "\(wait)")])
        }
        let site = query["site"]
        let signals = pairs.map { (name: String($0[0]), hash: String($0[1])) }
        return pool.answer(ticket) { [dictionaries] database throws(StoreError) in
            try Self.report { () throws(ReportError) in
                try Reports(database, dictionaries).shared(signals, site: site)
            }
        }
    }
}
