import Events
import Reports
import Rollups
import Segments
import Storage
import TestSupport
import Testing

@testable import Reports
@testable import Rollups

/// What stays when old events are removed: all figures, whatever comes later, and whenever the rollups are rebuilt.
@Suite struct `Retention of events` {
    private static let seeds: [UInt64] = [41, 42]

    @Test(arguments: Engine.allCases, seeds)
    func `leaves all figures and delivery rates as they are`(engine: Engine, seed: UInt64) throws {
        let bench = try RetentionBench(engine, seed: seed)
        let (figures, delivery) = (try bench.reports(), try bench.delivery())
        #expect(figures.count > 20)
        let first = try bench.remove(before: bench.random.start + 2 * 86_400)
        #expect(first > bench.events.count / 4 && first < bench.events.count)
        #expect(try bench.database.count("collector_events") == bench.events.count - first)
        try bench.expectEqual(figures)
        #expect(try bench.delivery() == delivery)
        #expect(try bench.remove(before: bench.end) == bench.events.count - first)
        #expect(try bench.database.count("collector_events") == 0)
        try bench.expectEqual(figures)
        #expect(try bench.delivery() == delivery)
        #expect(try bench.database.column("select removed_events from insight_position") == ["\(bench.events.count)"])
    }

    @Test(arguments: Engine.allCases, seeds)
    func `keeps figures through a rebuild, which recomputes the rest`(engine: Engine, seed: UInt64) throws {
        let bench = try RetentionBench(engine, seed: seed)
        let figures = try bench.reports()
        for day in [1, 2, 3, 8] {
            try bench.remove(before: bench.random.start + Int64(day) * 86_400)
            #expect(try bench.store.differences() == [], "verify, day \(day)")
            #expect(try Rollups(bench.store.makeDatabase()).clear().isEmpty)
            try bench.store.catchUp(limit: 97)
            try bench.expectEqual(figures)
            #expect(try bench.store.differences() == [], "verify after the rebuild, day \(day)")
        }
    }

    @Test(arguments: Engine.allCases)
    func `keeps figures when a migration asks for a rebuild, also those of columns that it adds`(engine: Engine) throws
    {
        let bench = try RetentionBench(engine, seed: 43)
        let figures = try bench.reports()
        try bench.remove(before: bench.random.start + 2 * 86_400)
        // As if the kept segments had been written before cities existed.
        try bench.database.rows(
            "delete from segment_columns where column_id in (\(Column.city.rawValue), \(Column.lcpPart.rawValue))"
        )
        for table in ["fingerprint_blocks", "fingerprint_changes"] { try bench.database.rows("delete from \(table)") }
        try bench.database.rows("update insight_position set rebuild = 1, reason = 'upgrade'")
        try bench.store.catchUp()
        #expect(try bench.database.column("select rebuild from insight_position") == ["0"])
        let changed = try bench.differences(from: figures)
        #expect(changed.allSatisfy { $0.hasPrefix("lists") }, "\(changed)")
        #expect(try bench.store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `lets verify find what is wrong with the figures of the events that there are`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 44)
        try bench.remove(before: bench.random.start + 2 * 86_400)
        try bench.database.rows("delete from segments where first_time >= \(bench.random.start + 3 * 86_400)")
        let last = try bench.database.column("select max(id) from segments")[0] ?? ""
        try bench.database.rows("update segments set dead = null where id = \(last)")
        try bench.database.rows(
            "delete from collector_events where session_id = (select min(session_id) from collector_events)"
        )
        #expect(try !bench.store.differences().isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `removes only sessions of which an archive has all events`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 48)
        let figures = try bench.reports()
        let time = try bench.store.makeDatabase().dialect.microseconds("received_at")
        let rows = try bench.database.rows(
            """
            select \(Rollups.namedSite), visitor_id, session_id, \(time) / 86400000000, id
            from collector_events as own order by id
            """
        ).map { (session: $0[0...2].map { $0 ?? "" }, day: Int64($0[3] ?? "") ?? 0, id: Int64($0[4] ?? "") ?? 0) }
        let days = Set(rows.map(\.day)).sorted()
        try #require(days.count > 3)
        // One day is missing, and of another one, the archive has the first rows only.
        let middle = rows[rows.count / 2].id
        func number(_ day: Int64) -> Int64? { day == days[1] ? nil : day == days[2] ? middle : .max }
        var archived = ArchivedRows()
        for day in days { if let number = number(day) { archived.add("collector_events", day: day, through: number) } }
        let kept = Set(rows.filter { $0.id > number($0.day) ?? 0 }.map(\.session))
        let removed = try bench.remove(before: bench.end, archived: archived)
        #expect(removed == rows.count { !kept.contains($0.session) } && removed > 0)
        #expect(try bench.database.count("collector_events") == rows.count - removed)
        #expect(try bench.remove(before: bench.end, archived: ArchivedRows()) == 0)
        try bench.expectEqual(figures)
    }

