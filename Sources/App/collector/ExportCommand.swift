import Glibc
import Reports
import Rollups
import Storage

/// `collector export`: writes page views or sessions to standard output.
struct ExportCommand {
    private let configuration: Configuration
    private let kind: SegmentExport.Kind
    private let format: SegmentExport.Format

    init(_ configuration: Configuration, kind: SegmentExport.Kind, format: SegmentExport.Format) {
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
        let rows = try SegmentExport(database, kind, format).run { bytes, rows in
            failure = Console.write(bytes)
            progress.update(rows)
            return failure == 0
        }
        guard failure == 0 else {
            throw CommandError(reason: "cannot write to standard output: \(String(cString: strerror(failure)))")
        }
        progress.finish(rows)
        Console.error("\(rows) \(kind.rawValue) written")
        return .success
    }
}
