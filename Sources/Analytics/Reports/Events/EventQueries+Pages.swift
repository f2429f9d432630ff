package import Storage
package import Aggregation
import Rollups

/// The position of an event in the order of the time at which events were received, and of their ids where that is equal.
package struct EventCursor: Sendable {
    /// `received_at` as the database compares it.
    let key: SQLValue
    package let id: Int64
}

extension EventQueries {
    package enum Order: Sendable {
        case ascending, descending
    }

    /// The cursor of an event; nil when there is no event with this id.
    func cursor(of id: Int64) throws(StoreError) -> EventCursor? {
        try database.rows(
            "select \(database.dialect.timeKey("received_at")) from collector_events where id = ?1",
            [.integer(id)],
            milliseconds: ReadLimits.statementMilliseconds
        ).first.map { EventCursor(key: $0[0], id: id) }
    }

    /// Events of the range and of the visitor, session or page view of a search, up to a number of rows and of bytes; other conditions of the
    /// search are ignored.
    ///
    /// `cursor` is the event after which the page starts; nil for the first one in that order.
    ///
    /// - Returns: The events, and the cursor for the next page; nil when there are no more.
    package func page(
        _ search: Search,
        _ order: Order,
        from cursor: EventCursor?,
        limit: Int64,
        bytesMax: Int = ReadBudget.bytesMax
    ) throws(StoreError) -> (events: [StoredEvent], next: EventCursor?) {
        let dialect = database.dialect
        var selection = Selection(dialect: dialect)
        selection.narrow(search)
        selection.bound(search, order, from: cursor)
        let direction = order == .ascending ? "asc" : "desc"
        let sorting = "order by received_at \(direction), id \(direction)"
        let count = selection.parameter(.integer(limit))
        let found = try database.rows(
            """
            \(selection.definition)
            select id, \(dialect.timeKey("received_at")) from \(selection.source) \(selection.condition)
            \(sorting) limit \(count)
            """,
            selection.parameters,
            milliseconds: ReadLimits.statementMilliseconds
        )
        let cursors = found.compactMap { row in row[0].integer.map { EventCursor(key: row[1], id: $0) } }
        let (events, read) = try payloads(cursors, bytesMax: bytesMax)
        let isWhole = read == cursors.count && cursors.count < Int(limit)
        return (events, isWhole || read == 0 ? nil : cursors[read - 1])
    }

    /// The number of events of the first query for payloads, and the most of a query.
    private static let payloadsAtFirst = 4
    private static let payloadsMax = 128

    /// Reads events by their ids, in the order of the cursors, up to a number of bytes.
    ///
    /// It reads few at a time, as many as are expected to fit: an engine that sorts rows with their payloads holds all of them in memory.
    ///
    /// - Returns: The events, and the number of cursors that were read; an event that was deleted meanwhile is omitted.
    private func payloads(
        _ cursors: [EventCursor],
        bytesMax: Int
    ) throws(StoreError) -> (events: [StoredEvent], read: Int) {
        var events: [StoredEvent] = []
        var (read, bytes, largest) = (0, 0, bytesMax / Self.payloadsAtFirst)
        while read < cursors.count, bytes < bytesMax {
            let fitting = min(max(1, (bytesMax - bytes) / max(1, largest)), Self.payloadsMax)
            let part = cursors[read..<min(read + fitting, cursors.count)]
            let ids = database.padded(part.map { .integer($0.id) })
            let rows = try database.rows(
                """
                select \(StoredEvent.columns(database.dialect)) from collector_events
                where id in (\((1...ids.count).map { "?\($0)" }.joined(separator: ", ")))
                """,
                ids,
                milliseconds: ReadLimits.statementMilliseconds
            )
            var found: [Int64: StoredEvent] = [:]
            largest = read == 0 ? 0 : largest
            for row in rows {
                let size = ReadBudget.bytes(row)
                (bytes, largest) = (bytes + size, max(largest, size))
                if let event = StoredEvent(row) { found[event.id] = event }
            }
            events += part.compactMap { found[$0.id] }
            read += part.count
        }
        return (events, read)
    }
}

/// The selection of the events of a page, in SQL.
private struct Selection {
    private let dialect: SQLDialect
    /// The text before the query, and the table or the part of it that is read.
    private(set) var definition = ""
    private(set) var source = "collector_events"
    private(set) var parameters: [SQLValue] = []
    private var conditions: [String] = []

    init(dialect: SQLDialect) { self.dialect = dialect }

    var condition: String { conditions.isEmpty ? "" : "where \(conditions.joined(separator: " and "))" }

    /// The name of a new parameter with this value.
    mutating func parameter(_ value: SQLValue) -> String {
        parameters.append(value)
        return "?\(parameters.count)"
    }

    /// Limits the selection to the visitor, session or page view of a search.
    mutating func narrow(_ search: EventQueries.Search) {
        guard let narrowing = search.narrowing else { return }
        // Materialized, so that no planner scans the index of times through the events of all visitors to find a few.
        definition = """
            with narrowed as materialized (
                select id, received_at from collector_events
                where \(narrowing.column) = \(parameter(.text(narrowing.value)))
            )
            """
        source = "narrowed"
    }

    /// Limits the selection to the range of a search, after a cursor.
    mutating func bound(_ search: EventQueries.Search, _ order: EventQueries.Order, from cursor: EventCursor?) {
        if let from = search.from, cursor == nil || order == .descending {
            conditions.append("received_at >= \(dialect.time(parameter(.integer(from))))")
        }
        if let to = search.to, cursor == nil || order == .ascending {
            conditions.append("received_at < \(dialect.time(parameter(.integer(to))))")
        }
        guard let cursor else { return }
        let time = dialect.timeOfKey(parameter(cursor.key))
        let (bound, beyond) = order == .ascending ? (">=", ">") : ("<=", "<")
        // SQLite starts from the first condition in the index; it would not use the second one for that.
        conditions.append("received_at \(bound) \(time)")
        conditions.append("(received_at, id) \(beyond) (\(time), \(parameter(.integer(cursor.id))))")
    }
}
