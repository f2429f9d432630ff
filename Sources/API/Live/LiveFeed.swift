package import Aggregation
package import HTTPServer
import Locks
package import Log
package import Reports
package import Storage
package import Workers

/// Publishes committed events to all subscribers: it reads each event once, in the order of ids, for any number of
/// subscribers.
///
/// Subscribers have no queue of their own. Each one continues from its position, in the latest events that are kept for
/// all, or in the database when it is further behind. A subscriber that is too far behind skips to the latest event and
/// gets the number of skipped events. Thread-safe.
package final class LiveFeed: Sendable {
    private struct State {
        var subscribers: [UInt64: Subscriber] = [:]
        var latest: LatestEvents
        /// The error of the last read; nil when it succeeded.
        var failure: String?
    }

    package let worker = Worker("live")

    let limits: LiveFeedLimits
    private let responses: ResponseSink
    private let log: Log
    private let encode: @Sendable (StoredEvent) -> [UInt8]
    private let store: any Store
    private let state: Locked<State>

    /// Creates a feed without starting its thread; `encode` returns the JSON of an event.
    package init(
        store: any Store,
        limits: LiveFeedLimits,
        responses: ResponseSink,
        log: Log,
        encode: @escaping @Sendable (StoredEvent) -> [UInt8]
    ) {
        self.store = store
        self.limits = limits
        self.responses = responses
        self.log = log
        self.encode = encode
        let latest = LatestEvents(eventsMax: limits.keptEventsMax, bytesMax: limits.keptBytesMax)
        state = Locked(State(latest: latest))
    }

    package func start() {
        worker.start { [self] in run() }
    }

    /// The reason why the feed cannot be read; nil while it can, or there are no subscribers.
    package var failure: String? { state.withLock { $0.failure } }

    // MARK: - Subscribers

    /// Starts a stream of server-sent events, which is the body of the response to a request.
    ///
    /// - Parameters:
    ///   - ticket: The ticket of the request.
    ///   - after: The last id that the subscriber has; nil to start with new events.
    ///   - scope: What the subscriber may read.
    /// - Returns: nil when there are too many subscribers.
    package func subscribe(_ ticket: Ticket, after: Int64?, scope: ReportScope = ReportScope()) -> Subscriber? {
        let subscriber = Subscriber(feed: self, ticket: ticket, position: after, scope: scope)
        let isAccepted = state.withLock { state in
            guard state.subscribers.count < limits.subscribersMax, !worker.isStopping else { return false }
            state.subscribers[ticket.rawValue] = subscriber
            return true
        }
        guard isAccepted else { return nil }
        worker.wake()
        return subscriber
    }

    func unsubscribe(_ subscriber: Subscriber) {
        state.withLock { $0.subscribers[subscriber.ticket.rawValue] = nil }
    }

    /// The kept events of a scope after an id; nil when the next one is no longer kept.
    func latest(after id: Int64, _ scope: ReportScope) -> (bytes: [UInt8], last: Int64)? {
        state.withLock { $0.latest.after(id, bytesMax: limits.partBytesMax, scope: scope) }
    }

    /// Makes the thread read for subscribers that must catch up, without waiting for its next turn.
    func requestCatchUp() { worker.wake() }

    /// Makes the server continue the body of a subscriber.
    func wake(_ subscriber: Subscriber) { responses.send(subscriber.ticket, .wake) }

    func frame(_ event: StoredEvent) -> Frame {
        var sent = event
        if event.payload.utf8.count > limits.payloadBytesMax { sent.payload = "" }
        let text = Array("id: \(event.id)\ndata: ".utf8) + encode(sent).filter { $0 != 0x0A && $0 != 0x0D }
        return Frame(id: event.id, bytes: text + Array("\n\n".utf8), site: event.site, seconds: event.seconds)
    }

    /// Drops the kept events, some of which may have been erased; subscribers continue from the database.
    package func forget() {
        state.withLock { state in
            if let last = state.latest.last { state.latest.begin(after: last) }
        }
    }

    // MARK: - The thread

    private func run() {
        var connection = WorkerConnection(store)
        var backoff = Backoff()
        var keptAlive = ContinuousClock.now
        while !worker.isStopping {
            guard hasSubscribers() else {
                worker.sleep()
                continue
            }
            var milliseconds = limits.restMilliseconds
            do throws(StoreError) {
                try connection.use { database throws(StoreError) in try read(database) }
                state.withLock { $0.failure = nil }
                backoff.succeeded()
            } catch {
                log.debug("cannot read live events", ["reason": error.reason])
                state.withLock { $0.failure = error.reason }
                milliseconds = backoff.failed()
            }
            if keptAlive.duration(to: .now) > .milliseconds(limits.keepAliveMilliseconds) {
                keptAlive = .now
                for subscriber in subscribers { subscriber.keepAlive() }
                wakeAll()
            }
            worker.sleep(milliseconds: milliseconds)
        }
    }

    /// Whether there are subscribers; without any, nothing is read, and the next one starts with new events.
    private func hasSubscribers() -> Bool {
        state.withLock { state in
            guard state.subscribers.isEmpty else { return true }
            state.latest.begin(after: nil)
            state.failure = nil
            return false
        }
    }

    private var subscribers: [Subscriber] { state.withLock { Array($0.subscribers.values) } }

    private func wakeAll() { responses.send(subscribers.map { ($0.ticket, .wake) }) }

    private func read(_ database: any Database) throws(StoreError) {
        let events = EventQueries(database: database)
        let end = try database.committedHighWaterMark()
        if let known = state.withLock({ $0.latest.last }), end - known <= limits.behindMax {
            var last = known
            while last < end {
                let (new, reached) = try events.after(last, to: end, limit: limits.readEventsMax)
                last = reached
                let frames = new.map(frame)
                state.withLock { $0.latest.append(frames, upTo: reached) }
                wakeAll()
            }
        } else {
            // On a new connection the high-water mark may still be 0 although there are events.
            var isEmpty = false
            if end == 0 { isEmpty = try database.rows("select id from collector_events limit 1").isEmpty }
            guard end > 0 || isEmpty else { return }
            // Likewise when an outage lasted so long that subscribers skip to the latest event.
            state.withLock { $0.latest.begin(after: end) }
            wakeAll()
        }
        for subscriber in subscribers { try subscriber.catchUp(events, end) }
    }
}
