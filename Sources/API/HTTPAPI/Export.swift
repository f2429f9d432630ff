import Locks
import HTTPServer
import Reports
import Rollups
import Storage
import Aggregation

/// A file of events that is produced while it is downloaded: each part is read from the database after the previous part was sent.
final class Export: BodySource {
    /// The most events of one part.
    static let partEvents: Int64 = 500
    /// The bytes of events at which a part ends; its last event may exceed them.
    static let partBytesMax = 1 << 20

    private struct State {
        /// The bytes that were produced and not yet requested.
        var bytes: [UInt8] = []
        var isReading = false
        var isDone = false
        /// The last event that was read; nil before the first.
        var cursor: EventCursor?
    }

    let isEndless = false
    private let pool: ReaderPool
    private let ticket: Ticket
    private let search: EventQueries.Search
    private let format: ExportFormat
    private let state: Locked<State>

    /// - Returns: nil when too many exports are running.
    init?(_ pool: ReaderPool, _ ticket: Ticket, _ search: EventQueries.Search, _ format: ExportFormat) {
        guard pool.exports.take() else { return nil }
        self.pool = pool
        self.ticket = ticket
        self.search = search
        self.format = format
        state = Locked(State(bytes: format.header(Self.names)))
    }

    var answer: ServerResponse {
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
            // The queue is full: the body ends with an error line.
            if !isTaken { fail("the server is busy") }
            return isTaken ? .later : next()
        }
    }

    func close() { state.withLock { $0.isDone = true } }

    deinit { pool.exports.give() }

    /// Ends the file with a line that marks it as incomplete, since bytes that were sent cannot be withdrawn.
    private func fail(_ reason: String) {
        state.withLock { state in
            state.bytes += Self.ending(format, reason)
            state.isDone = true
            state.isReading = false
        }
        pool.wake(ticket)
    }

    /// The last line of an incomplete file.
    static func ending(_ format: ExportFormat, _ reason: String) -> [UInt8] {
        let line = JSONEncodedValue.object([("error", .text("incomplete: " + reason))]).encoded
        return (format == .csv ? Array("incomplete: ".utf8) + Array(reason.utf8) : line) + Array("\r\n".utf8)
    }

    private func read(_ database: any Database) throws(StoreError) {
        let reader = EventQueries(database: database)
        var (cursor, isOver) = state.withLock { ($0.cursor, $0.isDone) }
        guard !isOver else { return }
        var bytes: [UInt8] = []
        // Parts without a match are skipped in one call, as many as the time allows.
        let begin = ContinuousClock.now
        while bytes.isEmpty, !isOver, begin.duration(to: .now) < .milliseconds(200) {
            let page = try reader.page(
                search,
                .ascending,
                from: cursor,
                limit: Self.partEvents,
                bytesMax: Self.partBytesMax
            )
            for event in page.events where search.matches(event) { append(event, to: &bytes) }
            cursor = page.next ?? cursor
            isOver = page.next == nil
        }
        let (made, next, isLast) = (bytes, cursor, isOver)
        state.withLock { state in
            state.bytes += made
            state.cursor = next
            state.isDone = state.isDone || isLast
            state.isReading = false
        }
        pool.wake(ticket)
    }

    // MARK: - Lines

    private static let names = [
        "id", "t", "type", "seq", "site", "path", "referrer", "visitor", "session", "pageview", "user_agent", "country",
        "region", "city", "location_source", "payload",
    ]

    private func append(_ event: StoredEvent, to bytes: inout [UInt8]) {
        guard format == .csv else {
            bytes += event.json.encoded
            bytes.append(0x0A)
            return
        }
        bytes += format.row(
            Self.names,
            [
                .number(event.id), .number(event.receivedAt / 1000), .text(event.type), .number(event.seq),
                .text(event.site), .text(event.path ?? ""), .text(event.referrer ?? ""), .text(event.visitorID),
                .text(event.sessionID), .text(event.pageviewID), .text(event.userAgent ?? ""),
                .text(event.location?.country ?? ""), .text(event.location?.region ?? ""),
                .text(event.location?.city ?? ""), .text(event.location?.source ?? ""), .json(event.payload),
            ]
        )
    }
}
