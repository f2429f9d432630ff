import Glibc
import Reports
import Rollups
import Storage

/// `collector verify`: aggregates all events again and compares the result with the stored rollups.
struct VerifyCommand {
    private let configuration: Configuration

    init(_ configuration: Configuration) { self.configuration = configuration }

    func run() throws -> ExitCode {
        _ = Interruption(finalNotice: "Interrupted. Nothing was changed; run 'collector verify' again.")
        let store = try StoreChoice.existing(configuration)
        Console.error("Database: \(store.location)")
        let database = try store.makeDatabase()
        if let problem = try LagCheck(database).problem(pause: { usleep(UInt32($0) * 1000) }) {
            Console.error("collector: \(problem)")
            return .failure
        }
        let rollups = try Rollups(database)
        let end = try rollups.lastEventID()
        let total = try database.rows("select count(*) from collector_events where id <= ?1", [.integer(end)])
        var progress = Progress("Verifying", total: total.first?.first?.integer ?? 0)
        var events: Int64 = 0
        let differences = try rollups.differences(ahead: store.makeDatabase()) {
            events = $0
            progress.update($0)
        }
        progress.finish(events)
        let dead = try rollups.deadLetters()
        if dead.listed > 0 {
            Console.out(
                "\(dead.listed) events were refused by the database and are missing from all reports; see the table rollup_dead_letters"
            )
        }
        if dead.unlisted > 0 {
            Console.out(
                "\(dead.unlisted) more were refused while that table was full, which may cause differences"
            )
        }
        guard differences.isEmpty else {
            for (table, wrong, missing) in differences {
                Console.out("\(table): \(wrong) unexpected rows, \(missing) missing rows")
            }
            Console.error("collector: the rollups do not match the events; run 'collector rebuild'")
            return .failure
        }
        Console.out("Rollups match \(events) events")
        if let border = try rollups.removedBefore() {
            Console.out(
                "Sessions without events were not compared: their events have been removed by retention, the latest before \(border)"
            )
        }
        return .success
    }
}

/// `collector rebuild`: recomputes the rollups from the events.
struct RebuildCommand {
    private let configuration: Configuration
    private let resumes: Bool

    init(_ configuration: Configuration, resumes: Bool) {
        self.configuration = configuration
        self.resumes = resumes
    }

    func run() throws -> ExitCode {
        let interruption = Interruption()
        let store = try StoreChoice.existing(configuration)
        Console.error("Database: \(store.location)")
        let database = try store.makeDatabase()
        let rollups = try Rollups(database, ahead: store.makeDatabase())
        if !resumes {
            if Console.isErrorTerminal { Console.error("Clearing the rollups") }
            let lost = try LockWait.attempt(while: { !interruption.isRequested }) { () throws(StoreError) in
                try rollups.clear()
            }
            guard let lost else { return interruption.exitCode ?? .failure }
            CommandAudit.write("rebuild", database)
            if !lost.isEmpty {
                Console.error("collector: " + lost.text)
            }
        }
        let catchUp = CatchUp(title: "Rebuilding", store: store, database: database, rollups: rollups)
        switch try catchUp.run(interruption) {
        case .complete(let events):
            Console.out("Rollups rebuilt from \(events) events")
            if let border = try rollups.removedBefore() {
                Console.out(
                    "Sessions without events were kept: their events have been removed by retention, the latest before \(border)"
                )
            }
            let dead = try rollups.deadLetters()
            if dead.listed + dead.unlisted > 0 {
                Console.out("The database refused \(dead.listed + dead.unlisted) of them: all reports omit them")
            }
            return .success
        case .waiting(let id):
            return catchUp.reportWaiting(id)
        case .interrupted(let code):
            Console.error(
                "Interrupted. To continue, run 'collector rebuild --resume' or start 'collector serve'."
            )
            return code
        }
    }
}

/// Aggregates all events stored at its start; can run while a server aggregates the same database.
struct CatchUp {
    let title: String
    let store: any Store
    let database: any Database
    let rollups: Rollups

    enum Outcome {
        /// All events up to the last one at the start are aggregated; `events` is their number.
        case complete(events: Int64)
        /// An open transaction keeps events after this id from being aggregated.
        case waiting(id: Int64)
        case interrupted(ExitCode)
    }

    /// Milliseconds between attempts while another process aggregates or a transaction is open.
    private static let pauseMilliseconds = 100
    /// Pauses without progress after which the wait ends: half a minute.
    private static let pausesMax = 300

    func run(_ interruption: Interruption) throws -> Outcome {
        let bounds = try database.rows("select min(id), max(id) from collector_events").first
        let (first, last) = (bounds?[0].integer ?? 1, bounds?[1].integer ?? 0)
        var position = try max(rollups.lastEventID(), first - 1)
        var rollups: Rollups? = rollups
        // Progress is based on event ids, which have few gaps, because counting rows reads the whole table.
        var progress = Progress(title, first: position - first + 1, total: last - first + 1)
        var pauses = 0
        while position < last {
            if let code = interruption.exitCode { return .interrupted(code) }
            let done: Void? = try LockWait.attempt(while: { !interruption.isRequested }) { () throws(StoreError) in
                let worker = if let rollups { rollups } else { try Rollups(database, ahead: store.makeDatabase()) }
                // After an error, discard the instance: its state may not match the database.
                rollups = nil
                let limit = Rollups.rebuildPortionMax
                _ = try worker.advance(limit: limit, while: { !interruption.isRequested })
                rollups = worker
            }
            guard done != nil, let rollups else { continue }
            let now = try max(rollups.lastEventID(), first - 1)
            progress.update(now - first + 1)
            pauses = now > position ? 0 : pauses + 1
            position = now
            guard pauses > 0 else { continue }
            guard pauses < Self.pausesMax else { return .waiting(id: position) }
            usleep(UInt32(Self.pauseMilliseconds * 1000))
        }
        progress.finish(last - first + 1)
        let events = try database.rows("select count(*) from collector_events where id <= ?1", [.integer(last)])
        return .complete(events: events.first?.first?.integer ?? 0)
    }

    func reportWaiting(_ id: Int64) -> ExitCode {
        Console.error(
            "collector: cannot aggregate events after id \(id): another transaction is open. "
                + "Run 'collector rebuild --resume' after it ends; a running server continues automatically."
        )
        return .failure
    }
}
