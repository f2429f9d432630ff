import Archive
import Events
import Rollups
import Storage

/// `collector import FOLDER`: reads an archive into a database, and recomputes the rollups.
struct ArchiveImportCommand {
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
        if let day = manifest.files.first.flatMap({ ArchiveDay($0.day) }) {
            var policy = configuration.retention
            policy.sites = try SiteRetention.read(database)
            ImportMessages.warnAboutRetention(policy, manifest.site, "archive", beginningAt: day.start)
        }
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
        Console.out(ImportMessages.outcome(stored: summary.stored, skipped: summary.skipped, "rows"))
        return try summary.needsRebuild ? rebuild(store, database, interruption) : .success
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
