import Compression
import Glibc
import Locks
import HTTPServer
import HTTPWire
import Ingest
import Log
import Synchronization
import Events

/// The routes that take records in: a request is answered once what it brought has been committed.
final class IngestRoutes: Sendable {
    private let ingest: Ingest?
    private let cors: CORS
    private let clients: ClientAddressRule
    private let hasher: IPHasher?
    private let limiter: RateLimiter?
    private let log: Log
    private let rateLimitedCount = Atomic<Int>(0)
    /// Answers of `POST /event`, made once: for every origin or our own pages, then one for each listed origin.
    private let stored: [Answer]
    private let groups = Locked<[UInt64: EventGroup]>([:])
    private let workers: BodyWorkers?
    private let respond: @Sendable (Ticket, Answer) -> Void

    init(
        ingest: Ingest?,
        cors: CORS,
        originsCount: Int,
        clients: ClientAddressRule,
        hasher: IPHasher?,
        limiter: RateLimiter?,
        workers: BodyWorkers?,
        respond: @escaping @Sendable (Ticket, Answer) -> Void,
        log: Log
    ) {
        self.workers = workers
        self.respond = respond
        self.ingest = ingest
        self.cors = cors
        self.clients = clients
        self.hasher = hasher
        self.limiter = limiter
        self.log = log
        stored = (CORS.ownTag..<originsCount).map { tag in
            .prepared(PreparedResponse(Responses.json(200, #"{"status":"ok"}"#, cors.fields(tag: tag))))
        }
    }

    /// Records refused so far since their sender was too fast.
    var rateLimited: Int { rateLimitedCount.load(ordering: .relaxed) }

    // MARK: - Requests

    /// What a body holds.
    enum Kind: Sendable {
        case event, events, collect
    }

    /// Answers a request on one of the routes: at once, or on a thread of its own kind when its body is compressed or large.
    func answer(_ kind: Kind, _ request: consuming Request, _ ticket: Ticket, _ verdict: Origins.Verdict) -> Reply {
        let isHeavy = request.body.count > BodyWorkers.largeBodyBytes || Content.isCompressed(request)
        guard let workers, isHeavy else { return read(kind, request, ticket, verdict) }
        let request = request
        let isTaken = workers.take(request.bytes.count) { [self] in
            if case .now(let answer) = read(kind, request, ticket, verdict) { respond(ticket, answer) }
        }
        return isTaken ? .later : .now(.response(Responses.unavailable(cors.fields(verdict))))
    }

    private func read(
        _ kind: Kind,
        _ request: consuming Request,
        _ ticket: Ticket,
        _ verdict: Origins.Verdict
    ) -> Reply {
        let sender = Sender(request, clients)
        switch kind {
        case .collect: return collect(request, ticket, sender, verdict)
        case .events: return events(request, ticket, sender, verdict)
        case .event: return event(request, ticket, sender, verdict)
        }
    }

    /// `POST /event`.
    private func event(
        _ request: consuming Request,
        _ ticket: Ticket,
        _ sender: Sender,
        _ verdict: Origins.Verdict
    ) -> Reply {
        do throws(Refusal) {
            let (content, _) = try content(request, bytesMax: Limits.eventBodyBytesMax, sender)
            let event = try judged { () throws(Rejection) in
                try Event(parsing: content.bytes, body: content.body, requestContext(sender))
            }
            return submit(Entry(record: .event(event), ticket: ticket.rawValue, tag: CORS.tag(verdict)), verdict)
        } catch {
            return refuse(error, sender, verdict)
        }
    }

    /// `POST /collect`.
    private func collect(
        _ request: consuming Request,
        _ ticket: Ticket,
        _ sender: Sender,
        _ verdict: Origins.Verdict
    ) -> Reply {
        do throws(Refusal) {
            let (content, _) = try content(request, bytesMax: Limits.collectBodyBytesMax, sender)
            let submission = try judged { () throws(Rejection) in
                try Submission(
                    parsing: content.bytes,
                    body: content.body,
                    receivedAt: WallClock.microseconds(),
                    ip: sender.address?.text
                )
            }
            return submit(
                Entry(record: .submission(submission), ticket: ticket.rawValue, tag: CORS.tag(verdict)),
                verdict
            )
        } catch {
            return refuse(error, sender, verdict)
        }
    }

    /// `POST /events`: each event is judged by itself; the request is answered when the last of them has been decided on.
    private func events(
        _ request: consuming Request,
        _ ticket: Ticket,
        _ sender: Sender,
        _ verdict: Origins.Verdict
    ) -> Reply {
        do throws(Refusal) {
            let (content, paid) = try content(request, bytesMax: Limits.batchBodyBytesMax, sender)
            let batch = try judged { () throws(Rejection) in
                try EventBatch(parsing: content.bytes, body: content.body)
            }
            // A batch of the largest size must fit into what an address may always send at once.
            let records = max(batch.events.count, batch.ledgers.count, batch.pageviews?.count ?? 0)
            try pay(sender, tokens: max(0, records - paid))
            var requestContext = requestContext(sender)
            requestContext.sentAt = batch.sentAt
            var group = EventGroup(tag: CORS.tag(verdict), hasPageviews: batch.pageviews != nil)
            let entries = BatchParser(batch, content.bytes, requestContext).entries(ticket, &group)
            guard !entries.isEmpty else { return .now(.response(group.answer(cors))) }
            group.waiting = entries.count
            groups.withLock { $0[ticket.rawValue] = group }
            if let ingest, ingest.submit(entries) { return .later }
            groups.withLock { _ = $0.removeValue(forKey: ticket.rawValue) }
            return unavailable(verdict)
        } catch {
            return refuse(error, sender, verdict)
        }
    }

    private func submit(_ entry: Entry, _ verdict: Origins.Verdict) -> Reply {
        guard let ingest, ingest.submit(entry) else { return unavailable(verdict) }
        return .later
    }

    private func unavailable(_ verdict: Origins.Verdict) -> Reply {
        .now(.response(Responses.unavailable(cors.fields(verdict))))
    }

    /// A refused body costs a token more than a good one of its size.
    private func refuse(_ refusal: Refusal, _ sender: Sender, _ verdict: Origins.Verdict) -> Reply {
        let fields = cors.fields(verdict)
        if case .tooFast(let seconds) = refusal { return .now(slowDown(seconds, verdict)) }
        _ = tooFast(sender, records: 1)
        switch refusal {
        case .tooFast: return unavailable(verdict)
        case .rejected(let rejection): return .now(.response(Self.answer(rejection, fields)))
        case .content(let fault): return .now(.response(fault.answer(fields)))
        }
    }

    /// The body without its coding, paid for as it grows: a token for each started 64 KiB, before they are expanded or parsed.
    ///
    /// - Returns: the body, and the tokens that were paid.
    private func content(
        _ request: borrowing Request,
        bytesMax: Int,
        _ sender: Sender
    ) throws(Refusal) -> (content: Content, paid: Int) {
        var paid = Self.tokens(request)
        try pay(sender, tokens: paid)
        var steps = 1
        var wait = 1
        do {
            let content = try Content(expanding: request, bytesMax: bytesMax) {
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

    /// Tokens for the bytes of a body as it was sent.
    private static func tokens(_ request: borrowing Request) -> Int {
        max(1, (request.body.count + expandedStepBytes - 1) / expandedStepBytes)
    }

    /// Takes what a body costs that the server refused before it had come whole, as for any refused body.
    ///
    /// - Returns: the answer to a sender that is too fast; nil when it had enough tokens.
    func charge(_ request: borrowing Request, _ verdict: Origins.Verdict) -> Answer? {
        let seconds = tooFast(Sender(request, clients), records: Self.tokens(request) + 1)
        return seconds.map { slowDown($0, verdict) }
    }

    private func pay(_ sender: Sender, tokens: Int) throws(Refusal) {
        if let seconds = tooFast(sender, records: tokens) { throw .tooFast(seconds: seconds) }
    }

    /// Seconds that the sender should wait; nil when it may go on.
    ///
    /// What comes from a trusted proxy without a word of whom it is for would make all of its visitors share one limit.
    private func tooFast(_ sender: Sender, records: Int) -> Int? {
        guard let limiter, let address = sender.address, !clients.isTrusted(address) else { return nil }
        let seconds = limiter.take(address, records: records, now: Self.uptime())
        if seconds != nil { rateLimitedCount.add(records, ordering: .relaxed) }
        return seconds
    }

    private func slowDown(_ seconds: Int, _ verdict: Origins.Verdict) -> Answer {
        .response(Responses.message(429, "Too many requests", cors.fields(verdict) + [("Retry-After", "\(seconds)")]))
    }

    // MARK: - Deliveries

    /// The answers to requests whose records have all been decided on.
    func answers(_ deliveries: Deliveries) -> [(Ticket, Answer)] {
        var answers: [(Ticket, Answer)] = []
        answers.reserveCapacity(deliveries.count)
        for index in deliveries.indices {
            let ticket = deliveries.entries[index].ticket
            if let answer = answer(deliveries, index, ticket) { answers.append((Ticket(rawValue: ticket), answer)) }
        }
        return answers
    }

    /// The answer to a delivery's request; nil while other events of a batch are under way.
    private func answer(_ deliveries: Deliveries, _ index: Int, _ ticket: UInt64) -> Answer? {
        let (outcome, tag) = (deliveries.outcomes[index], deliveries.entries[index].tag)
        let group = groups.withLock { groups -> EventGroup?? in
            guard !groups.isEmpty, var group = groups[ticket] else { return .none }
            group.settle(EventGroup.Part(tag: tag), outcome)
            groups[ticket] = group.waiting == 0 ? nil : group
            return group.waiting == 0 ? .some(group) : .some(nil)
        }
        if let group { return group.map { .response($0.answer(cors)) } }
        switch outcome {
        case .stored:
            guard case .submission(let submission) = deliveries.entries[index].record else {
                return stored[min(tag + 1, stored.count - 1)]
            }
            let body = Response.Body.slice(submission.bytes, submission.body.range)
            return .response(Responses.json(200, body, cors.fields(tag: tag)))
        case .refused:
            return .response(Self.answer(.refusedByStore, cors.fields(tag: tag)))
        case .unavailable:
            return .response(Responses.unavailable(cors.fields(tag: tag)))
        }
    }

    private static func answer(_ rejection: Rejection, _ fields: [Responses.Field]) -> Response {
        switch rejection {
        case .missing(let names):
            let body = JSONEncodedValue.object([
                ("message", .text(rejection.message)), ("missing", .array(names.map { .text($0) })),
            ])
            return Responses.json(400, .bytes(body.encoded), fields)
        case .tooManyEvents:
            return Responses.message(413, rejection.message, fields)
        case .invalidJSON, .invalid, .refusedByStore:
            return Responses.message(400, rejection.message, fields)
        }
    }

    // MARK: - RequestContext

    private func requestContext(_ sender: Sender) -> RequestContext {
        RequestContext(
            receivedAt: WallClock.microseconds(),
            userAgent: sender.userAgent,
            ipHash: hasher.flatMap { hasher in sender.address.map(hasher.hash) }
        )
    }

    /// Seconds on a clock that only goes forward.
    private static func uptime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Why a request was not taken.
private enum Refusal: Error {
    case rejected(Rejection)
    case content(ContentFault)
    case tooFast(seconds: Int)
}

private func judged<Value>(_ body: () throws(Rejection) -> Value) throws(Refusal) -> Value {
    do { return try body() } catch { throw .rejected(error) }
}
