import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups
@testable import TimeZones

/// Goals, funnels, retention and paths as the API gives them, beside SQL over raw rows.
@Suite struct `Figures of goals` {
    private static let zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham"]
    private static let questions = 40

    /// The server's goals beside those of the recomputation.
    private static let aims: [(milestone: @Sendable () throws -> Milestone, raw: RawGoals.Aim)] = [
        ({ try Milestone("page", "/pricing") }, .page(["/pricing"])),
        ({ try Milestone("page", "/docs/*") }, .page(["/docs/guide"])),
        ({ try Milestone("page", "/docs/**") }, .page(["/docs/guide", "/docs/guide/start"])),
        ({ try Milestone("page", "/nothing") }, .page([])),
        ({ try Milestone("event", "signup") }, .event("signup", plan: nil)),
        ({ try Milestone("event", "événement") }, .event("événement", plan: nil)),
        ({ try Milestone("event", "unknown") }, .event("unknown", plan: nil)),
        ({ try Milestone("event", "purchase", property: "plan", value: "pro") }, .event("purchase", plan: "pro")),
    ]

    private struct Bench {
        let reports: Reports
        let raw: RawFigures
        let goals: RawGoals
        let events: RandomEvents
        let connection: RawConnection
    }

    private func bench(_ engine: Engine, _ seed: UInt64) throws -> Bench {
        let database = try Database(engine)
        let events = RandomEvents(seed: seed, sessions: 250)
        let store = try RandomDatabase.fill(database, events)
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
        let connection = try database.connection()
        try RawTables(connection: connection).make()
        let goals = RawGoals(connection: connection)
        try goals.make()
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        for (number, aim) in Self.aims.enumerated() {
            let milestone = try aim.milestone()
            try reports.goalTables.add(
                Goal(id: "g\(number)", site: nil, name: "", milestone: milestone, createdAt: Int64(number))
            )
        }
        return Bench(
            reports: reports,
            raw: RawFigures(connection: connection),
            goals: goals,
            events: events,
            connection: connection
        )
    }

    /// A random query of the API, and the same for the recomputation.
    private func query(
        _ bench: Bench,
        _ random: inout SeededRandom
    ) throws -> (asked: ReportQuery, raw: FigureQuery) {
        let zone = try #require(ZoneCache.system.zone(random.pick(Self.zones)))
        let from = bench.events.start + Int64(random.number(-86_400, 2 * 86_400))
        let range = try ReportRange(
            from: from,
            to: from + Int64(random.number(3600, 4 * 86_400)),
            zone: zone,
            interval: random.pick([.hour, .day])
        )
        var raw = FigureQuery(from: range.from, to: range.to, edges: range.buckets)
        var filters: [ReportFilter] = []
        let includesBots = random.chance(40)
        if !includesBots { raw.filters.append(.init(column: .traffic, values: ["human"])) }
        for (name, column, table) in [("browser", Column.browser, "ss"), ("path", .path, "pv")] where random.chance(35)
        {
            let all = try bench.connection.rows("select distinct \(RawTables.name(column)) from \(table) order by 1")
                .map { $0[0] ?? "" }
            let chosen = random.some(all, max: 3)
            filters.append(try ReportFilter("is", name, chosen))
            raw.filters.append(.init(column: column, values: chosen))
        }
        let asked = ReportQuery(range: range, filters: filters, includesBots: includesBots, isComparing: false)
        try bench.raw.select(raw)
        return (asked, raw)
    }

    private func text(_ number: Int64?) -> String { number.map(String.init) ?? "" }

    @Test(arguments: Engine.allCases, [3, 4] as [UInt64])
    func `conversions, sessions, visitors and values are those of raw rows`(engine: Engine, seed: UInt64) throws {
        let bench = try bench(engine, seed)
        var random = SeededRandom(seed: seed)
        for number in 0..<Self.questions {
            let (asked, raw) = try query(bench, &random)
            let report = try bench.reports.conversions(asked)
            let total = try bench.goals.total()
            #expect([text(report.current.sessions), text(report.current.visitors)] == total, "\(number) \(asked)")
            for (row, aim) in zip(report.rows, Self.aims) {
                let figures = row.figures
                let series = figures.conversionSeries.enumerated().filter { $1 > 0 }.map { "\($0) \($1)" }
                let values = row.currencies.compactMap { code, text in
                    figures.values[code].map { "\(text) \($0.sum) \($0.count)" }
                }
                let own = [figures.conversions, figures.sessions, figures.visitors].map(text) + series + values
                #expect(own == (try bench.goals.goal(aim.raw, raw)), "\(number) \(row.goal) \(asked)")
                #expect(figures.sessionSeries.reduce(0, +) == figures.sessions)
            }
        }
    }

