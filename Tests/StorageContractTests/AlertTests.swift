import Storage
import Testing

@testable import Alerts

/// The tables of alerts: rules, causes, messages and the lease, on both stores.
@Suite struct AlertTests {
    private func rule(_ id: String, _ kind: AlertKind = .errorRate, channels: [String] = []) -> AlertRule {
        var rule = AlertRule(id: id, kind: kind, name: "é", channels: channels, createdAt: 100)
        (rule.site, rule.threshold, rule.samplesMin) = ("", 2.5, 10)
        return rule
    }

    private func hook(_ id: String) -> AlertChannel {
        AlertChannel(id: id, kind: .webhook, name: "", target: "https://example.com", secret: "s", createdAt: 1)
    }

    private func message(_ id: String, of alert: String, _ event: AlertDelivery.Event) -> AlertDelivery {
        AlertDelivery(
            id: id,
            alert: alert,
            channel: "c",
            event: event,
            subject: "",
            body: "{}",
            createdAt: 200,
            nextAt: 200
        )
    }

    @Test(arguments: Engine.allCases)
    func `rules and channels are stored, changed and removed`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let tables = AlertTables(try database.migrated().makeDatabase())
        #expect(try tables.add(rule("a", channels: ["none"])) == .unknownChannel)
        #expect(try tables.add(hook("c")) == nil)
        #expect(try tables.add(rule("a", channels: ["c"])) == nil)
        #expect(try tables.rules() == [rule("a", channels: ["c"])])
        var changed = hook("c")
        (changed.secret, changed.name) = (nil, "new")
        #expect(try tables.update(changed))
        // Without a secret, the stored one stays.
        #expect(try tables.channel("c")?.secret == "s" && tables.channel("c")?.name == "new")
        var mail = hook("c")
        mail.kind = .email
        #expect(try !tables.update(mail))
        #expect(try tables.removeChannel("c") && !tables.removeChannel("c"))
        #expect(try tables.rule("a")?.channels == [])
        #expect(try tables.removeRule("a") && !tables.removeRule("a"))
    }

    @Test(arguments: Engine.allCases)
    func `one cause has one firing alert, and its end waits for its beginning`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let connection = try database.migrated().makeDatabase()
        let log = AlertLog(connection, holder: "me")
        #expect(try AlertTables(connection).add(rule("a")) == nil && log.acquire(now: 100, until: 200))
        let finding = AlertFinding(cause: "x", .exceeded, title: "title", value: 0.1)
        #expect(
            try log.owned { () throws(StoreError) in
                try log.begin("one", rule("a"), finding, isOver: false, now: 200)
                try log.add(message("m1", of: "one", .firing), rule: "a")
            }
        )
        #expect(throws: StoreError.self) { try log.begin("two", rule("a"), finding, isOver: false, now: 201) }
        try log.end("one", now: 300)
        try log.add(message("m2", of: "one", .resolved), rule: "a")
        #expect(try log.due(now: 199).isEmpty)
        #expect(try log.due(now: 300).map(\.id) == ["m1"])
        let first = try #require(try log.due(now: 300).first)
        #expect(try log.claim(first, nextAt: 400) && !log.claim(first, nextAt: 400))
        // The attempt is stored, so another process does not repeat it before it is due again.
        let next = try connection.rows("select min(next_at) from alert_deliveries where state = 'pending'").first?[0]
        #expect(try log.due(now: 399).isEmpty && next?.integer == 200)
        try log.finish("m1", .delivered, failure: nil, now: 310)
        #expect(try log.due(now: 310).map(\.id) == ["m2"])
        let entry = try #require(try log.latest().first)
        #expect(entry.deliveries.map(\.state) == [.delivered, .pending] && entry.value == 0.1)
        #expect(try log.open("a").isEmpty && log.causes("a") == ["x"])
        try log.begin("two", rule("a"), finding, isOver: false, now: 400)
        #expect(try log.open("a").map(\.id) == ["two"])
    }

    @Test(arguments: Engine.allCases)
    func `one process holds the lease, and another one takes over when it ends`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let store = try database.migrated()
        let one = AlertLog(try store.makeDatabase(), holder: "one")
        let two = AlertLog(try store.makeDatabase(), holder: "two")
        #expect(try one.acquire(now: 100, until: 130))
        #expect(try !two.acquire(now: 130, until: 160) && one.acquire(now: 110, until: 140))
        #expect(try two.acquire(now: 141, until: 171))
        // The one that has lost it changes nothing any more.
        let finding = AlertFinding(.exceeded, title: "title")
        #expect(
            try !one.owned { () throws(StoreError) in
                try one.begin("x", rule("a"), finding, isOver: false, now: 141)
            }
        )
        #expect(try one.latest().isEmpty)
        try two.release()
        #expect(try one.acquire(now: 142, until: 172))
    }

    @Test(arguments: Engine.allCases)
    func `alerts end without a message when their rule changes, and old ones are removed`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let connection = try database.migrated().makeDatabase()
        let (tables, log) = (AlertTables(connection), AlertLog(connection))
        #expect(try tables.add(rule("a")) == nil)
        try log.begin("one", rule("a"), AlertFinding(.exceeded, title: "title"), isOver: false, now: 200)
        var changed = rule("a")
        changed.threshold = 7
        #expect(try tables.update(changed, now: 300) == .success(changed))
        #expect(try log.open("a").count == 1)
        changed.site = "other.example"
        _ = try tables.update(changed, now: 300)
        #expect(try log.open("a").isEmpty && tables.rule("a")?.createdAt == 300)
        try log.prune(now: 300 + AlertLog.keptSeconds)
        #expect(try log.latest().count == 1)
        try log.prune(now: 301 + AlertLog.keptSeconds)
        #expect(try log.latest().isEmpty)
    }
}
