package import Aggregation
package import Storage

/// What one visitor did: sessions, in them page views, in them events in the order in which they happened, and what is missing.
package struct VisitorTimeline: Sendable {
    package struct Session: Sendable {
        package let id: String
        package fileprivate(set) var pageViews: [PageView] = []
    }

    package struct PageView: Sendable {
        package let id: String
        /// By `seq`.
        package fileprivate(set) var events: [StoredEvent] = []
        /// Nil when there is none, or not enough of the budget of bytes was left.
        package fileprivate(set) var report: DeliveryReport?
        /// Numbers of events that were not received; of very many, none.
        package fileprivate(set) var missing: [Int64] = []

        package var path: String? { events.first { $0.path != nil }?.path }
    }

    /// What a page view reported to have emitted and dropped.
    package struct DeliveryReport: Sendable {
        package let emitted: Int64
        package let dropped: Int64
        /// JSON text of an object, as it was stored: drops by reason.
        package let dropReasons: String
    }

    package let visitor: String
    package fileprivate(set) var sessions: [Session] = []
    /// The id of the event before which the page before this one ends; nil when there are no more.
    package let next: Int64?
}

extension EventQueries {
    // MARK: - One visitor

    /// The latest page of what one visitor did.
    ///
    /// `before` is `next` of the page before; a page ends where its events have `ReadBudget.bytesMax` bytes.
    ///
    /// - Returns: nil when there is no event of the id `before`.
    package func timeline(of visitor: String, before: Int64? = nil) throws(StoreError) -> VisitorTimeline? {
        var end: EventCursor?
        if let before {
            end = try cursor(of: before)
            guard end != nil else { return nil }
        }
        var search = Search()
        search.visitor = visitor
        let page = try page(search, .descending, from: end, limit: Self.timelineMax)
        let reports = try reports(Array(Set(page.events.map(\.pageviewID))))
        var timeline = VisitorTimeline(visitor: visitor, next: page.next?.id)
        for event in page.events.reversed() { timeline.add(event) }
        for session in timeline.sessions.indices {
            for view in timeline.sessions[session].pageViews.indices {
                timeline.sessions[session].pageViews[view].finish(reports)
            }
        }
        return timeline
    }

    /// The delivery reports of page views, as far as the budget of bytes goes.
    private func reports(_ views: [String]) throws(StoreError) -> [String: VisitorTimeline.DeliveryReport] {
        var reports: [String: VisitorTimeline.DeliveryReport] = [:]
        var bytes = 0
        for start in stride(from: 0, to: views.count, by: Self.namesMax) where bytes < Self.reportsBytesMax {
            let names = database.padded(views[start..<min(start + Self.namesMax, views.count)].map { .text($0) })
            let parameters = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
            let read = try database.bounded(
                """
                select pageview_id, emitted, dropped, \(database.dialect.json("drop_reasons"))
                from delivery_reports where pageview_id in (\(parameters))
                """,
                names,
                limit: Int64(names.count),
                milliseconds: ReadLimits.statementMilliseconds,
                bytesMax: Self.reportsBytesMax - bytes
            )
            for row in read.rows {
                bytes += ReadBudget.bytes(row)
                reports[row[0].text ?? ""] = VisitorTimeline.DeliveryReport(
                    emitted: row[1].integer ?? 0,
                    dropped: row[2].integer ?? 0,
                    dropReasons: row[3].text ?? "{}"
                )
            }
        }
        return reports
    }
}

extension VisitorTimeline {
    /// Adds an event to its session and page view, which begin with their first event.
    fileprivate mutating func add(_ event: StoredEvent) {
        let session = sessions.firstIndex { $0.id == event.sessionID } ?? sessions.endIndex
        if session == sessions.endIndex { sessions.append(Session(id: event.sessionID)) }
        let views = sessions[session].pageViews
        let view = views.firstIndex { $0.id == event.pageviewID } ?? views.endIndex
        if view == views.endIndex { sessions[session].pageViews.append(PageView(id: event.pageviewID)) }
        sessions[session].pageViews[view].events.append(event)
    }
}

extension VisitorTimeline.PageView {
    /// Numbers up to which missing ones are looked for, and missing ones that are listed.
    private static let numberedMax: Int64 = 5000
    private static let missingMax = 200

    /// Sorts the events, and finds out what is missing.
    fileprivate mutating func finish(_ reports: [String: VisitorTimeline.DeliveryReport]) {
        report = reports[id]
        events.sort { ($0.seq, $0.id) < ($1.seq, $1.id) }
        let numbers = Set(events.map(\.seq).filter { $0 > 0 })
        let highest = max(numbers.max() ?? 0, report?.emitted ?? 0)
        guard highest > 0, highest <= Self.numberedMax else { return }
        missing = Array((1...highest).lazy.filter { !numbers.contains($0) }.prefix(Self.missingMax))
    }
}
