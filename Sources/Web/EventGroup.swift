import HTTPServer
import Ingest
import JSONScan
import Telemetry

/// What is known so far of the events of one `POST /events`.
struct EventGroup: Sendable {
    /// Which cross-origin headers the answer gets.
    let tag: Int
    /// Events not decided on yet.
    var waiting = 0
    private var accepted = 0
    private var isUnavailable = false
    private var rejected: [(index: Int, message: String)] = []
    private var rejectedLedgers: [(index: Int, message: String)] = []

    init(tag: Int) {
        self.tag = tag
    }

    /// What a part of the request is, and its place among its kind.
    enum Part {
        case event(Int)
        case ledger(Int)

        /// The tag that goes with its entry.
        var tag: Int {
            switch self {
            case .event(let index): index
            case .ledger(let index): -1 - index
            }
        }

        init(tag: Int) {
            self = tag >= 0 ? .event(tag) : .ledger(-1 - tag)
        }
    }

    mutating func reject(_ part: Part, _ rejection: Rejection) {
        var message = rejection.message
        if case .missing(let names) = rejection { message += ": " + names.joined(separator: ", ") }
        switch part {
        case .event(let index): rejected.append((index, message))
        case .ledger(let index): rejectedLedgers.append((index, message))
        }
    }

    mutating func settle(_ part: Part, _ outcome: Outcome) {
        waiting -= 1
        switch (outcome, part) {
        case (.stored, .event): accepted += 1
        case (.stored, .ledger): break
        case (.refused, _): reject(part, .refusedByStore)
        case (.unavailable, _): isUnavailable = true
        }
    }

    /// The answer when nothing waits any more: 503 when any event was lost to an outage, since then the request must come again.
    func answer(_ cors: CORS) -> Response {
        guard !isUnavailable else { return Responses.unavailable(cors.fields(tag: tag)) }
        var text = Array("{\"status\":\"ok\",\"accepted\":\(accepted),\"rejected\":".utf8)
        Self.append(rejected, to: &text)
        if !rejectedLedgers.isEmpty {
            text += Array(",\"ledger_rejected\":".utf8)
            Self.append(rejectedLedgers, to: &text)
        }
        text.append(UInt8(ascii: "}"))
        return Responses.json(200, .bytes(text), cors.fields(tag: tag))
    }

    private static func append(_ items: [(index: Int, message: String)], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        for (place, item) in items.sorted(by: { $0.index < $1.index }).enumerated() {
            text += Array("\(place > 0 ? "," : ""){\"index\":\(item.index),\"message\":".utf8)
            appendQuoted(item.message, to: &text)
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: "]"))
    }
}
