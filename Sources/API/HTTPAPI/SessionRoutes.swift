import Locks
import HTTPServer
import HTTPWire
import Reports
import Rollups
import Storage
import Events

/// Authenticates requests, signs in and out, and manages share links.
final class SessionRoutes: Sendable {
    /// The days that a share link may last, and the default.
    static let shareDays: ClosedRange<Int64> = 1...366
    static let shareDaysDefault: Int64 = 7
    /// The most bytes of a share link's label, and of a token or a link in a body.
    static let labelBytesMax = 200
    static let secretBytesMax = 512
    /// The requests as which a sign-in by a link counts in the limit per second, since it writes a row.
    static let signInCost = 20

    /// The authenticated sender of a request.
    struct Identity: Sendable {
        var access: Access
        /// Nil when the request has the owner's token itself.
        var credential: Credential?
    }

    typealias Next = @Sendable (Identity, borrowing Request) -> HandlerResult

    let registry: SessionRegistry
    let owner: Owner
    private let clients: ClientAddressRule
    private let cookiePath: String
    private let guesses = Locked(GuessLimiter())
    private let limiter = RateLimiter(perSecond: 20)

    init(owner: Owner, registry: SessionRegistry, clients: ClientAddressRule, basePath: String) {
        self.owner = owner
        self.registry = registry
        self.clients = clients
        cookiePath = basePath + "/"
    }

    static func refuse(_ status: Int, _ message: String, _ fields: [Responses.Field] = []) -> ServerResponse {
        .response(Responses.message(status, message, fields))
    }

    // MARK: - Authentication

    /// Continues with a request once its sender is authenticated.
    ///
    /// The right token is accepted from every address. A scheme other than `Bearer` belongs to a proxy and is ignored. So is a wrong `Bearer`
    /// beside a valid cookie, which still counts as a guess unless the cookie is the owner's.
    func authenticate(_ request: consuming Request, _ ticket: Ticket, _ next: @escaping Next) -> HandlerResult {
        let bearer = owner.bearer(request.text(.authorization))
        if bearer == .right {
            let address = ClientInfo(request, clients).address
            guesses.withLock { $0.succeed(address, now: MonotonicTime.now.wholeSeconds) }
            return next(Identity(access: .everything), request)
        }
        if case .token(let key) = bearer { return authenticate(key, request, ticket, next) }
        let sessions = owner.sessions(request.text(.cookie), now: WallClock.seconds).map { Credential.session($0) }
        var validities: [Credential: SessionRegistry.Validity] = [:]
        for session in sessions { validities[session] = registry.validity(session) }
        let first = sessions.first { Self.access(validities[$0]) != nil || validities[$0] == .unknown }
        guard let first, validities[first] == .unknown else {
            return proceed(bearer, sessions, validities, request, next)
        }
        let request = request
        return check(sessions, ticket) { [self] found in proceed(bearer, sessions, found, request, next) }
    }

    /// Continues once the store has the state of the sessions or the API token.
    func check(
        _ credentials: [Credential],
        _ ticket: Ticket,
        _ proceed: @escaping @Sendable ([Credential: SessionRegistry.Validity]) -> HandlerResult
    ) -> HandlerResult {
        let isTaken = registry.check(credentials) { [registry] found in
            if case .now(let answer) = proceed(found) { registry.answer(ticket, answer) }
        }
        return isTaken ? .later : .now(.response(Responses.unavailable()))
    }

    private static func access(_ validity: SessionRegistry.Validity?) -> Access? {
        guard case .active(let access) = validity else { return nil }
        return access
    }

    private func proceed(
        _ bearer: Owner.Bearer,
        _ sessions: [Credential],
        _ validities: [Credential: SessionRegistry.Validity],
        _ request: borrowing Request,
        _ next: Next
    ) -> HandlerResult {
        let session = sessions.first { Self.access(validities[$0]) != nil }
        if session == nil, validities.values.contains(.unconfirmed) { return .now(.response(Responses.unavailable())) }
        let identity = Identity(
            access: session.flatMap { Self.access(validities[$0]) } ?? .nothing,
            credential: session
        )
        if bearer == .wrong, identity.access != .everything {
            let refusal = guessed(request)
            if let refusal, identity.access == .nothing { return .now(refusal) }
        }
        return next(identity, request)
    }

