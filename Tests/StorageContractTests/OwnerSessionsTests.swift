import Reports
import Storage
import Testing

@Suite struct OwnerSessionsTests {
    private static let now: Int64 = 1_800_000_000

    private func session(_ id: String, seen: Int64 = 0, expires: Int64 = 1000, browser: String? = nil) -> OwnerSession {
        OwnerSession(
            id: id,
            createdAt: Self.now - 50,
            seenAt: Self.now + seen,
            expiresAt: Self.now + expires,
            browser: browser
        )
    }

    @Test(arguments: Engine.allCases)
    func `sessions are listed with their last use until they expire or are ended`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let connection = try database.migrated().makeDatabase()
        let (sessions, shares) = (OwnerSessions(connection), ShareTables(connection))
        try sessions.use([session("a", browser: "Firefox on Linux"), session("b", expires: 200)])
        #expect(
            try sessions.all(now: Self.now) == [session("a", browser: "Firefox on Linux"), session("b", expires: 200)]
        )
        try sessions.use([session("b", seen: ShareTables.useSeconds, expires: 200)])
        #expect(try sessions.all(now: Self.now).last == session("b", expires: 200))
        try sessions.use([session("a", seen: 100), session("b", seen: 101, expires: 200)])
        let used = [session("b", seen: 101, expires: 200), session("a", seen: 100, browser: "Firefox on Linux")]
        #expect(try sessions.all(now: Self.now + 101) == used)
        try sessions.use([session("b", seen: 101, expires: 200, browser: "Safari on macOS")])
        #expect(try sessions.all(now: Self.now + 101).first?.browser == "Safari on macOS")
        #expect(try sessions.all(now: Self.now + 200).map(\.id) == ["a"])
        try shares.end(owner: "a", expiresAt: Self.now + 1000)
        #expect(try sessions.all(now: Self.now).map(\.id) == ["b"])
    }

    @Test(arguments: Engine.allCases)
    func `one session more than the limit removes the least recently used`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let sessions = OwnerSessions(try database.migrated().makeDatabase())
        let count = OwnerSessions.sessionsMax
        try sessions.use((0...count).map { session("s\($0)", seen: $0 * 2) })
        let found = try sessions.all(now: Self.now)
        #expect(Int64(found.count) == count && !found.contains { $0.id == "s0" })
    }
}
