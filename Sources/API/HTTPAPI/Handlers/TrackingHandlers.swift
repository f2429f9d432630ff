import Events
import HTTPServer
import HTTPWire
import Ingest
import Reports
import Storage

/// Handlers of the routes about the completeness of the tracking.
enum TrackingHandlers {
    static func tracking(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let now = WallClock.seconds
        let query = try call.parameters.report(now: now)
        // Counters of the process are the owner's.
        let server = call.identity.access.shareLimits == nil ? site.serverCounters : nil
        let version = site.version
        let tracker = TrackerAddresses(
            scripts: Set(Route.scriptNames),
            endpoints: ["/events"],
            host: call.request.text(.host)
        )
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.tracking(query, now: now, version: version, server: server, tracker: tracker)
        }
    }
}

extension Site {
    /// The counters of ingest; nil without a database.
    fileprivate var serverCounters: ServerCounters? {
        guard let report = ingestReport else { return nil }
        return ServerCounters(
            uptimeSeconds: Int64(uptimeSeconds),
            duplicates: Int64(report.counters.duplicates),
            refused: Int64(report.counters.refused),
            rateLimited: Int64(ingestRoutes.rateLimited),
            unavailable: Int64(report.counters.unavailable),
            isJournaling: report.isJournaling,
            isJournalFull: report.isJournalFull,
            journalRecords: Int64(report.journal?.records ?? 0),
            deadLetters: Int64(report.journal?.deadLetters ?? 0)
        )
    }
}
