import Reports
import Rollups
import Storage
import Testing
import TimeZones

@Suite struct ShareTablesTests {
    private static let now: Int64 = 1_800_000_000

    private func tables(_ engine: Engine) throws -> (database: Database, tables: ShareTables) {
        let database = try Database(engine)
        return (database, ShareTables(try database.migrated().makeDatabase()))
    }

    private func link(_ id: String, created: Int64 = now, seconds: Int64 = 100) -> ShareLink {
        ShareLink(id: id, label: "for \(id)", createdAt: created, expiresAt: created + seconds)
    }

    @Test(arguments: Engine.allCases)
    func `a link lets guests in until it expires or is revoked, and is listed with its last use`(engine: Engine) throws
    {
        let (_, tables) = try tables(engine)
        #expect(try tables.add(link("a")) && tables.add(link("b", created: Self.now + 1)))
        #expect(try tables.links().map(\.id) == ["b", "a"])
        #expect(try tables.links()[1] == link("a"))
        #expect(try tables.begin("one", of: "a", now: Self.now + 5) == ShareLimits())
        #expect(try tables.begin("two", of: "b", now: Self.now + 5) == ShareLimits())
        #expect(try tables.begin("three", of: "a", now: Self.now + 100) == nil, "expired")
        #expect(try tables.begin("three", of: "c", now: Self.now) == nil, "unknown")
        #expect(try tables.links()[1].lastUsedAt == Self.now + 5)
        let guests = ["one", "two", "three", "' or 1=1"]
        #expect(try tables.active(guests: guests, now: Self.now + 66).keys.sorted() == ["one", "two"])
        #expect(try tables.links().map(\.lastUsedAt) == [Self.now + 66, Self.now + 66])
        #expect(try tables.active(guests: guests, now: Self.now + 100).keys.sorted() == ["two"])
        #expect(try tables.revoke("a"))
        #expect(try !tables.revoke("a"))
        #expect(try tables.active(guests: guests, now: Self.now + 66).keys.sorted() == ["two"])
        #expect(try tables.active(guests: [], now: Self.now).isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `a guest who signs out ends one session alone, and the owner's sessions are apart`(engine: Engine) throws {
        let (_, tables) = try tables(engine)
        _ = try tables.add(link("a"))
        for id in ["one", "two"] { _ = try tables.begin(id, of: "a", now: Self.now) }
        try tables.end(guest: "one")
        #expect(try tables.active(guests: ["one", "two"], now: Self.now).keys.sorted() == ["two"])
        try tables.end(owner: "two", expiresAt: Self.now + 9)
        try tables.end(owner: "two", expiresAt: Self.now + 9)
        #expect(try tables.ended(owners: ["one", "two"]) == ["two"])
        #expect(try tables.active(guests: ["one", "two"], now: Self.now).keys.sorted() == ["two"])
        #expect(try tables.ended(owners: []).isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `limits are stored with a link and are those of its guests alone`(engine: Engine) throws {
        let (_, tables) = try tables(engine)
        let all: [String: ShareLimits] = [
            "none": ShareLimits(), "site": ShareLimits(site: "shop, \u{202e}'\"example"),
            "days": ShareLimits(period: .days(30)), "since": ShareLimits(period: .fixed(from: 5, to: nil)),
            "until": ShareLimits(period: .fixed(from: nil, to: 9)),
            "all": ShareLimits(site: "a", period: .fixed(from: 5, to: 9), views: [.issues, .overview]),
        ]
        for (id, limits) in all {
            var link = link(id)
            link.limits = limits
            #expect(try tables.add(link))
            #expect(try tables.begin("guest of \(id)", of: id, now: Self.now) == limits)
        }
        let listed = try tables.links().map { ($0.id, $0.limits) }
        #expect(Dictionary(uniqueKeysWithValues: listed) == all)
        let active = try tables.active(guests: all.keys.map { "guest of \($0)" }, now: Self.now)
        #expect(active == Dictionary(uniqueKeysWithValues: all.map { ("guest of \($0)", $1) }))
    }

    @Test(arguments: Engine.allCases)
    func `links from before limits existed have none`(engine: Engine) throws {
        let (database, tables) = try tables(engine)
        try database.rows(
            "insert into insight_share_links (id, label, created_at, expires_at) values ('a', '', 1, \(Self.now + 9))"
        )
        #expect(try tables.begin("one", of: "a", now: Self.now) == ShareLimits())
        #expect(try tables.active(guests: ["one"], now: Self.now) == ["one": ShareLimits()])
    }

    @Test(arguments: Engine.allCases)
    func `stored limits that this version does not know allow less, not more`(engine: Engine) throws {
        let (database, tables) = try tables(engine)
        for (id, columns) in [
            ("a", "null, null, null, null, 'overview,later'"), ("b", "null, null, null, null, ''"),
            ("c", "null, null, null, -9223372036854775808, null"), ("d", "null, 9, 5, null, null"),
        ] {
            try database.rows(
                """
                insert into insight_share_links
                    (id, label, created_at, expires_at, site, range_from, range_to, range_days, views)
                values ('\(id)', '', 1, \(Self.now + 9), \(columns))
                """
            )
        }
        #expect(try tables.begin("1", of: "a", now: Self.now)?.views == [.overview])
        #expect(try tables.begin("2", of: "b", now: Self.now)?.views == [])
        #expect(try tables.begin("3", of: "c", now: Self.now)?.period == .days(1))
        let none = try #require(try tables.begin("4", of: "d", now: Self.now))
        #expect(none.scope(now: Self.now, zone: .utc).times?.isEmpty == true)
    }

    @Test(arguments: Engine.allCases)
    func `there is a limit of links, and expired ones make room`(engine: Engine) throws {
        let (_, tables) = try tables(engine)
        for number in 0..<ShareTables.linksMax {
            #expect(try tables.add(link("\(number)", seconds: Int64(number) + 1)))
        }
        #expect(try !tables.add(link("more")))
        #expect(try tables.links().count == ShareTables.linksMax)
        #expect(try tables.add(link("more", created: Self.now + 10)))
        #expect(try tables.links().count == ShareTables.linksMax - 10 + 1)
    }

    @Test(arguments: Engine.allCases)
    func `one guest more than a link may have ends the oldest of that link`(engine: Engine) throws {
        let (database, tables) = try tables(engine)
        _ = try (tables.add(link("a")), tables.add(link("b")))
        _ = try tables.begin("other", of: "b", now: Self.now)
        let count = Int(ShareTables.sessionsPerLinkMax)
        let values = (0..<count).map { "('s\($0)', 'a', \(Self.now + Int64($0)))" }.joined(separator: ", ")
        try database.rows("insert into insight_share_sessions (id, link_id, created_at) values \(values)")
        // A clock that was set back does not keep the newest out.
        #expect(try tables.begin("new", of: "a", now: Self.now - 50) != nil)
        let active = try tables.active(guests: ["s0", "s1", "new", "other"], now: Self.now)
        #expect(active.keys.sorted() == ["new", "other", "s1"])
        #expect(
            try database.column("select count(*) from insight_share_sessions where link_id = 'a'") == ["\(count)"]
        )
    }
}
