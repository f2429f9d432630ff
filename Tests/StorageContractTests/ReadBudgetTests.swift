import Storage
import Events
import TestSupport
import Testing

/// Reading within limits of bytes and of time.
@Suite struct ReadBudgetTests {
    private static let payloadBytes = 200_000
    private static let count = 30

    private func filled(_ engine: Engine) throws -> (home: Database, connection: any Storage.Database) {
        let database = try Database(engine)
        let store = try database.migrated()
        let text = String(repeating: "x", count: Self.payloadBytes)
        let events = try (0..<Self.count).map { _ in try Event.sample(payload: #"{"t":"\#(text)"}"#) }
        for event in events { _ = try store.makeWriter().append(Batch(events: [event])) }
        return (database, try store.makeDatabase())
    }

    /// Reads on behind the last row until nothing is cut off.
    private func pages(_ database: any Storage.Database, limit: Int64, bytesMax: Int) throws -> [[Int64]] {
        var pages: [[Int64]] = []
        var last: Int64 = 0
        while true {
            let read = try database.bounded(
                "select id, \(database.dialect.json("payload")) from collector_events where id > ?1 order by id",
                [.integer(last)],
                limit: limit,
                milliseconds: 10_000,
                bytesMax: bytesMax
            )
            pages.append(read.rows.compactMap { $0[0].integer })
            guard read.isCut, let end = pages.last?.last else { return pages }
            last = end
        }
    }

    @Test(arguments: Engine.allCases)
    func `rows are read up to a number of bytes, and none is left out or read twice`(engine: Engine) throws {
        let (home, database) = try filled(engine)
        defer { withExtendedLifetime(home) {} }
        let pages = try pages(database, limit: 1000, bytesMax: 5 * Self.payloadBytes)
        #expect(pages.joined().count == Self.count && Set(pages.joined()).count == Self.count)
        #expect(pages.allSatisfy { $0.count <= 5 } && pages.count >= Self.count / 5)
        // One row that is larger than the budget is read all the same.
        #expect(try self.pages(database, limit: 1000, bytesMax: 1).allSatisfy { $0.count <= 1 })
    }

    @Test(arguments: Engine.allCases)
    func `rows are read up to a number of rows`(engine: Engine) throws {
        let (home, database) = try filled(engine)
        defer { withExtendedLifetime(home) {} }
        let pages = try pages(database, limit: 7, bytesMax: .max)
        #expect(pages.map(\.count) == [7, 7, 7, 7, 2])
    }

    @Test(arguments: Engine.allCases)
    func `a snapshot can be read further after a timeout within a savepoint`(engine: Engine) throws {
        let (home, connection) = try filled(engine)
        defer { withExtendedLifetime(home) {} }
        let endless = "with recursive n (x) as (select 1 union all select x + 1 from n) select count(*) from n"
        let timed = TimedDatabase(connection, milliseconds: 60_000)
        var (timeouts, count) = (0, Int64(-1))
        try timed.snapshot { () throws(StoreError) in
            // A statement with the same timeout as the one that was rolled back has it, too.
            for _ in 0..<2 {
                do throws(StoreError) {
                    try timed.savepoint { () throws(StoreError) in _ = try timed.rows(endless, [], milliseconds: 50) }
                } catch .queryTimeout {
                    timeouts += 1
                }
            }
            try timed.savepoint { () throws(StoreError) in
                let rows = try timed.rows("select count(*) from collector_events", [], milliseconds: 10_000)
                count = rows.first?[0].integer ?? -1
            }
        }
        #expect(timeouts == 2 && count == Self.count)
    }

    @Test(arguments: Engine.allCases)
    func `all statements of an answer have one time limit`(engine: Engine) throws {
        let (home, connection) = try filled(engine)
        defer { withExtendedLifetime(home) {} }
        let database = TimedDatabase(connection, milliseconds: 700)
        let endless = "with recursive n(x) as (select 1 union all select 1 from n) select count(*) from n"
        let start = ContinuousClock.now
        #expect(throws: StoreError.queryTimeout) { _ = try database.rows(endless, [], milliseconds: 60_000) }
        #expect(start.duration(to: .now) < .seconds(30))
        #expect(throws: StoreError.queryTimeout) {
            while true { _ = try database.rows("select 1", [], milliseconds: 60_000) }
        }
    }
}
