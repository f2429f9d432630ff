import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// Events that the process hands to its rollup worker as it commits them.
@Suite struct HandoverTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func events(_ numbers: Range<Int>, path: String = "/", seconds: Int64 = 0) throws -> [Event] {
        try numbers.map { number in
            try Event.parsed(
                """
                {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)",\
                "event_type":"pageview","path":"\(path)","site":"shop.example","payload":{}}
                """,
                receivedAt: Self.start + seconds * 1_000_000
            )
        }
    }

    @Test(arguments: Engine.allCases)
    func `a backlog is not counted for the sake of a few live events`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let all = try events(0..<3000)
        try store.append(all)
        let committed = CommittedEvents()
        committed.add(Array(all[2990...]), ids: Array(2991...3000))
        let recorder = ReadRecorder(try store.makeDatabase())
        let rollups = try Rollups(recorder, committed: committed)
        while try rollups.advance() > 0 {}
        #expect(recorder.largestCount <= 11)
        #expect(try StoredFigures(store).totals().pageViews == 3000)
    }

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases)
    func `live events that are all there are not read back`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let all = try events(0..<10)
        try store.append(all)
        let committed = CommittedEvents()
        // Their path is another one than in the table.
        committed.add(try events(0..<10, path: "/handed"), ids: Array(1...10))
        let rollups = try Rollups(store.makeDatabase(), committed: committed)
        while try rollups.advance(limit: 3) > 0 {}
        #expect(try StoredFigures(store).pageViews(.path) == ["/handed": 10])
    }

    @Test(arguments: Engine.allCases)
    func `of two processes one aggregates, and the other one keeps no events that are in the rollups`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let (start, committed) = (ContinuousClock.now, CommittedEvents())
        let first = try Rollups(store.makeDatabase())
        let second = try Rollups(store.makeDatabase(), committed: committed)
        var turns = (RollupTurn(), RollupTurn())
        var counts = [try second.advance(inTurn: &turns.1, now: start)]
        let all = try events(0..<30)
        try store.append(Array(all[..<10]))
        committed.add(Array(all[..<10]), ids: Array(1...10))
        counts.append(try first.advance(inTurn: &turns.0, now: start))
        try store.append(Array(all[10...]))
        committed.add(Array(all[10...]), ids: Array(11...30))
        counts.append(try second.advance(inTurn: &turns.1, now: start))
        #expect(counts == [0, 10, 0])
        #expect(second.progress.position == 10 && second.progress.highWaterMark == 30)
        #expect(committed.count == 20)
        // The first one has ended.
        let later = start + .milliseconds(RollupTurn.yieldMilliseconds)
        let count = try second.advance(inTurn: &turns.1, now: later)
        #expect(count == 20)
        #expect(try StoredFigures(store).totals().pageViews == 30)
    }

    @Test func `no more are taken over while some are left`() throws {
        let database = try Database(.sqlite)
        let store = try database.migrated()
        let all = try events(0..<30)
        try store.append(all)
        let committed = CommittedEvents()
        let rollups = try Rollups(store.makeDatabase(), committed: committed)
        committed.add(Array(all[..<10]), ids: Array(1...10))
        #expect(try rollups.handedOver(after: 0, through: 10, limit: 1)?.count == 1)
        committed.add(Array(all[10..<20]), ids: Array(11...20))
        #expect(try rollups.handedOver(after: 1, through: 20, limit: 1)?.count == 1)
        #expect(rollups.handed.count == 8)
        #expect(try rollups.handedOver(after: 2, through: 20, limit: 20)?.count == 8)
        #expect(try rollups.handedOver(after: 10, through: 20, limit: 20)?.map(\.id) == Array(11...20))
    }

    @Test func `those of before a rebuild are forgotten`() throws {
        let database = try Database(.sqlite)
        let store = try database.migrated()
        let old = try events(0..<10, path: "/old")
        try store.append(old)
        let committed = CommittedEvents()
        committed.add(old, ids: Array(1...10))
        let rollups = try Rollups(store.makeDatabase(), committed: committed)
        #expect(try rollups.advance(limit: 3) == 3)
        committed.add(Array(old[8...]), ids: [9, 10])
        try database.rows("delete from collector_events")
        try database.rows("delete from sqlite_sequence where name = 'collector_events'")
        try store.append(events(0..<10, path: "/new", seconds: 60))
        try database.rows("delete from collector_events where id <= 3")
        try Rollups(store.makeDatabase()).clear()
        while try rollups.advance() > 0 {}
        #expect(try StoredFigures(store).pageViews(.path) == ["/new": 7])
    }
}
