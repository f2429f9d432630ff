import HTTPServer
import Reports
import Rollups

/// Handlers of the routes about the size of the data.
enum StorageHandlers {
    static func storage(_ site: Site, _ call: Call) -> HandlerResult {
        guard let report = site.retention?.report else { return .now(.response(Responses.unavailable())) }
        return .now(Responses.json(report.json))
    }

    /// What is stored of one site, and for how long.
    static func siteStorage(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let name = try SettingsHandlers.siteName(call.parameters["site"] ?? "")
        guard !name.isEmpty else { throw QueryError(message: "site is missing") }
        let policy = site.retention?.policy ?? RetentionPolicy()
        return site.reports.report(call) { reports throws(ReportError) in try reports.storage(of: name, policy) }
    }
}
