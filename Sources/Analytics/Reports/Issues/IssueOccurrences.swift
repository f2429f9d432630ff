import Storage
package import Aggregation

/// The errors of an issue in the range, the latest first.
package struct IssueOccurrences: Sendable {
    package static let limitMax: Int64 = 50
    package private(set) var events: [StoredEvent] = []
    /// The id of the event before which to continue; nil when there are no more.
    package private(set) var next: Int64?

    /// Returns nil when there is no issue with this id, or no event `before`.
    init?(_ context: ReportContext, _ name: String, before: Int64?, limit: Int64) throws(ReportError) {
        guard let errors = try IssueErrors(context, name) else { return nil }
        let limit = Int(min(max(1, limit), Self.limitMax))
        var cursor: Cursor?
        var end = context.query.range.to
        if let before {
            guard let found = try Cursor(context.database, before) else { return nil }
            cursor = found
            end = min(end, found.seconds + 1)
        }
        // The second of the cursor may have no further error, and one more error shows whether there are more.
        for second in try errors.seconds(before: end, max: limit + 2) {
            events += try errors.read(second).events.filter { cursor?.isAfter($0) ?? true }
            guard events.count > limit else { continue }
            events = Array(events.prefix(limit))
            next = events.last?.id
            return
        }
    }

    /// An event by its position in the order of events.
    private struct Cursor {
        let id: Int64
        /// Microseconds since 1970.
        let receivedAt: Int64
        var seconds: Int64 { receivedAt / 1_000_000 }

        /// Nil when there is no such event.
        init?(_ database: any Database, _ id: Int64) throws(ReportError) {
            let row = try database.reportRows(
                "select \(database.dialect.microseconds("received_at")) from collector_events where id = ?1",
                [.integer(id)]
            ).first
            guard let receivedAt = row?[0].integer else { return nil }
            (self.id, self.receivedAt) = (id, receivedAt)
        }

        /// Whether the event follows this one, from the latest to the earliest.
        func isAfter(_ event: StoredEvent) -> Bool { (event.receivedAt, event.id) < (receivedAt, id) }
    }
}

extension Reports {
    /// - Returns: nil when there is no issue of that id, or no event `before`.
    package func occurrences(
        _ query: ReportQuery,
        _ issue: String,
        before: Int64?,
        limit: Int64
    ) throws(ReportError) -> IssueOccurrences? {
        try computed(query) { context throws(ReportError) in
            try IssueOccurrences(context, issue, before: before, limit: limit)
        }
    }
}
