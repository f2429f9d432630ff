import Erasure
import Glibc
import HTTPAPI
import Reports
import Storage

/// `collector export visitor`: writes all that is stored about a visitor to standard output.
struct VisitorExportCommand {
    private let configuration: Configuration
    private let arguments: Arguments

    init(_ configuration: Configuration, _ arguments: Arguments) {
        (self.configuration, self.arguments) = (configuration, arguments)
    }

    func run() throws -> ExitCode {
        let scope = try VisitorScope(visitor: arguments.visitor ?? "", site: arguments.site)
        _ = Interruption(finalNotice: "Interrupted. The export is incomplete; run the command again.")
        let store = try StoreChoice.existing(configuration)
        Console.error("Database: \(store.location)")
        let database = try store.makeDatabase()
        let total = try Eraser.preview(database, nil, scope).values.reduce(0, +)
        var progress = Progress("Exporting", total: total, unit: "rows")
        let export = VisitorExport(database, visitor: scope.visitor, site: scope.site)
        var cursor: VisitorExport.Cursor? = VisitorExport.Cursor()
        var rows: Int64 = 0
        while let start = cursor {
            let page = try export.page(from: start)
            let failure = Console.write(page.rows.flatMap { ExportFormat.ndjson.row($0.names, $0.cells) })
            guard failure == 0 else {
                throw CommandError(reason: "cannot write to standard output: \(String(cString: strerror(failure)))")
            }
            rows += Int64(page.rows.count)
            progress.update(rows)
            cursor = page.next
        }
        progress.finish(rows)
        guard rows > 0 else { throw CommandError(reason: ErasureError.notFound.reason + "; the export is empty") }
        Console.error("\(rows) rows written")
        return .success
    }
}
