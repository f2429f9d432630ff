import Dispatch
import Rollups
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Alerts
@testable import Reports

/// Limits by count of the rows that an owner adds, when several requests add rows at the same time.
@Suite struct LimitedRowTests {
    /// Requests at the same time.
    private static let requests = 4

    @Test(arguments: Engine.allCases)
    func `concurrent requests do not exceed the limits of annotations, goals, alert rules, channels and links`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let store = try database.migrated()
        let connections = try (0..<Self.requests).map { _ in try store.makeDatabase() }
        let tables: [(name: String, room: Int64, group: String?)] = [
            ("annotations", Annotation.countMax, nil), ("insight_goals", Int64(Goal.perSiteMax), "site"),
            ("insight_funnels", Int64(Funnel.perSiteMax), "site"), ("alert_rules", AlertRule.countMax, nil),
            ("alert_channels", AlertChannel.countMax, nil), ("insight_share_links", Int64(ShareTables.linksMax), nil),
        ]
        for table in tables {
            // One row is missing until the limit is reached.
            try connections[0].transaction { () throws(StoreError) in
                for number in 1..<table.room { try Self.fill(connections[0], table.name, "full \(number)") }
            }
            let added = Mutex<[Result<Bool, StoreError>]>([])
            DispatchQueue.concurrentPerform(iterations: Self.requests) { index in
                let result = Result { () throws(StoreError) in
                    try Self.add(connections[index], table.name, "new \(index)")
                }
                added.withLock { $0.append(result) }
            }
            let results = try added.withLock { $0 }.map { try $0.get() }
            #expect(results.count { $0 } == 1, "\(table.name)")
            let count = try connections[0].rows("select count(*) from \(table.name)")[0][0].integer
            #expect(count == table.room, "\(table.name)")
        }
    }

    @Test(arguments: Engine.allCases)
    func `a site has its own limit of goals, and so have goals without a site`(engine: Engine) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let tables = GoalTables(try database.migrated().makeDatabase())
        let sites: [String?] = ["a.example", nil, "b.example"]
        for site in sites {
            for number in 0..<Goal.perSiteMax { try tables.add(Self.goal("\(site ?? "-") \(number)", site: site)) }
            #expect(throws: ReportError.self) { try tables.add(Self.goal("\(site ?? "-") more", site: site)) }
        }
        #expect(try tables.goals().count == sites.count * Goal.perSiteMax)
    }

    private static func goal(_ id: String, site: String?) throws -> Goal {
        let milestone = try Milestone("page", "/", property: nil, value: nil)
        return Goal(id: id, site: site, name: id, milestone: milestone, createdAt: 7)
    }

    private static func funnel(_ id: String) -> Funnel {
        Funnel(id: id, site: nil, name: "n", steps: "[]", scope: .session, window: nil, createdAt: 1)
    }

    private static func channel(_ id: String) -> AlertChannel {
        AlertChannel(id: id, kind: .webhook, name: "n", target: "http://a.example", secret: nil, createdAt: 1)
    }

    /// Inserts a row without a check.
    private static func fill(_ database: any Storage.Database, _ table: String, _ id: String) throws(StoreError) {
        let (columns, values) = columns(table)
        _ = try database.change("insert into \(table) (id, \(columns)) values (?1, \(values))", [.text(id)])
    }

    private static func columns(_ table: String) -> (columns: String, values: String) {
        switch table {
        case "annotations": ("site, at, note, created_at, changed_at", "'', 1, 'n', 1, 1")
        case "insight_goals": ("name, type, match, created_at", "'n', 'page', '/', 1")
        case "insight_funnels": ("name, steps, scope, created_at", "'n', '[]', 'session', 1")
        case "alert_rules":
            (
                "kind, name, minutes, samples_min, channels, enabled, created_at, state",
                "'disk', 'n', 1, 1, '', 1, 1, 'waiting'"
            )
        case "alert_channels": ("kind, name, target, created_at", "'webhook', 'n', 'http://a.example', 1")
        default: ("label, created_at, expires_at", "'n', 1, 9")
        }
    }

    /// Adds a row as a request does.
    private static func add(
        _ database: any Storage.Database,
        _ table: String,
        _ id: String
    ) throws(StoreError) -> Bool {
        do {
            switch table {
            case "annotations":
                let annotation = Annotation(id: id, site: "", at: 1, note: "n")
                try Reports(database, DictionaryCache()).add(annotation, now: 1)
            case "insight_goals": try GoalTables(database).add(goal(id, site: nil))
            case "insight_funnels":
                try GoalTables(database).add(funnel(id))
            case "alert_rules":
                let rule = AlertRule(id: id, kind: .disk, name: "n", channels: [], createdAt: 1)
                return try AlertTables(database).add(rule) == nil
            case "alert_channels":
                return try AlertTables(database).add(channel(id)) == nil
            default: return try ShareTables(database).add(ShareLink(id: id, label: "n", createdAt: 1, expiresAt: 9))
            }
            return true
        } catch let error as StoreError {
            throw error
        } catch ReportError.refused {
            return false
        } catch {
            Issue.record(error)
            return false
        }
    }
}
