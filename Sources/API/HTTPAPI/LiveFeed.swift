import Dispatch
import Locks
package import HTTPServer
import Reports
import Rollups
package import Log
package import Storage
import Aggregation

/// Publishes committed events to all subscribers: it reads each event once, in the order of ids, for any number of subscribers.
///
/// Subscribers have no queue of their own. Each one continues from its position, in the latest events that are kept for all, or in the database
/// when it is further behind. A subscriber that is too far behind skips to the latest event and gets the number of skipped events.
package final class LiveFeed: Sendable {
    /// The most subscribers, and never more than half of the connections.
    static let subscribersMax = 1000
    /// The most events, and bytes of them, that are kept for all.
    static let keptMax = 2000
    static let keptBytesMax = 4 << 20
    /// The most events of one read.
    static let readMax: Int64 = 500
    /// The number of events behind the latest beyond which a subscriber skips to the latest.
    static let behindMax: Int64 = 20_000
    /// Milliseconds between two reads while there are subscribers, and after an error.
    static let restMilliseconds = 100
    static let retryMilliseconds = 2000
    /// The most milliseconds that a stop waits for the current read.
    static let stopMillisecondsMax = 500
    /// Milliseconds between two keep-alives.
    static let beatMilliseconds = 15_000
    /// The size in bytes up to which a payload is sent with its event; a larger one is requested separately.
    static let payloadBytesMax = 4096

    struct Frame {
        let id: Int64
        let bytes: [UInt8]
    }

    private struct State {
        var subscribers: [UInt64: Subscriber] = [:]
        var frames: [Frame] = []
        var bytes = 0
        /// The frames are all events after this id, up to the last one read, which is nil before the first read.
        var first: Int64 = 0
        var last: Int64?
        /// The error of the last read; nil when it succeeded.
        var failure: String?
        var isStopping = false
    }

    private let store: any Store
    private let subscribersMax: Int
    private let log: Log
    private let answer: @Sendable ([(Ticket, ServerResponse)]) -> Void
    private let state = Locked(State())
    private let bell = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    package init(
        store: any Store,
        connectionsMax: Int,
        log: Log,
        answer: @escaping @Sendable ([(Ticket, ServerResponse)]) -> Void
    ) {
        self.store = store
        subscribersMax = min(Self.subscribersMax, connectionsMax / 2)
        self.log = log
        self.answer = answer
    }

    package func start() {
        DispatchQueue(label: "live").async(group: stopped) { [self] in run() }
    }

    package func stop() {
        state.withLock { $0.isStopping = true }
        bell.signal()
        _ = stopped.wait(timeout: .now() + .milliseconds(Self.stopMillisecondsMax))
    }

    /// Starts a stream of events.
    ///
    /// - Parameters:
    ///   - ticket: The ticket of the request.
    ///   - after: The last id that the subscriber has; nil to start with new events.
    /// - Returns: nil when there are too many subscribers.
    func watch(_ ticket: Ticket, after: Int64?) -> ServerResponse? {
        let subscriber = Subscriber(feed: self, ticket: ticket, position: after)
        let isTaken = state.withLock { state in
            guard state.subscribers.count < subscribersMax, !state.isStopping else { return false }
            state.subscribers[ticket.rawValue] = subscriber
            return true
        }
        guard isTaken else { return nil }
        bell.signal()
        let fields: [Responses.Field] = [
            ("Content-Type", "text/event-stream"), Responses.noStore, ("X-Accel-Buffering", "no"),
        ]
        return .stream(Response(status: 200, fields: fields + Responses.security, body: .none), subscriber)
    }

    func leave(_ subscriber: Subscriber) {
        state.withLock { $0.subscribers[subscriber.ticket.rawValue] = nil }
    }

    /// The frames after an id, as far as they are kept; nil when the next one is no longer kept.
    func frames(after id: Int64, bytesMax: Int) -> (bytes: [UInt8], last: Int64)? {
        state.withLock { state in
            guard let last = state.last else { return nil }
            guard id < last else { return ([], id) }
            guard id >= state.first else { return nil }
            var (low, high) = (0, state.frames.count)
            while low < high {
                let middle = (low + high) / 2
                if state.frames[middle].id <= id { low = middle + 1 } else { high = middle }
            }
            var bytes: [UInt8] = []
            var seen = id
            for frame in state.frames[low...] {
                if !bytes.isEmpty, bytes.count + frame.bytes.count > bytesMax { return (bytes, seen) }
                bytes += frame.bytes
                seen = frame.id
            }
            return (bytes, last)
        }
    }

    /// The reason why the feed cannot be read; nil while it can, or there are no subscribers.
    package var failure: String? { state.withLock { $0.failure } }

    func ring() { bell.signal() }

    func wake(_ ticket: Ticket) { answer([(ticket, .wake)]) }

    // MARK: - The thread

    private func run() {
        var database: (any Database)?
        var beat = ContinuousClock.now
        while true {
            let (isStopping, hasSubscribers) = state.withLock { ($0.isStopping, !$0.subscribers.isEmpty) }
            if isStopping { return }
            guard hasSubscribers else {
                // Nothing is read without subscribers; the next one starts with new events.
                begin(after: nil)
                state.withLock { $0.failure = nil }
                bell.wait()
                continue
            }
            var milliseconds = Self.restMilliseconds
            do throws(StoreError) {
                let connection = if let database { database } else { try store.makeDatabase() }
                database = connection
                try look(EventQueries(database: connection), connection)
                state.withLock { $0.failure = nil }
            } catch {
                log.debug("cannot read live events", ["reason": error.reason])
                state.withLock { $0.failure = error.reason }
                database = nil
                milliseconds = Self.retryMilliseconds
            }
            if beat.duration(to: .now) > .milliseconds(Self.beatMilliseconds) {
                beat = .now
                for subscriber in state.withLock({ Array($0.subscribers.values) }) { subscriber.beat() }
                wakeAll()
            }
            _ = bell.wait(timeout: .now() + .milliseconds(milliseconds))
        }
    }

    /// Drops the kept frames; then keeps events after the id, or, without one, events that are new at the next read.
    private func begin(after id: Int64?) {
        state.withLock { state in
            state.frames = []
            state.bytes = 0
            state.first = id ?? 0
            state.last = id
        }
    }

    private func wakeAll() {
        answer(state.withLock { $0.subscribers.values.map { ($0.ticket, .wake) } })
    }

    private func look(_ reader: EventQueries, _ database: any Database) throws(StoreError) {
        let settled = try database.committedHighWaterMark()
        let known = state.withLock { $0.last }
        if let known, settled - known <= Self.behindMax {
            var last = known
            while last < settled {
                let (events, read) = try reader.after(last, to: settled, limit: Self.readMax)
                last = read
                keep(events.map(Self.frame), upTo: last)
                wakeAll()
            }
        } else {
            // On a new connection the high-water mark may still be 0 although there are events.
            var isEmpty = false
            if settled == 0 { isEmpty = try database.rows("select id from collector_events limit 1").isEmpty }
            guard settled > 0 || isEmpty else { return }
            // Likewise when an outage lasted so long that subscribers skip to the latest event.
            begin(after: settled)
            wakeAll()
        }
        for subscriber in state.withLock({ Array($0.subscribers.values) }) { try subscriber.catchUp(reader, settled) }
    }

    private func keep(_ frames: [Frame], upTo last: Int64) {
        state.withLock { state in
            state.frames += frames
            state.bytes += frames.reduce(0) { $0 + $1.bytes.count }
            var surplus = max(0, state.frames.count - Self.keptMax)
            for frame in state.frames.prefix(surplus) { state.bytes -= frame.bytes.count }
            while state.bytes > Self.keptBytesMax, surplus < state.frames.count {
                state.bytes -= state.frames[surplus].bytes.count
                surplus += 1
            }
            if surplus > 0 { state.first = state.frames[surplus - 1].id }
            state.frames.removeFirst(surplus)
            state.last = last
        }
    }

    static func frame(_ event: StoredEvent) -> Frame {
        var shown = event
        if event.payload.utf8.count > payloadBytesMax { shown.payload = "" }
        let text = Array("id: \(event.id)\ndata: ".utf8) + shown.json.encoded.filter { $0 != 0x0A && $0 != 0x0D }
        return Frame(id: event.id, bytes: text + Array("\n\n".utf8))
    }
}

