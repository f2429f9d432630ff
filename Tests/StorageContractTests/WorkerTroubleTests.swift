import Dispatch
import Events
import Glibc
import Locks
import Log
import Segments
import Storage
import TestSupport
import Testing
import Workers

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// What goes wrong around the worker without any event being at fault.
@Suite struct WorkerTroubleTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func event(
        _ type: String = "pageview",
        visitor: String,
        session: String,
        view: String = "1",
        site: String = "shop.example",
        path: String = "/",
        payload: String = "{}"
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"\(visitor)","session_id":"\(session)","pageview_id":"\(session)_\(view)","event_type":"\(type)",\
            "path":"\(path)","site":"\(site)","payload":\(payload)}
            """,
            receivedAt: Self.start
        )
    }

    private func sessions(_ numbers: Range<Int>) throws -> [Event] {
        try numbers.map { try event(visitor: "v_\($0)", session: "s_\($0)", path: "/p\($0 % 3)") }
    }

    /// Makes the database refuse that segments are deleted, as merges do.
    private func refuseMerges(_ database: Database) throws {
        switch database.engine {
        case .sqlite:
            try database.rows(
                "create trigger poison before delete on segments begin select raise(abort, 'poison'); end"
            )
        case .postgresql:
            try database.rows(
                """
                create function poison() returns trigger language plpgsql as $$
                begin raise exception 'poison'; end $$
                """
            )
            try database.rows("create trigger poison before delete on segments for each row execute function poison()")
        }
    }

    // MARK: - The start

    @Test func `a schema that does not exist yet is no error of the worker`() throws {
        let database = try Database(.sqlite)
        let store = try database.store()
        let (asked, isMigrated) = (DispatchSemaphore(value: 0), Locked(false))
        let worker = RollupWorker(store: store, log: Log(level: .error, format: .logfmt)) {
            asked.signal()
            return isMigrated.withLock { $0 }
        }
        worker.start()
        defer { Worker.stop([worker.worker]) }
        for _ in 0..<3 { try #require(asked.wait(timeout: .now() + .seconds(60)) == .success) }
        #expect(worker.status.lastError == nil)
        _ = try store.migrate()
        isMigrated.withLock { $0 = true }
        let end = ContinuousClock.now + .seconds(60)
        while worker.status.position == nil, .now < end { usleep(10_000) }
        #expect(worker.status.position == 0 && worker.status.lastError == nil)
    }

    // MARK: - Merges

    @Test(arguments: Engine.allCases)
    func `a merge that the database refuses sets no event aside and stops nothing`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try refuseMerges(database)
        try store.append(sessions(0..<100))
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance(limit: 5) > 0 {}
        #expect(rollups.takeNotices().mergeFailure != nil)
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try StoredFigures(store).totals().pageViews == 100)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases, Damage.allCases)
    func `a damaged segment stays as it is, is reported by verify, and the worker goes on`(
        engine: Engine,
        damage: Damage
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(sessions(0..<3))
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
        let id = try #require(try database.column("select min(id) from segments")[0])
        try damage.apply(database, id)
        // The first of them goes on in a session of the damaged segment; the others are enough for merges.
        try store.append([event("sale", visitor: "v_0", session: "s_0", view: "2")] + sessions(3..<60))
        let next = try Rollups(store.makeDatabase())
        while try next.advance(limit: 4) > 0 {}
        #expect(try next.lastEventID() == 61)
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try database.column("select count(*) from segments where id = \(id)") == ["1"])
        #expect(try database.count("segments") < 12, "the others are merged")
        // Impossible numbers of rows are seen before anything is read.
        let reason = next.takeNotices().mergeFailure
        #expect(damage == .counts || reason?.contains("damaged segments: \(id)") == true)
        #expect(try !store.differences().isEmpty)
        if damage != .codes {
            let query = ReportQuery(
                range: try ReportRange(from: Self.start / 1_000_000 - 5, to: Self.start / 1_000_000 + 5)
            )
            #expect(throws: ReportError.self) {
                try Reports(store.makeDatabase(), DictionaryCache()).overview(query, now: Self.start / 1_000_000)
            }
        }
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try store.differences() == [])
    }

    enum Damage: CaseIterable {
        case missing, cut, counts, codes

        fileprivate func apply(_ database: Database, _ id: String) throws {
            switch self {
            case .missing: try database.rows("delete from segment_columns where segment_id = \(id)")
            case .cut:
                let bytes = database.engine == .sqlite ? "x'0101'" : "'\\x0101'"
                try database.rows("update segment_columns set data = \(bytes) where segment_id = \(id)")
            case .counts:
                let numbers = "sessions = 9223372036854775, page_views = 9223372036854775, first_time = 0"
                let max = database.engine == .sqlite ? numbers : "sessions = 2147483647, page_views = 2147483647"
                try database.rows("update segments set \(max) where id = \(id)")
            case .codes:
                // A constant column of the code 0xFFFFFFFF.
                let digits = "010001000000ffffffff"
                let bytes = database.engine == .sqlite ? "x'\(digits)'" : "'\\x\(digits)'"
                try database.rows(
                    "update segment_columns set data = \(bytes) where segment_id = \(id) and column_id = \(Column.path.rawValue)"
                )
            }
        }
    }

    // MARK: - Replay

    @Test(.withoutCitus("a recursive insert"), arguments: Engine.allCases)
    func `of a session's earlier events those that count are read, whatever else has its id`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([event(visitor: "v_0", session: "shared")])
        let copies = """
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 12000)
            insert into collector_events (received_at, visitor_id, session_id, pageview_id, event_type, site, path, payload)
            select received_at, visitor_id || case when i % 2 = 0 then '' else cast(i as text) end, session_id,
                pageview_id || cast(i as text), event_type, site, path, payload
            from collector_events cross join n where id = 1
            """
        try database.rows(copies)
        try store.catchUp()
        try store.append([event(visitor: "v_0", session: "shared", view: "last")])
        let counting = ReadRecorder(try store.makeDatabase())
        let rollups = try Rollups(counting)
        while try rollups.advance() > 0 {}
        #expect(counting.largestRead <= SessionState.eventsMax)
        #expect(try StoredFigures(store).totals().pageViews == 5000 + 6000)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `sessions of sites that found no room are replayed under the site that they count for`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let sites = try (0..<510).map {
            try event(visitor: "v", session: "s", view: "\($0)", site: "site-\($0).example")
        }
        try store.append(sites)
        try store.append([event(visitor: "v", session: "s", view: "none", site: "")])
        let rollups = try Rollups(store.makeDatabase())
        for turn in 0..<600 {
            // A worker that has just started knows no session.
            let worker = turn % 5 == 0 ? try Rollups(store.makeDatabase()) : rollups
            if try worker.advance(limit: 17) == 0 { break }
        }
        try store.append(sites.suffix(20))
        try store.catchUp(limit: 3)
        #expect(try StoredFigures(store).sessions(.site).count == 502)
        #expect(try store.differences() == [])
    }

    // MARK: - Portions that are taken back

    @Test(arguments: Engine.allCases)
    func `after a portion that was taken back sessions have the codes that are in the tables`(engine: Engine) throws {
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
        let rollups = try Rollups(store.makeDatabase())
        func take(_ events: [Event]) throws {
            try store.append(events)
            while try rollups.advance() > 0 {}
        }
        try take((0..<4).map { try event(visitor: "v_\($0)", session: "s_\($0)", view: "a", path: "/a") })
        try take([
            event(visitor: "v_0", session: "s_0", view: "b", path: "/b"),
            event(visitor: "v_1", session: "s_1", view: "b", path: "/poison"),
            event(visitor: "v_2", session: "s_2", view: "b", path: "/c"),
        ])
        try take((0..<4).map { try event(visitor: "v_\($0)", session: "s_\($0)", view: "d", path: "/d\($0)") })
        let expected: [String: Int64] = [
            "/a": 4, "/b": 1, "/c": 1, "/d0": 1, "/d1": 1, "/d2": 1, "/d3": 1,
        ]
        #expect(try StoredFigures(store).pageViews(.path) == expected)
        #expect(try database.count("rollup_dead_letters") == 1)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a dictionary that has lost a value stops the worker, and no event is set aside`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(sessions(0..<9))
        try store.catchUp()
        let path = Column.Dictionary.path.rawValue
        try database.rows("delete from dimension_values where dictionary = \(path) and code = 2")
        try store.append([event(visitor: "v", session: "s", path: "/new")])
        #expect(throws: StoreError.self) { try store.catchUp() }
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try store.differences() == ["dimension_values (damaged)"])
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try store.differences() == [])
        #expect(try StoredFigures(store).totals().pageViews == 10)
    }

    // MARK: - Decisions

    @Test(arguments: Engine.allCases)
    func `a decision filed under the keyed name that an issue had before is kept`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.shareHashKey()
        let hashes = try #require(KeyedHashes(secret: String(repeating: "5a", count: 32)))
        let payload = """
            {"kind":"error","name":"Error","message":"no stock","frames":[{"function":"Shop.buy",\
            "file":"https://shop.example/app.js","line":10,"column":1}]}
            """
        let issue = IssueDescription(LazyJSON(payload), hashes.texts)
        let former = try #require(issue.formerIDs.first)
        try database.rows(
            """
            insert into insight_issue_states (site, issue, state, changed_at)
            values ('shop.example', '\(former)', 'ignored', 1)
            """
        )
        try store.append([event("error", visitor: "v", session: "s", payload: payload)])
        try store.catchUp()
        let states = "select state from insight_issue_states where issue = '\(issue.id)'"
        #expect(try database.rows(states) == [["ignored"]])
    }
}
