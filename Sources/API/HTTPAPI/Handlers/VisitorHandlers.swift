import Events
import HTTPServer
import Reports

/// Handlers of the list of visitors.
enum VisitorHandlers {
    /// The number of visitors of a response unless the query has a limit.
    private static let visitorsDefault: Int64 = 25

    static func visitors(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let sort = call.parameters["sort"].flatMap { VisitorsReport.Sort(rawValue: $0) } ?? .lastSeen
        let limit = Int(call.parameters.integer("limit") ?? visitorsDefault)
        let find = call.parameters["find"]
        let cursor = call.parameters["cursor"].flatMap { VisitorsReport.Cursor($0) }
        if call.parameters["cursor"] != nil, cursor == nil {
            throw QueryError(message: "cursor must be next of the previous page")
        }
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.visitors(query, sort, after: cursor, limit: limit, find: find)
        }
    }
}
