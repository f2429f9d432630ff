package import Aggregation
package import Storage
import Crypto
import Rollups
package import UserAgents
import Texts

/// The activity of one visitor: sessions with their page views, page views with their events in order, and the missing events.
package struct VisitorTimeline: Sendable {
    package struct Session: Sendable {
        package let id: String
        package fileprivate(set) var pageViews: [PageView] = []

        /// The browser by the user agent of the first event, and by the client hints of the session.
        package var userAgent: UserAgent {
            let events = pageViews.lazy.flatMap(\.events)
            let hints = events.first { $0.type == OwnEventType.fingerprint.rawValue }.flatMap { event in
                ClientHints(LazyJSON(event.payload)["fingerprints"]["signals"]["hints"])
            }
            return UserAgentParser.shared.parse(events.first?.userAgent).with(hints)
        }
    }

    package struct PageView: Sendable {
        package let id: String
        /// Sorted by `seq`.
        package fileprivate(set) var events: [StoredEvent] = []
        /// Nil when there is none, or not enough of the byte budget was left.
        package fileprivate(set) var report: DeliveryReport?
        /// The numbers of events that were not received; empty when there are very many.
        package fileprivate(set) var missing: [Int64] = []
        /// The issues of its errors, by the ids of the events.
        package fileprivate(set) var issues: [(event: Int64, issue: String)] = []

        package var path: String? { events.first { $0.path != nil }?.path }
    }

    /// The events that a page view reported as emitted and dropped.
    package struct DeliveryReport: Sendable {
        package let emitted: Int64
        package let dropped: Int64
        /// Drops by reason, as the stored JSON text of an object.
        package let dropReasons: String
    }

    package let visitor: String
    package fileprivate(set) var sessions: [Session] = []
    /// The id before which the next page of older events ends; nil when there are no more.
    package let next: Int64?
}

extension EventQueries {
    // MARK: - One visitor

    /// The latest page of a visitor's timeline.
    ///
    /// `before` is `next` of the previous page; a page ends when its events have `ReadBudget.bytesMax` bytes. Where `scope` may cut a page view,
    /// it has no delivery report and no missing events, which would count events beyond the scope.
    ///
    /// - Returns: nil when there is no event with the id `before`.
    package func timeline(
        of visitor: String,
        before: Int64? = nil,
        scope: ReportScope = ReportScope()
    ) throws(StoreError) -> VisitorTimeline? {
        var end: EventCursor?
        if let before {
            end = try cursor(of: before)
            guard end != nil else { return nil }
        }
        var search = Search()
        search.visitor = visitor
        search.narrow(to: scope)
        let page = try page(search, .descending, from: end, limit: Self.timelineMax)
        let events = page.events.filter(search.matches)
        let isWhole = scope.times == nil
        let reports = isWhole ? try reports(Set(events.map { ByteText($0.pageviewID) }).map(\.text)) : [:]
        var timeline = VisitorTimeline(visitor: visitor, next: page.next?.id)
        for event in events.reversed() { timeline.add(event) }
        let hash = try KeyedHashes(database).texts
        for session in timeline.sessions.indices {
            for view in timeline.sessions[session].pageViews.indices {
                timeline.sessions[session].pageViews[view].finish(reports, hash, isWhole: isWhole)
            }
        }
        return timeline
    }

    /// The delivery reports of page views, as far as the byte budget allows.
    private func reports(_ views: [String]) throws(StoreError) -> [ByteText: VisitorTimeline.DeliveryReport] {
        var reports: [ByteText: VisitorTimeline.DeliveryReport] = [:]
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
                reports[ByteText(row[0].text ?? "")] = VisitorTimeline.DeliveryReport(
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
    /// Adds an event to its session and page view, which start with their first event.
    fileprivate mutating func add(_ event: StoredEvent) {
        let session = sessions.firstIndex { haveSameBytes($0.id, event.sessionID) } ?? sessions.endIndex
        if session == sessions.endIndex { sessions.append(Session(id: event.sessionID)) }
        let views = sessions[session].pageViews
        let view = views.firstIndex { haveSameBytes($0.id, event.pageviewID) } ?? views.endIndex
        if view == views.endIndex { sessions[session].pageViews.append(PageView(id: event.pageviewID)) }
        sessions[session].pageViews[view].events.append(event)
    }
}

extension VisitorTimeline.PageView {
    /// The highest number up to which missing ones are searched, and the most missing ones that are listed.
    private static let numberedMax: Int64 = 5000
    static let missingMax = 200

    /// Sorts the events, and finds the missing ones and the issues of errors.
    fileprivate mutating func finish(
        _ reports: [ByteText: VisitorTimeline.DeliveryReport],
        _ hash: KeyedHash,
        isWhole: Bool
    ) {
        report = reports[ByteText(id)]
        events.sort { ($0.seq, $0.id) < ($1.seq, $1.id) }
        issues = events.filter { $0.type == OwnEventType.error.rawValue }
            .map { ($0.id, $0.issueID(namedSite: $0.site, hash)) }
        guard isWhole else { return }
        let numbers = Set(events.map(\.seq).filter { $0 > 0 })
        let highest = max(numbers.max() ?? 0, report?.emitted ?? 0)
        guard highest > 0, highest <= Self.numberedMax else { return }
        missing = Array((1...highest).lazy.filter { !numbers.contains($0) }.prefix(Self.missingMax))
    }
}
