import Insight
import Segments
import Storage
import Telemetry
import TestSupport
import Testing

/// Every figure is that of an independent computation from the raw rows.
@Suite struct `Figures of random events` {
    @Test(arguments: Engine.allCases)
    func `are made by SQL`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let events = RandomEvents(seed: 1, sessions: 250)
        let all = try events.events()
        let writer = try store.makeWriter()
        for start in stride(from: 0, to: all.count, by: 500) {
            _ = try writer.append(Batch(events: Array(all[start..<min(start + 500, all.count)])))
        }
        let connection = try database.connection()
        let clock = ContinuousClock()
        let t0 = clock.now
        try RawTables(connection: connection).make()
        let t1 = clock.now
        var queries = try RandomQueries(seed: 1, from: events.start, to: events.end, connection)
        var count = 0
        var first: Figures?
        for _ in 0..<100 {
            let figures = try RawFigures(connection: connection).figures(queries.next())
            count += figures.values.count
            if first == nil { first = figures }
        }
        print(engine, all.count, "events; tables", t1 - t0, "100 questions", clock.now - t1, count, "figures")
        for value in first?.values.prefix(60) ?? [] { print(value) }
    }
}
