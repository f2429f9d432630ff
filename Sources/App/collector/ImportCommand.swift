import Events
import Files
import Glibc
import Imports
import Reports
import Rollups
import Storage

/// `collector import FILE`: reads page views of another product's export into a database.
struct ImportCommand {
    private let configuration: Configuration
    private let arguments: Arguments
    private let path: String
    private static let again =
        "Interrupted. Run the same command again to import the rest; rows that are stored are skipped."

    init(_ configuration: Configuration, _ arguments: Arguments) {
        (self.configuration, self.arguments) = (configuration, arguments)
        path = arguments.argument ?? ""
    }

    func run() throws -> ExitCode {
        if try isFolder() {
            try refuseOptionsOfFiles()
            return try ArchiveImportCommand(configuration, path: path).run()
        }
        guard let site = arguments.text(.importedSite) else {
            throw CommandError(
                reason:
                    "missing \(Option.importedSite.usage): the name of the site that the page views belong to, such as example.com"
            )
        }
        let interruption = Interruption()
        let expected = arguments.choice(.importFormat).flatMap(ImportFormat.init)
        let run = try ImportRun(path, expected: expected, site: site, now: WallClock.microseconds())
        Console.error("Export: \(run.format.title), \(path)")
        guard let target = try target(site, interruption) else { return interruption.exitCode ?? .failure }
        var progress = Progress("Checking", total: run.size, unit: "bytes")
        let summary = try run.check(secret: target.secret, mode: target.mode) { done in
            progress.update(done)
            return !interruption.isRequested
        }
        guard let summary else {
            Console.error("Interrupted. Nothing was changed.")
            return interruption.exitCode ?? .failure
        }
        progress.finish(run.size)
        ImportReport(summary, run.format, target.mode).show()
        try refuse(summary, border: target.border)
        guard let store = target.store, !arguments.isDryRun else {
            Console.out("Nothing was changed (\(Option.importDryRun.name))")
            return .success
        }
        if let first = summary.first {
            let start = floorDivide(first, 1_000_000)
            ImportMessages.warnAboutRetention(target.policy, site, "export", beginningAt: start)
        }
        return try self.store(run, target, store, interruption)
    }

    // MARK: - Checks

    /// The database that the page views go to, and what it says about them.
    private struct Target {
        /// Nil if there is no database, which only a dry run permits.
        var store: (any Store)?
        var secret = ""
        var mode = PrivacyMode.full
        /// The time before which retention has removed events of the site, in seconds since 1970; 0 if it has removed none.
        var border: Int64 = 0
        /// The settings of the server and of its sites.
        var policy = RetentionPolicy()
    }

    private func isFolder() throws(FileError) -> Bool {
        let file = try SmallFile(path)
        return file.status.st_mode & S_IFMT == S_IFDIR
    }

    private func refuseOptionsOfFiles() throws(CommandError) {
        let given = [Option.importedSite, .importFormat, .importDryRun, .skipInvalid].first { option in
            arguments.text(option) != nil || arguments.choice(option) != nil || arguments.has(option)
        }
        guard let given else { return }
        throw CommandError(
            reason:
                "\(path) is a folder, which is read as an archive: \(given.name) belongs to exports of other products, which are files"
        )
    }

    /// Nil after an interruption.
    private func target(_ site: String, _ interruption: Interruption) throws -> Target? {
        var target = Target()
        target.policy = configuration.retention
        if arguments.isDryRun {
            // A dry run creates nothing.
            guard try !StoreChoice.isNew(configuration) else { return target }
            target.store = try StoreChoice.existing(configuration)
        } else {
            target.store = try StoreChoice.make(configuration)
        }
        guard let store = target.store else { return target }
        Console.error("Database: \(store.location)")
        guard try arguments.isDryRun || store.migrate(interruption).isComplete else { return nil }
        let database = try store.makeDatabase()
        target.secret = try ImportKey.read(database)
        target.mode = try PrivacyTables(database).modes().mode(of: site)
        target.border = try Rollups(database).removedBeforeSeconds(of: site)
        target.policy.sites = try SiteRetention.read(database)
        return target
    }

    private func refuse(_ summary: ImportSummary, border: Int64) throws(CommandError) {
        if let first = summary.first, first < border * 1_000_000 {
            throw CommandError(
                reason:
                    "the export begins before \(TimestampText.minute(border)) UTC, up to which retention has removed events of the site "
                    + "and fixed their figures: export only later page views, or import into a new data folder (--data) or "
                    + "an empty database (DB_URL); nothing was changed"
            )
        }
        guard summary.problems == 0 || arguments.has(.skipInvalid) || arguments.isDryRun else {
            throw CommandError(
                reason:
                    "\(summary.problems) rows cannot be read: correct them, or add \(Option.skipInvalid.name) to import the others; "
                    + "nothing was changed"
            )
        }
    }

    // MARK: - Storing

    private func store(
        _ run: ImportRun,
        _ target: Target,
        _ store: any Store,
        _ interruption: Interruption
    ) throws -> ExitCode {
        var batches = CommandBatches(store: store)
        var progress = Progress("Importing", total: run.size, unit: "bytes")
        var (stored, known): (Int64, Int64) = (0, 0)
        let isComplete = try run.events(
            secret: target.secret,
            mode: target.mode,
            recordsMax: Batch.recordsMax
        ) { events, done in
            let appended = try batches.append(Batch(events: events), while: { !interruption.isRequested })
            guard let appended else { return false }
            stored += Int64(appended.stored)
            known += Int64(appended.duplicates)
            progress.update(done)
            return !interruption.isRequested
        }
        if isComplete { progress.finish(run.size) }
        Console.out(ImportMessages.outcome(stored: stored, skipped: known, "page views"))
        guard isComplete else {
            Console.error(Self.again)
            return interruption.exitCode ?? .failure
        }
        return try aggregate(store, interruption)
    }

    private func aggregate(_ store: any Store, _ interruption: Interruption) throws -> ExitCode {
        let database = try store.makeDatabase()
        let rollups = try Rollups(database, ahead: store.makeDatabase())
        let catchUp = CatchUp(title: "Aggregating", store: store, database: database, rollups: rollups)
        switch try catchUp.run(interruption) {
        case .complete:
            Console.out("Next: compare the figures of some days. The filter 'Imported from' separates them.")
            return .success
        case .waiting(let id): return catchUp.reportWaiting(id)
        case .interrupted(let code):
            Console.error("Interrupted. All page views are stored; to compute the figures, start 'collector serve'.")
            return code
        }
    }
}
