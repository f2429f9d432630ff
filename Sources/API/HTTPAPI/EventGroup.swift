import HTTPServer
import Ingest
import Events

/// The results of one `POST /events` so far.
struct EventGroup: Sendable {
    /// Selects the cross-origin headers of the response.
    let tag: Int
    /// The number of records without a result.
    var waiting = 0
    private var accepted = 0
    private var isUnavailable = false
    private var rejected: [(index: Int, message: String)] = []
    /// Entries of `pageviews`; in version 1, of `ledger`.
    private var rejectedPageviews: [(index: Int, message: String)] = []
    private let hasPageviews: Bool

    /// `hasPageviews` is true when the body has `pageviews` (version 2).
    init(tag: Int, hasPageviews: Bool) {
        self.tag = tag
        self.hasPageviews = hasPageviews
    }

    /// A part of the request: its kind, and its index in the list of that kind.
    enum Part {
        case event(Int)
        case pageview(Int)

        /// The tag of the entry for the part.
        var tag: Int {
            switch self {
            case .event(let index): index
            case .pageview(let index): -1 - index
            }
        }

        init(tag: Int) {
            self = tag >= 0 ? .event(tag) : .pageview(-1 - tag)
        }
    }

    mutating func reject(_ part: Part, _ rejection: ValidationError) {
        var message = rejection.message
        if case .missing(let names) = rejection { message += ": " + names.joined(separator: ", ") }
        switch part {
        case .event(let index): rejected.append((index, message))
        case .pageview(let index): rejectedPageviews.append((index, message))
        }
    }

    mutating func settle(_ part: Part, _ outcome: Outcome) {
        waiting -= 1
        switch (outcome, part) {
        case (.stored, .event): accepted += 1
        case (.stored, .pageview): break
        case (.refused, _): reject(part, .refusedByStore)
        case (.unavailable, _): isUnavailable = true
        }
    }

    /// The response once every record has a result: 503 when an outage lost any record, since the sender must repeat the request.
    func answer(_ cors: CORS) -> Response {
        guard !isUnavailable else { return Responses.unavailable(cors.fields(tag: tag)) }
        var members: [(String, JSONEncodedValue)] = [
            ("status", .text("ok")), ("accepted", .integer(Int64(accepted))), ("rejected", Self.list(rejected)),
        ]
        if !rejectedPageviews.isEmpty {
            members.append((hasPageviews ? "pageviews_rejected" : "ledger_rejected", Self.list(rejectedPageviews)))
        }
        return Responses.json(200, .object(members), cors.fields(tag: tag))
    }

    private static func list(_ items: [(index: Int, message: String)]) -> JSONEncodedValue {
        .array(
            items.sorted { $0.index < $1.index }.map { item in
                .object([("index", .integer(Int64(item.index))), ("message", .text(item.message))])
            }
        )
    }
}
