import Locks
import HTTPServer
import Storage

/// A file that is produced while it is downloaded: each part is read from the database after the previous part was sent.
final class Export<Cursor: Sendable>: BodySource {
    /// A part of the file, and where the next one begins; nil at the end.
    typealias Part = (bytes: [UInt8], next: Cursor?)

    private struct State {
        /// The bytes that were produced and not yet requested.
        var bytes: [UInt8]
        var isReading = false
        var isDone = false
        var cursor: Cursor
    }

    let isEndless = false
    private let pool: ReaderPool
    private let ticket: Ticket
    private let name: String
    private let format: ExportFormat
    private let read: @Sendable (any Database, Cursor) throws(StoreError) -> Part
    private let state: Locked<State>

    /// Creates an export; nil when too many are running.
    ///
    /// `name` is that of the file, without its extension; `header` are the bytes before the first part, which begins at `start`.
    init?(
        _ pool: ReaderPool,
        _ ticket: Ticket,
        _ name: String,
        _ format: ExportFormat,
        header: [UInt8] = [],
        from start: Cursor,
        read: @escaping @Sendable (any Database, Cursor) throws(StoreError) -> Part
    ) {
        guard pool.exports.take() else { return nil }
        (self.pool, self.ticket, self.name, self.format, self.read) = (pool, ticket, name, format, read)
        state = Locked(State(bytes: header, cursor: start))
    }

    var answer: ServerResponse {
        let fields: [Responses.Field] = [
            ("Content-Type", format.contentType), Responses.noStore,
            ("Content-Disposition", "attachment; filename=\"\(name).\(format.rawValue)\""),
        ]
        return .stream(Response(status: 200, fields: fields + Responses.security, body: .none), self)
    }

    func next() -> BodyPart {
        // Nil when the next part must be read first.
        let ready: BodyPart? = state.withLock { state in
            if !state.bytes.isEmpty {
                defer { state.bytes = [] }
                return .bytes(state.bytes)
            }
            if state.isDone { return .end }
            guard !state.isReading else { return .later }
            state.isReading = true
            return nil
        }
        if let ready { return ready }
        let isTaken = pool.ask { database throws(StoreError) in
            try self.produce(database)
        } failed: { error in
            self.fail(error.reason)
        }
        // The queue is full: the body ends with an error line.
        if !isTaken { fail("the server is busy") }
        return isTaken ? .later : next()
    }

    func close() { state.withLock { $0.isDone = true } }

    deinit { pool.exports.give() }

    /// Ends the file with a line that marks it as incomplete, since bytes that were sent cannot be withdrawn.
    private func fail(_ reason: String) {
        state.withLock { state in
            state.bytes += format.ending(reason)
            state.isDone = true
            state.isReading = false
        }
        pool.wake(ticket)
    }

    private func produce(_ database: any Database) throws(StoreError) {
        var (cursor, isOver) = state.withLock { ($0.cursor, $0.isDone) }
        guard !isOver else { return }
        var bytes: [UInt8] = []
        // Parts without a match are skipped in one call, as many as the time allows.
        let begin = ContinuousClock.now
        while bytes.isEmpty, !isOver, begin.duration(to: .now) < .milliseconds(200) {
            let part = try read(database, cursor)
            bytes += part.bytes
            cursor = part.next ?? cursor
            isOver = part.next == nil
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
}

extension ExportFormat {
    /// The last line of an incomplete file.
    func ending(_ reason: String) -> [UInt8] {
        let line = JSONEncodedValue.object([("error", .text("incomplete: " + reason))]).encoded
        return (self == .csv ? Array("incomplete: ".utf8) + Array(reason.utf8) : line) + Array("\r\n".utf8)
    }
}
