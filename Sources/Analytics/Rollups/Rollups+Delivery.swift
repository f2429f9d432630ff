import Aggregation
import Storage
import Texts

/// A page view of a session of a portion.
struct PageViewKey: Hashable {
    /// Index in `Portion.sessions`.
    var session: Int
    /// `SessionState.pageView` of its id.
    var pageView: Int
}

/// A page view with new events, or one whose session was loaded.
struct TouchedPageView {
    var id: String
    /// Whether its delivery report is unknown to the session.
    var isNew: Bool
    /// Whether an event may count for the page view of another session: a page that stays open for long sends its last events in a new one.
    var isElsewhere: Bool
}

/// A row of `delivery_reports`.
private struct StoredReport {
    let pageviewID: String
    let session: SessionID
    let emitted: Int64
    let dropped: Int64
    /// The id at which it changed; 0 if it is from before there were revisions.
    let revision: Int64

    static let columns = ["pageview_id", "visitor_id", "session_id", "site", "emitted", "dropped", "revision"]

    init(_ row: [SQLValue]) {
        pageviewID = row[0].text ?? ""
        session = SessionID(site: row[3].text ?? "", visitorID: row[1].text ?? "", sessionID: row[2].text ?? "")
        (emitted, dropped, revision) = (row[4].integer ?? 0, row[5].integer ?? 0, row[6].integer ?? 0)
    }
}

/// The key of a delivery report.
private struct ReportKey: Hashable {
    let pageview: ByteText
    let visitor: ByteText

    init(_ pageview: String, _ visitor: String) {
        (self.pageview, self.visitor) = (ByteText(pageview), ByteText(visitor))
    }
}

/// Delivery reports belong to page views by `pageview_id`, `visitor_id` and `session_id`. They are read in the order of their revisions, which
/// are numbers from the sequence of the events' ids, so one position covers both.
extension Rollups {
    /// The most changed reports of a portion; as many more as one batch of records has.
    private static let reportsMax: Int64 = 20_000

    /// The end of a portion that has no more changed reports than it may have.
    func reportsEnd(after start: Int64, through end: Int64) throws(StoreError) -> Int64 {
        let row = try database.rows(
            """
            select count(*), max(revision) from (
                select revision from delivery_reports
                where revision > ?1 and revision <= ?2 order by revision limit ?3
            ) as found
            """,
            [.integer(start), .integer(end), .integer(Self.reportsMax)]
        ).first
        guard let row, row[0].integer == Self.reportsMax, let last = row[1].integer else { return end }
        // The last revision may have more reports.
        return last - 1 > start ? last - 1 : last
    }

    /// Updates the figures of delivery of the page views of a portion, and of those whose reports have changed.
    func updateDelivery(_ portion: inout Portion, after start: Int64) throws(StoreError) {
        var ids: [PageViewKey: String] = [:]
        var others = try changedReports(after: start, through: portion.last.id)
        others += try applyReports(to: &portion, &ids)
        let owners = others.map { report in owner(report, at: report.revision > 0 ? report.revision : portion.last.id) }
        try load(owners, before: start, to: &portion)
        for (report, owner) in zip(others, owners) where !apply(report, to: owner, of: &portion, &ids) {
            let sessions = try sessions(report, through: portion.last.id)
            try load(sessions, before: start, to: &portion)
            for session in sessions { _ = apply(report, to: session, of: &portion, &ids) }
        }
        // Those of the sessions that were loaded; they have no new events.
        _ = try applyReports(to: &portion, &ids)
        try names.check()
        try countStored(&portion, ids)
    }

    private func changedReports(after start: Int64, through end: Int64) throws(StoreError) -> [StoredReport] {
        try database.rows(
            """
            select \(StoredReport.columns.joined(separator: ", ")) from delivery_reports
            where revision > ?1 and revision <= ?2 order by revision, pageview_id, visitor_id
            """,
            [.integer(start), .integer(end)]
        ).map { StoredReport($0) }
    }

    /// Applies the reports of the touched page views.
    ///
    /// - Returns: the reports of page views of other sessions for which their events count.
    private func applyReports(
        to portion: inout Portion,
        _ ids: inout [PageViewKey: String]
    ) throws(StoreError) -> [StoredReport] {
        let touched = portion.touched
        portion.touched = [:]
        var wanted: [ReportKey: [SQLValue]] = [:]
        for (key, view) in touched {
            ids[key] = view.id
            guard view.isNew || view.isElsewhere else { continue }
            let visitor = portion.sessions[key.session].state.id.visitorID
            wanted[ReportKey(view.id, visitor)] = [.text(view.id), .text(visitor)]
        }
        var found: [ReportKey: StoredReport] = [:]
        let rows = try database.lookup(
            "delivery_reports",
            key: ["pageview_id", "visitor_id"],
            Array(wanted.values),
            columns: StoredReport.columns
        )
        for report in rows.lazy.map({ StoredReport($0) }) {
            found[ReportKey(report.pageviewID, report.session.visitorID)] = report
        }
        var others: [StoredReport] = []
        for (key, view) in touched where view.isNew || view.isElsewhere {
            let id = portion.sessions[key.session].state.id
            guard let report = found[ReportKey(view.id, id.visitorID)] else { continue }
            if haveSameBytes(report.session.sessionID, id.sessionID) {
                _ = apply(report, to: id, of: &portion, &ids)
            } else if view.isElsewhere {
                others.append(report)
            }
        }
        return others
    }

