import HTTPServer
import HTTPWire
import Insight
import JSONScan
import Storage
import Telemetry

/// The owner's questions, and the only place where stored data is told.
final class OwnerRoutes: Sendable {
    private let owner: Owner
    private let pool: ReaderPool?
    private let feed: LiveFeed?
    private let status: StatusMonitor?
    private let clients: ClientAddressRule
    private let limiter = RateLimiter(perSecond: 20)
    private let cache = SampleCache()
    private let cookiePath: String
    private let openAPI: @Sendable (borrowing Request) -> Answer

    init(
        owner: Owner,
        pool: ReaderPool?,
        feed: LiveFeed?,
        status: StatusMonitor?,
        clients: ClientAddressRule,
        basePath: String,
        openAPI: @escaping @Sendable (borrowing Request) -> Answer
    ) {
        self.owner = owner
        self.pool = pool
        self.feed = feed
        self.status = status
        self.clients = clients
        cookiePath = basePath + "/"
        self.openAPI = openAPI
    }

    /// Seconds since 1970.
    private static var now: Int64 { WallClock.microseconds() / 1_000_000 }

    private func refuse(_ status: Int, _ message: String, _ fields: [Responses.Field] = []) -> Reply {
        .now(.response(Responses.message(status, message, fields)))
    }

    // MARK: - Who asks

    /// What the sender of a request may do; an answer when it may not even ask.
    func access(_ request: borrowing Request) -> (access: Access, refusal: Answer?) {
        let address = address(request)
        let now = Self.now
        if request.head.field(.authorization) != nil, let wait = owner.wait(address, now: now) {
            return (.nothing, .response(Self.locked(wait)))
        }
        let (access, isFailure) = owner.access(
            authorization: request.text(.authorization),
            cookie: request.text(.cookie),
            now: now
        )
        if isFailure { owner.fail(address, now: now) }
        return (access, nil)
    }

    private func address(_ request: borrowing Request) -> String {
        // One sender has a whole network of IPv6 for itself.
        guard let address = Sender(request, clients).address else { return request.peer }
        return address.isIPv4 ? address.text : String(address.value >> 64, radix: 16)
    }

    private static func locked(_ seconds: Int64) -> Response {
        Responses.message(429, "Too many wrong tokens", [("Retry-After", "\(seconds)")])
    }

    /// Whether a page of this server sends the request, as the browser says, or no page at all.
    private static func isOwnPage(_ request: borrowing Request) -> Bool {
        if let site = request.text(.secFetchSite) { return site == "same-origin" || site == "none" }
        guard let origin = request.text(.origin)?.lowercased() else { return true }
        guard let host = request.text(.host)?.lowercased() else { return false }
        return origin == "https://" + host || origin == "http://" + host
    }

    // MARK: - Routes

    func answer(_ route: APIRoute, _ request: consuming Request, _ ticket: Ticket) -> Reply {
        let isChange = request.method != .get && request.method != .head
        guard !isChange || Self.isOwnPage(request) else { return refuse(403, "Only pages of this server may do that") }
        if route == .openapi { return .now(openAPI(request)) }
        let query = Query(request.query)
        if let unknown = query.names.first(where: { !route.parameters.contains($0) }) {
            return refuse(400, "Unknown parameter: \(unknown.prefix(40))")
        }
        if route == .session, request.method == .post { return signIn(request) }
        let (access, refusal) = access(request)
        if let refusal { return .now(refusal) }
        if route == .session { return session(access, request) }
        if route == .shared { return shared(query, request, ticket) }
        guard access != .nothing else {
            return refuse(401, "Sign in with the owner's token", [("WWW-Authenticate", "Bearer")])
        }
        guard access == .everything || !isChange else { return refuse(403, "This link only reads") }
        if route == .shares { return share(request) }
        guard let pool else { return .now(.response(Responses.unavailable())) }
        if route == .status, let status {
            return .now(Self.json(status.status().json(isGuest: access != .everything)))
        }
        do throws(QueryFault) {
            switch route {
            case .stream: return try stream(query, request, ticket)
            case .export: return try export(query, ticket, pool)
            case .issue where request.method == .put: return try decide(query, request, ticket, pool)
            default: return pool.answer(ticket, try work(route, query))
            }
        } catch {
            return refuse(400, error.message)
        }
    }

    private typealias Work = @Sendable (any Database) throws(StoreError) -> Answer

    private static func json(_ value: JSONOut) -> Answer { .response(Responses.json(200, .bytes(value.encoded))) }

