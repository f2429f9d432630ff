import Insight
import Storage
import Telemetry

/// `collector verify`: makes the rollups once more from the events and compares.
struct VerifyCommand {
    private let store: any Store

    init(_ configuration: Configuration) throws {
        store = try StoreChoice.make(configuration)
    }

    func run() throws -> ExitCode {
        let rollups = try Rollups(store.makeDatabase())
        var events: Int64 = 0
        let differences = try rollups.differences { events = $0 }
        let dead = try rollups.deadLetters()
        if dead.listed > 0 {
            Console.out(
                "\(dead.listed) events that the database refused are not in the rollups; the table rollup_dead_letters lists them"
            )
        }
        if dead.unlisted > 0 {
            Console.out(
                "\(dead.unlisted) more were refused when the list was full, so that differences caused by them are expected"
            )
        }
        guard differences.isEmpty else {
            for (table, wrong, missing) in differences {
                Console.out("\(table): \(wrong) rows differ or should not be there, \(missing) are missing or differ")
            }
            Console.error("collector: the rollups are not what the events add up to; run 'collector rebuild'")
            return .failure
        }
        Console.out("The rollups are what \(events) events add up to")
        return .success
    }
}

/// `collector rebuild`: makes the rollups anew from the events.
struct RebuildCommand {
    private let store: any Store

    init(_ configuration: Configuration) throws {
        store = try StoreChoice.make(configuration)
    }

    func run() throws -> ExitCode {
        _ = try store.migrate()
        let rollups = try Rollups(store.makeDatabase())
        try rollups.clear()
        Console.out("Made anew from \(try rollups.catchUp()) events")
        let dead = try rollups.deadLetters()
        if dead.listed + dead.unlisted > 0 {
            Console.out("The database refused \(dead.listed + dead.unlisted) of them; they are in no figure")
        }
        return .success
    }
}

/// `collector demo`: fills the store with visits that were made up.
struct DemoCommand {
    private let store: any Store
    private let events: Int
    private let seed: UInt64

    init(_ configuration: Configuration, events: Int, seed: UInt64) throws {
        store = try StoreChoice.make(configuration)
        self.events = events
        self.seed = seed
    }

    func run() throws -> ExitCode {
        _ = try store.migrate()
        let writer = try store.makeWriter()
        let source = BatchSource.random(isJournal: false)
        var data = DemoData(events: events, seed: seed, end: WallClock.microseconds())
        var (number, stored): (Int64, Int) = (0, 0)
        while let hour = data.next() {
            let ledgers = data.ledgers
            for start in stride(from: 0, to: ledgers.count, by: Batch.recordsMax) {
                let batch = Batch(ledgers: Array(ledgers[start..<min(start + Batch.recordsMax, ledgers.count)]))
                _ = try writer.append(batch, as: BatchID(source: source, number: number + 1, previous: number))
                number += 1
            }
            for start in stride(from: 0, to: hour.count, by: Batch.recordsMax) {
                let batch = Batch(events: Array(hour[start..<min(start + Batch.recordsMax, hour.count)]))
                let id = BatchID(source: source, number: number + 1, previous: number)
                stored += try writer.append(batch, as: id).stored
                number += 1
            }
        }
        let rollups = try Rollups(store.makeDatabase())
        _ = try rollups.catchUp()
        Console.out("\(stored) events made up and stored")
        return .success
    }
}

extension Rollups {
    /// Takes in all that there is.
    ///
    /// - Returns: how many events were taken in.
    fileprivate func catchUp() throws(StoreError) -> Int {
        var count = 0
        while true {
            let more = try advance()
            guard more > 0 else { return count }
            count += more
        }
    }
}
