package import Storage

/// An event in the order of the time at which events were received, and of their ids where that is the same.
package struct EventCursor: Sendable {
    /// `received_at` as the database compares it.
    let key: SQLValue
    package let id: Int64
}

extension EventReader {
    package enum Order: Sendable {
        case ascending, descending
    }

    /// The cursor of an event; nil when there is none of that id.
    func cursor(of id: Int64) throws(StoreError) -> EventCursor? {
        try database.rows(
            "select \(database.dialect.timeKey("received_at")) from collector_events where id = ?1",
            [.integer(id)],
            milliseconds: RollupCells.milliseconds
        ).first.map { EventCursor(key: $0[0], id: id) }
    }

    /// Events of the range and of the visitor, session or page view of a search, within a number of rows and of bytes; what else the search
    /// asks for is not looked at.
    ///
    /// `cursor` is the event behind which to begin; nil for the first of that order.
    ///
    /// - Returns: the events, and where to go on; nil when there are no more.
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
        // Ids are sorted before payloads are read, and PostgreSQL sorts rows before it writes out their payloads. No more ids than the rows
        // of this read: SQLite takes the payloads of all of them into its sorter.
        let limit = min(limit, Int64(database.rowsOfNextRead))
        let count = selection.parameter(.integer(limit))
        let read = try database.bounded(
            """
            \(selection.definition)
            select \(StoredEvent.columns(dialect)), \(dialect.timeKey("received_at"))
            from (
                select * from collector_events
                where id in (select id from \(selection.source) \(selection.condition) \(sorting) limit \(count))
                \(sorting)
            ) as found
            \(sorting)
            """,
            selection.parameters,
            limit: limit,
            milliseconds: RollupCells.milliseconds,
            bytesMax: bytesMax
        )
        guard read.isCut, let last = read.rows.last, let key = last.last, let id = last[0].integer else {
            return (read.rows.compactMap { StoredEvent($0) }, nil)
        }
        return (read.rows.compactMap { StoredEvent($0) }, EventCursor(key: key, id: id))
    }
}

/// Which events a page is of, in SQL.
private struct Selection {
    private let dialect: SQLDialect
    /// What comes before the query, and the table or the part of it that is read.
    private(set) var definition = ""
    private(set) var source = "collector_events"
    private(set) var parameters: [SQLValue] = []
    private var conditions: [String] = []

    init(dialect: SQLDialect) { self.dialect = dialect }

    var condition: String { conditions.isEmpty ? "" : "where \(conditions.joined(separator: " and "))" }

    /// The name of a parameter that has this value.
    mutating func parameter(_ value: SQLValue) -> String {
        parameters.append(value)
        return "?\(parameters.count)"
    }

    /// Reads the events of the visitor, session or page view of a search alone.
    mutating func narrow(_ search: EventReader.Search) {
        guard let narrowing = search.narrowing else { return }
        // Materialized, so that no planner walks the index of times through everybody's events in search of a few.
        definition = """
            with narrowed as materialized (
                select id, received_at from collector_events
                where \(narrowing.column) = \(parameter(.text(narrowing.value)))
            )
            """
        source = "narrowed"
    }

    /// Reads the events of the range of a search that come after a cursor.
    mutating func bound(_ search: EventReader.Search, _ order: EventReader.Order, from cursor: EventCursor?) {
        if let from = search.from, cursor == nil || order == .descending {
            conditions.append("received_at >= \(dialect.time(parameter(.integer(from))))")
        }
        if let to = search.to, cursor == nil || order == .ascending {
            conditions.append("received_at < \(dialect.time(parameter(.integer(to))))")
        }
        guard let cursor else { return }
        let time = dialect.timeOfKey(parameter(cursor.key))
        let (bound, beyond) = order == .ascending ? (">=", ">") : ("<=", "<")
        // The first condition is the bound that SQLite begins from in the index; it would not take the second one for that.
        conditions.append("received_at \(bound) \(time)")
        conditions.append("(received_at, id) \(beyond) (\(time), \(parameter(.integer(cursor.id))))")
    }
}
