package import Assets
package import HTTPServer
package import HTTPWire
package import Ingest
package import Log

package import Events

/// What the site is like, as far as its visitors can tell.
package struct SiteConfiguration: Sendable {
    /// Without a slash at its end; empty at the root.
    package var basePath: String
    /// Nil: pages of every origin may post.
    package var allowedOrigins: [String]?
    package var clients: ClientAddressRule
    package var ipHashSalt: String?
    package var eventsEnabled: Bool
    /// Records a second that one address may send; 0 for no limit.
    package var rateLimit: Int
    /// The owner's token.
    package var token: String
    package var version: String

    package init(
        basePath: String,
        allowedOrigins: [String]?,
        clients: ClientAddressRule,
        ipHashSalt: String?,
        eventsEnabled: Bool,
        rateLimit: Int,
        token: String,
        version: String
    ) {
        self.basePath = basePath
        self.allowedOrigins = allowedOrigins
        self.clients = clients
        self.ipHashSalt = ipHashSalt
        self.eventsEnabled = eventsEnabled
        self.rateLimit = rateLimit
        self.token = token
        self.version = version
    }
}

/// Turns requests into answers: finds the route, and hands over.
package final class Site: Handler {
    /// Bytes of a body on a route that has no use for one.
    static let ignoredBodyBytesMax = 16_384

    private let configuration: SiteConfiguration
    private let origins: Origins
    private let cors: CORS
    private let files: StaticFiles
    private let ingestRoutes: IngestRoutes
    private let measure = MeasureRoutes()
    private let health: HealthMonitor
    private let sessionRoutes: SessionRoutes
    private let ownerRoutes: OwnerRoutes
    private let status: StatusMonitor?
    private let ingest: Ingest?
    private let engine: String?
    private let startedAt = ContinuousClock.now
    private let log: Log

    package init(
        _ configuration: SiteConfiguration,
        assets: [Asset],
        assetFolder: AssetFolder? = nil,
        ingest: Ingest?,
        engine: String?,
        health: HealthMonitor,
        sessions: SessionRegistry,
        pool: ReaderPool? = nil,
        feed: LiveFeed? = nil,
        status: StatusMonitor? = nil,
        workers: BodyWorkers? = nil,
        respond: @escaping @Sendable (Ticket, Answer) -> Void = { _, _ in },
        log: Log
    ) {
        self.configuration = configuration
        self.ingest = ingest
        self.status = status
        self.engine = engine
        self.health = health
        self.log = log
        origins = Origins(allowed: configuration.allowedOrigins)
        cors = CORS(origins: origins)
        let files = StaticFiles(assets, folder: assetFolder)
        self.files = files
        let clients = configuration.clients
        sessionRoutes = SessionRoutes(
            owner: Owner(token: configuration.token),
            registry: sessions,
            clients: clients,
            basePath: configuration.basePath
        )
        ownerRoutes = OwnerRoutes(
            sessions: sessionRoutes,
            pool: pool,
            feed: feed,
            status: status,
            clients: clients,
            openAPI: { Self.file("openapi.json", $0, files) }
        )
        ingestRoutes = IngestRoutes(
            ingest: ingest,
            cors: cors,
            originsCount: configuration.allowedOrigins?.count ?? 0,
            clients: clients,
            hasher: IPHasher(salt: configuration.ipHashSalt),
            limiter: configuration.rateLimit > 0 ? RateLimiter(perSecond: configuration.rateLimit) : nil,
            workers: workers,
            respond: respond,
            log: log
        )
    }

    /// The answers to requests whose records have been decided on.
    package func answers(_ deliveries: Deliveries) -> [(Ticket, Answer)] { ingestRoutes.answers(deliveries) }

    /// The answer of `GET /health`.
    package static func answer(_ status: HealthMonitor.Status) -> Answer {
        .response(Responses.json(status.status, "{\(status.members)}"))
    }

    /// The answer of `GET /health/details`.
    package func details(_ health: HealthMonitor.Status) -> Answer {
        let details = HealthDetails(
            status: health,
            report: ingest?.report,
            engine: engine,
            version: configuration.version,
            uptimeSeconds: Int(startedAt.duration(to: .now) / .seconds(1)),
            rateLimited: ingestRoutes.rateLimited,
            service: status?.status()
        )
        return .response(details.response)
    }

    // MARK: - Handler

    package func admit(_ head: RequestHead, _ bytes: Span<UInt8>) -> BodyPolicy {
        let route = route(head, bytes)
        guard route != .unknown else { return .refuse(.response(Responses.message(404, "Not found"))) }
        guard route.allows(head.method) else {
            return .refuse(.response(Responses.message(405, "Method not allowed", [("Allow", route.allow)])))
        }
        switch route {
        case .event where head.method == .post: return .accept(bodyBytesMax: Limits.eventBodyBytesMax)
        case .collect where head.method == .post: return .accept(bodyBytesMax: Limits.collectBodyBytesMax)
        case .events where head.method == .post: return .accept(bodyBytesMax: Limits.batchBodyBytesMax)
        case .api: return .accept(bodyBytesMax: OwnerRoutes.bodyBytesMax)
        case .collect, .event, .events, .dashboard, .health, .healthDetails, .ping, .bandwidth, .agent, .asset,
            .redirect, .insight, .unknown:
            return .accept(bodyBytesMax: Self.ignoredBodyBytesMax)
        }
    }

    package func handle(_ request: consuming Request, _ ticket: Ticket) -> HandlerResult {
        let route = Route(path: request.path, basePath: configuration.basePath)
        if log.level == .debug { log.debug("request", ["peer": request.peer, "route": "\(route)"]) }
        switch route {
        case .dashboard:
            let events = configuration.eventsEnabled ? "" : "-noevents"
            let privacy = Self.asksNotToBeTracked(request) ? "-private" : ""
            return .now(file("index\(events)\(privacy).html", request))
        case .asset(let path):
            return .now(file(path, request))
        case .collect, .event, .events:
            return take(route, request, ticket)
        case .health:
            health.ask(ticket.rawValue)
            return .later
        case .healthDetails:
            return sessionRoutes.authenticate(request, ticket) { [health] identity, _ in
                guard identity.access != .nothing else {
                    return .now(.response(Responses.message(401, "Owner only", [("WWW-Authenticate", "Bearer")])))
                }
                guard identity.access == .everything else {
                    return .now(.response(Responses.message(403, "This link only reads reports")))
                }
                health.ask(ticket.rawValue, wantsDetails: true)
                return .later
            }
        case .insight:
            return .now(file("insight.html", request))
        case .api(let route):
            return ownerRoutes.answer(route, request, ticket)
        case .ping:
            return .now(measure.ping)
        case .bandwidth:
            return .now(measure.bandwidth(query: request.query))
        case .agent:
            return .now(.response(AgentRoute.response(request)))
        case .redirect(let path):
            let location = [("Location", configuration.basePath + path)]
            return .now(.response(Response(status: 308, fields: location + Responses.security, body: .none)))
        case .unknown:
            return .now(.response(Responses.message(404, "Not found")))
        }
    }

    package func refusal(
        _ failure: RequestError,
        head: RequestHead?,
        bytes: Span<UInt8>,
        peer: String
    ) -> Answer {
        var fields: [Responses.Field] = []
        if let head, route(head, bytes).isIngest {
            let decision = origins.judge(origin: head.text(.origin, bytes), host: head.text(.host, bytes))
            if head.method == .post, failure == .bodyTooLarge || failure == .malformed {
                let own = bytes.withUnsafeBufferPointer { unsafe Array($0) }
                let request = Request(head: head, bytes: own, body: head.length..<own.count, peer: peer)
                if let slowDown = ingestRoutes.charge(request, decision) { return slowDown }
            }
            fields = cors.fields(decision)
        }
        if failure.status == 503 { fields.append(("Retry-After", Responses.retryAfterSeconds)) }
        return .response(Responses.message(failure.status, Responses.reason(failure.status), fields))
    }

    // MARK: - Routes

    private func route(_ head: RequestHead, _ bytes: Span<UInt8>) -> Route {
        Route(path: head.text(head.path, bytes), basePath: configuration.basePath)
    }

    private func take(_ route: Route, _ request: consuming Request, _ ticket: Ticket) -> HandlerResult {
        let decision =
            origins.allowsAny ? .any : origins.judge(origin: request.text(.origin), host: request.text(.host))
        if request.method == .options { return .now(.response(cors.preflight(decision))) }
        guard decision != .refused else {
            return .now(.response(Responses.message(403, "Origin not allowed", cors.fields(decision))))
        }
        return ingestRoutes.answer(route, request, ticket, decision)
    }

    /// Whether the browser asks by Global Privacy Control or Do Not Track.
    ///
    /// Scripts cannot read headers, so the page is another one.
    private static func asksNotToBeTracked(_ request: borrowing Request) -> Bool {
        request.text(.secGPC) == "1" || request.text(.dnt) == "1"
    }

    private func file(_ path: String, _ request: borrowing Request) -> Answer { Self.file(path, request, files) }

    private static func file(_ path: String, _ request: borrowing Request, _ files: StaticFiles) -> Answer {
        let found = files.answer(
            path,
            acceptEncoding: request.text(.acceptEncoding),
            ifNoneMatch: request.text(.ifNoneMatch)
        )
        return found ?? .response(Responses.message(404, "Not found"))
    }
}
