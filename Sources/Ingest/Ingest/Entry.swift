package import Events

/// A record on its way, and who waits for it.
package struct Entry: Sendable {
    package var record: Record
    /// Names the waiting request; opaque here.
    package var ticket: UInt64
    /// Comes back with the delivery; its meaning is the caller's.
    package var tag: Int

    package init(record: Record, ticket: UInt64, tag: Int = 0) {
        self.record = record
        self.ticket = ticket
        self.tag = tag
    }
}

/// What became of an entry.
package enum Outcome: Sendable, Equatable {
    /// Committed in the store, now or under the same `event_id` before; or committed in the journal, from where it will get there.
    case stored
    /// The database does not take this record, whenever it is tried.
    case refused
    /// Not acknowledged: neither the store nor the journal could take it. The sender should come again.
    case unavailable
}

/// An entry with its outcome, on its way back to who waits.
package struct Delivery: Sendable {
    package var entry: Entry
    package var outcome: Outcome
}

/// The entries of a batch with their outcomes.
package struct Deliveries: Sendable, RandomAccessCollection {
    package let entries: [Entry]
    /// As many as there are entries.
    package let outcomes: [Outcome]

    init(_ entries: [Entry], _ outcomes: [Outcome]) {
        self.entries = entries
        self.outcomes = outcomes
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(index: Int) -> Delivery { Delivery(entry: entries[index], outcome: outcomes[index]) }
}
