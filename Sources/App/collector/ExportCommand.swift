import Glibc
import HTTPAPI
import Reports
import Rollups
import Storage

/// `collector export`: writes page views or sessions to standard output.
struct ExportCommand {
    private let configuration: Configuration
    private let kind: SegmentExport.Kind
    private let format: ExportFormat

    init(_ configuration: Configuration, kind: SegmentExport.Kind, format: ExportFormat) {
        (self.configuration, self.kind, self.format) = (configuration, kind, format)
    }

    func run() throws -> ExitCode {
        _ = Interruption(finalNotice: "Interrupted. The export is incomplete; run the command again.")
        let store = try StoreChoice.existing(configuration)
        Console.error("Database: \(store.location)")
        let database = try store.makeDatabase()
        if let problem = try LagCheck(database).problem(pause: { usleep(UInt32($0) * 1000) }) {
            Console.error("collector: warning: \(problem)")
        }
        let column = kind == .sessions ? "sessions" : "page_views"
        let total = try database.rows("select cast(coalesce(sum(\(column)), 0) as bigint) from segments")
        var progress = Progress("Exporting", total: total.first?.first?.integer ?? 0, unit: kind.rawValue)
        var failure: Int32 = 0
        let export = SegmentExport(database, kind)
        let names = export.names
        var rows: Int64 = 0
        failure = Console.write(format.header(names))
        if failure == 0 {
            try export.run { found in
                failure = Console.write(found.flatMap { format.row(names, $0) })
                rows += Int64(found.count)
                progress.update(rows)
                return failure == 0
            }
        }
        guard failure == 0 else {
            throw CommandError(reason: "cannot write to standard output: \(String(cString: strerror(failure)))")
        }
        progress.finish(rows)
        Console.error("\(rows) \(kind.rawValue) written")
        return .success
    }
}