    /// What is to be asked of the database.
    private func work(_ route: APIRoute, _ query: Query) throws(QueryFault) -> Work {
        let now = Self.now
        let question = try query.question(now: now)
        let cache = cache
        func reading(_ body: @escaping @Sendable (Reader) throws(StoreError) -> JSONOut) -> Work {
            { database throws(StoreError) in Self.json(try body(Reader(database, question, cache: cache))) }
        }
        let limit = Int(try query.number("limit", 1...Int64(Reader.limitMax)) ?? 10)
        switch route {
        case .sites: return reading { reader throws(StoreError) in try reader.sites() }
        case .overview:
            let processing = status?.processing()?.json ?? .null
            return reading { reader throws(StoreError) in try reader.overview(processing: processing) }
        case .performance: return reading { reader throws(StoreError) in try reader.performance() }
        case .fingerprints: return reading { reader throws(StoreError) in try reader.fingerprints() }
        case .quality: return reading { reader throws(StoreError) in try reader.quality() }
        case .live: return reading { reader throws(StoreError) in try reader.live(now: now) }
        case .breakdowns:
            let dimensions = try query.dimensions("dimensions")
            let only = query["only"]
            guard only == nil || only == "counts" else { throw QueryFault(message: "only must be counts") }
            return reading { reader throws(StoreError) in
                try reader.breakdowns(dimensions, limit: limit, countsOnly: only != nil)
            }
        case .slowest:
            let dimensions = try query.dimensions("dimension")
            return reading { reader throws(StoreError) in try reader.slowest(dimensions[0], limit: limit) }
        case .issues:
            let state = query["state"]
            return reading { reader throws(StoreError) in try reader.issues(state: state) }
        case .issue:
            guard let issue = query["issue"] else { throw QueryFault(message: "issue is missing") }
            return { database throws(StoreError) in
                guard let found = try Reader(database, question).issue(issue) else {
                    return .response(Responses.message(404, "No such issue"))
                }
                return Self.json(found)
            }
        case .submissions:
            return { database throws(StoreError) in Self.json(try EventReader(database: database).submissions()) }
        case .journey:
            guard let visitor = query["visitor"] else { throw QueryFault(message: "visitor is missing") }
            return { database throws(StoreError) in
                Self.json(try EventReader(database: database).journey(visitor: visitor))
            }
        case .events:
            let search = try query.search(now: now)
            let before = try query.number("before", 1...Int64.max)
            let wanted = try query.number("limit", 1...EventReader.limitMax) ?? 50
            return { database throws(StoreError) in
                let (events, next) = try EventReader(database: database).latest(search, before: before, limit: wanted)
                return Self.json(.object([("events", .array(events.map(\.json))), ("next", JSONOut(next))]))
            }
        case .session, .shares, .export, .stream, .status, .shared, .openapi:
            throw QueryFault(message: "Not found")
        }
    }

    private func stream(_ query: Query, _ request: borrowing Request, _ ticket: Ticket) throws(QueryFault) -> Reply {
        let said = request.text(.lastEventID).flatMap { Int64($0) }
        let asked = try query.number("after", 0...Int64.max)
        let after = said ?? asked
        guard let answer = feed?.watch(ticket, after: after) else {
            return refuse(503, "Too many watch", [("Retry-After", "10")])
        }
        return .now(answer)
    }

    private func export(_ query: Query, _ ticket: Ticket, _ pool: ReaderPool) throws(QueryFault) -> Reply {
        guard let format = Export.Format(rawValue: query["format"] ?? "ndjson") else {
            throw QueryFault(message: "format must be ndjson or csv")
        }
        let now = Self.now
        let search = try query.search(now: now)
        let from = search.from ?? 0
        let question = Question(from: from, to: search.to ?? now + 1)
        return .now(Export(pool, ticket, search, question, format).answer)
    }

    private func decide(
        _ query: Query,
        _ request: borrowing Request,
        _ ticket: Ticket,
        _ pool: ReaderPool
    ) throws(QueryFault) -> Reply {
        guard let issue = query["issue"] else { throw QueryFault(message: "issue is missing") }
        guard let state = Self.member("state", request), Reader.states.contains(state) else {
            throw QueryFault(message: "state must be open, resolved or ignored")
        }
        let now = Self.now
        let question = try query.question(now: now)
        return pool.answer(ticket) { database throws(StoreError) in
            guard try Reader(database, question).decide(issue, state: state, now: now) else {
                return .response(Responses.message(404, "No such issue"))
            }
            return Self.json(.object([("issue", .text(issue)), ("state", .text(state))]))
        }
    }

