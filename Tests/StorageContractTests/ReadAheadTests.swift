import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Rollups

/// `rebuild` and `verify` read events in advance on a second thread.
@Suite struct ReadAheadTests {
    /// With few events in each read, many of them are waiting.
    private func rollups(_ store: any Store, readsMax: Int = .max) throws -> Rollups {
        let ahead = ReadRecorder(try store.makeDatabase(), rowsOfRead: 20, readsMax: readsMax)
        return try Rollups(store.makeDatabase(), ahead: ahead)
    }

    private func advance(_ rollups: Rollups, while isNeeded: () -> Bool = { true }) throws(StoreError) -> Int {
        try rollups.advance(limit: Rollups.rebuildPortionMax, while: isNeeded)
    }

    @Test(arguments: Engine.allCases)
    func `give the figures of events that are read one after the other`(engine: Engine) throws {
        let database = try Database(engine)
        let events = RandomEvents(seed: 14, sessions: 200)
        let store = try RandomDatabase.fill(database, events)
        let count = try events.events().count
        let rollups = try rollups(store)
        // Stops in the middle of a portion, which is then read again.
        var rounds = 0
        let isEarly = { () -> Bool in
            rounds += 1
            return rounds < 5
        }
        #expect(try advance(rollups, while: isEarly) == 0)
        #expect(try advance(rollups) == count)
        #expect(try store.differences() == [])
        // Events that are stored after the first end.
        try RandomDatabase.append(RandomEvents(seed: 15, sessions: 50).events()[...], store)
        while try advance(rollups) > 0 {}
        #expect(try store.differences() == [])
    }

    @Test(.onOneServer("servers have no common snapshot"), arguments: Engine.allCases)
    func `verify what is stored at one moment, whatever is stored meanwhile`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try RandomDatabase.fill(database, RandomEvents(seed: 17, sessions: 60))
        try store.catchUp()
        let (connection, other) = (try store.makeDatabase(), try store.makeDatabase())
        var counts: [Int64?] = []
        func count(_ database: any Storage.Database) throws(StoreError) {
            counts.append(try database.rows("select count(*) from collector_events").first?.first?.integer)
        }
        try count(connection)
        try connection.snapshot(with: other) { () throws(StoreError) in
            _ = try store.makeDatabase().change("delete from collector_events where id > 9")
            try count(other)
            try count(connection)
        }
        try count(other)
        #expect(counts[1] == counts[0] && counts[2] == counts[0])
        #expect(counts[3] == 9)
    }

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases)
    func `verify finds nothing else than on one thread`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try RandomDatabase.fill(database, RandomEvents(seed: 18, sessions: 100))
        try store.catchUp()
        func tables() throws -> [String] {
            try Rollups(store.makeDatabase()).differences(ahead: store.makeDatabase()).map(\.table)
        }
        #expect(try tables() == [])
        try database.rows("update collector_events set path = '/other' where id = 50")
        #expect(try tables() == store.differences())
        #expect(try !tables().isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `set aside only the event that the database refuses`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.rows(
            engine == .sqlite
                ? """
                create trigger poison before insert on dimension_values when new.value = '/poison'
                begin select raise(abort, 'poison'); end
                """
                : "alter table dimension_values add constraint poison check (value <> '/poison')"
        )
        let events = try (0..<300).map { number in
            try Event.parsed(
                """
                {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)",\
                "event_type":"pageview","path":"\(number == 150 ? "/poison" : "/")","site":"shop.example","payload":{}}
                """,
                receivedAt: 1_795_456_784_000_000
            )
        }
        try store.append(events)
        let rollups = try rollups(store)
        while try advance(rollups) > 0 {}
        #expect(try database.count("rollup_dead_letters") == 1)
        #expect(try StoredFigures(store).totals().pageViews == 299)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases, [0, 1, 7])
    func `end without a change when the connection is lost, and go on with another`(
        engine: Engine,
        reads: Int
    ) throws {
        let database = try Database(engine)
        let store = try RandomDatabase.fill(database, RandomEvents(seed: 16, sessions: 60))
        #expect(throws: StoreError.self) { try advance(rollups(store, readsMax: reads)) }
        #expect(try rollups(store).lastEventID() == 0)
        let other = try rollups(store)
        while try advance(other) > 0 {}
        #expect(try store.differences() == [])
    }
}
