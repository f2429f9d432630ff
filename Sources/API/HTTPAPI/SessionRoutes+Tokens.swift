import Events
import HTTPServer
import HTTPWire
import Reports
import Storage

/// API tokens: authentication, list, creation and revocation.
extension SessionRoutes {
    /// The days after which an API token may expire.
    static let tokenDays: ClosedRange<Int64> = 1...3660

    /// Continues with a request that has an API token, whatever its cookies are.
    ///
    /// - Parameters:
    ///   - key: The token.
    ///   - request: The request.
    ///   - ticket: Its ticket.
    ///   - unconfirmed: The identity while the store cannot confirm the token; nil to refuse the request with 503.
    ///   - next: What continues.
    /// - Returns: The result of the request.
    func authenticate(
        _ key: TokenKey,
        _ request: consuming Request,
        _ ticket: Ticket,
        unconfirmed: Identity? = nil,
        _ next: @escaping Next
    ) -> HandlerResult {
        let credential = Credential.token(key)
        let request = request
        let proceed: @Sendable (SessionRegistry.Validity) -> HandlerResult = { validity in
            switch validity {
            case .active(let access): next(Identity(access: access, credential: credential), request)
            case .ended: .now(Self.invalidToken("The API token was revoked"))
            case .expired: .now(Self.invalidToken("The API token has expired"))
            case .unconfirmed, .unknown:
                unconfirmed.map { next($0, request) } ?? .now(.response(Responses.unavailable()))
            }
        }
        let known = registry.validity(credential)
        guard known == .unknown else { return proceed(known) }
        return check([credential], ticket) { found in proceed(found[credential] ?? .unconfirmed) }
    }

    /// Continues with a request that sends events and has an API token.
    ///
    /// While the store cannot confirm the token, the request counts as one without a token, so that its events reach the journal.
    func authenticateEvents(
        _ request: consuming Request,
        _ ticket: Ticket,
        _ next: @escaping Next
    ) -> HandlerResult {
        switch owner.bearer(request.text(.authorization)) {
        case .token(let key): authenticate(key, request, ticket, unconfirmed: Identity(access: .nothing), next)
        // An owner's token of the same form, which does not lift the limit.
        case .absent, .right: next(Identity(access: .nothing), request)
        case .wrong: .now(guessed(request) ?? Self.invalidToken("The API token is wrong"))
        }
    }

    /// A 401 for an API token.
    static func invalidToken(_ message: String) -> ServerResponse {
        refuse(401, message, [("WWW-Authenticate", "Bearer error=\"invalid_token\"")])
    }

    // MARK: - Routes

    func tokens(_ ticket: Ticket) -> HandlerResult {
        perform(ticket) { database throws(StoreError) in
            Responses.json(.object([("tokens", JSONEncodedValue(try APITokens(database).all()))]))
        }
    }

    /// Creates the secret of a new API token, and what is kept of it.
    func makeSecret(id: String) -> (secret: String, hash: String) {
        let secret = owner.makeTokenSecret(id: id)
        guard let key = owner.tokenKey(secret) else { preconditionFailure("a new secret has the right code") }
        return (secret, key.hash)
    }

    func revokeToken(_ id: String, _ ticket: Ticket) -> HandlerResult {
        perform(ticket) { [registry] database throws(StoreError) in
            guard try APITokens(database).revoke(id) else { return Self.refuse(404, "No such API token") }
            registry.revoke(token: id)
            return Responses.json(.object([("revoked", .text(id))]))
        }
    }
}
