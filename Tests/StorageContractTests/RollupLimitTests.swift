import Insight
import Numbers
import Storage
import Telemetry
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

    private func append(_ events: [Event], to store: any Store) throws {
        let writer = try store.makeWriter()
        for start in stride(from: 0, to: events.count, by: Batch.recordsMax) {
            _ = try writer.append(Batch(events: Array(events[start..<min(start + Batch.recordsMax, events.count)])))
        }
    }

    /// Takes in all that there is, in portions of a size.
    private func catchUp(_ store: any Store, limit: Int = Rollups.portionMax) throws {
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance(limit: limit) > 0 {}
    }

    private func differences(_ store: any Store) throws -> [String] {
        try Rollups(store.makeDatabase()).differences().map(\.table)
    }

    /// Makes the database refuse a path in the rollups; `kind` is how.
    private func refuse(path: String, _ database: Database, _ kind: Poison) throws {
        switch (database.engine, kind) {
        case (.sqlite, .trigger):
            try database.rows(
                """
                create trigger poison before insert on insight_counts when new.value = '\(path)'
                begin select raise(abort, 'poison'); end
                """
            )
        case (.sqlite, .function):
            try database.rows(
                """
                create trigger poison before insert on insight_counts when new.value = '\(path)'
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
                "create trigger poison before insert on insight_counts for each row execute function poison()"
            )
        case (.postgresql, .function):
            try database.rows(
                "alter table insight_counts add constraint poison check (value <> '\(path)' or 1 / (events - events) > 0)"
            )
        }
    }

    enum Poison: CaseIterable {
        case trigger
        case function
    }

    // MARK: - Dead letters

    @Test(arguments: Engine.allCases, Poison.allCases)
    func `an event whose rollups the database refuses is set aside, and all others count`(
        engine: Engine,
        poison: Poison
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try refuse(path: "/poison", database, poison)
        let events = try (0..<500).map { try event($0, path: [100, 101, 499].contains($0) ? "/poison" : "/good") }
        try append(events, to: store)
        try catchUp(store)
        #expect(
            try database.column("select event_id from rollup_dead_letters order by event_id") == ["101", "102", "500"]
        )
        #expect(
            try database.rows("select value, views from insight_counts where dimension = 'path' and grain = 2")
                == [["/good", "497"]]
        )
        #expect(try database.column("select last_event_id from insight_position") == ["500"])
        #expect(try differences(store) == [])
    }

    @Test(arguments: Engine.allCases)
    func `two processes and a restart between them agree on what was set aside`(engine: Engine) throws {
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
        try append(events, to: store)
        var workers = try (0..<2).map { _ in try Rollups(store.makeDatabase()) }
        for turn in 0..<2000 {
            if turn % 7 == 6 { workers[turn % 2] = try Rollups(store.makeDatabase()) }
            if try workers[turn % 2].advance(limit: 1 + turn % 50) == 0 { break }
        }
        #expect(try database.count("rollup_dead_letters") == 8)
        #expect(
            try database.rows(
                "select views, engagements from insight_counts where dimension = 'all' and grain = 2"
            ) == [["292", "300"]]
        )
        #expect(try differences(store) == [])
    }

    @Test(arguments: Engine.allCases)
    func `a sum that has reached its limit stays there and sets no event aside`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try append([event(0, path: "/a")], to: store)
        try catchUp(store)
        try database.rows("update insight_counts set views = \(Int64.sumMax) where value = '/a'")
        try append((1..<10).map { try event($0, path: $0 == 5 ? "/a" : "/b") }, to: store)
        try catchUp(store)
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(
            try database.column(
                "select views from insight_counts where value = '/a' and dimension = 'path' and grain = 2"
            )
                == ["\(Int64.sumMax)"]
        )
        #expect(
            try database.column(
                "select views from insight_counts where value = '/b' and dimension = 'path' and grain = 2"
            )
                == ["8"]
        )
    }

    @Test(arguments: Engine.allCases)
    func `a rebuild tries again what was set aside`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try refuse(path: "/poison", database, .trigger)
        try append([event(0, path: "/poison"), event(1)], to: store)
        try catchUp(store)
        #expect(try database.count("rollup_dead_letters") == 1)
        try database.rows(engine == .sqlite ? "drop trigger poison" : "drop trigger poison on insight_counts")
        try Rollups(store.makeDatabase()).clear()
        try catchUp(store)
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try database.column("select views from insight_counts where dimension = 'all' and grain = 2") == ["2"])
        #expect(try differences(store) == [])
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
        try append([event(0, path: "/poison"), event(1)], to: store)
        try catchUp(store)
        let dead = try Rollups(store.makeDatabase()).deadLetters()
        #expect(dead.listed == 10_000)
        #expect(dead.unlisted == 1)
        #expect(try database.column("select last_event_id from insight_position") == ["2"])
    }

    @Test(arguments: Engine.allCases)
    func `a database that cannot work sets nothing aside`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try append([event(0)], to: store)
        try database.rows("alter table insight_sketches rename to elsewhere")
        let rollups = try Rollups(store.makeDatabase())
        #expect(throws: StoreError.self) { try rollups.advance() }
        try database.rows("alter table elsewhere rename to insight_sketches")
        #expect(try database.count("rollup_dead_letters") == 0)
        #expect(try Rollups(store.makeDatabase()).advance() == 1)
    }

    // MARK: - Names

    @Test(arguments: Engine.allCases)
    func `sites beyond the limit are one, however the events are cut, and more find room on later days`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        var events = try (0..<700).map { try event($0, site: "site-\($0).example") }
        events += try (0..<700).map { try event(1000 + $0, site: "site-\($0).example", days: 1) }
        try append(events, to: store)
        try catchUp(store, limit: 37)
        #expect(try database.count("rollup_sites") == 550)
        #expect(
            try database.rows(
                "select count(distinct site), sum(views) from insight_counts where dimension = 'all' and grain = 2"
            ) == [["551", "1400"]]
        )
        #expect(
            try database.column(
                """
                select views from insight_counts where dimension = 'all' and grain = 2 and site = '(other)' order by bucket
                """
            ) == ["200", "150"]
        )
        #expect(try differences(store) == [])
    }

    @Test(arguments: Engine.allCases)
    func `issues, signals, bots and values beyond their limits are one, and totals stay right`(engine: Engine) throws {
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
        try append(events, to: store)
        try catchUp(store, limit: 100)
        #expect(try database.count("insight_issues") == 301)
        #expect(
            try database.rows(
                "select count(*), sum(errors) from insight_counts where dimension = 'issue' and grain = 2"
            ) == [["301", "600"]]
        )
        #expect(
            try database.rows(
                "select count(*), sum(events) from insight_counts where dimension = 'resource' and grain = 2"
            ) == [["301", "6000"]]
        )
        #expect(try database.column("select count(distinct signal) from insight_signals") == ["101"])
        #expect(
            try database.rows("select hash, visitors from insight_signals where signal = '(other)'") == [
                ["(other)", "598"]
            ]
        )
        #expect(try differences(store) == [])
    }

    // MARK: - Replaced events

    @Test(arguments: Engine.allCases, [3, 20])
    func `events whose ids have begun again are noticed, and the rollups built again`(engine: Engine, count: Int) throws
    {
        let database = try Database(engine)
        let store = try database.migrated()
        let rollups = try Rollups(store.makeDatabase())
        try append((0..<10).map { try event($0) }, to: store)
        while try rollups.advance() > 0 {}
        switch engine {
        case .sqlite:
            try database.rows("delete from collector_events")
            try database.rows("delete from sqlite_sequence where name = 'collector_events'")
        case .postgresql: try database.rows("truncate collector_events restart identity")
        }
        try append((100..<100 + count).map { try event($0, days: 1) }, to: store)
        while try rollups.advance() > 0 {}
        #expect(
            try database.column("select sum(views) from insight_counts where dimension = 'all' and grain = 2")
                == ["\(count)"]
        )
        #expect(try differences(store) == [])
    }

    @Test(arguments: Engine.allCases)
    func `events that were deleted keep their figures`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try append((0..<10).map { try event($0) }, to: store)
        try catchUp(store)
        try database.rows("delete from collector_events where id > 4")
        try catchUp(store)
        try database.rows("delete from collector_events")
        try catchUp(store)
        try append([event(50)], to: store)
        try catchUp(store)
        #expect(try database.column("select views from insight_counts where dimension = 'all' and grain = 2") == ["11"])
        #expect(try database.column("select last_event_id from insight_position") == ["11"])
    }
}

extension Int {
    /// The number in letters.
    fileprivate var words: String { String(String(self).utf8.map { Character(UnicodeScalar($0 - 48 + 97)) }) }
}
