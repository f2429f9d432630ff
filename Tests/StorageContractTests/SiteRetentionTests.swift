import Events
import Reports
import Rollups
import Segments
import Storage
import TestSupport
import Testing
import Texts

@testable import HTTPAPI
@testable import Reports
@testable import Rollups

/// Sites with ages of their own: each loses what its age says, and nothing else changes.
@Suite struct `Retention by site` {
    private static let seeds: [UInt64] = [52, 53, 57]
    private static let day: Int64 = 86_400
    private static let (shop, blog) = ("shop.example", "www.example.org")

    /// The server's ages, and those of two sites, as texts.
    private static func policy(
        events: String = "keep",
        shop: SiteRetention = SiteRetention(),
        blog: SiteRetention = SiteRetention()
    ) -> RetentionPolicy {
        var policy = RetentionPolicy()
        policy.events = RetentionAge(events)?.seconds
        policy.sites = [ByteText(Self.shop): shop, ByteText(Self.blog): blog].filter { !$0.value.isEmpty }
        policy.diskFreeMin = 0
        return policy
    }

    /// Runs passes until one removes nothing; each ends after `steps`, as when another process takes over.
    private static func run(
        _ store: any Store,
        _ policy: RetentionPolicy,
        now: Int64,
        archived: ArchivedRows? = nil,
        steps: Int = .max
    ) throws -> RetentionPass.Removed {
        var all = RetentionPass.Removed()
        while true {
            var left = steps
            var pass = try RetentionPass(store.makeDatabase(), policy: policy, now: now, archived: archived) { _ in
                left -= 1
                return left > 0
            }
            _ = try pass.run()
            all.events += pass.removed.events
            all.pageViews += pass.removed.pageViews
            all.submissions += pass.removed.submissions
            guard pass.removed != RetentionPass.Removed() || pass.isCut else { return all }
        }
    }

    /// The stored sessions, by site, with the times of their first and last event in seconds since 1970.
    private static func sessions(
        _ bench: RetentionBench
    ) throws -> [[String?]: (site: String, times: ClosedRange<Int64>)] {
        let second = try bench.store.makeDatabase().dialect.microseconds("received_at") + " / 1000000"
        let rows = try bench.database.rows(
            """
            select coalesce(site, ''), visitor_id, session_id, min(\(second)), max(\(second))
            from collector_events group by 1, 2, 3
            """
        )
        var found: [[String?]: (site: String, times: ClosedRange<Int64>)] = [:]
        for row in rows {
            found[Array(row[0...2])] = (row[0] ?? "", (Int64(row[3] ?? "") ?? 0)...(Int64(row[4] ?? "") ?? 0))
        }
        return found
    }

    @Test(arguments: Engine.allCases, seeds)
    func `removes the events of each site by its age, and leaves all figures`(engine: Engine, seed: UInt64) throws {
        let bench = try RetentionBench(engine, seed: seed)
        let (figures, delivery) = (try bench.reports(), try bench.delivery())
        let policies = [
            Self.policy(
                events: "3d",
                shop: SiteRetention(events: .kept),
                blog: SiteRetention(events: .seconds(86_400))
            ),
            Self.policy(shop: SiteRetention(events: .seconds(2 * 86_400))),
            Self.policy(events: "1d", blog: SiteRetention(events: .kept)),
            Self.policy(events: "5d", shop: SiteRetention(pageViews: .seconds(9 * 86_400))),
        ]
        for (number, policy) in policies.enumerated() {
            let now = bench.random.start + Int64(number + 2) * Self.day + 12_345
            let times = policy.eventsTimes(now: now)
            let before = try Self.sessions(bench)
            let removed = try Self.run(bench.store, policy, now: now, steps: number % 2 == 0 ? .max : 3)
            #expect(removed.pageViews == 0)
            let left = try Self.sessions(bench)
            for (session, stored) in before {
                let time = times.time(of: stored.site) ?? 0
                let isOld =
                    stored.times.upperBound < time || stored.times.lowerBound < time - RemovalPlan.spareSeconds
                #expect((left[session] == nil) == isOld, "\(session) \(stored.times) \(time)")
            }
            try bench.expectEqual(figures)
            #expect(try bench.delivery() == delivery)
            #expect(try bench.store.differences() == [], "verify, policy \(number)")
            #expect(try Rollups(bench.store.makeDatabase()).clear().isEmpty)
            try bench.store.catchUp(limit: 97)
            try bench.expectEqual(figures)
            #expect(try bench.store.differences() == [], "verify after the rebuild, policy \(number)")
        }
        let removed = try bench.database.column("select removed_events from insight_position")
        #expect(try removed == ["\(bench.events.count - bench.database.count("collector_events"))"])
    }

