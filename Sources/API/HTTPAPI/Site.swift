package import Alerts
package import Assets
package import Erasure
package import HTTPServer
package import HTTPWire
package import Ingest
package import Live
package import Locations
package import Log
package import Rollups

package import Events

/// The settings of a site that affect its responses.
package struct SiteConfiguration: Sendable {
    /// Without a trailing slash; empty at the root.
    package var basePath: String
    package var clients: ClientAddressRule
    package var ipHashSalt: String?
    package var eventsEnabled: Bool
    /// The most records per second of one address; 0 for no limit.
    package var rateLimit: Int
    /// The owner's token.
    package var token: String
    package var version: String

    package init(
        basePath: String,
        clients: ClientAddressRule,
        ipHashSalt: String?,
        eventsEnabled: Bool,
        rateLimit: Int,
        token: String,
        version: String
    ) {
        self.basePath = basePath
        self.clients = clients
        self.ipHashSalt = ipHashSalt
        self.eventsEnabled = eventsEnabled
        self.rateLimit = rateLimit
        self.token = token
        self.version = version
    }
}

/// The handler of all requests, with everything that routes use.
package final class Site: Handler {
    /// The most requests per second of one client for public routes that read the database.
    private static let publicRequestsPerSecond = 20

    let sessions: SessionRoutes
    let reports: ReportService
    let ingestRoutes: IngestRoutes
    let measure = MeasureRoutes()
    let privacy: PrivacyKeeper
    let health: HealthMonitor
    /// Nil without a store, as are the feed and the erasures.
    let status: StatusMonitor?
    let retention: RetentionWorker?
    let feed: LiveFeed?
    let erasures: ErasureWorker?
    let alerts: AlertWorker?
    /// Where the thread of test messages sends its responses.
    let alertResponses: ResponseSink?

    private let configuration: SiteConfiguration
    private let router: Router
    private let files: StaticFiles
    private let limiter = RateLimiter(perSecond: Site.publicRequestsPerSecond)
    private let ingest: Ingest?
    private let engine: String?
    private let metrics: ServerMetrics?
    private let startedAt = ContinuousClock.now
    /// The same in seconds since 1970, by the clock at that time.
    private let startedAtSeconds = WallClock.seconds
    private let log: Log

    package init(
        _ configuration: SiteConfiguration,
        assets: [Asset],
        assetFolder: AssetFolder? = nil,
        ingest: Ingest?,
        engine: String?,
        health: HealthMonitor,
        sessions: SessionRegistry,
        privacy: PrivacyKeeper,
        pool: ReaderPool? = nil,
        replica: ReplicaReaders? = nil,
        feed: LiveFeed? = nil,
        erasures: ErasureWorker? = nil,
        alerts: (worker: AlertWorker, responses: ResponseSink)? = nil,
        status: StatusMonitor? = nil,
        retention: RetentionWorker? = nil,
        workers: BodyWorkers? = nil,
        locations: LocationDatabase? = nil,
        responses: IngestResponses,
        metrics: ServerMetrics? = nil,
        log: Log
    ) {
        self.configuration = configuration
        self.ingest = ingest
        (self.status, self.retention, self.privacy) = (status, retention, privacy)
        (self.feed, self.erasures) = (feed, erasures)
        (self.alerts, alertResponses) = (alerts?.worker, alerts?.responses)
        (self.engine, self.metrics) = (engine, metrics)
        (self.health, self.log) = (health, log)
        let cors = responses.cors
        let clients = configuration.clients
        files = StaticFiles(assets, folder: assetFolder)
        reports = ReportService(pool: pool, replica: replica)
        self.sessions = SessionRoutes(
            owner: Owner(token: configuration.token),
            registry: sessions,
            clients: clients,
            basePath: configuration.basePath
        )
        router = Router(
            table: .all,
            basePath: configuration.basePath,
            origins: cors.origins,
            cors: cors,
            sessions: self.sessions,
            audit: AuditTrail(registry: sessions, log: log)
        )
        ingestRoutes = IngestRoutes(
            ingest: ingest,
            clients: clients,
            hasher: IPHasher(salt: configuration.ipHashSalt),
            locations: locations,
            privacy: privacy,
            limiter: configuration.rateLimit > 0 ? RateLimiter(perSecond: configuration.rateLimit) : nil,
            workers: workers,
            responses: responses,
            log: log
        )
    }

    /// The response of `GET /health`.
    static func healthResponse(_ status: HealthMonitor.Status) -> ServerResponse {
        .response(Responses.json(status.status, .object(status.members)))
    }

    /// The version of the program, and of the tracker that it serves.
    var version: String { configuration.version }

    /// Nil without a database.
    var ingestReport: Ingest.Report? { ingest?.report }

    var uptimeSeconds: Int { Int(startedAt.duration(to: .now) / .seconds(1)) }

    /// The response of `GET /health/details`.
    func details(_ health: HealthMonitor.Status) -> ServerResponse {
        .response(healthDetails(health).response)
    }

    private func healthDetails(_ health: HealthMonitor.Status) -> HealthDetails {
        HealthDetails(
            status: health,
            report: ingestReport,
            engine: engine,
            version: version,
            uptimeSeconds: uptimeSeconds,
            rateLimited: ingestRoutes.rateLimited,
            service: status?.status(),
            storage: retention?.report
        )
    }

    /// The response of `GET /metrics`.
    func metrics(_ health: HealthMonitor.Status) -> ServerResponse {
        let metrics = ServiceMetrics(details: healthDetails(health), startedAt: startedAtSeconds, server: metrics)
        return .response(metrics.response)
    }

    // MARK: - Handler

    package func admit(_ head: RequestHead, _ bytes: Span<UInt8>) -> BodyPolicy {
        switch router.find(head.text(head.path, bytes), head.method) {
        case .refused(let answer): .refuse(answer)
        case .found(let match):
            .accept(
                bodyBytesMax: head.method == .options ? Operation.ignoredBodyBytesMax : match.operation.bodyBytesMax,
                kind: match.operation.access.kind
            )
        }
    }

    package func handle(_ request: consuming Request, _ ticket: Ticket) -> HandlerResult {
        switch router.find(request.path, request.method) {
        case .refused(let answer): return .now(answer)
        case .found(let match):
            if log.level == .debug {
                log.debug("request", ["peer": request.peer, "route": match.pattern])
            }
            return router.handle(match, request, ticket, self)
        }
    }

    package func refusal(
        _ failure: RequestError,
        head: RequestHead?,
        bytes: Span<UInt8>,
        peer: String
    ) -> ServerResponse {
        var fields: [Responses.Field] = []
        if let head, router.takesEvents(head.text(head.path, bytes)) {
            let decision = router.origins.judge(origin: head.text(.origin, bytes), host: head.text(.host, bytes))
            if head.method == .post, failure == .bodyTooLarge || failure == .malformed {
                let own = bytes.withUnsafeBufferPointer { unsafe Array($0) }
                let request = Request(head: head, bytes: own, body: head.length..<own.count, peer: peer)
                if let slowDown = ingestRoutes.charge(request, decision) { return slowDown }
            }
            fields = router.cors.fields(decision)
        }
        if failure.status == 503 { fields.append(("Retry-After", Responses.retryAfterSeconds)) }
        return .response(Responses.message(failure.status, Responses.reason(failure.status), fields))
    }

    // MARK: - Handlers

    /// The visitor's page.
    func home(_ call: Call) -> HandlerResult {
        let events = configuration.eventsEnabled ? "" : "-noevents"
        // By Global Privacy Control or Do Not Track. Scripts cannot read headers, so these visitors get another page.
        let asksNotToBeTracked = call.request.text(.secGPC) == "1" || call.request.text(.dnt) == "1"
        return file("index\(events)\(asksNotToBeTracked ? "-private" : "").html", call)
    }

    /// Responds with a file by its name in the table of assets.
    func file(_ name: String, _ call: Call) -> HandlerResult {
        let found = files.answer(
            name,
            acceptEncoding: call.request.text(.acceptEncoding),
            ifNoneMatch: call.request.text(.ifNoneMatch)
        )
        return .now(found ?? .response(Responses.message(404, "Not found")))
    }

    /// Redirects the browser to a path below the base path.
    func redirect(to path: String) -> HandlerResult {
        let location = [("Location", configuration.basePath + path)]
        return .now(.response(Response(status: 308, fields: location + Responses.security, body: .none)))
    }

    /// Seconds that the client has to wait before its next public request; nil when it may go on.
    func secondsToWait(_ call: Call, cost: Int) -> Int? {
        guard let address = ClientInfo(call.request, configuration.clients).address else { return nil }
        return limiter.take(address, records: cost, now: .now)
    }
}
