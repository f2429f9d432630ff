import Compression
import HTTPServer
import HTTPWire
import Ingest
import Locations
import Log
import Synchronization
import Events

/// The routes that ingest records: a request gets its response once its records are committed.
final class IngestRoutes: Sendable {
    private let ingest: Ingest?
    private let cors: CORS
    private let clients: ClientAddressRule
    private let hasher: IPHasher?
    private let locations: LocationDatabase?
    private let privacy: PrivacyKeeper
    private let limiter: RateLimiter?
    private let log: Log
    private let rateLimitedCount = Atomic<Int>(0)
    private let workers: BodyWorkers?
    private let responses: IngestResponses

    init(
        ingest: Ingest?,
        clients: ClientAddressRule,
        hasher: IPHasher?,
        locations: LocationDatabase?,
        privacy: PrivacyKeeper,
        limiter: RateLimiter?,
        workers: BodyWorkers?,
        responses: IngestResponses,
        log: Log
    ) {
        self.workers = workers
        self.responses = responses
        self.ingest = ingest
        cors = responses.cors
        self.clients = clients
        self.hasher = hasher
        self.locations = locations
        self.privacy = privacy
        self.limiter = limiter
        self.log = log
    }

    /// The number of records rejected by the rate limit so far.
    var rateLimited: Int { rateLimitedCount.load(ordering: .relaxed) }

    // MARK: - Requests

    /// The kind of body of a route.
    enum Kind: Sendable {
        case event, events, collect
    }

    /// Handles a request of one of the routes: at once, or on a body worker when its body is compressed or large.
    ///
    /// `isLimited` is false for senders with an API token, for whom there is no rate limit.
    func answer(
        _ kind: Kind,
        _ request: consuming Request,
        _ ticket: Ticket,
        _ decision: Origins.Decision,
        isLimited: Bool
    ) -> HandlerResult {
        let isHeavy = request.body.count > BodyWorkers.largeBodyBytes || DecodedBody.isCompressed(request)
        guard let workers, isHeavy else {
            return read(kind, request, ticket, decision, isLimited)
        }
        let request = request
        let isTaken = workers.take(request.bytes.count) { [self] in
            if case .now(let answer) = read(kind, request, ticket, decision, isLimited) {
                responses.send(ticket, answer)
            }
        }
        return isTaken ? .later : .now(.response(Responses.unavailable(cors.fields(decision))))
    }

    private func read(
        _ kind: Kind,
        _ request: consuming Request,
        _ ticket: Ticket,
        _ decision: Origins.Decision,
        _ isLimited: Bool
    ) -> HandlerResult {
        var sender = ClientInfo(request, clients)
        sender.isLimited = isLimited
        do throws(Refusal) {
            switch kind {
            case .collect: return try collect(request, ticket, sender, decision)
            case .events: return try events(request, ticket, sender, decision)
            case .event: return try event(request, ticket, sender, decision)
            }
        } catch {
            return refuse(error, sender, decision)
        }
    }

    /// `POST /event`.
    private func event(
        _ request: consuming Request,
        _ ticket: Ticket,
        _ sender: ClientInfo,
        _ decision: Origins.Decision
    ) throws(Refusal) -> HandlerResult {
        let (content, _) = try content(request, bytesMax: Limits.eventBodyBytesMax, sender)
        let event = try judged { () throws(ValidationError) in
            try Event(parsing: content.bytes, body: content.body, requestContext(sender))
        }
        var record = Record.event(event)
        rules(sender, record.receivedAt).apply(&record) { Array((event.text(event.userAgent) ?? "").utf8) }
        return submit(record, ticket, decision)
    }

    /// `POST /collect`.
    private func collect(
        _ request: consuming Request,
        _ ticket: Ticket,
        _ sender: ClientInfo,
        _ decision: Origins.Decision
    ) throws(Refusal) -> HandlerResult {
        let (content, _) = try content(request, bytesMax: Limits.collectBodyBytesMax, sender)
        let submission = try judged { () throws(ValidationError) in
            try Submission(
                parsing: content.bytes,
                body: content.body,
                receivedAt: WallClock.microseconds(),
                ip: sender.address?.text
            )
        }
        var record = Record.submission(submission)
        rules(sender, record.receivedAt).apply(&record) { [] }
        return submit(record, ticket, decision)
    }

    /// `POST /events`: each event is accepted or rejected individually; the response follows the result of the last one.
    private func events(
        _ request: consuming Request,
        _ ticket: Ticket,
        _ sender: ClientInfo,
        _ decision: Origins.Decision
    ) throws(Refusal) -> HandlerResult {
        let (content, paid) = try content(request, bytesMax: Limits.batchBodyBytesMax, sender)
        let batch = try judged { () throws(ValidationError) in
            try EventBatch(parsing: content.bytes, body: content.body)
        }
        // The largest batch must fit into the burst that an address may always send.
        let records = max(batch.events.count, batch.reports.count, batch.pageviews?.count ?? 0)
        try pay(sender, tokens: max(0, records - paid))
        var requestContext = requestContext(sender)
        requestContext.sentAt = batch.sentAt
        var group = EventGroup(tag: CORS.tag(decision), hasPageviews: batch.pageviews != nil)
        let privacy = rules(sender, requestContext.receivedAt)
        let entries = BatchParser(batch, content.bytes, requestContext, privacy).entries(ticket, &group)
        guard !entries.isEmpty else { return .now(.response(group.answer(cors))) }
        group.waiting = entries.count
        responses.begin(group, ticket)
        if let ingest, ingest.submit(entries) { return .later }
        responses.cancel(ticket)
        return unavailable(decision)
    }