    @Test(arguments: Engine.allCases)
    func `of submissions, reports and dead letters removes only those of an archive`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let second = Int64(86_400)
        for day in [1, 2] {
            let at = (Int64(day) * second + 60) * 1_000_000
            let report = try DeliveryReport.sample(pageview: "p_\(day)", visitor: "v", emitted: 1, receivedAt: at)
            _ = try writer.append(Batch(submissions: [try Submission.sample(receivedAt: at)], reports: [report]))
            try store.append([
                Event.parsed(
                    #"{"visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"pageview","payload":{}}"#,
                    receivedAt: at
                )
            ])
        }
        try database.rows(
            "insert into rollup_dead_letters (event_id, reason, at) select id, 'x', 1 from collector_events"
        )
        var archived = ArchivedRows()
        for table in ["collector_events", "debug_data", "delivery_reports"] {
            archived.add(table, day: 1, through: .max)
        }
        let retention = try Retention(store.makeDatabase(), archived: archived)
        #expect(try retention.removeSubmissions(before: 10 * second).rows == 1)
        #expect(try retention.removeDeliveryReports(before: 10 * second).rows == 1)
        #expect(try retention.removeDeadLetters(before: 10 * second).rows == 1)
        let kept = try database.column("select event_id from rollup_dead_letters")
        #expect(try kept == database.column("select id from collector_events") && kept.count == 1)
        #expect(try database.count("debug_data") == 1 && database.count("delivery_reports") == 1)
        #expect(try database.column("select pageview_id from delivery_reports") == ["p_2"])
    }

    @Test(arguments: Engine.allCases)
    func `does not touch events that are in no figure yet`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 45, sessions: 40)
        let before = try bench.database.count("collector_events")
        try Rollups(bench.store.makeDatabase()).clear()
        #expect(try bench.remove(before: bench.end) == 0)
        _ = try Rollups(bench.store.makeDatabase()).advance(limit: 50)
        let removed = try bench.remove(before: bench.end)
        #expect(removed <= 50)
        #expect(try bench.database.count("collector_events") == before - removed)
    }

    @Test(arguments: Engine.allCases)
    func `continues after a rebuild that began in the middle of it`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 46)
        let figures = try bench.reports()
        let retention = try Retention(bench.store.makeDatabase())
        let rollups = try Rollups(bench.store.makeDatabase())
        var (steps, isLast) = (0, false)
        while !isLast {
            isLast = try retention.removeEvents(before: bench.end, now: bench.end).isLast
            steps += 1
            if steps == 2 { try Rollups(bench.store.makeDatabase()).clear() }
            _ = try rollups.advance(limit: 41)
        }
        while try rollups.advance() > 0 {}
        try bench.expectEqual(figures)
        try bench.remove(before: bench.end)
        try bench.expectEqual(figures)
    }

    @Test(arguments: Engine.allCases)
    func `keeps figures while a rebuild and verify read events in advance`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 47)
        let figures = try bench.reports()
        try bench.remove(before: bench.random.start + 2 * 86_400)
        try Rollups(bench.store.makeDatabase()).clear()
        _ = try Rollups(bench.store.makeDatabase()).advance(limit: 200)
        // With few events in each read, many of them are waiting when sessions are removed.
        let ahead = ReadRecorder(try bench.store.makeDatabase(), rowsOfRead: 20)
        let rollups = try Rollups(bench.store.makeDatabase(), ahead: ahead)
        let retention = try Retention(bench.store.makeDatabase())
        var removed = 0
        let removeSome = { () -> Bool in
            do {
                removed += try retention.removeEvents(before: bench.end, now: bench.end).rows
            } catch {
                Issue.record(error)
            }
            return true
        }
        while try rollups.advance(limit: Rollups.rebuildPortionMax, while: removeSome) > 0 {}
        #expect(removed > 0)
        try bench.expectEqual(figures)
        let checker = try Rollups(bench.store.makeDatabase())
        #expect(try checker.differences(ahead: bench.store.makeDatabase()).map(\.table) == [])
    }

    @Test(arguments: Engine.allCases)
    func `of two processes removes each event once`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 47)
        let (figures, delivery) = (try bench.reports(), try bench.delivery())
        let both = try (0..<2).map { _ in try Retention(bench.store.makeDatabase()) }
        // Both plan the same step; the second finds that it has been done.
        let position = try RollupPosition.read(bench.store.makeDatabase())
        for _ in 0..<200 { for one in both { _ = try one.removeEvents(before: bench.end, now: bench.end) } }
        #expect(try RollupPosition.read(bench.store.makeDatabase()).retentionStep > position.retentionStep)
        #expect(try bench.database.column("select removed_events from insight_position") == ["\(bench.events.count)"])
        try bench.expectEqual(figures)
        #expect(try bench.delivery() == delivery)
    }

    @Test(arguments: Engine.allCases)
    func `has one process at a time remove, and another one when it ends`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let (one, other) = (try Retention(store.makeDatabase()), try Retention(store.makeDatabase()))
        #expect(try one.acquire("a", now: 1000, until: 1100))
        #expect(try !other.acquire("b", now: 1050, until: 1150))
        #expect(try one.acquire("a", now: 1060, until: 1160))
        #expect(try other.acquire("b", now: 1161, until: 1261))
        #expect(try !one.acquire("a", now: 1162, until: 1262))
    }
}