    @Test(arguments: Engine.allCases)
    func `removes the page views of a site from its figures, and none of another site`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 54)
        func totals(_ site: String, from: Int64, to: Int64) throws -> Aggregate {
            let reports = Reports(try bench.store.makeDatabase(), DictionaryCache())
            let range = try ReportRange(from: from, to: to)
            return try reports.overview(ReportQuery(range: range, site: site, includesBots: true), now: to).totals
        }
        let (start, now) = (bench.random.start, bench.random.start + 4 * Self.day)
        let border = now - Self.day
        let blog = try totals(Self.blog, from: start - Self.day, to: bench.end)
        let old = try totals(Self.shop, from: start - Self.day, to: border - Self.day)
        let new = try totals(Self.shop, from: border, to: bench.end)
        #expect(old.sessions > 0)
        let policy = Self.policy(shop: SiteRetention(pageViews: .seconds(86_400)))
        #expect(try Self.run(bench.store, policy, now: now, steps: 2).pageViews > 0)
        for _ in 0..<2 {
            #expect(try totals(Self.blog, from: start - Self.day, to: bench.end) == blog)
            // Sessions that went on at the border have all of their events.
            #expect(try totals(Self.shop, from: start - Self.day, to: border - Self.day).sessions == 0)
            #expect(try totals(Self.shop, from: border, to: bench.end) == new)
            #expect(try bench.store.differences() == [])
            try Rollups(bench.store.makeDatabase()).clear()
            try bench.store.catchUp()
        }
        let borders = try RetentionBorders(bench.store.makeDatabase())
        #expect(borders.pageViews(of: [ByteText(Self.blog)]) == 0 && borders.events(of: [ByteText(Self.blog)]) == 0)
        #expect((border - Self.day...border).contains(borders.pageViews(of: [ByteText(Self.shop)])))
        #expect(borders.pageViews(of: nil) == borders.pageViews(of: [ByteText(Self.shop)]))
    }

    @Test(arguments: Engine.allCases)
    func `removes by limits of size from all sites, also from those that keep their events`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 55)
        let figures = try bench.reports()
        var policy = Self.policy(shop: SiteRetention(events: .kept))
        policy.databaseBytesMax = 1
        let removed = try Self.run(bench.store, policy, now: bench.end)
        #expect(removed.events == bench.events.count)
        try bench.expectEqual(figures)
    }

    @Test(arguments: Engine.allCases)
    func `waits for the archive`(engine: Engine) throws {
        let bench = try RetentionBench(engine, seed: 56, sessions: 60)
        let policy = Self.policy(blog: SiteRetention(events: .seconds(86_400)))
        #expect(try Self.run(bench.store, policy, now: bench.end, archived: ArchivedRows()).events == 0)
        var archived = ArchivedRows()
        let days = bench.random.start / Self.day
        for day in days...days + 1 { archived.add("collector_events", day: day, through: .max) }
        #expect(try Self.run(bench.store, policy, now: bench.end, archived: archived).events > 0)
        let left = try Self.sessions(bench)
        #expect(left.values.contains { $0.site == Self.blog })
        #expect(try Self.run(bench.store, policy, now: bench.end).events > 0)
        #expect(try !Self.sessions(bench).values.contains { $0.site == Self.blog })
    }

    @Test(arguments: Engine.allCases)
    func `of events without a site, or of a site without a name in the figures, has the ages of the server`(
        engine: Engine
    )
        throws
    {
        let database = try Database(engine)
        let store = try database.migrated()
        let events = try ["", #""site":"","#, #""site":"(other)","#, #""site":"shop.example","#].enumerated().map {
            try Self.event($0.element, session: "s_\($0.offset)", at: 0)
        }
        try store.append(events)
        try store.catchUp()
        var policy = Self.policy(events: "keep", shop: SiteRetention(events: .kept))
        #expect(try Self.run(store, policy, now: 100 * Self.day).events == 0)
        policy.events = 30 * Self.day
        func overdue() throws -> Int64 {
            try StorageReport(store.makeDatabase(), policy: policy, now: 100 * Self.day).overdueSeconds
        }
        #expect(try overdue() == 68 * Self.day)
        #expect(try Self.run(store, policy, now: 100 * Self.day).events == 3)
        #expect(try overdue() == 0)
        #expect(try database.column("select site from collector_events") == ["shop.example"])
        #expect(try store.differences() == [])
    }

    /// An event with members of a body, some days after 1970-01-03.
    private static func event(_ members: String, session: String, at seconds: Int64) throws -> Event {
        try Event.parsed(
            """
            {\(members)"visitor_id":"v_1","session_id":"\(session)","pageview_id":"p_\(session)_\(seconds)",\
            "event_type":"pageview","seq":1,"path":"/","payload":{}}
            """,
            receivedAt: (2 * day + seconds) * 1_000_000
        )
    }

    private static func event(_ site: String, at days: Int64, session: String? = nil) throws -> Event {
        try event("\"site\":\"\(site)\",", session: session ?? "s_\(site)_\(days)", at: days * day)
    }

    @Test(arguments: Engine.allCases)
    func `refuses and notes only reports of sites whose events have been removed`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            try [0, 20, 40].flatMap { [try Self.event(Self.shop, at: $0), try Self.event(Self.blog, at: $0)] }
        )
        try store.catchUp()
        let policy = Self.policy(shop: SiteRetention(events: .seconds(30 * 86_400)))
        #expect(try Self.run(store, policy, now: 42 * Self.day).events == 1)
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let visitor = try ReportFilter("is", "visitor", ["v_1"])
        func sessions(_ site: String?, _ filters: [ReportFilter] = [], from day: Int64) throws -> Int64 {
            let range = try ReportRange(from: day * Self.day, to: 50 * Self.day)
            let query = ReportQuery(range: range, site: site, filters: [visitor] + filters, includesBots: true)
            return try reports.overview(query, now: 50 * Self.day).totals.sessions
        }
        #expect(try sessions(Self.blog, from: 0) == 3)
        #expect(try sessions(nil, [ReportFilter("is", "site", [Self.blog])], from: 0) == 3)
        #expect(try sessions(Self.shop, from: 3) == 2)
        for (site, filters) in [
            (Self.shop, []), (nil, []), (nil, [try ReportFilter("is", "site", [Self.blog, Self.shop])]),
        ]
            as [(String?, [ReportFilter])]
        {
            let error = #expect(throws: ReportError.self) { try sessions(site, filters, from: 0) }
            guard case .refused(let sentence) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(sentence.contains("1970-01-03 00:00 UTC have been removed"))
            #expect(sentence.contains("of some sites") == (site == nil))
        }
    }

    @Test(arguments: Engine.allCases)
    func `compares with a previous period only if it has all page views of the sites in the question`(
        engine: Engine
    )
        throws
    {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append(
            try [0, 20, 40].flatMap { [try Self.event(Self.shop, at: $0), try Self.event(Self.blog, at: $0)] }
        )
        try store.catchUp()
        let policy = Self.policy(shop: SiteRetention(pageViews: .seconds(30 * 86_400)))
        #expect(try Self.run(store, policy, now: 43 * Self.day).pageViews == 1)
        func isCompared(_ site: String?) throws -> Bool {
            let range = try ReportRange(from: 23 * Self.day, to: 44 * Self.day)
            let query = ReportQuery(range: range, site: site, includesBots: true)
            let reports = Reports(try store.makeDatabase(), DictionaryCache())
            return try reports.overview(query, now: 50 * Self.day).previous != nil
        }
        #expect(try isCompared(Self.blog))
        #expect(try !isCompared(Self.shop))
        #expect(try !isCompared(nil))
    }

    @Test(arguments: Engine.allCases)
    func `knows removed sessions of a site as long as it may have later events of them`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        for site in [Self.shop, Self.blog] { try store.append([try Self.event(site, at: 0, session: "s_\(site)")]) }
        try store.catchUp()
        let short = SiteRetention(events: .seconds(86_400))
        #expect(try Self.run(store, Self.policy(shop: short, blog: short), now: 4 * Self.day).events == 2)
        for site in [Self.shop, Self.blog] { try store.append([try Self.event(site, at: 5, session: "s_\(site)")]) }
        try store.catchUp()
        #expect(try database.column("select late_events from insight_position") == ["2"])
        // The blog now keeps its late event, so its session is still known when the other site has forgotten its own.
        let policy = Self.policy(shop: short, blog: SiteRetention(events: .kept))
        _ = try Self.run(store, policy, now: 60 * Self.day)
        #expect(try database.column("select site from removed_sessions") == [Self.blog])
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try StoredFigures(store).totals().pageViews == 2)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `takes a border that an earlier version has moved as that of all sites`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([try Self.event(Self.shop, at: 0), try Self.event(Self.blog, at: 10)])
        try store.catchUp()
        let short = SiteRetention(events: .seconds(86_400))
        _ = try Self.run(store, Self.policy(shop: short), now: 4 * Self.day)
        func borders() throws -> [Int64] {
            let borders = try RetentionBorders(store.makeDatabase())
            return [borders.events(of: Self.shop), borders.events(of: Self.blog), borders.events(of: nil)]
        }
        #expect(try borders() == [2 * Self.day + 1, 0, 2 * Self.day + 1])
        // As the statement of that version does.
        try database.rows(
            "update insight_position set retention_step = retention_step + 1, retained_from = \(5 * Self.day)"
        )
        #expect(try borders() == [Int64](repeating: 5 * Self.day, count: 3))
        _ = try Self.run(store, Self.policy(blog: short), now: 14 * Self.day)
        #expect(try borders() == [5 * Self.day, 12 * Self.day + 1, 12 * Self.day + 1])
    }

    @Test(arguments: Engine.allCases)
    func `settings have limits, and are gone without an age`(engine: Engine) throws {
        let database = try Database(engine)
        let connection = try database.migrated().makeDatabase()
        let reports = Reports(connection, DictionaryCache())
        let month = RetentionAge.seconds(30 * 86_400)
        #expect(try reports.store((month, nil), of: "a", now: 1) == SiteRetention(events: month))
        #expect(try reports.store((nil, .kept), of: "a", now: 2) == SiteRetention(events: month, pageViews: .kept))
        #expect(try SiteRetention.read(connection) == ["a": SiteRetention(events: month, pageViews: .kept)])
        #expect(try reports.settings().map(\.site) == ["a"])
        #expect(try reports.store((.some(nil), .some(nil)), of: "a", now: 3).isEmpty)
        // Names that only look the same are those of two sites.
        let names = ["caf\u{e9}", "cafe\u{301}"]
        for (name, age) in zip(names, [month, .kept]) { _ = try reports.store((age, nil), of: name, now: 4) }
        let expected = [
            ByteText(names[0]): SiteRetention(events: month), ByteText(names[1]): SiteRetention(events: .kept),
        ]
        #expect(try SiteRetention.read(connection) == expected)
        for name in names { #expect(try reports.store((.some(nil), .some(nil)), of: name, now: 5).isEmpty) }
        #expect(try database.count("site_retention") == 0)
        let rows = (0..<SiteSettings.sitesMax).map { "('s\($0)', 86400, 1)" }
        try database.rows(
            "insert into site_retention (site, events, changed_at) values \(rows.joined(separator: ", "))"
        )
        #expect(throws: ReportError.refused("1000 sites have ages of their own already")) {
            try reports.store((month, nil), of: "b", now: 5)
        }
        #expect(try reports.store((.kept, nil), of: "s7", now: 6) == SiteRetention(events: .kept))
    }
}
