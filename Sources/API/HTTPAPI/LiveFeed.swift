import Dispatch
import Locks
package import HTTPServer
import Reports
import Rollups
package import Log
package import Storage
import Aggregation

/// Events as they are committed, for everybody who watches: read once, in the order of their ids, whatever number of watchers there is.
///
/// What a watcher has not read yet is nobody's buffer: it reads on from where it is, out of the latest events that are kept for all, or out of
/// the database when it is further behind. Who is too far behind is told how much was left out.
package final class LiveFeed: Sendable {
    /// Subscribers at one time, but no more than half of the connections.
    static let subscribersMax = 1000
    /// Events, and bytes of them, that are kept for all.
    static let keptMax = 2000
    static let keptBytesMax = 4 << 20
    /// Events that are read at once.
    static let readMax: Int64 = 500
    /// Events behind the latest beyond which a watcher is put forward.
    static let behindMax: Int64 = 20_000
    /// Milliseconds between two looks at what is new while somebody watches, and after an error.
    static let restMilliseconds = 100
    static let retryMilliseconds = 2000
    /// Milliseconds that a stop waits for a look under way.
    static let stopMillisecondsMax = 500
    /// Milliseconds between two signs of life.
    static let beatMilliseconds = 15_000
    /// Bytes of a payload that is sent along; a larger one is looked up.
    static let payloadBytesMax = 4096

    struct Frame {
        let id: Int64
        let bytes: [UInt8]
    }

    private struct State {
        var subscribers: [UInt64: Subscriber] = [:]
        var frames: [Frame] = []
        var bytes = 0
        /// The frames are all events after this one, up to the last that has been read; nil before the first look.
        var first: Int64 = 0
        var last: Int64?
        /// Why the last look failed; nil when it did not.
        var failure: String?
        var isStopping = false
    }

    private let store: any Store
    private let subscribersMax: Int
    private let log: Log
    private let answer: @Sendable ([(Ticket, Answer)]) -> Void
    private let state = Locked(State())
    private let bell = DispatchSemaphore(value: 0)
    private let stopped = DispatchGroup()

    package init(
        store: any Store,
        connectionsMax: Int,
        log: Log,
        answer: @escaping @Sendable ([(Ticket, Answer)]) -> Void
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

    /// Begins a stream of events.
    ///
    /// - Parameters:
    ///   - ticket: of the request.
    ///   - after: the id that was seen last; nil for what comes from now on.
    /// - Returns: nil when too many watch.
    func watch(_ ticket: Ticket, after: Int64?) -> Answer? {
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

    /// Frames after an id, as far as they are kept; nil when the next one is not kept any more.
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

    /// Why the feed cannot be read now; nil while it can, or nobody watches.
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
                // Nothing is read for nobody; who comes then begins with what is new.
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
                log.debug("live events cannot be read", ["reason": error.reason])
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

    /// Forgets what is kept; what comes after an id is kept from now on, or what is new at the next look.
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
            // Nothing may be settled yet on a new connection, though there is something.
            var isEmpty = false
            if settled == 0 { isEmpty = try database.rows("select id from collector_events limit 1").isEmpty }
            guard settled > 0 || isEmpty else { return }
            // So, too, when an outage has kept the feed away for so long that watchers are put forward.
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

/// One stream.
final class Subscriber: BodySource {
    /// Bytes that are sent at a time.
    static let partBytesMax = 16_384
    /// Events that are read at a time for one that is behind.
    static let catchUpMax: Int64 = 100

    private struct State {
        /// The last event that was sent; nil until it is known what is new.
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
        // A browser that loses the stream comes again after so many milliseconds.
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

    /// Reads what is not kept for all any more, a part at a time; called by the feed's thread.
    func catchUp(_ reader: EventQueries, _ settled: Int64) throws(StoreError) {
        let position: Int64? = state.withLock { state in
            guard state.needsCatchUp, state.bytes.isEmpty || state.position == nil else { return nil }
            return state.position ?? settled
        }
        guard var position else { return }
        // An id beyond every event is of another database, or was made up: nothing would come for it.
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
        let (made, place) = (bytes, last)
        state.withLock { state in
            state.bytes += made
            state.position = place
            state.needsCatchUp = place < settled
        }
        feed.wake(ticket)
    }
}
