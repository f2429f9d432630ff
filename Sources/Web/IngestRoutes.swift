import Glibc
import Guarded
import HTTPServer
import HTTPWire
import Ingest
import JSONScan
import Log
import Telemetry

/// The routes that take records in: a request is answered once what it brought has been committed.
final class IngestRoutes: Sendable {
    private let ingest: Ingest?
    private let cors: CORS
    private let clients: ClientAddressRule
    private let hasher: IPHasher?
    private let log: Log
    /// Answers of `POST /event`, made once: for every origin or our own pages, then one for each listed origin.
    private let stored: [Answer]
    private let groups = Guarded<[UInt64: EventGroup]>([:])

    init(ingest: Ingest?, cors: CORS, originsCount: Int, clients: ClientAddressRule, hasher: IPHasher?, log: Log) {
        self.ingest = ingest
        self.cors = cors
        self.clients = clients
        self.hasher = hasher
        self.log = log
        stored = (CORS.ownTag..<originsCount).map { tag in
            .prepared(PreparedResponse(Responses.json(200, #"{"status":"ok"}"#, cors.fields(tag: tag))))
        }
    }

    // MARK: - Requests

    /// `POST /event`.
    func event(_ request: consuming Request, _ ticket: Ticket, _ verdict: Origins.Verdict) -> Reply {
        let circumstances = circumstances(request)
        do {
            let body = request.body
            let event = try Event(parsing: request.bytes, body: body, circumstances)
            let entry = Entry(record: .event(event), ticket: ticket.rawValue, tag: CORS.tag(verdict))
            return submit(entry, verdict)
        } catch {
            return refuse(error, verdict)
        }
    }

    /// `POST /collect`.
    func collect(_ request: consuming Request, _ ticket: Ticket, _ verdict: Origins.Verdict) -> Reply {
        let ip = client(request)?.text
        do {
            let body = request.body
            let submission = try Submission(parsing: request.bytes, body: body, receivedAt: Self.now(), ip: ip)
            let entry = Entry(record: .submission(submission), ticket: ticket.rawValue, tag: CORS.tag(verdict))
            return submit(entry, verdict)
        } catch {
            return refuse(error, verdict)
        }
    }

    /// `POST /events`: each event is judged by itself; the request is answered when the last of them has been decided on.
    func events(_ request: consuming Request, _ ticket: Ticket, _ verdict: Origins.Verdict) -> Reply {
        let circumstances = circumstances(request)
        do {
            let places = try EventBatch.places(request.bytes, body: request.body)
            var group = EventGroup(tag: CORS.tag(verdict))
            var entries: [Entry] = []
            entries.reserveCapacity(places.count)
            for (index, place) in places.enumerated() {
                do throws(Rejection) {
                    guard place.count <= Limits.eventBodyBytesMax else {
                        throw .invalid(field: "event", fault: .tooLong(bytesMax: Limits.eventBodyBytesMax))
                    }
                    let event = try Self.event(request.bytes, place, circumstances)
                    entries.append(Entry(record: .event(event), ticket: ticket.rawValue, tag: index))
                } catch {
                    group.reject(index, error)
                }
            }
            guard !entries.isEmpty else { return .now(.response(group.answer(cors))) }
            group.waiting = entries.count
            groups.withLock { $0[ticket.rawValue] = group }
            if let ingest, ingest.submit(entries) { return .later }
            groups.withLock { _ = $0.removeValue(forKey: ticket.rawValue) }
            return unavailable(verdict)
        } catch {
            return refuse(error, verdict)
        }
    }

    /// An event of a batch gets a buffer of its own, so that the batch's is not kept alive, or copied, for its sake.
    private static func event(
        _ bytes: [UInt8],
        _ place: Range<Int>,
        _ circumstances: Circumstances
    ) throws(Rejection) -> Event {
        var circumstances = circumstances
        var own = Array(bytes[place])
        if let agent = circumstances.userAgent {
            circumstances.userAgent = Slice(start: own.count, count: agent.range.count)
            own += bytes[agent.range]
        }
        return try Event(parsing: own, body: 0..<place.count, circumstances)
    }

    private func submit(_ entry: Entry, _ verdict: Origins.Verdict) -> Reply {
        guard let ingest, ingest.submit(entry) else { return unavailable(verdict) }
        return .later
    }

    private func unavailable(_ verdict: Origins.Verdict) -> Reply {
        .now(.response(Responses.unavailable(cors.fields(verdict))))
    }

    private func refuse(_ rejection: Rejection, _ verdict: Origins.Verdict) -> Reply {
        .now(.response(Self.answer(rejection, cors.fields(verdict))))
    }

    // MARK: - Deliveries

    /// The answers to requests whose records have all been decided on.
    func answers(_ deliveries: [Delivery]) -> [(Ticket, Answer)] {
        var answers: [(Ticket, Answer)] = []
        answers.reserveCapacity(deliveries.count)
        for delivery in deliveries {
            if let answer = answer(delivery) { answers.append((Ticket(rawValue: delivery.entry.ticket), answer)) }
        }
        return answers
    }

    /// The answer to a delivery's request; nil while other events of a batch are under way.
    private func answer(_ delivery: Delivery) -> Answer? {
        let ticket = delivery.entry.ticket
        let group = groups.withLock { groups -> EventGroup?? in
            guard !groups.isEmpty, var group = groups[ticket] else { return .none }
            group.settle(delivery)
            groups[ticket] = group.waiting == 0 ? nil : group
            return group.waiting == 0 ? .some(group) : .some(nil)
        }
        if let group { return group.map { .response($0.answer(cors)) } }
        let fields = cors.fields(tag: delivery.entry.tag)
        switch (delivery.outcome, delivery.entry.record) {
        case (.stored, .event):
            return stored[min(delivery.entry.tag + 1, stored.count - 1)]
        case (.stored, .submission(let submission)):
            return .response(Responses.json(200, .slice(submission.bytes, submission.body.range), fields))
        case (.refused, _):
            return .response(Self.answer(.refusedByStore, fields))
        case (.unavailable, _):
            return .response(Responses.unavailable(fields))
        }
    }

    private static func answer(_ rejection: Rejection, _ fields: [Responses.Field]) -> Response {
        switch rejection {
        case .missing(let names):
            var text = Array("{\"message\":".utf8)
            appendQuoted(rejection.message, to: &text)
            text += Array(",\"missing\":[".utf8)
            for (index, name) in names.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                appendQuoted(name, to: &text)
            }
            text += Array("]}".utf8)
            return Responses.json(400, .bytes(text), fields)
        case .tooManyEvents:
            return Responses.message(413, rejection.message, fields)
        case .invalidJSON, .invalid, .refusedByStore:
            return Responses.message(400, rejection.message, fields)
        }
    }

    // MARK: - Circumstances

    private func circumstances(_ request: borrowing Request) -> Circumstances {
        Circumstances(
            receivedAt: Self.now(),
            userAgent: Self.userAgent(request),
            ipHash: hasher.flatMap { hasher in client(request).map(hasher.hash) }
        )
    }

    private func client(_ request: borrowing Request) -> IPAddress? {
        clients.client(
            peer: request.peer,
            connecting: request.text(.cfConnectingIP),
            real: request.text(.xRealIP),
            forwarded: request.text(.xForwardedFor)
        )
    }

    /// Place of the user agent, cut to its limit; nil when it is absent or not plain ASCII, which no browser sends.
    private static func userAgent(_ request: borrowing Request) -> Slice? {
        guard let place = request.head.field(.userAgent), place.count > 0 else { return nil }
        let count = min(Int(place.count), Limits.userAgentBytesMax)
        let start = Int(place.start)
        guard request.bytes[start..<start + count].allSatisfy({ $0 < 0x80 }) else { return nil }
        return Slice(start: start, count: count)
    }

    /// Microseconds since 1970, UTC.
    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
