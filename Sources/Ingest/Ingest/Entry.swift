package import Events

/// A record to be stored, and the request that waits for its outcome.
package struct Entry: Sendable {
    package var record: Record
    /// Identifies the waiting request.
    ///
    /// Opaque to ingest.
    package var ticket: UInt64
    /// A value of the caller, returned with the delivery.
    package var tag: Int

    package init(record: Record, ticket: UInt64, tag: Int = 0) {
        self.record = record
        self.ticket = ticket
        self.tag = tag
    }
}

/// The outcome of storing an entry.
package enum Outcome: Sendable, Equatable {
    /// Committed in the store, now or earlier under the same `event_id`, or committed in the
    /// journal, which is drained into the store later.
    case stored
    /// The database rejects this record, and a retry will not help.
    case refused
    /// Neither the store nor the journal could store the record.
    ///
    /// The client should retry.
    case unavailable
}

/// An entry with its outcome, to be returned to the waiting request.
package struct Delivery: Sendable {
    package var entry: Entry
    package var outcome: Outcome
}

/// The entries of a batch with their outcomes.
package struct Deliveries: Sendable, RandomAccessCollection {
    package let entries: [Entry]
    /// The outcomes, one for each entry.
    package let outcomes: [Outcome]

    init(_ entries: [Entry], _ outcomes: [Outcome]) {
        self.entries = entries
        self.outcomes = outcomes
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(index: Int) -> Delivery { Delivery(entry: entries[index], outcome: outcomes[index]) }
}
