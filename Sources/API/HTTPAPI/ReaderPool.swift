import Locks
package import HTTPServer
package import Log
package import Storage
package import Workers

/// Threads that run the owner's queries, each with a connection of its own; ingest does not wait for them.
package final class ReaderPool: Sendable {
    /// The number of threads, and the most queries in their queue.
    static let threads = 2
    static let waitingMax = 64
    /// The timeout in milliseconds of all statements of one response, or of one part of an export, together.
    static let answerMillisecondsMax: Int32 = 10_000
    /// The milliseconds within which a connection that has already been closed fails.
    static let staleMillisecondsMax = 500
    /// The most bytes of one response.
    static let answerBytesMax = 16 << 20

    typealias Work = @Sendable (any Database) throws(StoreError) -> Void

    private struct State {
        var waiting: [(work: Work, failed: @Sendable (StoreError) -> Void)] = []
        /// The damaged data that a query found last.
        var damage: String?
    }

    /// The most exports at the same time, each of which holds a part in memory while its client reads.
    static let exportsMax = 8
    let exports = Slots(max: ReaderPool.exportsMax)

    private let store: any Store
    private let log: Log
    private let responses: ResponseSink
    private let state = Locked(State())
    package let worker: Worker

    /// Creates a pool whose threads have this name.
    package init(store: any Store, name: String = "reader", responses: ResponseSink, log: Log) {
        self.store = store
        worker = Worker(name, threads: ReaderPool.threads)
        self.log = log
        self.responses = responses
    }

    package func start() {
        worker.start { [self] in run() }
    }

    /// The damaged data that a query has found since the start; nil when none was found.
    var damage: String? { state.withLock { $0.damage } }

    /// Runs work on a connection; returns false when the queue is full.
    func ask(_ work: @escaping Work, failed: @escaping @Sendable (StoreError) -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard state.waiting.count < Self.waitingMax, !worker.isStopping else { return false }
            state.waiting.append((work, failed))
            return true
        }
        if isTaken { worker.wake() }
        return isTaken
    }

    /// Responds to a request with the result of the work.
    ///
    /// If this pool cannot read, the work runs again on the other one, unless the time is up.
    func answer(
        _ ticket: Ticket,
        orOn other: ReaderPool? = nil,
        _ work: @escaping @Sendable (any Database) throws(StoreError) -> ServerResponse
    ) -> HandlerResult {
        let isTaken = ask { [responses] database throws(StoreError) in
            let made = try work(database)
            let isTooLarge = made.bytesCount > Self.answerBytesMax
            responses.send(ticket, isTooLarge ? .response(Self.tooLarge) : made)
        } failed: { [responses, log] error in
            log.debug("report query failed", ["reason": error.reason])
            guard let other, error != .queryTimeout else {
                return responses.send(ticket, .response(Self.failure(error)))
            }
            if case .now(let response) = other.answer(ticket, work) { responses.send(ticket, response) }
        }
        return isTaken ? .later : .now(.response(Responses.busy("The server is busy: try again later")))
    }

    private static var tooLarge: HTTPServer.Response {
        Responses.message(503, "The response is too large: narrow the range")
    }

    static func failure(_ error: StoreError) -> HTTPServer.Response {
        switch error {
        case .queryTimeout: Responses.message(503, "The query took too long: narrow the range")
        case .unavailable, .uncertain, .refused, .schema, .damaged: Responses.unavailable()
        }
    }

    /// Wakes a request whose body is being produced.
    func wake(_ ticket: Ticket) { responses.send(ticket, .wake) }

    private func run() {
        var connection = WorkerConnection(store)
        while true {
            worker.sleep()
            let (next, isOver) = state.withLock { state in
                state.waiting.isEmpty ? (nil, worker.isStopping) : (state.waiting.removeFirst(), false)
            }
            if isOver { return }
            guard let next else { continue }
            if let error = attempt(next.work, &connection) {
                if case .damaged(let reason) = error { state.withLock { $0.damage = reason } }
                next.failed(error)
            }
        }
    }

    /// Runs work on the open connection, or on a new one.
    ///
    /// An open connection that fails at once may have been closed by its server long ago; then the work runs again on a new one. Work has no
    /// effect before it has read everything.
    ///
    /// - Returns: The error; nil when the work succeeded.
    private func attempt(_ work: Work, _ connection: inout WorkerConnection) -> StoreError? {
        let begin = ContinuousClock.now
        while true {
            let isKept = connection.isOpen
            do throws(StoreError) {
                try connection.use { database throws(StoreError) in
                    try work(TimedDatabase(database, milliseconds: Self.answerMillisecondsMax))
                }
                return nil
            } catch {
                guard isKept, case .unavailable = error,
                    begin.duration(to: .now) < .milliseconds(Self.staleMillisecondsMax)
                else { return error }
            }
        }
    }
}
