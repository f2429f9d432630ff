import Archive
import Events
import Files
import Rollups
import Storage

/// `collector archive`: writes raw rows of whole days to a folder, or checks such a folder.
struct ArchiveCommand {
    private let configuration: Configuration
    private let arguments: Arguments

    init(_ configuration: Configuration, _ arguments: Arguments) {
        (self.configuration, self.arguments) = (configuration, arguments)
    }

    func run() throws -> ExitCode {
        if let path = arguments.folder(.archiveVerify) { return try verify(path) }
        let path = arguments.folder(.archiveTo) ?? ""
        let interruption = Interruption(notice: "Stopping after the last complete file.")
        let store = try StoreChoice.existing(configuration)
        Console.error("Database: \(store.location)")
        try DataFolder.make(path)
        let run = try ArchiveRun(
            store.makeDatabase(),
            ArchiveFolder(path),
            before: end,
            site: arguments.text(.archivedSite),
            version: Help.version
        )
        var progress: Progress?
        var last: Int64 = 0
        let summary: ArchiveRun.Summary
        do {
            summary = try run.run { done, total in
                var shown = progress ?? Progress("Archiving", total: total, unit: "rows")
                shown.update(done)
                (progress, last) = (done == 0 ? nil : shown, done)
                return !interruption.isRequested
            }
        } catch let error as FileError {
            throw CommandError(reason: "\(error.message): the archive is valid; run the command again to add the rest")
        }
        progress?.finish(last)
        return report(summary, path, interruption)
    }

    /// The first day that is not archived.
    private var end: ArchiveDay {
        if let date = arguments.text(.archiveBefore).flatMap({ ArchiveDay($0) }) { return date }
        guard let age = arguments.text(.archiveKeep).flatMap({ RetentionAge($0)?.seconds }) else { return .today }
        return ArchiveDay(number: floorDivide(WallClock.seconds - age, CivilDate.daySeconds))
    }

    private func report(_ summary: ArchiveRun.Summary, _ path: String, _ interruption: Interruption) -> ExitCode {
        let before = summary.filesBefore
        Console.out(
            "\(ProgressMeter.grouped(summary.rows)) rows in \(summary.files) files written to \(path)"
                + (before > 0 ? "; \(before) files were complete" : "")
        )
        if summary.isInterrupted {
            Console.error("Interrupted. The archive is valid; run the command again to add the rest.")
            return interruption.exitCode ?? .failure
        }
        guard summary.problems.isEmpty else {
            for problem in summary.problems { Console.error("collector: \(problem)") }
            Console.error("Next: restore these files from a copy of the archive.")
            return .failure
        }
        Console.out("Next: copy the folder to another machine. To check the copy: collector archive --verify \(path)")
        return .success
    }

    private func verify(_ path: String) throws -> ExitCode {
        _ = Interruption(finalNotice: "Interrupted. Nothing was changed; run the command again.")
        let folder = ArchiveFolder(path)
        let manifest = try folder.manifest()
        var progress = Progress("Verifying", total: manifest.rows, unit: "rows")
        let problems = try ArchiveCheck.run(folder, manifest) { done in
            progress.update(done)
            return true
        }
        progress.finish(manifest.rows)
        guard let problems, problems.isEmpty else {
            for problem in problems ?? [] { Console.out(problem) }
            Console.error(
                "collector: \(problems?.count ?? 0) of \(manifest.files.count) files are damaged: restore them from a copy of the "
                    + "archive, or archive their days again if the database has them"
            )
            return .failure
        }
        Console.out("The archive is complete: \(manifest.summary)")
        Console.out("To read it into an empty database: collector import \(path)")
        return .success
    }
}

extension ArchiveManifest {
    /// The days, files and rows, for the terminal.
    var summary: String {
        let range = files.first.map { " (\($0.day) to \(files.last?.day ?? $0.day))" } ?? ""
        return "\(days) days\(range), \(files.count) files, \(ProgressMeter.grouped(rows)) rows"
            + (site.map { " of the site \($0)" } ?? "")
    }
}
