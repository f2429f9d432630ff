package import Storage
package import Aggregation
import Rollups
import UserAgents

/// Finds events themselves.
package struct EventQueries {
    let database: any Database
    private let time: Duration
    /// Events of one answer, and of one query of a search, which begins with as many as are wanted.
    package static let limitMax: Int64 = 500
    static let chunkMax: Int64 = 1000
    /// A search stops after this time or number of events, and returns how far it has come.
    package static let searchTime = Duration.milliseconds(50)
    static let scannedMax: Int64 = 50_000
    /// Events of one visitor that are told.
    static let timelineMax: Int64 = 3000
    /// Bytes of the delivery reports of one page of a timeline.
    static let reportsBytesMax = 1 << 20
    /// Names in one query.
    static let namesMax = 256

    /// `time` is that after which a search begins no further query.
    package init(database: any Database, time: Duration = Self.searchTime) {
        self.database = database
        self.time = time
    }

    /// What is looked for; nil for anything.
    package struct Search: Sendable {
        package var visitor: String?
        package var session: String?
        package var pageview: String?
        package var type: String?
        package var path: String?
        package var site: String?
        /// A member of the payload, and the text or number that it must have.
        package var key: String?
        package var value: String?
        /// Seconds since 1970.
        package var from: Int64?
        package var to: Int64?

        package init() {}

        /// Whether an event is one of those.
        package func matches(_ event: StoredEvent) -> Bool {
            if let type, event.type != type { return false }
            if let site, event.site != site { return false }
            if let path, event.path.map(PathTemplate.of) != path, event.path != path { return false }
            if let visitor, event.visitorID != visitor { return false }
            if let session, event.sessionID != session { return false }
            if let pageview, event.pageviewID != pageview { return false }
            if let from, event.seconds < from { return false }
            if let to, event.seconds >= to { return false }
            guard let key else { return true }
            var found = LazyJSON(event.payload)
            for name in key.split(separator: ".") { found = found[String(name)] }
            guard let value else { return !found.isNull }
            return found.text == value || found.literal == value
        }

        /// The column of an index that narrows the search, and what it must hold.
        var narrowing: (column: String, value: String)? {
            if let pageview { return ("pageview_id", pageview) }
            if let session { return ("session_id", session) }
            return visitor.map { ("visitor_id", $0) }
        }
    }

    /// Events like those of a search, the latest first, and where to go on when the search stopped and there may be more.
    ///
    /// The order is that of the time at which events were received, and of ids among those of one moment: ids alone are in the order of
    /// commits, which an outage, a second process or a clock that was set parts from it.
    ///
    /// `before` is the id of the event before which to begin; nil for the latest.
    ///
    /// - Returns: nil when there is no event of the id `before`.
    package func latest(
        _ search: Search,
        before: Int64?,
        limit: Int64
    ) throws(StoreError) -> EventList? {
        let limit = min(max(1, limit), Self.limitMax)
        var end: EventCursor?
        if let before {
            end = try cursor(of: before)
            guard end != nil else { return nil }
        }
        let start = ContinuousClock.now
        var found: [StoredEvent] = []
        var foundBytes = 0
        var scanned: Int64 = 0
        var chunk = limit
        while true {
            let page = try page(search, .descending, from: end, limit: chunk)
            for event in page.events {
                scanned += 1
                if search.matches(event) {
                    found.append(event)
                    foundBytes += event.payload.utf8.count
                }
                if found.count >= Int(limit) || foundBytes >= ReadBudget.bytesMax {
                    return EventList(events: found, next: event.id)
                }
            }
            guard let next = page.next else { return EventList(events: found, next: nil) }
            end = next
            chunk = min(2 * chunk, Self.chunkMax)
            if scanned >= Self.scannedMax || start.duration(to: .now) > time {
                return EventList(events: found, next: next.id)
            }
        }
    }

    /// Events after an id, in order, up to another, within a number of rows and of bytes.
    ///
    /// - Returns: the events, and the id up to which everything has been read: `end` when there is no more.
    package func after(
        _ id: Int64,
        to end: Int64,
        limit: Int64,
        bytesMax: Int = ReadBudget.bytesMax
    ) throws(StoreError) -> (events: [StoredEvent], last: Int64) {
        let read = try database.bounded(
            """
            select \(StoredEvent.columns(database.dialect))
            from (select * from collector_events where id > ?1 and id <= ?2 order by id) as found order by id
            """,
            [.integer(id), .integer(end)],
            limit: limit,
            milliseconds: ReadLimits.statementMilliseconds,
            bytesMax: bytesMax
        )
        return (read.rows.compactMap { StoredEvent($0) }, read.isCut ? read.rows.last?[0].integer ?? end : end)
    }
}

/// Events that a search found, the latest first.
package struct EventList: Sendable {
    package let events: [StoredEvent]
    /// The id of the event before which to go on; nil when there are no more.
    package let next: Int64?
}
