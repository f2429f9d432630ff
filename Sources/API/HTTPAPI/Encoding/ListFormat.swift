import HTTPServer
import Reports

/// The format of a list that is downloaded.
enum ListFormat: String, CaseIterable, Sendable {
    case csv, json

    /// The list as a file; `name` is that of its dimension.
    func response(_ report: BreakdownsReport, name: String) -> Response {
        let type = self == .csv ? ExportFormat.csv.contentType : "application/json"
        let fields: [Responses.Field] = [
            ("Content-Type", type), Responses.noStore,
            ("Content-Disposition", "attachment; filename=\"\(name).\(rawValue)\""),
        ]
        let bytes = self == .csv ? report.csv : report.json.encoded
        return Response(status: 200, fields: fields + Responses.security, body: .bytes(bytes))
    }
}
