package import Storage
package import Aggregation
import Rollups
import UserAgents
import Texts

/// Reads single events.
package struct EventQueries {
    let database: any Database
    private let time: Duration
    /// The most events of one response, and of one query of a search, whose first query reads as many as requested.
    package static let limitMax: Int64 = 500
    static let chunkMax: Int64 = 1000
    /// The time and the number of events after which a search stops and returns its position.
    package static let searchTime = Duration.milliseconds(50)
    static let scannedMax: Int64 = 50_000
    /// The most events in one timeline.
    static let timelineMax: Int64 = 3000
    /// The most bytes of the delivery reports of one page of a timeline.
    static let reportsBytesMax = 1 << 20
    /// The most names in one query.
    static let namesMax = 256

    /// `time` is the time after which a search starts no further query.
    package init(database: any Database, time: Duration = Self.searchTime) {
        self.database = database
        self.time = time
    }

    /// The conditions of a search; nil for any value.
    package struct Search: Sendable {
        package var visitor: String?
        package var session: String?
        package var pageview: String?
        package var type: String?
        package var path: String?
        package var site: String?
        /// A member of the payload, and the value that it must have (`PropertyValues`); the empty text is a value.
        package var key: String?
        package var value: String?
        /// Seconds since 1970.
        package var from: Int64?
        package var to: Int64?

        package init() {}

        /// Limits the search, whose conditions are within the scope or absent.
        package mutating func narrow(to scope: ReportScope) {
            site = site ?? scope.site
            guard let times = scope.times else { return }
            // The stores compare times of these years only.
            if times.lowerBound > 0 { from = max(from ?? 0, min(times.lowerBound, Int64(UInt32.max))) }
            if times.upperBound < Int64.max {
                to = min(to ?? Int64.max, max(0, min(times.upperBound, Int64(UInt32.max))))
            }
        }

        /// Whether an event matches.
        package func matches(_ event: StoredEvent) -> Bool {
            func fits(_ wanted: String?, _ own: String?) -> Bool { wanted == nil || haveSameBytes(wanted, own) }
            guard fits(type, event.type), fits(site, event.site), fits(visitor, event.visitorID),
                fits(session, event.sessionID), fits(pageview, event.pageviewID),
                fits(path, event.path) || fits(path, event.path.map(PathTemplate.of))
            else { return false }
            if let from, event.seconds < from { return false }
            if let to, event.seconds >= to { return false }
            guard let key else { return true }
            let found = LazyJSON(event.payload).member(named: key)
            return value.map { PropertyValues([$0]).contains(found) } ?? !found.isNull
        }

        /// The indexed column that narrows the search, and the value it must have.
        var narrowing: (column: String, value: String)? {
            if let pageview { return ("pageview_id", pageview) }
            if let session { return ("session_id", session) }
            return visitor.map { ("visitor_id", $0) }
        }
    }

    /// Events that match a search, the latest first, and the id to continue from when the search stopped early.
    ///
    /// Events are ordered by the time at which they were received, then by id: ids alone follow the order of commits, which differs after an
    /// outage, with a second process, or when a clock was set.
    ///
    /// `before` is the id of the event before which the list starts; nil for the latest.
    ///
    /// - Returns: nil when there is no event with the id `before`.
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

    /// Events after an id, in order, up to another id, limited by a number of rows and of bytes.
    ///
    /// - Returns: The events, and the id up to which everything was read: `end` when there is no more.
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

/// The events that a search found, the latest first.
package struct EventList: Sendable {
    package let events: [StoredEvent]
    /// The id of the event before which to continue; nil when there are no more.
    package let next: Int64?
}
