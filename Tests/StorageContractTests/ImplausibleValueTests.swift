import Reports
import Rollups
import Numbers
import Storage
import Events
import TestSupport
import Testing

/// Numbers that no browser has measured, and sums that are at their end: the figures go on, on either engine.
@Suite struct ImplausibleValueTests {
    private static let start: Int64 = 1_795_456_784_000_000

    private func event(_ type: String, _ number: Int, _ payload: String) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v_\(number)","session_id":"s_\(number)","pageview_id":"p_\(number)","event_type":"\(type)","seq":1,\
            "path":"/","site":"shop.example","payload":\(payload)}
            """,
            receivedAt: Self.start
        )
    }

    private func append(_ store: any Store, _ events: [Event]) throws {
        _ = try store.makeWriter().append(Batch(events: events))
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
    }

    @Test(.onOneServer("the tables of a test are distributed already"), arguments: Engine.allCases)
    func `decisions about an issue are kept when its key changes`(engine: Engine) throws {
        let database = try Database(engine)
        let migrations = try engine.migrations
        let count = try #require(migrations.firstIndex { $0.name.hasSuffix("_hash_key") })
        let earlier = try database.store(Array(migrations.prefix(count)))
        _ = try earlier.migrate()
        // As the earlier version wrote it, which took the public hash.
        let text = "error\nTypeError\nx is null\n"
        let digits = String(stableHash(text.utf8), radix: 16)
        let name = String(repeating: "0", count: 16 - digits.count) + digits
        try database.rows("insert into insight_issue_states values ('shop.example', '\(name)', 'ignored', 1)")
        try database.rows("insert into insight_issue_states values ('other.example', '\(name)', 'resolved', 1)")
        try database.rows("update insight_position set last_event_id = 5")
        try database.rows("insert into insight_counts values ('all', 0, 0, '', 0, '', 1, 1, 1, 1, 1, 1, 1, 1)")
        let store = try database.migrated()
        #expect(try database.column("select last_event_id from insight_position") == ["0"])
        try append(store, [event("error", 1, #"{"name":"TypeError","message":"x is null"}"#)])
        let issue = try #require(try database.column("select issue from insight_issues").first ?? nil)
        #expect(issue != name)
        #expect(
            try database.rows("select site, state from insight_issue_states where issue = '\(issue)'")
                == [["shop.example", "ignored"]]
        )
        #expect(try Rollups(store.makeDatabase()).differences().isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `each store has a secret of its own`(engine: Engine) throws {
        let secrets = try (0..<2).map { _ in
            let database = try Database(engine)
            // Not a copy of a database with the current schema.
            _ = try database.store().migrate()
            return try database.column("select secret from insight_hash_key")
        }
        #expect(secrets[0] != secrets[1])
        #expect(secrets.allSatisfy { $0.count == 1 && $0[0]?.utf8.count == 64 })
    }

    @Test(arguments: Engine.allCases)
    func `without its secret a store has no rollups, and says why`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        for secret in ["", "short", String(repeating: "g", count: 64)] {
            try database.rows("update insight_hash_key set secret = '\(secret)'")
            #expect(throws: StoreError.self) { try Rollups(store.makeDatabase()) }
        }
    }
}
