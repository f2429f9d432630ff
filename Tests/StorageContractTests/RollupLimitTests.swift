import Reports
import Rollups
import Segments
import Storage
import Events
import TestSupport
import Testing

/// What keeps the figures going whatever senders name and whatever the database refuses.
@Suite struct RollupLimitTests {
    private static let start: Int64 = 1_795_456_784_000_000
    private static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

    private func event(
        _ number: Int,
        _ type: String = "pageview",
        visitor: String? = nil,
        site: String = "shop.example",
        path: String = "/",
        payload: String = "{}",
        days: Int64 = 0,
        agent: String = agent
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"\(visitor ?? "v_\(number)")","session_id":"s_\(number)","pageview_id":"p_\(number)",\
            "event_type":"\(type)","path":"\(path)","site":"\(site)","payload":\(payload)}
            """,
            userAgent: agent,
            receivedAt: Self.start + days * 86_400_000_000
        )
    }

    /// Makes the database refuse a path as a value of a dimension; `kind` is how.
    private func refuse(path: String, _ database: Database, _ kind: Poison) throws {
        switch (database.engine, kind) {
        case (.sqlite, .trigger):
            try database.rows(
                """
                create trigger poison before insert on dimension_values when new.value = '\(path)'
                begin select raise(abort, 'poison'); end
                """
            )
        case (.sqlite, .function):
            try database.rows(
                """
                create trigger poison before insert on dimension_values when new.value = '\(path)'
                begin select json_extract('{', '$'); end
                """
            )
        case (.postgresql, .trigger):
            try database.rows(
                """
                create function poison() returns trigger language plpgsql as $$
                begin if new.value = '\(path)' then raise exception 'poison'; end if; return new; end $$
                """
            )
            try database.rows(
                "create trigger poison before insert on dimension_values for each row execute function poison()"
            )
        case (.postgresql, .function):
            try database.rows(
                "alter table dimension_values add constraint poison check (value <> '\(path)' or 1 / (code - code) > 0)"
            )
        }
    }

    enum Poison: CaseIterable {
        case trigger
        case function
    }

    // MARK: - Dead letters

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases, Poison.allCases)
    func `an event whose rollups the database refuses is set aside, and all others count`(
        engine: Engine,
        poison: Poison
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try refuse(path: "/poison", database, poison)
        let events = try (0..<500).map { try event($0, path: [100, 101, 499].contains($0) ? "/poison" : "/good") }
        try store.append(events)
        try store.catchUp()
        #expect(
            try database.column("select event_id from rollup_dead_letters order by event_id") == ["101", "102", "500"]
        )
        #expect(try StoredFigures(store).pageViews(.path) == ["/good": 497])
        #expect(try database.column("select last_event_id from insight_position") == ["500"])
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `two processes and a restart agree on the dead letters`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try refuse(path: "/poison", database, .trigger)
        // A page view that was set aside and goes on: what follows must not take it for known.
        let events = try (0..<300).flatMap { number in
            [
                try event(number, path: number % 40 == 7 ? "/poison" : "/good"),
                try event(number, "engagement", path: "/good", payload: #"{"engagedMs":1000}"#),
            ]
        }
        try store.append(events)
        var workers = try (0..<2).map { _ in try Rollups(store.makeDatabase()) }
        for turn in 0..<2000 {
            if turn % 7 == 6 { workers[turn % 2] = try Rollups(store.makeDatabase()) }
            if try workers[turn % 2].advance(limit: 1 + turn % 50) == 0 { break }
        }
        #expect(try database.count("rollup_dead_letters") == 8)
        let totals = try StoredFigures(store).totals()
        #expect([totals.pageViews, totals.engagedPageViews] == [292, 300])
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a rebuild retries the dead letters`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try refuse(path: "/poison", database, .trigger)
        try store.append([event(0, path: "/poison"), event(1)])
        try store.catchUp()
        #expect(try database.count("rollup_dead_letters") == 1)
        try database.rows(engine == .sqlite ? "drop trigger poison" : "drop trigger poison on dimension_values")
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try StoredFigures(store).totals().pageViews == 2)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `beyond the list events that are set aside are counted`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try refuse(path: "/poison", database, .trigger)
        try database.rows(
            """
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
            insert into rollup_dead_letters (event_id, reason, at) select -i, 'earlier', 0 from n
            """
        )
        try store.append([event(0, path: "/poison"), event(1)])
        try store.catchUp()
        let dead = try Rollups(store.makeDatabase()).deadLetters()
        #expect(dead.listed == 10_000)
        #expect(dead.unlisted == 1)
        #expect(try database.column("select last_event_id from insight_position") == ["2"])
    }

    @Test(arguments: Engine.allCases)
    func `a database that cannot work sets nothing aside`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([event(0)])
        try database.rows("alter table segment_columns rename to elsewhere")
        let rollups = try Rollups(store.makeDatabase())
        #expect(throws: StoreError.self) { try rollups.advance() }
        try database.rows("alter table elsewhere rename to segment_columns")
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try Rollups(store.makeDatabase()).advance() == 1)
    }

    // MARK: - Names

    @Test(.onOneServer("ids of a batch follow the shards"), arguments: Engine.allCases)
    func `sites beyond the limit are one, however the events are cut, and more find room on later days`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        var events = try (0..<700).map { try event($0, site: "site-\($0).example") }
        events += try (0..<700).map { try event(1000 + $0, site: "site-\($0).example", days: 1) }
        try store.append(events)
        try store.catchUp(limit: 37)
        #expect(try database.count("rollup_sites") == 550)
        let sites = try StoredFigures(store).pageViews(.site)
        #expect(sites.count == 551)
        #expect(sites.values.reduce(0, +) == 1400)
        let day = Self.start / 1_000_000 + 43_200
        #expect(try StoredFigures(store, to: day).pageViews(.site)["(other)"] == 200)
        #expect(try StoredFigures(store, from: day).pageViews(.site)["(other)"] == 150)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `issues, signals and values beyond their limits are one, and totals stay right`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let events = try (0..<600).flatMap { number in
            let signals = (0..<40).map { #""s\#(number)_\#($0)":{"hash":"h\#(number)","stable":true}"# }
            let resources = (0..<10).map { #"{"name":"https://a.test/\#(number)/\#($0)","duration":5}"# }
            return [
                try event(number, "error", payload: #"{"name":"E\#(number.words)","message":"m"}"#),
                try event(number, "resources", payload: #"{"slowest":[\#(resources.joined(separator: ","))]}"#),
                try event(
                    number,
                    "fingerprint_ready",
                    payload: #"{"fingerprints":{"parts":{\#(signals.joined(separator: ","))}}}"#
                ),
            ]
        }
        try store.append(events)
        try store.catchUp(limit: 100)
        #expect(try database.count("insight_issues") == 301)
        let figures = try StoredFigures(store)
        let issues = try figures.errors(.eventIssue)
        #expect(issues.count == 301)
        #expect(issues.values.reduce(0, +) == 600)
        let resources = try figures.rows(.resourceName, .requests).mapValues(\.requests)
        #expect(resources.count == 301)
        #expect(resources.values.reduce(0, +) == 6000)
        #expect(try database.column("select count(distinct signal) from insight_signals") == ["101"])
        #expect(
            try database.rows("select hash, visitors from insight_signals where signal = '(other)'") == [
                ["(other)", "598"]
            ]
        )
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `missing pages beyond their limit take no values of issues and pages`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let missing = try (0..<400).map { try event($0, "404", path: "/missing-\($0.words)") }
        let error = try event(1, "error", payload: #"{"name":"TypeError","message":"m"}"#)
        try store.append(missing + [error, event(2, path: "/new")])
        try store.catchUp(limit: 100)
        let figures = try StoredFigures(store)
        let rows = try figures.rows(.eventPath, .events, [.notFound]).mapValues(\.errors)
        #expect(rows.count == 301 && rows["(other)"] == 100)
        #expect(try figures.errors(.eventIssue).keys.contains("(other)") == false)
        #expect(try database.column("select name from insight_issues") == ["TypeError"])
        #expect(try figures.rows(.path, .pageViews).keys.contains("/new"))
    }

    // MARK: - Replaced events

    @Test(arguments: Engine.allCases, [3, 20])
    func `events whose ids have begun again are noticed, and the rollups built again`(engine: Engine, count: Int) throws
    {
        let database = try Database(engine)
        let store = try database.migrated()
        let rollups = try Rollups(store.makeDatabase())
        try store.append((0..<10).map { try event($0) })
        while try rollups.advance() > 0 {}
        switch engine {
        case .sqlite:
            try database.rows("delete from collector_events")
            try database.rows("delete from sqlite_sequence where name = 'collector_events'")
        case .postgresql: try database.rows("truncate collector_events restart identity")
        }
        try store.append((100..<100 + count).map { try event($0, days: 1) })
        while try rollups.advance() > 0 {}
        #expect(try StoredFigures(store).totals().pageViews == Int64(count))
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `events that were deleted keep their figures`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append((0..<10).map { try event($0) })
        try store.catchUp()
        try database.rows("delete from collector_events where id > 4")
        try store.catchUp()
        try database.rows("delete from collector_events")
        try store.catchUp()
        try store.append([event(50)])
        try store.catchUp()
        #expect(try StoredFigures(store).totals().pageViews == 11)
        #expect(try database.column("select last_event_id from insight_position") == ["11"])
    }
}

extension Int {
    /// The number in letters.
    fileprivate var words: String { String(String(self).utf8.map { Character(UnicodeScalar($0 - 48 + 97)) }) }
}