    /// Counts a wrong token or link.
    ///
    /// - Returns: The response when its sender has to wait.
    func guessed(_ request: borrowing Request) -> ServerResponse? {
        let address = ClientInfo(request, clients).address
        return guesses.withLock { $0.fail(address, now: MonotonicTime.now.wholeSeconds) }.map { wait in
            Self.refuse(429, "Too many failed sign-ins", [("Retry-After", "\(wait)")])
        }
    }

    /// A result whose body ends with the session or API token of the request; `farewell` is sent last when the body is cut short.
    func leased(_ reply: HandlerResult, _ identity: Identity, _ ticket: Ticket, farewell: [UInt8] = []) -> HandlerResult
    {
        guard let credential = identity.credential, case .now(.stream(let response, let source)) = reply else {
            return reply
        }
        return .now(.stream(response, registry.leased(source, ticket, credential, farewell: farewell)))
    }

    // MARK: - Sign in and out

    /// `{"token":…}` of the owner, or `{"share":…}` of a share link.
    func signIn(_ request: consuming Request, _ ticket: Ticket) -> HandlerResult {
        do throws(QueryError) {
            let body = try JSONBody(request, names: ["token", "share"])
            let token = try body.text("token", bytesMax: Self.secretBytesMax)
            let share = try body.text("share", bytesMax: Self.secretBytesMax)
            switch (token, share) {
            case (let token?, nil): return .now(signIn(token: token, request))
            case (nil, let share?): return signIn(share: share, request, ticket)
            default: throw QueryError(message: "The body must have either token or share")
            }
        } catch {
            return .now(Self.refuse(400, error.message))
        }
    }

    private func signIn(token: String, _ request: borrowing Request) -> ServerResponse {
        guard owner.isToken(token) else { return guessed(request) ?? Self.refuse(401, "Invalid token or link") }
        let address = ClientInfo(request, clients).address
        guesses.withLock { $0.succeed(address, now: MonotonicTime.now.wholeSeconds) }
        let expiry = WallClock.seconds + Owner.sessionSeconds
        let session = SignedSession(id: Owner.makeID(), linkID: nil, expiry: expiry)
        registry.begin(session, browser: Self.browser(request))
        return signedIn(.everything, cookie(owner.text(session), seconds: Owner.sessionSeconds, isSecure(request)))
    }

    private func signIn(share: String, _ request: consuming Request, _ ticket: Ticket) -> HandlerResult {
        guard let link = owner.link(share) else {
            return .now(guessed(request) ?? Self.refuse(401, "Invalid token or link"))
        }
        if let address = ClientInfo(request, clients).address,
            let wait = limiter.take(address, records: Self.signInCost, now: .now)
        {
            return .now(Self.refuse(429, "Too many requests", [("Retry-After", "\(wait)")]))
        }
        return authenticate(request, ticket) { [self] identity, request in
            // A client with a session does not get a second one; an owner who opens a share link stays the owner.
            if identity.access == .everything || identity.credential?.session?.linkID == link.id {
                return .now(signedIn(identity.access, nil))
            }
            return begin(link, isSecure(request), ticket)
        }
    }

    /// Creates a session of a share link.
    private func begin(_ link: (id: String, expiry: Int64), _ isSecure: Bool, _ ticket: Ticket) -> HandlerResult {
        let now = WallClock.seconds
        let session = SignedSession(id: Owner.makeID(), linkID: link.id, expiry: link.expiry)
        let cookie = cookie(owner.text(session), seconds: max(0, link.expiry - now), isSecure)
        return perform(ticket) { [self] database throws(StoreError) in
            guard let limits = try ShareTables(database).begin(session.id, of: link.id, now: now) else {
                return Self.refuse(401, "This link has expired or was revoked")
            }
            return signedIn(.reading(limits), cookie)
        }
    }

