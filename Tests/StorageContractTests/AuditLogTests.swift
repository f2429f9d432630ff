import Reports
import Storage
import Testing

@Suite struct AuditLogTests {
    private static let now: Int64 = 1_800_000_000

    @Test(arguments: Engine.allCases)
    func `entries are read back, the newest first and in parts`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let log = AuditLog(try database.migrated().makeDatabase())
        let entries = [
            AuditEntry(at: Self.now, actor: .owner, action: "POST /api/goals", object: "a", name: "für <b>"),
            AuditEntry(at: Self.now + 1, actor: .token(name: "CI"), action: "DELETE /api/goals/{id}", object: "a"),
            AuditEntry(at: Self.now, actor: .command(name: "rebuild"), action: "rebuild"),
        ]
        #expect(try log.latest(before: nil, limit: 9).isEmpty)
        for entry in entries { try log.add(entry) }
        let found = try log.latest(before: nil, limit: 2)
        #expect(found.map(\.entry) == [entries[2], entries[1]])
        #expect(try log.latest(before: found[1].id, limit: 2).map(\.entry) == [entries[0]])
        var long = entries[0]
        long.name = String(repeating: "x", count: AuditLog.textBytesMax + 1)
        try log.add(long)
        #expect(try log.latest(before: nil, limit: 1).first?.entry.name == nil)
    }

    @Test(arguments: Engine.allCases)
    func `entries beyond the number and the age are removed`(engine: Engine) throws {
        let database = try Database(engine)
        let log = AuditLog(try database.migrated().makeDatabase())
        let old = Self.now - AuditLog.daysMax * 86_400
        try log.add(AuditEntry(at: old - 1, actor: .owner, action: "old"))
        try log.add(AuditEntry(at: old, actor: .owner, action: "kept"))
        try log.add(AuditEntry(at: Self.now, actor: .owner, action: "new"))
        #expect(try log.latest(before: nil, limit: 9).map(\.entry.action) == ["new", "kept"])
        let rows = (0..<Int(AuditLog.entriesMax)).map { _ in "(\(Self.now), 'owner', 'x')" }
        try database.rows("insert into audit_log (at, actor, action) values \(rows.joined(separator: ", "))")
        try log.add(AuditEntry(at: Self.now, actor: .owner, action: "last"))
        #expect(try database.column("select count(*) from audit_log") == ["\(AuditLog.entriesMax)"])
        #expect(try log.latest(before: nil, limit: 1).first?.entry.action == "last")
    }
}
