import HTTPServer
import Rollups

/// Handlers of the routes about the size of the data.
enum StorageHandlers {
    static func storage(_ site: Site, _ call: Call) -> HandlerResult {
        guard let report = site.retention?.report else { return .now(.response(Responses.unavailable())) }
        return .now(Responses.json(report.json))
    }
}
