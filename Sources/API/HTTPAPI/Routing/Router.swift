import Events
import HTTPServer
import HTTPWire
import Reports

/// Finds the operation of a request in the table of routes, and passes the request to its handler or refuses it.
///
/// Unknown paths, methods that a route does not have, preflights, origins, sign-in, parameters and the limits of share links are decided only
/// here.
struct Router: Sendable {
    let table: RouteTable
    let basePath: String
    let origins: Origins
    let cors: CORS
    let sessions: SessionRoutes
    let audit: AuditTrail

    struct Match {
        /// The path of the route as the table has it.
        let pattern: String
        let operation: Operation
        let values: [String: String]
    }

    enum Lookup {
        case found(Match)
        case refused(ServerResponse)
    }

    func find(_ path: String, _ method: Method) -> Lookup {
        guard let (route, values) = table.find(path, basePath: basePath) else {
            return .refused(.response(Responses.message(404, "Not found")))
        }
        guard let operation = route.operation(method) else {
            return .refused(.response(Responses.message(405, "Method not allowed", [("Allow", route.allow)])))
        }
        return .found(Match(pattern: route.path.text, operation: operation, values: values))
    }

    /// Whether pages of other sites may send requests to the path.
    func takesEvents(_ path: String) -> Bool { table.find(path, basePath: basePath)?.route.takesEvents ?? false }

    /// Handles a complete request.
    func handle(_ match: Match, _ request: consuming Request, _ ticket: Ticket, _ site: Site) -> HandlerResult {
        let operation = match.operation
        if operation.access == .ingest { return ingest(match, request, ticket, site) }
        guard !operation.isChange || Self.isOwnPage(request) else {
            return Self.refuse(403, "Cross-origin requests are not allowed on this route")
        }
        // A query that any parameter may be in is not read.
        let query = operation.parameters.map { _ in Query(request.query) }
        do throws(QueryError) {
            if let declared = operation.parameters { try query?.checkNames(declared) }
        } catch {
            return Self.refuse(400, error.message)
        }
        let call = Call(request: request, ticket: ticket, path: match.values)
        guard operation.access != .everyone else { return Self.run(operation, call, query, site) }
        return sessions.authenticate(call.request, ticket) { identity, _ in
            if let refusal = Self.refusal(identity.access, operation) { return refusal }
            var call = call
            call.identity = identity
            return run(match, call, query, site)
        }
    }

    /// Runs the handler of a sender with access, and adds its change to the audit log.
    private func run(_ match: Match, _ call: Call, _ query: Query?, _ site: Site) -> HandlerResult {
        guard match.operation.isAudited else { return Self.run(match.operation, call, query, site) }
        let action = "\(match.operation.method.name) \(match.pattern)"
        return audit.record(call, action: action, object: match.values["id"] ?? query?["site"]) {
            Self.run(match.operation, call, query, site)
        }
    }

    private func ingest(_ match: Match, _ request: consuming Request, _ ticket: Ticket, _ site: Site) -> HandlerResult {
        let origin =
            origins.allowsAny ? .any : origins.judge(origin: request.text(.origin), host: request.text(.host))
        if request.method == .options { return .now(.response(cors.preflight(origin))) }
        guard origin != .refused else {
            return .now(.response(Responses.message(403, "Origin not allowed", cors.fields(origin))))
        }
        let call = Call(request: request, ticket: ticket, path: match.values, origin: origin)
        guard sessions.owner.isAPIToken(call.request.text(.authorization)) else {
            return Self.run(match.operation, call, nil, site)
        }
        return sessions.authenticateEvents(call.request, ticket) { identity, _ in
            if let refusal = Self.refusal(identity.access, match.operation) { return refusal }
            var call = call
            call.identity = identity
            return Self.run(match.operation, call, nil, site)
        }
    }

    /// Runs the handler with the declared parameters of the operation, within the limits of the sender; a query of nil is not parsed.
    private static func run(_ operation: Operation, _ call: Call, _ query: Query?, _ site: Site) -> HandlerResult {
        do throws(QueryError) {
            var call = call
            if let query, let declared = operation.parameters { call.parameters = try Parameters(query, declared) }
            if let limits = call.identity.access.shareLimits, let rule = operation.access.shareRule {
                switch try ShareGate(now: WallClock.seconds).decide(rule, call.parameters, limits) {
                case .allowed(let parameters): call.parameters = parameters
                case .refused(let refusal): return refuse(refusal)
                }
            }
            return try operation.handler(site, call)
        } catch {
            return refuse(400, error.message)
        }
    }

    /// The response when the access is not enough; nil when it is.
    private static func refusal(_ access: Access, _ operation: Operation) -> HandlerResult? {
        switch (operation.access, access) {
        case (.everyone, _), (.identified, _), (_, .everything), (.reader, .reading): nil
        case (.ingest, .nothing), (.ingest, .reading): nil
        case (_, .token(let token)): refusal(token, operation)
        case (.reader, .nothing), (.owner, .nothing), (.ownerOnly, .nothing):
            refuse(401, "Sign in with the owner's token", [("WWW-Authenticate", "Bearer")])
        case (.owner, .reading), (.ownerOnly, .reading): refuse(403, "A share link is read-only")
        }
    }

    private static func refusal(_ token: APIToken, _ operation: Operation) -> HandlerResult? {
        guard let scope = operation.scope else { return refuse(403, "API tokens cannot do this: only the owner can") }
        guard !token.scope.includes(scope) else { return nil }
        let error = "Bearer error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
        return refuse(
            403,
            "This request needs an API token with the scope \(scope.rawValue)",
            [("WWW-Authenticate", error)]
        )
    }

    private static func refuse(_ refusal: ShareGate.Refusal) -> HandlerResult {
        let code = refusal.code.rawValue
        let body = JSONEncodedValue.object([("message", .text(refusal.message)), ("code", .text(code))])
        return .now(.response(Responses.json(403, body)))
    }

    private static func refuse(_ status: Int, _ message: String, _ fields: [Responses.Field] = []) -> HandlerResult {
        .now(.response(Responses.message(status, message, fields)))
    }

    /// Whether the request comes from a page of this server, by the browser's headers, or from no page at all.
    private static func isOwnPage(_ request: borrowing Request) -> Bool {
        if let site = request.text(.secFetchSite) { return site == "same-origin" || site == "none" }
        return request.text(.origin).map { Origins.isOwn($0, host: request.text(.host)) } ?? true
    }
}