    /// `GET /api/shared?signals=canvas:1a2b,fonts:3c4d`.
    private func shared(_ query: Query, _ request: borrowing Request, _ ticket: Ticket) -> Reply {
        guard let pool else { return .now(.response(Responses.unavailable())) }
        let pairs = (query["signals"] ?? "").split(separator: ",").map { $0.split(separator: ":", maxSplits: 1) }
        guard !pairs.isEmpty, pairs.count <= 41, pairs.allSatisfy({ $0.count == 2 && $0[0].count + $0[1].count <= 128 })
        else {
            return refuse(400, "signals must be names and hashes: name:hash,…")
        }
        let seconds = Double(WallClock.microseconds()) / 1e6
        if let address = Sender(request, clients).address,
            let wait = limiter.take(address, records: pairs.count, now: seconds)
        {
            return refuse(429, "Too many requests", [("Retry-After", "\(wait)")])
        }
        let site = query["site"]
        let signals = pairs.map { (name: String($0[0]), hash: String($0[1])) }
        return pool.answer(ticket) { database throws(StoreError) in
            Self.json(try Reader(database, Question(from: 0, to: 1, site: site)).shared(signals))
        }
    }

    // MARK: - Sessions

    private func session(_ access: Access, _ request: borrowing Request) -> Reply {
        if request.method == .delete {
            if let value = Owner.session(request.text(.cookie)) { owner.end(value, now: Self.now) }
            let gone = [("Set-Cookie", cookie("", seconds: 0, request))]
            return .now(.response(Responses.json(200, "{\"access\":\"none\"}", gone)))
        }
        return .now(.response(Responses.json(200, "{\"access\":\"\(access.word)\"}")))
    }

    /// `{"token":…}` of the owner, or `{"share":…}` of a link.
    private func signIn(_ request: borrowing Request) -> Reply {
        let address = address(request)
        let now = Self.now
        if let wait = owner.wait(address, now: now) { return .now(.response(Self.locked(wait))) }
        if let share = Self.member("share", request), owner.verified(share, now: now) == .share,
            let expiry = Owner.expiry(share)
        {
            let fields = [("Set-Cookie", cookie(share, seconds: expiry - now, request))]
            return .now(.response(Responses.json(200, "{\"access\":\"reader\"}", fields)))
        }
        guard let token = Self.member("token", request), owner.isToken(token) else {
            owner.fail(address, now: now)
            return refuse(401, "Wrong token or link")
        }
        owner.succeed(address)
        let value = owner.signed(.session, expiry: now + Owner.sessionSeconds)
        let fields = [("Set-Cookie", cookie(value, seconds: Owner.sessionSeconds, request))]
        return .now(.response(Responses.json(200, "{\"access\":\"owner\"}", fields)))
    }

    /// `{"days":…}`.
    private func share(_ request: borrowing Request) -> Reply {
        let days = Self.member("days", request).flatMap { Int64($0) } ?? 7
        guard days > 0, days * 86_400 <= Owner.shareSecondsMax else { return refuse(400, "days must be from 1 to 366") }
        let expiry = Self.now + days * 86_400
        let text = JSONOut.object([
            ("share", .text(owner.signed(.share, expiry: expiry))), ("expires", .integer(expiry)),
        ])
        return .now(Self.json(text))
    }

    private func cookie(_ value: String, seconds: Int64, _ request: borrowing Request) -> String {
        let peer = IPAddress(request.peer)
        let isSecure = peer.map { clients.isTrusted($0) } == true && request.text(.xForwardedProto) == "https"
        return "\(Owner.cookieName)=\(value); Path=\(cookiePath); Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    /// A text or a number in the request's object.
    private static func member(_ name: String, _ request: borrowing Request) -> String? {
        do {
            var cursor = try ObjectCursor(request.bytes.span, in: request.body)
            var found: String?
            while let member = try cursor.next(request.bytes.span) {
                guard Array(request.bytes[member.name]) == Array(name.utf8), !member.value.hasEscapes else { continue }
                let place = member.value.kind == .string ? member.value.content : member.value.range
                if member.value.kind == .string || member.value.kind == .number {
                    found = String(decoding: request.bytes[place], as: UTF8.self)
                }
            }
            return found
        } catch {
            return nil
        }
    }
}
