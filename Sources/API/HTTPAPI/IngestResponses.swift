import Events
package import HTTPServer
package import Ingest
import Locks

/// Sends the responses to the requests whose records were delivered.
///
/// Created before ingest, which delivers to it. The routes register requests with several records, which get one
/// response. Thread-safe.
package final class IngestResponses: Sendable {
    let cors: CORS
    private let sink: ResponseSink
    /// The responses of `POST /event`, built once: for every origin or our own pages, then one for each listed origin.
    private let stored: [ServerResponse]
    private let groups = Locked<[UInt64: EventGroup]>([:])

    /// Creates the responses for pages of the allowed origins; nil allows every origin.
    package init(allowedOrigins: [String]?, sink: ResponseSink) {
        let cors = CORS(origins: Origins(allowed: allowedOrigins))
        self.cors = cors
        self.sink = sink
        stored = (CORS.ownTag..<(allowedOrigins?.count ?? 0)).map { tag in
            .prepared(PreparedResponse(Responses.json(200, #"{"status":"ok"}"#, cors.fields(tag: tag))))
        }
    }

    /// Sends a response that does not depend on a delivery.
    func send(_ ticket: Ticket, _ answer: ServerResponse) { sink.send(ticket, answer) }

    /// Registers a request that is answered after the deliveries of all its records; call before they are submitted.
    func begin(_ group: EventGroup, _ ticket: Ticket) { groups.withLock { $0[ticket.rawValue] = group } }

    /// Removes a request whose records were not accepted.
    func cancel(_ ticket: Ticket) { groups.withLock { _ = $0.removeValue(forKey: ticket.rawValue) } }

    /// Sends the responses to the requests whose records now all have an outcome.
    ///
    /// Called on the threads of ingest. Returns at once.
    package func deliver(_ deliveries: Deliveries) { sink.send(answers(deliveries)) }

    func answers(_ deliveries: Deliveries) -> [(Ticket, ServerResponse)] {
        var answers: [(Ticket, ServerResponse)] = []
        answers.reserveCapacity(deliveries.count)
        for index in deliveries.indices {
            let ticket = deliveries.entries[index].ticket
            if let answer = answer(deliveries, index, ticket) { answers.append((Ticket(rawValue: ticket), answer)) }
        }
        return answers
    }

    /// The response to a delivery's request; nil while other events of its batch have no result.
    private func answer(_ deliveries: Deliveries, _ index: Int, _ ticket: UInt64) -> ServerResponse? {
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

    /// The response to a request or record that was refused.
    static func answer(_ rejection: ValidationError, _ fields: [Responses.Field]) -> Response {
        switch rejection {
        case .missing(let names):
            let body = JSONEncodedValue.object([
                ("message", .text(rejection.message)), ("missing", .array(names.map { .text($0) })),
            ])
            return Responses.json(400, body, fields)
        case .tooManyEvents:
            return Responses.message(413, rejection.message, fields)
        case .invalidJSON, .invalid, .refusedByStore:
            return Responses.message(400, rejection.message, fields)
        }
    }
}
