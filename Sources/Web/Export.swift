import Guarded
import HTTPServer
import Insight
import Storage

/// A file of events that is made while it is read: a part is asked of the database when the part before it has been sent.
final class Export: BodySource {
    enum Format: String {
        case ndjson, csv

        var contentType: String { self == .csv ? "text/csv; charset=utf-8" : "application/x-ndjson" }
    }

    /// Events of one part.
    static let partEvents: Int64 = 500
    /// Bytes of events of one part, the last of which may go beyond it.
    static let partBytesMax = 1 << 20

    private struct State {
        /// What has been made and not been asked for yet.
        var bytes: [UInt8] = []
        var isReading = false
        var isDone = false
        var after: Int64 = 0
        var end: Int64?
    }

    let isEndless = false
    private let pool: ReaderPool
    private let ticket: Ticket
    private let search: EventReader.Search
    private let question: Question
    private let format: Format
    private let state: Guarded<State>

    init(_ pool: ReaderPool, _ ticket: Ticket, _ search: EventReader.Search, _ question: Question, _ format: Format) {
        self.pool = pool
        self.ticket = ticket
        self.search = search
        self.question = question
        self.format = format
        state = Guarded(State(bytes: format == .csv ? Array((Self.columns.joined(separator: ",") + "\r\n").utf8) : []))
    }

    var answer: Answer {
        let fields: [Responses.Field] = [
            ("Content-Type", format.contentType), Responses.noStore,
            ("Content-Disposition", "attachment; filename=\"events.\(format.rawValue)\""),
        ]
        return .stream(Response(status: 200, fields: fields + Responses.security, body: .none), self)
    }

    func next() -> BodyPart {
        enum Step {
            case part(BodyPart)
            case read
        }
        let step: Step = state.withLock { state in
            if !state.bytes.isEmpty {
                defer { state.bytes = [] }
                return .part(.bytes(state.bytes))
            }
            if state.isDone { return .part(.end) }
            guard !state.isReading else { return .part(.later) }
            state.isReading = true
            return .read
        }
        switch step {
        case .part(let part): return part
        case .read:
            let isTaken = pool.ask { database throws(StoreError) in
                try self.read(database)
            } failed: { error in
                self.fail(error.reason)
            }
            // Too many wait: the body ends, and says so.
            if !isTaken { fail("the server is busy") }
            return isTaken ? .later : next()
        }
    }

    func close() { state.withLock { $0.isDone = true } }

    /// What has been sent cannot be taken back; the last line says that it is not all.
    private func fail(_ reason: String) {
        state.withLock { state in
            let line = JSONOut.object([("error", .text("not all: " + reason))]).encoded
            state.bytes += format == .csv ? Array("not all: ".utf8) + Array(reason.utf8) : line
            state.bytes += Array("\r\n".utf8)
            state.isDone = true
            state.isReading = false
        }
        pool.wake(ticket)
    }

    private func read(_ database: any Database) throws(StoreError) {
        let reader = EventReader(database: database)
        let (after, known, isDone) = state.withLock { ($0.after, $0.end, $0.isDone) }
        guard !isDone else { return }
        var (start, end) = (after, known ?? 0)
        if known == nil { (start, end) = try reader.span(question) }
        var bytes: [UInt8] = []
        var isLast = false
        // Parts without a match are gone through at once, as many as there is time for.
        let begin = ContinuousClock.now
        while bytes.isEmpty, !isLast, begin.duration(to: .now) < .milliseconds(200) {
            let (events, last) = try reader.after(start, to: end, limit: Self.partEvents, bytesMax: Self.partBytesMax)
            for event in events where search.matches(event) { append(event, to: &bytes) }
            isLast = last >= end
            start = last
        }
        let (made, place, last, isOver) = (bytes, start, end, isLast)
        state.withLock { state in
            state.bytes += made
            state.after = place
            state.end = last
            state.isDone = state.isDone || isOver
            state.isReading = false
        }
        pool.wake(ticket)
    }

    // MARK: - Lines

    private static let columns = [
        "id", "t", "type", "seq", "site", "path", "referrer", "visitor", "session", "pageview", "user_agent", "payload",
    ]

    private func append(_ event: StoredEvent, to bytes: inout [UInt8]) {
        guard format == .csv else {
            bytes += event.json.encoded
            bytes.append(0x0A)
            return
        }
        let cells = [
            "\(event.id)", "\(event.receivedAt / 1000)", event.type, "\(event.seq)", event.site, event.path ?? "",
            event.referrer ?? "", event.visitorID, event.sessionID, event.pageviewID, event.userAgent ?? "",
            event.payload,
        ]
        bytes += Array(cells.map(Self.cell).joined(separator: ",").utf8)
        bytes += Array("\r\n".utf8)
    }

    /// A cell by RFC 4180; what a spreadsheet would take for a formula is made a text.
    static func cell(_ text: String) -> String {
        let isFormula = text.utf8.first.map { "=+-@\t\r".utf8.contains($0) } ?? false
        let isNumber = Int64(text) != nil
        let safe = isFormula && !isNumber ? "'" + text : text
        let needsQuotes = safe.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else { return safe }
        return "\"" + safe.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