/// One subscriber's stream.
final class Subscriber: BodySource {
    /// The most bytes that are sent at a time.
    static let partBytesMax = 16_384
    /// The most events of one read for a subscriber that catches up from the database.
    static let catchUpMax: Int64 = 100

    private struct State {
        /// The id of the last event that was sent; nil until the latest id is known.
        var position: Int64?
        var bytes: [UInt8]
        var needsCatchUp: Bool
        var isBeating = false
    }

    let isEndless = true
    let ticket: Ticket
    private let feed: LiveFeed
    private let state: Locked<State>

    init(feed: LiveFeed, ticket: Ticket, position: Int64?) {
        self.feed = feed
        self.ticket = ticket
        // A browser that loses the stream reconnects after so many milliseconds.
        state = Locked(State(position: position, bytes: Array("retry: 1000\n\n".utf8), needsCatchUp: true))
    }

    func next() -> BodyPart {
        let held: (bytes: [UInt8], position: Int64?) = state.withLock { state in
            defer { state.bytes = [] }
            if state.isBeating, state.bytes.isEmpty { state.bytes = Array(": \n\n".utf8) }
            state.isBeating = false
            return (state.bytes, state.needsCatchUp ? nil : state.position)
        }
        if !held.bytes.isEmpty { return .bytes(held.bytes) }
        guard let position = held.position else { return .later }
        guard let (bytes, last) = feed.frames(after: position, bytesMax: Self.partBytesMax) else {
            state.withLock { $0.needsCatchUp = true }
            feed.ring()
            return .later
        }
        state.withLock { $0.position = last }
        return bytes.isEmpty ? .later : .bytes(bytes)
    }

    func close() { feed.leave(self) }

    func beat() { state.withLock { $0.isBeating = true } }

    /// Reads a part of the events that are no longer kept for all; the feed's thread calls it.
    func catchUp(_ reader: EventQueries, _ settled: Int64) throws(StoreError) {
        let position: Int64? = state.withLock { state in
            guard state.needsCatchUp, state.bytes.isEmpty || state.position == nil else { return nil }
            return state.position ?? settled
        }
        guard var position else { return }
        // An id beyond every event is from another database or made up; no event would follow it.
        if position > settled, try position > reader.lastID() { position = settled }
        var bytes: [UInt8] = []
        if settled - position > LiveFeed.behindMax {
            let skipped = settled - position
            position = settled
            bytes = Array("event: skipped\ndata: {\"ids\":\(skipped)}\n\n".utf8)
        }
        var (events, last) = try reader.after(
            position,
            to: settled,
            limit: Self.catchUpMax,
            bytesMax: Self.partBytesMax
        )
        last = max(position, last)
        for event in events {
            guard bytes.count < Self.partBytesMax else {
                last = event.id - 1
                break
            }
            bytes += LiveFeed.frame(event).bytes
        }
        let (made, newPosition) = (bytes, last)
        state.withLock { state in
            state.bytes += made
            state.position = newPosition
            state.needsCatchUp = newPosition < settled
        }
        feed.wake(ticket)
    }
}