    /// The session to which a report refers.
    private func owner(_ report: StoredReport, at id: Int64) -> SessionID {
        var session = report.session
        session.site = names.site(session.site, of: id, seconds: 0, isNew: false)
        return session
    }

    /// The sessions that a report may refer to if its site has another name, or is not that of the events.
    private func sessions(_ report: StoredReport, through last: Int64) throws(StoreError) -> [SessionID] {
        let rows = try database.rows(
            """
            select coalesce(site, ''), min(id), max(id) from collector_events
            where pageview_id = ?1 and visitor_id = ?2 and session_id = ?3 and id <= ?4
            group by 1
            """,
            [
                .text(report.pageviewID), .text(report.session.visitorID), .text(report.session.sessionID),
                .integer(last),
            ]
        )
        var sessions: Set<SessionID> = []
        for row in rows {
            for id in [row[1].integer, row[2].integer] {
                var session = report.session
                session.site = names.site(row[0].text ?? "", of: id ?? 0, seconds: 0, isNew: false)
                sessions.insert(session)
            }
        }
        return Array(sessions)
    }

    /// - Returns: whether the session has events of the page view.
    private func apply(
        _ report: StoredReport,
        to session: SessionID,
        of portion: inout Portion,
        _ ids: inout [PageViewKey: String]
    ) -> Bool {
        guard let number = portion.numbers[session] else { return false }
        // Its figures stay as they are.
        guard !portion.sessions[number].isRemoved else { return true }
        let key = PageViewKey(session: number, pageView: SessionState.pageView(report.pageviewID))
        guard portion.sessions[number].state.has(key.pageView).events else { return false }
        ids[key] = report.pageviewID
        if portion.sessions[number].state.report(key.pageView, emitted: report.emitted, dropped: report.dropped) {
            portion.sessions[number].hasChanged = true
        }
        return true
    }

    /// Counts the stored events of page views that seem to have lost some, in all sessions.
    private func countStored(_ portion: inout Portion, _ ids: [PageViewKey: String]) throws(StoreError) {
        var keys: [ReportKey: [PageViewKey]] = [:]
        var wanted: [[SQLValue]] = []
        for (key, id) in ids where portion.sessions[key.session].state.lacksEvents(key.pageView) {
            let visitor = portion.sessions[key.session].state.id.visitorID
            let report = ReportKey(id, visitor)
            if keys[report] == nil { wanted.append([.text(id), .text(visitor)]) }
            keys[report, default: []].append(key)
        }
        let rows = try database.lookup(
            "delivery_reports",
            key: ["pageview_id", "visitor_id"],
            wanted,
            columns: ["pageview_id", "visitor_id"],
            expressions: [
                """
                own.removed + (
                    select count(*) from collector_events as event
                    where event.pageview_id = own.pageview_id and event.visitor_id = own.visitor_id and event.seq > 0
                        and event.id <= \(portion.last.id)
                        and event.id not in (select event_id from rollup_dead_letters)
                )
                """
            ]
        )
        for row in rows {
            guard let id = row[0].text, let visitor = row[1].text, let stored = row[2].integer else { continue }
            for key in keys[ReportKey(id, visitor)] ?? []
            where portion.sessions[key.session].state.count(key.pageView, stored: stored) {
                portion.sessions[key.session].hasChanged = true
            }
        }
    }

    /// Keys of sessions with page views whose reports have changed since the position, so that their stored figures may be older.
    func pendingDelivery(after position: Int64) throws(StoreError) -> Set<UInt64> {
        var keys: Set<UInt64> = []
        try database.stream(
            """
            select own.id, coalesce(own.site, ''), own.visitor_id, own.session_id
            from delivery_reports as report
            cross join collector_events as own
            where report.revision > ?1
                and own.pageview_id = report.pageview_id and own.visitor_id = report.visitor_id
            """,
            [.integer(position)],
            milliseconds: Self.readMilliseconds
        ) { row in
            keys.insert(
                aggregator.hashes.sessionKey(
                    site: names.site(row[1].text ?? "", of: row[0].integer ?? 0, seconds: 0, isNew: false),
                    visitor: row[2].text ?? "",
                    session: row[3].text ?? ""
                )
            )
            return true
        }
        try names.check()
        return keys
    }
}
