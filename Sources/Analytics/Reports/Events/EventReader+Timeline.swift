package import Storage
import Aggregation

extension EventReader {
    // MARK: - One visitor

    /// What one visitor did, the latest page of it: sessions, in them page views, in them events in the order in which they happened, and
    /// what is missing.
    ///
    /// `before` is `next` of the page before; a page ends where its events have `ReadBudget.bytesMax` bytes.
    ///
    /// - Returns: nil when there is no event of the id `before`.
    package func timeline(of visitor: String, before: Int64? = nil) throws(StoreError) -> JSONOut? {
        var end: EventCursor?
        if let before {
            end = try cursor(of: before)
            guard end != nil else { return nil }
        }
        var search = Search()
        search.visitor = visitor
        let page = try page(search, .descending, from: end, limit: Self.timelineMax)
        let events = page.events.reversed()
        let ledger = try reports(Array(Set(events.map(\.pageviewID))))
        var sessions: [(id: String, views: [(id: String, events: [StoredEvent])])] = []
        for event in events {
            let session: Int
            if let known = sessions.firstIndex(where: { $0.id == event.sessionID }) {
                session = known
            } else {
                session = sessions.count
                sessions.append((event.sessionID, []))
            }
            if let view = sessions[session].views.firstIndex(where: { $0.id == event.pageviewID }) {
                sessions[session].views[view].events.append(event)
            } else {
                sessions[session].views.append((event.pageviewID, [event]))
            }
        }
        return .object([
            ("visitor", .text(visitor)), ("cut", .bool(page.next != nil)), ("next", JSONOut(page.next?.id)),
            (
                "sessions",
                .array(
                    sessions.map { session in
                        .object([
                            ("session", .text(session.id)),
                            ("views", .array(session.views.map { Self.view($0.id, $0.events, ledger[$0.id]) })),
                        ])
                    }
                )
            ),
        ])
    }

    private typealias Report = (emitted: Int64, dropped: Int64, reasons: String)

    /// The delivery reports of page views, as far as the budget of bytes goes.
    private func reports(_ views: [String]) throws(StoreError) -> [String: Report] {
        var reports: [String: Report] = [:]
        var bytes = 0
        for start in stride(from: 0, to: views.count, by: Self.namesMax) where bytes < Self.reportsBytesMax {
            let names = database.padded(views[start..<min(start + Self.namesMax, views.count)].map { .text($0) })
            let places = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
            let read = try database.bounded(
                """
                select pageview_id, emitted, dropped, \(database.dialect.json("drop_reasons"))
                from pageview_ledger where pageview_id in (\(places))
                """,
                names,
                limit: Int64(names.count),
                milliseconds: ReadLimits.statementMilliseconds,
                bytesMax: Self.reportsBytesMax - bytes
            )
            for row in read.rows {
                bytes += ReadBudget.bytes(row)
                reports[row[0].text ?? ""] = (row[1].integer ?? 0, row[2].integer ?? 0, row[3].text ?? "{}")
            }
        }
        return reports
    }

    private static func view(
        _ id: String,
        _ events: [StoredEvent],
        _ told: Report?
    ) -> JSONOut {
        let sorted = events.sorted { ($0.seq, $0.id) < ($1.seq, $1.id) }
        let numbers = Set(sorted.map(\.seq).filter { $0 > 0 })
        let highest = max(numbers.max() ?? 0, told?.emitted ?? 0)
        // More holes than can be read are only counted.
        let missing =
            highest > 0 && highest <= 5000 ? Array((1...highest).lazy.filter { !numbers.contains($0) }.prefix(200)) : []
        return .object([
            ("pageview", .text(id)), ("path", JSONOut(sorted.first { $0.path != nil }?.path)),
            ("emitted", JSONOut(told?.emitted)), ("dropped", JSONOut(told?.dropped)),
            ("drop_reasons", told.map { .stored($0.reasons) } ?? .null),
            ("missing", .array(missing.map { .integer($0) })),
            ("events", .array(sorted.map(\.json))),
        ])
    }
}