    private static func body(_ access: Access) -> JSONEncodedValue {
        .object([("access", .text(access.word)), ("limits", access.shareLimits?.json ?? .null)])
    }

    private func signedIn(_ access: Access, _ cookie: String?) -> ServerResponse {
        let fields = cookie.map { [("Set-Cookie", $0)] } ?? []
        return .response(Responses.json(200, Self.body(access), fields))
    }

    /// Ends the sessions in the cookies of the request, and no others; responds once the store has it.
    func signOut(_ request: borrowing Request, _ ticket: Ticket) -> HandlerResult {
        let gone = [("Set-Cookie", cookie("", seconds: 0, isSecure(request)))]
        let sessions = owner.sessions(request.text(.cookie), now: WallClock.seconds)
        let done = ServerResponse.response(Responses.json(200, Self.body(.nothing), gone))
        guard !sessions.isEmpty else { return .now(done) }
        registry.end(sessions) { [registry] isWritten in
            let waits = "Signed out; the change reaches the database when it is available again"
            registry.answer(ticket, isWritten ? done : .response(Responses.message(503, waits, gone)))
        }
        return .later
    }

    /// `GET /api/session`.
    func session(_ identity: Identity) -> HandlerResult { .now(signedIn(identity.access, nil)) }

    private func cookie(_ value: String, seconds: Int64, _ isSecure: Bool) -> String {
        "\(Owner.cookieName)=\(value); Path=\(cookiePath); Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    /// Whether the browser uses TLS; a trusted proxy in front knows better than this server's own connection.
    private func isSecure(_ request: borrowing Request) -> Bool {
        let isTrusted = IPAddress(request.peer).map { clients.isTrusted($0) } == true
        return (isTrusted ? clients.isSecure(request) : nil) ?? request.usesTLS
    }

    // MARK: - Share links

    func shares(_ ticket: Ticket) -> HandlerResult {
        perform(ticket) { database throws(StoreError) in
            Responses.json(.object([("shares", JSONEncodedValue(try ShareTables(database).links()))]))
        }
    }

    func addShare(days: Int64, label: String, _ limits: ShareLimits, _ ticket: Ticket) -> HandlerResult {
        let now = WallClock.seconds
        let link = ShareLink(
            id: Owner.makeID(),
            label: label,
            createdAt: now,
            expiresAt: now + days * 86_400,
            limits: limits
        )
        let secret = owner.linkText(id: link.id, expiry: link.expiresAt)
        return perform(ticket) { database throws(StoreError) in
            guard try ShareTables(database).add(link) else {
                return Self.refuse(409, "The limit of \(ShareTables.linksMax) share links is reached: revoke one first")
            }
            return Responses.json(
                .object([
                    ("id", .text(link.id)), ("share", .text(secret)), ("label", .text(label)),
                    ("created", .integer(link.createdAt)), ("expires", .integer(link.expiresAt)),
                    ("limits", limits.json),
                ])
            )
        }
    }

    func revokeShare(_ id: String, _ ticket: Ticket) -> HandlerResult {
        perform(ticket) { [registry] database throws(StoreError) in
            guard try ShareTables(database).revoke(id) else { return Self.refuse(404, "Share link not found") }
            registry.revoke(id)
            return Responses.json(.object([("revoked", .text(id))]))
        }
    }

    /// Responds to a request with the result of the work on the connection.
    func perform(
        _ ticket: Ticket,
        _ work: @escaping @Sendable (any Database) throws(StoreError) -> ServerResponse
    ) -> HandlerResult {
        let isTaken = registry.perform { [registry] database throws(StoreError) in
            registry.answer(ticket, try work(database))
        } failed: { [registry] _ in
            registry.answer(ticket, .response(Responses.unavailable()))
        }
        return isTaken ? .later : .now(.response(Responses.unavailable()))
    }
}
