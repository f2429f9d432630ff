import Segments
import Storage
package import Aggregation
import Rollups

/// The errors of an issue in the range, the latest first.
package struct IssueOccurrences: Sendable {
    package static let limitMax: Int64 = 50
    /// The most errors that are read of one second.
    private static let errorsOfSecondMax: Int64 = 2500

    package private(set) var events: [StoredEvent] = []
    /// The id of the event before which to continue; nil when there are no more.
    package private(set) var next: Int64?

    /// Returns nil when there is no issue with this id, or no event `before`.
    init?(_ context: ReportContext, _ name: String, before: Int64?, limit: Int64) throws(ReportError) {
        let aliases = try context.issueAliases()
        let issue = aliases.target(of: name)
        guard let text = try context.plainIssueTexts([issue], aliases)[issue] else { return nil }
        guard let code = context.dictionaries.code(of: issue, in: .issue) else { return }
        let limit = Int(min(max(1, limit), Self.limitMax))
        var scan = try context.scanQuery(context.query.range, withSeries: false)
        (scan.issues, scan.withVisitors, scan.totals) = ([code], false, .none)
        scan.noiseCountsAsErrors = text.noise != nil
        var cursor: Cursor?
        if let before {
            guard let found = try Cursor(context.database, before) else { return nil }
            cursor = found
            scan.to = min(scan.to, found.seconds + 1)
            guard scan.from < scan.to else { return }
        }
        // The second of the cursor may have no further error, and one more error shows whether there are more.
        scan.latestErrorsMax = limit + 2
        let ids = Set(aliases.all(of: issue))
        for second in try context.run(scan).latestErrors {
            events += try Self.events(context, second, ids).filter { cursor?.isAfter($0) ?? true }
            guard events.count > limit else { continue }
            events = Array(events.prefix(limit))
            next = events.last?.id
            return
        }
    }

    /// The errors of one second that belong to the issue and to the selected sessions, the latest first.
    private static func events(
        _ context: ReportContext,
        _ second: LatestErrors.Second,
        _ issues: Set<String>
    ) throws(ReportError) -> [StoredEvent] {
        let (hashes, database) = (try context.hashes(), context.database)
        let time = database.dialect.time
        do throws(StoreError) {
            let read = try database.bounded(
                """
                select \(StoredEvent.columns(database.dialect)), \(Rollups.namedSite) from collector_events as own
                where received_at >= \(time("?1")) and received_at < \(time("?2")) and event_type = 'error'
                order by received_at desc, id desc
                """,
                [.integer(second.time), .integer(second.time + 1)],
                limit: errorsOfSecondMax,
                milliseconds: ReadLimits.statementMilliseconds
            )
            return read.rows.compactMap { row in
                guard let event = StoredEvent(row), let site = row[12].text else { return nil }
                let key = hashes.sessionKey(site: site, visitor: event.visitorID, session: event.sessionID)
                guard second.sessionKeys.contains(key) else { return nil }
                return issues.contains(event.issueID(namedSite: site, hashes.texts)) ? event : nil
            }
        } catch {
            throw .store(error)
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
