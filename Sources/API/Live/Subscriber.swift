import Aggregation
package import HTTPServer
import Locks
import Reports
import Storage

/// One subscriber's stream of server-sent events.
package final class Subscriber: BodySource {
    private struct State {
        /// The id of the last event that was sent; nil until the latest id is known.
        var position: Int64?
        /// The bytes that are sent next.
        var bytes: [UInt8]
        /// Whether its next event may no longer be kept for all.
        var needsCatchUp = true
        var needsKeepAlive = false
    }

    /// Makes a browser that loses the stream reconnect after this number of milliseconds.
    private static let beginning = Array("retry: 1000\n\n".utf8)

    package let isEndless = true
    let ticket: Ticket
    private let feed: LiveFeed
    private let scope: ReportScope
    private let state: Locked<State>

    init(feed: LiveFeed, ticket: Ticket, position: Int64?, scope: ReportScope) {
        self.feed = feed
        self.scope = scope
        self.ticket = ticket
        state = Locked(State(position: position, bytes: position == nil ? [] : Self.beginning))
    }

    // MARK: - The event loop

    package func next() -> BodyPart {
        let held: (bytes: [UInt8], position: Int64?) = state.withLock { state in
            defer { state.bytes = [] }
            if state.needsKeepAlive, state.bytes.isEmpty { state.bytes = Array(": \n\n".utf8) }
            state.needsKeepAlive = false
            return (state.bytes, state.needsCatchUp ? nil : state.position)
        }
        if !held.bytes.isEmpty { return .bytes(held.bytes) }
        guard let position = held.position else { return .later }
        guard let (bytes, last) = feed.latest(after: position, scope) else {
            state.withLock { $0.needsCatchUp = true }
            feed.requestCatchUp()
            return .later
        }
        state.withLock { $0.position = last }
        return bytes.isEmpty ? .later : .bytes(bytes)
    }

    package func close() { feed.unsubscribe(self) }

    // MARK: - The feed's thread

    /// Sends a comment next, unless there is something else to send.
    func keepAlive() { state.withLock { $0.needsKeepAlive = true } }

    /// Reads a part of the events that are no longer kept for all, or skips to the latest event.
    func catchUp(_ events: EventQueries, _ end: Int64) throws(StoreError) {
        let (known, isWanted) = state.withLock { state in
            (state.position, state.needsCatchUp && (state.bytes.isEmpty || state.position == nil))
        }
        guard isWanted else { return }
        var position = known ?? end
        // A stream without an id begins once it is known which events are new.
        var bytes = known == nil ? Self.beginning : []
        // An id beyond every event is from another database or made up; no event would follow it.
        var isBeyond = false
        if position > end { isBeyond = try position > events.lastID() }
        if known == nil || isBeyond {
            position = end
            // A browser that loses the stream before the first event continues from here.
            bytes += Array("id: \(end)\n\n".utf8)
        }
        if end - position > feed.limits.behindMax {
            let skipped = end - position
            position = end
            bytes += Array("event: skipped\ndata: {\"ids\":\(skipped)}\n\n".utf8)
        }
        let bytesMax = feed.limits.partBytesMax
        var (read, last) = try events.after(
            position,
            to: end,
            limit: feed.limits.catchUpEventsMax,
            bytesMax: bytesMax
        )
        last = max(position, last)
        for event in read where scope.contains(site: event.site, seconds: event.seconds) {
            guard bytes.count < bytesMax else {
                last = event.id - 1
                break
            }
            bytes += feed.frame(event).bytes
        }
        let (made, reached) = (bytes, last)
        state.withLock { state in
            state.bytes += made
            state.position = reached
            state.needsCatchUp = reached < end
        }
        feed.wake(self)
    }
}
