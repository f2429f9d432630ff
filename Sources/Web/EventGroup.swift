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

    init(tag: Int) {
        self.tag = tag
    }

    mutating func reject(_ index: Int, _ rejection: Rejection) {
        var message = rejection.message
        if case .missing(let names) = rejection { message += ": " + names.joined(separator: ", ") }
        rejected.append((index, message))
    }

    /// - Parameters:
    ///   - index: the event's place in the request.
    ///   - outcome: what became of it.
    mutating func settle(_ index: Int, _ outcome: Outcome) {
        waiting -= 1
        switch outcome {
        case .stored: accepted += 1
        case .refused: reject(index, .refusedByStore)
        case .unavailable: isUnavailable = true
        }
    }

    /// The answer when nothing waits any more: 503 when any event was lost to an outage, since then the request must come again.
    func answer(_ cors: CORS) -> Response {
        guard !isUnavailable else { return Responses.unavailable(cors.fields(tag: tag)) }
        var text = Array("{\"status\":\"ok\",\"accepted\":\(accepted),\"rejected\":[".utf8)
        for (place, item) in rejected.sorted(by: { $0.index < $1.index }).enumerated() {
            text += Array("\(place > 0 ? "," : ""){\"index\":\(item.index),\"message\":".utf8)
            appendQuoted(item.message, to: &text)
            text.append(UInt8(ascii: "}"))
        }
        text += Array("]}".utf8)
        return Responses.json(200, .bytes(text), cors.fields(tag: tag))
    }
}
