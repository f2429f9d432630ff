import Glibc
import Storage

/// `collector backup`: writes all data to a file.
struct BackupCommand {
    private let configuration: Configuration
    private let path: String
    private let overwrites: Bool

    init(_ configuration: Configuration, path: String, overwrites: Bool) {
        (self.configuration, self.path, self.overwrites) = (configuration, path, overwrites)
    }

    func run() throws -> ExitCode {
        let interruption = Interruption(notice: "Stopping and removing the incomplete file.")
        guard overwrites || access(path, F_OK) != 0 else { throw Self.exists(path) }
        let store = StoreChoice.describe(configuration)
        try StoreChoice.requireFile(configuration)
        Console.error("Database: \(store.location)")
        try warnAboutJournal()
        let file = try UnnamedFile(for: path)
        defer { file.remove() }
        var progress = BackupProgressLine(copying: "Copying", path: file.path)
        let content: BackupContent
        do {
            content = try StoreChoice.backup(configuration).write(to: file.path) { step, done, total in
                progress.update(step, done, total)
                return !interruption.isRequested
            }
        } catch let error as BackupError where error == .interrupted {
            progress.end()
            Console.error("Interrupted. No backup was written; run the command again.")
            return interruption.exitCode ?? .failure
        }
        progress.end()
        guard try file.publish(replacing: overwrites) else { throw Self.exists(path) }
        Console.out("Backup written to \(path): \(UnnamedFile.bytes(path).byteText), \(content.text)")
        Console.out("Next: copy it to another machine, with the file 'token' of the data folder.")
        Console.out("To restore it into an empty database: collector restore \(path)")
        return .success
    }

    private static func exists(_ path: String) -> CommandError {
        CommandError(reason: "\(path) exists: choose another name, or replace it with --force")
    }

    /// Only backups of SQLite include the journal.
    private func warnAboutJournal() throws {
        guard configuration.databaseURL != nil, UnnamedFile.bytes(configuration.journalPath + "-wal") > 0 else {
            return
        }
        Console.error(
            "collector: warning: records in the journal \(configuration.journalPath) are not part of a backup of PostgreSQL"
        )
    }
}

/// `collector restore`: fills an empty database with a backup.
struct RestoreCommand {
    private let configuration: Configuration
    private let path: String

    init(_ configuration: Configuration, path: String) { (self.configuration, self.path) = (configuration, path) }

    func run() throws -> ExitCode {
        let interruption = Interruption(notice: "Stopping. The database stays as it was.")
        guard access(path, R_OK) == 0 else {
            throw CommandError(reason: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        let store = try StoreChoice.make(configuration)
        Console.error("Database: \(store.location)")
        var progress = BackupProgressLine(copying: "Restoring", path: nil)
        let content: BackupContent
        do {
            content = try StoreChoice.backup(configuration).restore(from: path) { step, done, total in
                progress.update(step, done, total)
                return !interruption.isRequested
            }
        } catch let error as BackupError where error == .interrupted {
            progress.end()
            Console.error("Interrupted. Nothing was restored; run the command again.")
            return interruption.exitCode ?? .failure
        }
        progress.end()
        Console.out("Restored \(content.text)")
        let applied = try store.migrate(interruption).applied
        if !applied.isEmpty { Console.out("\(applied.count) migrations applied") }
        Console.out("Next: copy the file 'token' into the data folder, and start 'collector serve'.")
        return .success
    }
}

/// The progress of a backup or its restoration on standard error.
struct BackupProgressLine {
    private let copying: String
    /// The file that grows, if its size is the progress.
    private let path: String?
    private var step: BackupStep?
    private var pages: Progress?
    private var meter = ProgressMeter(
        title: "",
        total: 0,
        interval: Console.isErrorTerminal ? ProgressMeter.terminalInterval : ProgressMeter.logInterval
    )
    private let start = ContinuousClock.now
    private var hasLine = false

    init(copying: String, path: String?) { (self.copying, self.path) = (copying, path) }

    mutating func update(_ step: BackupStep, _ done: Int64, _ total: Int64) {
        if self.step != step {
            end()
            self.step = step
            if Console.isErrorTerminal, step == .checking { Console.error("Checking") }
        }
        guard step == .copying else { return }
        if total > 0 {
            var shown = pages ?? Progress(copying, total: total, unit: "pages")
            shown.update(done)
            pages = shown
        } else if meter.line(done: 0, elapsed: start.duration(to: .now)) != nil {
            let line = copying + (path.map { ": \(UnnamedFile.bytes($0).byteText)" } ?? "")
            if Console.isErrorTerminal { Console.rewriteError(line) } else { Console.error(line) }
            hasLine = true
        }
    }

    /// Ends the rewritten line.
    mutating func end() {
        if hasLine, Console.isErrorTerminal { Console.error("") }
        hasLine = false
        pages = nil
    }
}

extension BackupContent {
    /// The numbers of events and other records.
    fileprivate var text: String {
        func counted(_ table: String) -> String { ProgressMeter.grouped(rows[table] ?? 0) }
        let journal = journalRecords > 0 ? ", \(ProgressMeter.grouped(journalRecords)) records of the journal" : ""
        return "\(counted("collector_events")) events, \(counted("debug_data")) submissions, "
            + "\(counted("delivery_reports")) delivery reports\(journal)"
    }
}
