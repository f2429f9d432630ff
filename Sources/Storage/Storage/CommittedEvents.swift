import Locks
package import Events

/// A cache of events committed by this process, so that the rollup worker does not have to read them back.
///
/// Thread-safe. When it is full, the oldest events are dropped, and the worker reads them from the database.
package final class CommittedEvents: Sendable {
    /// The maximum number of cached events, and of their bytes.
    package static let eventsMax = 50_000
    package static let bytesMax = 16 << 20

    private struct State: Sendable {
        /// In the order of commit, which is almost the order of ids.
        var batches: [(ids: [Int64], events: [Event], bytes: Int)] = []
        var count = 0
        var bytes = 0

        mutating func removeFirst() {
            let first = batches.removeFirst()
            count -= first.events.count
            bytes -= first.bytes
        }
    }

    private let state = Locked(State())

    package init() {}

    /// The number of cached events.
    package var count: Int { state.withLock { $0.count } }

    /// Adds the events of a committed batch.
    ///
    /// `ids` are their ids, in the same order.
    package func add(_ events: [Event], ids: [Int64]) {
        guard !events.isEmpty, events.count == ids.count else { return }
        let bytes = events.reduce(0) { $0 + $1.bytes.count }
        state.withLock { state in
            state.batches.append((ids, events, bytes))
            state.count += events.count
            state.bytes += bytes
            while state.count > Self.eventsMax || state.bytes > Self.bytesMax, !state.batches.isEmpty {
                state.removeFirst()
            }
        }
    }

    /// Returns the cached events with ids in `(after, through]`, ordered by id, and removes batches
    /// that end in or before that range.
    package func take(after: Int64, through: Int64) -> [(id: Int64, event: Event)] {
        let batches = state.withLock { state in
            let taken = state.batches
            state = State()
            // A batch that extends beyond the range is needed again.
            for batch in taken where (batch.ids.last ?? 0) > through {
                state.batches.append(batch)
                state.count += batch.events.count
                state.bytes += batch.bytes
            }
            return taken
        }
        var events: [(id: Int64, event: Event)] = []
        for batch in batches {
            for (id, event) in zip(batch.ids, batch.events) where id > after && id <= through {
                events.append((id, event))
            }
        }
        events.sort { $0.id < $1.id }
        return events
    }

    /// Removes the batches whose last event has this id or a lower one.
    package func removeAll(through id: Int64) {
        state.withLock { state in
            state.batches.removeAll { ($0.ids.last ?? 0) <= id }
            state.count = state.batches.reduce(0) { $0 + $1.events.count }
            state.bytes = state.batches.reduce(0) { $0 + $1.bytes }
        }
    }

    /// Removes all events.
    ///
    /// Required when ids may have been reassigned to other events.
    package func removeAll() { state.withLock { $0 = State() } }
}
