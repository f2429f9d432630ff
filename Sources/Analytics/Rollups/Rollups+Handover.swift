import Storage
import Events
import Aggregation

extension Rollups {
    /// Returns the next events committed by this process; nil when they must be read from the database.
    ///
    /// The events in memory are complete if the database has the same number of events in their id range: other
    /// processes may have committed some in between. The count stops after one more than that, so it does not
    /// scan a backlog.
    func handedOver(after start: Int64, through end: Int64, limit: Int) throws(StoreError) -> [StoredEvent]? {
        guard let committed, limit > 0 else { return nil }
        handed.removeAll { $0.id <= start }
        // Refill only when empty: never more than `CommittedEvents` holds.
        if handed.isEmpty { handed = committed.take(after: start, through: end).map { StoredEvent($0) } }
        let events = Array(handed.prefix { $0.id <= end }.prefix(min(limit, Int(Self.readMax))))
        guard let last = events.last?.id else { return nil }
        let row = try database.rows(
            """
            select count(*) from (
                select id from collector_events
                where id > ?1 and id <= ?2 and id not in (select event_id from rollup_dead_letters)
                order by id
                limit ?3
            ) as found
            """,
            [.integer(start), .integer(last), .integer(Int64(events.count) + 1)]
        ).first
        guard row?.first?.integer == Int64(events.count) else {
            handed.removeAll { $0.id <= last }
            return nil
        }
        handed.removeFirst(events.count)
        return events
    }

    /// Returns events of the last call that did not fit into the portion.
    func giveBack(_ events: ArraySlice<StoredEvent>) { handed.insert(contentsOf: events, at: 0) }
}

extension StoredEvent {
    /// Converts an event to the form in which its row is read.
    init(_ committed: (id: Int64, event: Event)) {
        let event = committed.event
        func text(_ slice: Slice?) -> String? { slice.map { String(decoding: event.bytes[$0.range], as: UTF8.self) } }
        let payload = event.payload.range.count > ReadBudget.valueCharactersMax ? "" : text(event.payload) ?? "{}"
        self.init(
            id: committed.id,
            receivedAt: event.receivedAt,
            visitorID: text(event.visitorID) ?? "",
            sessionID: text(event.sessionID) ?? "",
            pageviewID: text(event.pageviewID) ?? "",
            type: text(event.eventType) ?? "",
            seq: Int64(event.seq),
            site: text(event.site) ?? "",
            path: text(event.path),
            referrer: text(event.referrer),
            userAgent: text(event.userAgent),
            location: event.location.map { location in
                StoredLocation(
                    country: text(location.country) ?? "",
                    region: text(location.region),
                    city: text(location.city),
                    source: text(location.source)
                )
            },
            payload: payload
        )
    }
}
