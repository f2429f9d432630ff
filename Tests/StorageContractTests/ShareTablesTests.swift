import Reports
import Rollups
import Storage
import Testing

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
        #expect(try tables.begin("one", of: "a", now: Self.now + 5))
        #expect(try tables.begin("two", of: "b", now: Self.now + 5))
        #expect(try !tables.begin("three", of: "a", now: Self.now + 100), "expired")
        #expect(try !tables.begin("three", of: "c", now: Self.now), "unknown")
        #expect(try tables.links()[1].lastUsedAt == Self.now + 5)
        let guests = ["one", "two", "three", "' or 1=1"]
        #expect(try tables.active(guests: guests, now: Self.now + 66) == ["one", "two"])
        #expect(try tables.links().map(\.lastUsedAt) == [Self.now + 66, Self.now + 66])
        #expect(try tables.active(guests: guests, now: Self.now + 100) == ["two"])
        #expect(try tables.revoke("a"))
        #expect(try !tables.revoke("a"))
        #expect(try tables.active(guests: guests, now: Self.now + 66) == ["two"])
        #expect(try tables.active(guests: [], now: Self.now).isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `a guest who signs out ends one session alone, and the owner's sessions are apart`(engine: Engine) throws {
        let (_, tables) = try tables(engine)
        _ = try tables.add(link("a"))
        for id in ["one", "two"] { _ = try tables.begin(id, of: "a", now: Self.now) }
        try tables.end(guest: "one")
        #expect(try tables.active(guests: ["one", "two"], now: Self.now) == ["two"])
        try tables.end(owner: "two", expiresAt: Self.now + 9)
        try tables.end(owner: "two", expiresAt: Self.now + 9)
        #expect(try tables.ended(owners: ["one", "two"]) == ["two"])
        #expect(try tables.active(guests: ["one", "two"], now: Self.now) == ["two"])
        #expect(try tables.ended(owners: []).isEmpty)
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
        #expect(try tables.begin("new", of: "a", now: Self.now - 50))
        #expect(try tables.active(guests: ["s0", "s1", "new", "other"], now: Self.now) == ["s1", "new", "other"])
        #expect(
            try database.column("select count(*) from insight_share_sessions where link_id = 'a'") == ["\(count)"]
        )
    }
}
