import Events
import Files
import Locks
package import Log
package import Rollups
package import Storage
package import Workers

/// Archives each day once it is over, on its own thread, so that retention removes only rows that are in an archive.
///
/// A run checks all files and adds what is missing: also late rows of earlier days, such as those of a journal. Until it has ended
/// without an error, and after the manifest has been changed by another program, no row counts as archived.
package final class ArchiveWorker: Sendable {
    /// Milliseconds until the first run, in which the start has priority, between two checks of the day and the manifest, and until
    /// the next run after an error or with damaged files, which reads all files again.
    static let startMilliseconds = 3000
    static let restMilliseconds = 20_000
    static let retryMilliseconds = 60_000
    static let damagedMilliseconds = 600_000
    /// Seconds after midnight from which on a day is archived: transactions of its last events have ended by then.
    static let delaySeconds: Int64 = 300

    private struct State {
        var archived = ArchivedRows()
        var problem: String?
    }

    package let worker = Worker("archive")

    private let store: any Store
    private let folder: ArchiveFolder
    private let version: String
    private let log: Log
    private let makeFolder: @Sendable () throws -> Void
    private let state = Locked(State())

    /// Creates a worker for a folder, which `makeFolder` creates if it does not exist; `version` is that of Collector.
    package init(
        store: any Store,
        folder: String,
        version: String,
        log: Log,
        makeFolder: @escaping @Sendable () throws -> Void
    ) {
        (self.store, self.folder, self.version) = (store, ArchiveFolder(folder), version)
        (self.log, self.makeFolder) = (log, makeFolder)
    }

    /// What the archive has.
    package var archived: ArchivedRows { state.withLock { $0.archived } }

    /// Why the archive is not complete; nil while it is, or is being written.
    package var problem: String? { state.withLock { $0.problem } }

    package func start() {
        worker.start { [self] in run() }
    }

    private func run() {
        var connection = WorkerConnection(store)
        var milliseconds = Self.startMilliseconds
        var known: (day: ArchiveDay, manifest: ArchiveManifest)?
        while worker.pause(milliseconds: milliseconds) {
            milliseconds = Self.restMilliseconds
            let day = ArchiveDay(microseconds: WallClock.microseconds() - Self.delaySeconds * 1_000_000)
            do {
                if let known, known.day == day, try folder.existingManifest() == known.manifest { continue }
                known = nil
                state.withLock { $0.archived = ArchivedRows() }
                guard let manifest = try archive(before: day, &connection) else { continue }
                if problem == nil { known = (day, manifest) } else { milliseconds = Self.damagedMilliseconds }
            } catch let error as ArchiveError where error.isInUse {
                continue
            } catch {
                known = nil
                state.withLock { $0.archived = ArchivedRows() }
                note(Self.reason(error))
                milliseconds = Self.retryMilliseconds
            }
        }
    }

    /// Runs, and keeps which rows the archive has, without those of damaged files, which are the problem then.
    ///
    /// - Returns: the manifest; nil when the run was interrupted.
    private func archive(before day: ArchiveDay, _ connection: inout WorkerConnection) throws -> ArchiveManifest? {
        try makeFolder()
        let result = try connection.use { database throws(StoreError) in
            let result = Result { try add(database, before: day) }
            // The connection is closed after an error of the database only.
            if case .failure(let error as StoreError) = result { throw error }
            return result
        }
        let (summary, manifest) = try result.get()
        guard !summary.isInterrupted else { return nil }
        if summary.files > 0 { log.info("days archived", ["files": summary.files, "rows": Int(summary.rows)]) }
        let rows = manifest.rows(without: summary.damaged)
        state.withLock { $0.archived = rows }
        note(summary.problems.first)
        return manifest
    }

    private func add(
        _ database: any Database,
        before day: ArchiveDay
    ) throws -> (ArchiveRun.Summary, ArchiveManifest) {
        let run = try ArchiveRun(database, folder, before: day, site: nil, version: version)
        let summary = try run.run { [self] _, _ in !worker.isStopping }
        return (summary, run.manifest)
    }

    /// Keeps a problem, and logs the first one.
    private func note(_ problem: String?) {
        let before = state.withLock { state in
            defer { state.problem = problem }
            return state.problem
        }
        if let problem, problem != before { log.warning("archive is not complete", ["reason": problem]) }
        if problem == nil, before != nil { log.notice("archive is complete again", [:]) }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as ArchiveError: error.reason
        case let error as StoreError: error.reason
        case let error as FileError: error.message
        default: "\(error)"
        }
    }
}

extension ArchiveManifest {
    /// The rows of its files, without those of damaged ones.
    fileprivate func rows(without damaged: Set<String>) -> ArchivedRows {
        var rows = ArchivedRows()
        for file in files where !damaged.contains(file.name) {
            guard let day = ArchiveDay(file.day) else { continue }
            rows.add(file.table, day: day.number, through: file.through)
        }
        return rows
    }
}
