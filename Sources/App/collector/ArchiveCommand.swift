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
        guard let age = arguments.text(.archiveKeep).flatMap(SettingReader.age) else { return .today }
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

/// `collector import`: reads an archive into a database, and recomputes the rollups.
struct ImportCommand {
    private let configuration: Configuration
    private let path: String

    init(_ configuration: Configuration, path: String) { (self.configuration, self.path) = (configuration, path) }

    func run() throws -> ExitCode {
        let interruption = Interruption()
        let folder = ArchiveFolder(path)
        let manifest = try folder.manifest()
        Console.error("Archive: \(manifest.summary)")
        let store = try StoreChoice.make(configuration)
        Console.error("Database: \(store.location)")
        guard try store.migrate(interruption).isComplete else { return interruption.exitCode ?? .failure }
        let database = try store.makeDatabase()
        warnAboutRetention(manifest)
        let run = ArchiveImport(database, folder, manifest) { transaction throws(StoreError) in
            try LockWait.attempt(while: { !interruption.isRequested }, transaction) != nil
        }
        var lines = [
            ArchiveImport.Step.checking: Progress("Checking", total: manifest.rows, unit: "rows"),
            .importing: Progress("Importing", total: manifest.rows, unit: "rows"),
        ]
        let summary = try run.run { step, done in
            if done == manifest.rows { lines[step]?.finish(done) } else { lines[step]?.update(done) }
            return !interruption.isRequested
        }
        guard !summary.isInterrupted else {
            Console.error("Interrupted. Run 'collector import \(path)' again to import the rest.")
            return interruption.exitCode ?? .failure
        }
        Console.out(
            "\(ProgressMeter.grouped(summary.stored)) rows imported"
                + (summary.skipped > 0
                    ? ", \(ProgressMeter.grouped(summary.skipped)) skipped: the database has them" : "")
        )
        return try summary.needsRebuild ? rebuild(store, database, interruption) : .success
    }

    /// A server would remove what is older than its limits soon.
    private func warnAboutRetention(_ manifest: ArchiveManifest) {
        guard let border = configuration.retention.eventsBorder(now: WallClock.seconds),
            let first = manifest.files.first,
            let day = ArchiveDay(first.day), day.start < border
        else { return }
        Console.error(
            "collector: warning: the archive begins on \(first.day): with COLLECTOR_RETENTION_EVENTS or _PAGEVIEWS as it is set, a "
                + "server removes old events again; their figures stay"
        )
    }

    private func rebuild(_ store: any Store, _ database: any Database, _ interruption: Interruption) throws -> ExitCode
    {
        let rollups = try Rollups(database, ahead: store.makeDatabase())
        // Ids below the position would not be aggregated.
        let cleared = try LockWait.attempt(while: { !interruption.isRequested }) { () throws(StoreError) in
            try rollups.clear()
        }
        let advice = "Interrupted. To compute the figures, run 'collector rebuild' or start 'collector serve'."
        guard cleared != nil else {
            Console.error(advice)
            return interruption.exitCode ?? .failure
        }
        let catchUp = CatchUp(title: "Aggregating", store: store, database: database, rollups: rollups)
        switch try catchUp.run(interruption) {
        case .complete(let events):
            Console.out("Rollups computed from \(events) events")
            Console.out("Next: start 'collector serve'. To compare the figures with the events: collector verify")
            return .success
        case .waiting(let id): return catchUp.reportWaiting(id)
        case .interrupted(let code):
            Console.error(advice)
            return code
        }
    }
}

extension ArchiveManifest {
    /// The days, files and rows, for the terminal.
    fileprivate var summary: String {
        let range = files.first.map { " (\($0.day) to \(files.last?.day ?? $0.day))" } ?? ""
        return "\(days) days\(range), \(files.count) files, \(ProgressMeter.grouped(rows)) rows"
            + (site.map { " of the site \($0)" } ?? "")
    }
}
