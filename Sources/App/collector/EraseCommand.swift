import Erasure
import Events
import Glibc
import Rollups
import Storage

/// `collector erase`: erases a visitor, or has the server do it that uses the data folder.
struct EraseCommand {
    private let configuration: Configuration
    private let arguments: Arguments

    /// Seconds after which an error of the database is not retried, and until which a server must begin.
    private static let retrySeconds = 60
    private static let beginSeconds = 60
    private static let pauseMilliseconds = 200

    init(_ configuration: Configuration, _ arguments: Arguments) {
        (self.configuration, self.arguments) = (configuration, arguments)
    }

    func run() throws -> ExitCode {
        let scope = try arguments.visitor.map { try VisitorScope(visitor: $0, site: arguments.site) }
        let interruption = Interruption()
        let store = try StoreChoice.existing(configuration)
        guard let scope else {
            for erasure in try ErasureLog(store.makeDatabase()).latest() { Console.out(ErasureText.entry(erasure)) }
            return .success
        }
        Console.error("Database: \(store.location)")
        let database = try store.makeDatabase()
        let (journal, isServerRunning) = try openJournal()
        let preview = try Eraser.preview(database, journal, scope)
        if arguments.isDryRun { return try show(preview, isServerRunning) }
        let log = ErasureLog(database)
        let interrupted = try log.pending().filter { $0.visitor == nil }
        // A running server removes the request again if it finds nothing in its journal.
        let mayBeElsewhere = !preview.isEmpty || isServerRunning && interrupted.isEmpty
        let requested = try request(scope, log, mayBeElsewhere: mayBeElsewhere, interrupted)
        for erasure in requested { CommandAudit.write("erase", object: erasure.id, database) }
        let all = requested + interrupted
        guard let first = all.first else { throw ErasureError.notFound }
        let run = ErasureRun(store: store, database: database, erasure: first, interruption: interruption)
        let done: Erasure?
        if isServerRunning {
            done = try wait(run)
        } else {
            done = try work(run, all, journal, isAlone: journal != nil && configuration.databaseURL == nil)
        }
        guard let done else {
            Console.error(
                "Interrupted. "
                    + (isServerRunning ? "The server continues the erasure." : "Run the command again to continue.")
            )
            return interruption.exitCode ?? .failure
        }
        if requested.isEmpty { Console.out("No rows of the visitor are stored; an interrupted erasure was finished.") }
        report(done)
        return .success
    }

    /// The erasure of the visitor; none when nothing is stored but another erasure was interrupted, perhaps that of the visitor.
    private func request(
        _ scope: VisitorScope,
        _ log: ErasureLog,
        mayBeElsewhere: Bool,
        _ interrupted: [Erasure]
    ) throws(ErasureError) -> [Erasure] {
        do throws(ErasureError) {
            return [try log.request(scope, .command, mayBeElsewhere: mayBeElsewhere)]
        } catch {
            guard error == .notFound, !interrupted.isEmpty else { throw error }
            return []
        }
    }

    /// The journal of the data folder, unless there is none; and whether a server has it open.
    private func openJournal() throws(ErasureError) -> (journal: (any Journal)?, isServerRunning: Bool) {
        guard let journal = StoreChoice.existingJournal(configuration) else { return (nil, false) }
        do throws(JournalError) {
            try journal.open()
            return (journal, false)
        } catch {
            guard error == .inUse else { throw .journal(error) }
            return (nil, true)
        }
    }

    private func show(_ preview: [String: Int64], _ isServerRunning: Bool) throws -> ExitCode {
        if isServerRunning { Console.error("The server has the journal open: its records are not in these numbers.") }
        guard !preview.isEmpty else { throw ErasureError.notFound }
        Console.out("Would erase:")
        Console.out(ErasureText.rows(preview))
        Console.error("Nothing was changed. Run the command without \(Option.dryRun.name) to erase them.")
        return .success
    }

    // MARK: - Work

    /// Does the work, or waits for a server on another machine that has begun with it.
    private func work(
        _ run: ErasureRun,
        _ all: [Erasure],
        _ journal: (any Journal)?,
        isAlone: Bool
    ) throws -> Erasure? {
        let eraser = run.eraser(journal)
        let end = ContinuousClock.now + .seconds(Self.retrySeconds)
        while !run.interruption.isRequested {
            do throws(ErasureError) {
                let done = try eraser.run(eraser.claim(all, takesOver: isAlone))
                if let own = done.first(where: { $0.id == run.erasure.id }) { return own }
            } catch {
                guard error.isTransient, ContinuousClock.now < end else { throw error }
            }
            guard let now = try run.refresh() else { throw ErasureError.notFound }
            if now.finishedAt != nil { return now }
            usleep(UInt32(Self.pauseMilliseconds * 1000))
        }
        return nil
    }

    /// Waits for the server that uses the data folder.
    private func wait(_ run: ErasureRun) throws -> Erasure? {
        Console.error("The server that uses the data folder erases the visitor.")
        let start = ContinuousClock.now
        var failing: ContinuousClock.Instant?
        while !run.interruption.isRequested {
            // The server has found nothing, not in the journal either.
            guard let now = try run.refresh() else { throw ErasureError.notFound }
            if now.finishedAt != nil { return now }
            run.show(now)
            let isIdle = now == run.erasure && start.duration(to: .now) > .seconds(Self.beginSeconds)
            failing = now.failure == nil ? nil : failing ?? .now
            if isIdle || failing.map({ $0.duration(to: .now) > .seconds(Self.retrySeconds) }) ?? false {
                throw CommandError(
                    reason: "the server has not erased the visitor yet (\(now.failure ?? "it has not begun")); "
                        + "it retries: see its log, and 'collector erase \(Option.log.name)'"
                )
            }
            usleep(UInt32(Self.pauseMilliseconds * 1000))
        }
        return nil
    }

    // MARK: - Result

    private func report(_ erasure: Erasure) {
        Console.out("Visitor erased (erasure \(erasure.id))")
        Console.out(ErasureText.rows(erasure.counts))
        for line in ErasureText.proof(erasure) { Console.out(line) }
        for path in StoreChoice.damagedJournals(configuration) {
            Console.error("collector: warning: \(path) was not searched: remove it when you have examined it")
        }
        Console.error("Backups, archives and old write-ahead logs of the database were not changed.")
    }
}

extension ErasureError {
    /// Whether the cause may go away by itself, such as a lock of another process.
    fileprivate var isTransient: Bool {
        guard case .store(let error) = self else { return false }
        return switch error {
        case .unavailable, .queryTimeout, .uncertain: true
        case .refused, .schema, .damaged: false
        }
    }
}