    @Test(arguments: Engine.allCases)
    func `a filter on a goal selects the sessions that its report counts, and rows have shares of them`(
        engine: Engine
    ) throws {
        let bench = try bench(engine, 5)
        var random = SeededRandom(seed: 5)
        for number in 0..<20 {
            let asked = try query(bench, &random).asked
            let report = try bench.reports.conversions(asked)
            for row in report.rows {
                func totals(_ operation: String) throws -> Aggregate {
                    var filtered = asked
                    filtered.filters.append(try ReportFilter(operation, "goal", [row.goal.id]))
                    return try bench.reports.overview(filtered, now: bench.events.end).totals
                }
                let (with, without) = (try totals("is"), try totals("is_not"))
                #expect(with.sessions == row.figures.sessions, "\(number) \(row.goal)")
                #expect(with.visitors == row.figures.visitors, "\(number) \(row.goal)")
                #expect(with.sessions + without.sessions == report.current.sessions, "\(number) \(row.goal)")
                // By sessions: some sessions have no page view, only an event.
                var selection = ListSelection(limit: 50)
                selection.sort = .sessions
                let browsers = try bench.reports.breakdowns(asked, [.browser], selection, goal: row.goal.id).lists[0]
                #expect(browsers.conversions?.reduce(0, +) == row.figures.sessions, "\(number) \(row.goal)")
                selection.sort = nil
                let events = try bench.reports.breakdowns(asked, [.event], selection, goal: row.goal.id).lists[0]
                #expect(events.conversions == nil)
            }
        }
    }

    @Test(arguments: Engine.allCases, [6, 7] as [UInt64])
    func `sessions and visitors of funnels are those of raw rows`(engine: Engine, seed: UInt64) throws {
        let bench = try bench(engine, seed)
        var random = SeededRandom(seed: seed)
        var reached = 0
        for number in 0..<Self.questions {
            let (asked, raw) = try query(bench, &random)
            let chosen = (0..<random.number(2, 4)).map { _ in
                random.chance(40) ? random.number(0, Self.aims.count - 1) : random.pick([0, 2, 4])
            }
            let steps = try chosen.map { number in
                random.chance(20) ? Milestone.goal("g\(number)") : try Self.aims[number].milestone()
            }
            let aims = chosen.map { Self.aims[$0].raw }
            let sessions = try bench.reports.funnel(asked, steps, scope: .session, window: nil)
            let counts = sessions.steps.map { text($0.count) }
            #expect(counts == (try bench.goals.sessionFunnel(aims, raw)), "\(number) \(chosen) \(asked)")
            let window = random.pick([60, 3600, 86_400] as [Int64])
            let visitors = try bench.reports.funnel(asked, steps, scope: .visitor, window: window)
            #expect(
                visitors.steps.map { text($0.count) } == (try bench.goals.visitorFunnel(aims, window, raw)),
                "\(number) \(chosen) \(window) \(asked)"
            )
            if sessions.steps.last?.count ?? 0 > 0 { reached += 1 }
        }
        #expect(reached > 3)
    }

    @Test(arguments: Engine.allCases, [8, 9] as [UInt64])
    func `retention and paths are those of raw rows`(engine: Engine, seed: UInt64) throws {
        let bench = try bench(engine, seed)
        var random = SeededRandom(seed: seed)
        for number in 0..<Self.questions {
            var (asked, raw) = try query(bench, &random)
            raw.edges = asked.range.zone.bucketStarts(from: asked.range.from, to: asked.range.to, .day)
            try bench.raw.select(raw)
            let retention = try bench.reports.retention(asked, by: .day)
            let cells = retention.figures.counts.enumerated().flatMap { first, later in
                later.enumerated().filter { $1 > 0 }.map { "\(first) \($0) \($1)" }
            }
            #expect(cells == (try bench.goals.retention()), "\(number) \(asked)")
            let start = random.pick([[], ["/pricing"], ["/docs/guide", "/docs/guide/start"]])
            let pattern: String? = start.isEmpty ? nil : start.count == 1 ? "/pricing" : "/docs/**"
            let (isBackward, steps) = (random.chance(50), random.number(1, 5))
            let request = PathsReport.Request(
                isBackward ? .backward : .forward,
                page: pattern,
                via: [],
                steps: steps,
                rows: 20
            )
            let paths = try bench.reports.paths(asked, request)
            let rows = paths.steps.enumerated().flatMap { step, found in
                found.rows.map { "\(step) \($0.page) \($0.sessions)" }
            }
            #expect(
                rows.sorted() == (try bench.goals.ways(start, isBackward: isBackward, steps: steps)),
                "\(number) \(request) \(asked)"
            )
            for (before, step) in zip(paths.steps, paths.steps.dropFirst()) {
                let all = before.rows.reduce(before.other) { $0 + $1.sessions }
                #expect(step.rows.reduce(step.other + step.ended) { $0 + $1.sessions } == all)
                #expect(step.links.reduce(0) { $0 + $1.sessions } == all)
            }
        }
    }
}