    private func submit(_ record: Record, _ ticket: Ticket, _ decision: Origins.Decision) -> HandlerResult {
        let entry = Entry(record: record, ticket: ticket.rawValue, tag: CORS.tag(decision))
        guard let ingest, ingest.submit(entry) else { return unavailable(decision) }
        return .later
    }

    private func unavailable(_ decision: Origins.Decision) -> HandlerResult {
        .now(.response(Responses.unavailable(cors.fields(decision))))
    }

    /// Refuses a body, which costs one token more than a valid body of its size.
    private func refuse(_ refusal: Refusal, _ sender: ClientInfo, _ decision: Origins.Decision) -> HandlerResult {
        let fields = cors.fields(decision)
        if case .tooFast(let seconds) = refusal { return .now(slowDown(seconds, decision)) }
        _ = tooFast(sender, records: 1)
        switch refusal {
        case .tooFast: return unavailable(decision)
        case .rejected(let rejection): return .now(.response(IngestResponses.answer(rejection, fields)))
        case .content(let problem): return .now(.response(problem.answer(fields)))
        }
    }

    /// Decodes the body and charges for it as it grows: a token for each started 64 KiB, before they are decompressed or parsed.
    ///
    /// - Returns: The body, and the number of tokens charged.
    private func content(
        _ request: borrowing Request,
        bytesMax: Int,
        _ sender: ClientInfo
    ) throws(Refusal) -> (content: DecodedBody, paid: Int) {
        var paid = Self.tokens(request)
        try pay(sender, tokens: paid)
        var steps = 1
        var wait = 1
        do {
            let content = try DecodedBody(expanding: request, bytesMax: bytesMax) {
                steps += 1
                guard steps > paid else { return true }
                paid += 1
                guard let seconds = tooFast(sender, records: 1) else { return true }
                wait = seconds
                return false
            }
            return (content, paid)
        } catch {
            if case .stopped = error { throw .tooFast(seconds: wait) }
            throw .content(error)
        }
    }

    /// The tokens for the bytes of a body as it was sent.
    private static func tokens(_ request: borrowing Request) -> Int {
        max(1, (request.body.count + expandedStepBytes - 1) / expandedStepBytes)
    }

    /// Charges for a body that the server refused before all of it arrived, like for any refused body.
    ///
    /// - Returns: The response to a sender over the rate limit; nil when it had enough tokens.
    func charge(_ request: borrowing Request, _ decision: Origins.Decision) -> ServerResponse? {
        let seconds = tooFast(ClientInfo(request, clients), records: Self.tokens(request) + 1)
        return seconds.map { slowDown($0, decision) }
    }

    private func pay(_ sender: ClientInfo, tokens: Int) throws(Refusal) {
        if let seconds = tooFast(sender, records: tokens) { throw .tooFast(seconds: seconds) }
    }

    /// The seconds that the sender has to wait; nil when it is within the rate limit.
    ///
    /// Requests of a trusted proxy that does not name the client are not limited: all visitors behind it would share one limit.
    private func tooFast(_ sender: ClientInfo, records: Int) -> Int? {
        guard let limiter, sender.isLimited, let address = sender.address, !clients.isTrusted(address) else {
            return nil
        }
        let seconds = limiter.take(address, records: records, now: .now)
        if seconds != nil { rateLimitedCount.add(records, ordering: .relaxed) }
        return seconds
    }

    private func slowDown(_ seconds: Int, _ decision: Origins.Decision) -> ServerResponse {
        .response(Responses.message(429, "Too many requests", cors.fields(decision) + [("Retry-After", "\(seconds)")]))
    }

    // MARK: - RequestContext

    private func rules(_ sender: ClientInfo, _ receivedAt: Int64) -> PrivacyRules {
        PrivacyRules(privacy, receivedAt: receivedAt, address: sender.address)
    }

    private func requestContext(_ sender: ClientInfo) -> RequestContext {
        let (locations, address, proxyLocation) = (locations, sender.address, sender.proxyLocation)
        return RequestContext(
            receivedAt: WallClock.microseconds(),
            userAgent: sender.userAgent,
            ipHash: hasher.flatMap { hasher in sender.address.map(hasher.hash) },
            location: { locations.flatMap { found in address.flatMap(found.location) } ?? proxyLocation }
        )
    }
}

/// The reason why a request was refused.
private enum Refusal: Error {
    case rejected(ValidationError)
    case content(BodyError)
    case tooFast(seconds: Int)
}

private func judged<Value>(_ body: () throws(ValidationError) -> Value) throws(Refusal) -> Value {
    do { return try body() } catch { throw .rejected(error) }
}
