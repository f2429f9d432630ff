import Aggregation
import Storage

/// Events read from the database, in the order of their ids.
struct EventChunk: Sendable {
    /// Id and time of each row, including rows that are not events.
    private(set) var rows: [(id: Int64, receivedAt: Int64?)] = []
    var events: [StoredEvent] = []
    /// The id through which there are no further events; nil when there may be some after the last row.
    private(set) var end: Int64?

    /// Reads events after an id, without dead letters, up to a limit of rows and bytes.
    ///
    /// `parses`: whether payloads are parsed at once.
    init(
        _ database: any Database,
        after: Int64,
        through: Int64,
        limit: Int,
        parses: Bool = false
    ) throws(StoreError) {
        let sql = """
            select \(StoredEvent.columns(database.dialect))
            from (
                select * from collector_events
                where id > ?1 and id <= ?2 and id not in (select event_id from rollup_dead_letters)
                order by id
            ) as found
            order by id
            """
        let isCut = try database.streamBounded(
            sql,
            [.integer(after), .integer(through)],
            limit: min(Rollups.readMax, Int64(limit)),
            milliseconds: Rollups.readMilliseconds
        ) { row in
            guard let id = row[0].integer else { return }
            rows.append((id, row[1].integer))
            guard var event = StoredEvent(row) else { return }
            if parses { event.content = EventContent(event) }
            events.append(event)
        }
        end = isCut ? nil : through
    }

    /// The id after which the next chunk starts.
    func next(after: Int64) -> Int64 { end ?? rows.last?.id ?? after }
}
