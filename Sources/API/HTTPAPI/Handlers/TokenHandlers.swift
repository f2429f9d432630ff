import Events
import HTTPServer
import Reports
import Storage

/// Handlers of `/api/tokens`.
enum TokenHandlers {
    static func list(_ site: Site, _ call: Call) -> HandlerResult { site.sessions.tokens(call.ticket) }

    /// `POST` with `{"name":…,"scope":…,"days":…}`; without days, the token does not expire.
    static func add(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let body = try JSONBody(call.request, names: ["name", "scope", "days"])
        let name = try body.text("name", bytesMax: APITokens.nameBytesMax) ?? ""
        guard name.contains(where: { !$0.isWhitespace }) else { throw QueryError(message: "name is missing") }
        let scope = try body.text("scope", bytesMax: Operation.jsonBodyBytesMax)
        guard let scope = scope.flatMap({ TokenScope(rawValue: $0) }) else {
            throw QueryError(message: "scope must be read, write or ingest")
        }
        let days = try body.integer("days", in: SessionRoutes.tokenDays)
        let now = WallClock.seconds
        let token = APIToken(
            id: Owner.makeID(),
            name: name,
            scope: scope,
            createdAt: now,
            expiresAt: days.map { now + $0 * 86_400 }
        )
        let (secret, hash) = site.sessions.makeSecret(id: token.id)
        return site.reports.change(call) { database throws(StoreError) in
            switch try APITokens(database).add(token, hash: hash) {
            case nil: Responses.json(200, .object(token.members + [("token", .text(secret))]))
            case .sameName: Responses.message(409, "There is an API token with this name")
            case .tooMany:
                Responses.message(409, "The limit of \(APITokens.tokensMax) API tokens is reached: revoke one first")
            }
        }
    }

    static func revoke(_ site: Site, _ call: Call) -> HandlerResult {
        site.sessions.revokeToken(call.path["id"] ?? "", call.ticket)
    }
}
