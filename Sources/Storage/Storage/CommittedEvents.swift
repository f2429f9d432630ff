import Locks
package import Events

/// Events that this process has committed, kept for the rollup worker, so that it need not read them back.
///
/// A cache and no queue: what does not fit is dropped, oldest first, and the worker reads it from the database.
package final class CommittedEvents: Sendable {
    /// Events and bytes of them that are kept.
    package static let eventsMax = 50_000
    package static let bytesMax = 16 << 20

    private struct State: Sendable {
        /// By their order of commit, which is nearly that of their ids.
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

    /// Adds the events of a batch that has been committed; `ids` are theirs, in the same order.
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

    /// Hands over the events with ids in a range, by their ids, and forgets those before its end.
    package func take(after: Int64, through: Int64) -> [(id: Int64, event: Event)] {
        let batches = state.withLock { state in
            let taken = state.batches
            state = State()
            // A batch that goes beyond the range is needed once more.
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

    /// Forgets everything, when ids may be those of other events.
    package func removeAll() { state.withLock { $0 = State() } }
}
