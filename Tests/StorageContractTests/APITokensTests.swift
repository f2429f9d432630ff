import Reports
import Storage
import Testing

@Suite struct APITokensTests {
    private static let now: Int64 = 1_800_000_000

    private func tokens(_ engine: Engine) throws -> (database: Database, tokens: APITokens) {
        let database = try Database(engine)
        return (database, APITokens(try database.migrated().makeDatabase()))
    }

    private func token(
        _ id: String,
        _ scope: TokenScope = .read,
        created: Int64 = now,
        expires: Int64? = nil
    ) -> APIToken {
        APIToken(id: id, name: "for \(id)", scope: scope, createdAt: created, expiresAt: expires)
    }

    @Test(arguments: Engine.allCases)
    func `a token is found with its hash until it is revoked, and its last use is kept to the minute`(
        engine: Engine
    )
        throws
    {
        let (_, tokens) = try tokens(engine)
        let one = token("a", .write, expires: Self.now + 9)
        let two = token("b", .ingest, created: Self.now + 1)
        #expect(try tokens.add(one, hash: "h1") == nil)
        #expect(try tokens.add(two, hash: "h2") == nil)
        #expect(try tokens.all() == [two, one])
        let found = try tokens.find(["a", "b", "c", "' or 1=1"])
        #expect(found.mapValues(\.token) == ["a": one, "b": two])
        #expect(found.mapValues(\.hash) == ["a": "h1", "b": "h2"])
        #expect(try tokens.find([]).isEmpty)
        func used(_ seconds: Int64) throws -> Int64? {
            try tokens.use(tokens.all().filter { $0.id == "a" }, now: Self.now + seconds)
            return try tokens.find(["a"])["a"]?.token.lastUsedAt
        }
        #expect(try used(5) == Self.now + 5)
        #expect(try used(5 + ShareTables.useSeconds) == Self.now + 5)
        #expect(try used(6 + ShareTables.useSeconds) == Self.now + 6 + ShareTables.useSeconds)
        #expect(try tokens.revoke("a"))
        #expect(try !tokens.revoke("a"))
        #expect(try tokens.all() == [two])
    }

    @Test(arguments: Engine.allCases)
    func `names are unique, there is a limit, and a token of an unknown scope gives no access`(engine: Engine) throws {
        let (database, tokens) = try tokens(engine)
        #expect(try tokens.add(token("a"), hash: "h") == nil)
        var same = token("b")
        same.name = "for a"
        #expect(try tokens.add(same, hash: "h") == .sameName)
        let rows = (1..<APITokens.tokensMax).map { "('x\($0)', 'x\($0)', 'future', 'h', \(Self.now))" }
        try database.rows(
            "insert into api_tokens (id, name, scope, secret_hash, created_at) values \(rows.joined(separator: ", "))"
        )
        #expect(try tokens.add(token("c"), hash: "h") == .tooMany)
        #expect(try tokens.find(["x1"]).isEmpty)
        #expect(try tokens.revoke("x1"))
        #expect(try tokens.add(token("c"), hash: "h") == nil)
    }
}
