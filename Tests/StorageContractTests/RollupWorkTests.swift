import Events
import Storage
import TestSupport
import Testing

@testable import Rollups

/// The work of the rollup worker, in instructions of SQLite.
@Suite struct RollupWorkTests {
    private func append(_ visits: Range<Int>, _ store: any Store) throws {
        let writer = try store.makeWriter()
        for visit in visits {
            let event = try Event.parsed(
                """
                {"visitor_id":"v_\(visit)","session_id":"s_\(visit)","pageview_id":"p_\(visit)",\
                "event_type":"pageview","seq":1,"path":"/","site":"shop.example","payload":{}}
                """,
                receivedAt: (1_795_478_400 + Int64(visit)) * 1_000_000
            )
            let report = try DeliveryReport.sample(
                pageview: "p_\(visit)",
                visitor: "v_\(visit)",
                session: "s_\(visit)",
                site: "shop.example",
                emitted: 2
            )
            _ = try writer.append(Batch(events: [event], reports: [report]))
        }
    }

    /// Steps of the queries that take in the new events.
    private func steps(_ store: any Store, _ path: String) throws -> Int {
        let recorder = ReadRecorder(try store.makeDatabase())
        let rollups = try Rollups(recorder)
        while try rollups.advance() > 0 {}
        return try recorder.queries.reduce(0) { try $0 + $1.steps(path: path) }
    }

    @Test func `does not grow with the events and delivery reports that are taken in`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        let store = try database.migrated()
        try append(0..<100, store)
        _ = try steps(store, path)
        try append(100..<110, store)
        let first = try steps(store, path)
        try append(110..<2000, store)
        _ = try steps(store, path)
        try append(2000..<2010, store)
        let second = try steps(store, path)
        #expect(first > 0 && second < 2 * first, "\(first) steps, then \(second)")
    }
}
