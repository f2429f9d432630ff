import Glibc
import Reports
import Rollups
import Storage
import Events
import DemoData

/// `collector demo`: generates visits in an empty store, continues an interrupted run, or removes the generated visits.
struct DemoCommand {
    private let configuration: Configuration
    private let arguments: Arguments
    private static let eventsDefault = 100_000
    private static let seedDefault: UInt64 = 1
    private static let resumeAdvice =
        "Run 'collector demo' again to continue, or 'collector demo --remove' to remove it."

    init(_ configuration: Configuration, _ arguments: Arguments) {
        self.configuration = configuration
        self.arguments = arguments
    }

    func run() throws -> ExitCode {
        let interruption = Interruption()
        let store =
            try arguments.removes ? StoreChoice.existing(configuration) : StoreChoice.make(configuration)
        Console.error("Database: \(store.location)")
        guard !arguments.removes else { return try remove(store, interruption) }
        guard try store.migrate(interruption).isComplete else { return interruption.exitCode ?? .failure }
        let database = try store.makeDatabase()
        let run = try run(DemoRuns(database))
        if let code = try write(run, store, database, interruption) {
            Console.error("Interrupted. " + Self.resumeAdvice)
            return code
        }
        let stored = try database.rows("select events from demo_run").first?.first?.integer ?? 0
        return try aggregate(
            store,
            database,
            interruption,
            done: "\(stored) demo events stored; 'collector demo --remove' removes them"
        )
    }

    // MARK: - Writing

    /// The run to write: the unfinished one, or a new one if the store is empty or `--force` is given.
    private func run(_ runs: DemoRuns) throws -> DemoRun {
        if let run = try runs.current() {
            guard run.state == .writing else {
                throw CommandError(
                    reason: run.state == .removing
                        ? "a removal of demo visits was interrupted: complete it with 'collector demo --remove'"
                        : "the database already has demo visits: remove them first with 'collector demo --remove'"
                )
            }
            guard run.events == arguments.events ?? run.events, run.seed == arguments.seed ?? run.seed else {
                throw CommandError(
                    reason: "a run of \(run.events) events with seed \(run.seed) was interrupted: "
                        + "continue it with 'collector demo', or remove it with 'collector demo --remove'"
                )
            }
            Console.error("Continuing the interrupted run of \(run.events) events")
            return run
        }
        guard try arguments.isForced || runs.isEmpty() else {
            throw CommandError(
                reason: "the database already has events; nothing was written: "
                    + "use --force to add demo visits anyway; 'collector demo --remove' removes only the demo visits"
            )
        }
        let run = DemoRun(
            seed: arguments.seed ?? Self.seedDefault,
            events: arguments.events ?? Self.eventsDefault,
            end: WallClock.microseconds()
        )
        guard try runs.begin(run) else {
            throw CommandError(reason: "another 'collector demo' is writing to this database")
        }
        return run
    }

    /// Writes the events that are still missing from the run, one hour of visits at a time.
    ///
    /// Events already stored from an interrupted hour are recognized by their ids and are not stored twice.
    /// - Returns: the exit code if the run was interrupted; nil when all events are written.
    private func write(
        _ run: DemoRun,
        _ store: any Store,
        _ database: any Database,
        _ interruption: Interruption
    ) throws -> ExitCode? {
        let runs = DemoRuns(database)
        var run = run
        var batches = CommandBatches(store: store)
        var data = DemoData(run)
        var (hour, done) = (0, 0)
        var progress: Progress?
        while let events = data.next() {
            hour += 1
            done += events.count
            guard hour > run.hoursDone else { continue }
            var shown =
                progress ?? Progress("Writing demo visits", first: Int64(done - events.count), total: Int64(run.events))
            let before = Int64(done - events.count)
            let isWritten = try write(data.reports, events, &batches) { written in
                shown.update(before + Int64(written))
                return !interruption.isRequested
            }
            progress = shown
            guard isWritten else { return interruption.exitCode ?? .failure }
            run.hoursDone = hour
            guard try saveProgress(run, runs, interruption) else { return interruption.exitCode ?? .failure }
        }
        progress?.finish(Int64(run.events))
        run.state = .written
        return try saveProgress(run, runs, interruption) ? nil : interruption.exitCode ?? .failure
    }

    /// Writes all records; stops early when `shouldContinue` returns false.
    ///
    /// `shouldContinue` is called after each batch and each failed attempt with the number of events written so far.
    /// - Returns: whether all records were written.
    private func write(
        _ reports: [DeliveryReport],
        _ events: [Event],
        _ batches: inout CommandBatches,
        while shouldContinue: (Int) -> Bool
    ) throws(StoreError) -> Bool {
        for start in stride(from: 0, to: reports.count, by: Batch.recordsMax) {
            let end = min(start + Batch.recordsMax, reports.count)
            let batch = Batch(reports: Array(reports[start..<end]))
            guard try batches.append(batch, while: { shouldContinue(0) }) != nil else { return false }
        }
        for start in stride(from: 0, to: events.count, by: Batch.recordsMax) {
            let end = min(start + Batch.recordsMax, events.count)
            let batch = Batch(events: Array(events[start..<end]))
            guard try batches.append(batch, while: { shouldContinue(start) }) != nil, shouldContinue(end) else {
                return false
            }
        }
        return true
    }

    /// Saves the progress of the run; false if interrupted while another process held the database lock.
    private func saveProgress(_ run: DemoRun, _ runs: DemoRuns, _ interruption: Interruption) throws -> Bool {
        let done: Void? = try LockWait.attempt(while: { !interruption.isRequested }) { () throws(StoreError) in
            try runs.update(run)
        }
        return done != nil
    }

    // MARK: - Removing

    private func remove(_ store: any Store, _ interruption: Interruption) throws -> ExitCode {
        let database = try store.makeDatabase()
        let runs = DemoRuns(database)
        guard var run = try runs.current() else {
            Console.out("No demo visits in this database")
            return .success
        }
        run.state = .removing
        var progress = Progress("Removing demo visits", total: Int64(run.events))
        var removed = 0
        // A failed attempt starts over; rows that are already deleted are skipped through their index.
        let isComplete = try LockWait.attempt(while: { !interruption.isRequested }) { () throws(StoreError) in
            try runs.update(run)
            let isComplete = try runs.remove(run) { count, done in
                removed += count
                progress.update(Int64(done))
                return !interruption.isRequested
            }
            guard isComplete else { return false }
            // All readers of the rollups, including a server that is running, now rebuild without the removed visits.
            try Rollups(database).clear()
            try runs.end(run)
            return true
        }
        progress.finish(Int64(run.events))
        guard isComplete == true else {
            Console.error("Interrupted. Run 'collector demo --remove' again to remove the rest.")
            return interruption.exitCode ?? .failure
        }
        return try aggregate(store, database, interruption, done: "\(removed) demo events removed")
    }

    private func aggregate(
        _ store: any Store,
        _ database: any Database,
        _ interruption: Interruption,
        done: String
    ) throws -> ExitCode {
        Console.out(done)
        let rollups = try Rollups(database, ahead: store.makeDatabase())
        let catchUp = CatchUp(title: "Aggregating", store: store, database: database, rollups: rollups)
        switch try catchUp.run(interruption) {
        case .complete: return .success
        case .waiting(let id): return catchUp.reportWaiting(id)
        case .interrupted(let code):
            Console.error(
                "Interrupted. To aggregate the rest, run 'collector rebuild --resume' or start 'collector serve'."
            )
            return code
        }
    }
}
