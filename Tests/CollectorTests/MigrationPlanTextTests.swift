import Storage
import Testing

@testable import collector

@Suite struct MigrationPlanTextTests {
    /// The text for one pending migration.
    private func text(
        _ engine: MigrationEngine,
        _ sql: String,
        _ sizes: [String: TableSize] = [:],
        diskFree: Int64? = nil
    ) -> MigrationPlanText {
        let known = [Migration(name: "0001_first", sql: sql)]
        return MigrationPlanText(
            MigrationForecast(engine, known: known, pending: ["0001_first"], sizes: sizes),
            diskFree: diskFree
        )
    }

    private let events = [
        "collector_events": TableSize(rows: 2_000_000, isCounted: false, bytes: 2_000_000_000),
        "insight_position": TableSize(rows: 1, isCounted: true, bytes: 8192),
    ]

    @Test func `nothing pending is one sentence`() {
        let forecast = MigrationForecast(.sqlite, known: [], pending: [], sizes: [:])
        let lines = MigrationPlanText(forecast, diskFree: 0).lines
        #expect(lines == ["Nothing is pending: the database is up to date"])
    }

    @Test func `an index of a large table on PostgreSQL`() {
        let lines = text(.postgresql, "create index i on collector_events (session_id)", events).lines
        #expect(
            lines == [
                "0001_first",
                "  collector_events, about 2,000,000 rows, 2,000 MB: builds an index of all rows; "
                    + "blocks writes for about 20 s: records wait in the journal",
                "  Duration: about 20 s; additional space: about 200 MB",
                "Total: 1 pending, duration: about 20 s, additional space: about 200 MB",
                "Free space: not known; check the disk of the PostgreSQL server",
            ]
        )
    }

    @Test func `a new column and a new table on SQLite`() {
        let sql = "create table n (a text); alter table collector_events add column a text"
        let lines = text(.sqlite, sql, events, diskFree: 5_000_000_000).lines
        #expect(
            lines == [
                "0001_first",
                "  collector_events, about 2,000,000 rows, 2,000 MB: changes the definition; blocks writes for a moment",
                "  Not in the database yet: n",
                "  Duration: less than a second; additional space: less than 1 MB",
                "Total: 1 pending, duration: less than a second, additional space: less than 1 MB",
                "Free space: 5,000 MB",
            ]
        )
    }

    @Test func `a rebuild and an unknown statement`() {
        let sql = "update insight_position set rebuild = 1; vacuum full"
        let lines = text(.postgresql, sql, events).lines
        #expect(lines.contains("  insight_position, 1 row, 8192 bytes: updates rows; runs beside reads and writes"))
        #expect(lines.contains("  Unknown statement, in no estimate: vacuum full"))
        #expect(lines.contains("  Requests a rebuild of the rollups"))
        #expect(lines.contains("Unknown statements: 1, which the total does not include"))
        #expect(lines.contains { $0.hasPrefix("Then the server rebuilds the rollups of about 2,000,000 events") })
    }

    @Test func `tables without rows share a line`() {
        let empty = TableSize(rows: 0, isCounted: true, bytes: 8192)
        let sql =
            "create index i on c (x); delete from a; delete from b; alter table c rename to d; delete from insight_position; update insight_position set x = 1"
        let lines = text(.postgresql, sql, events.merging(["a": empty, "b": empty, "c": empty]) { $1 }).lines
        #expect(lines.contains("  Empty by then: a, b: deletes rows; runs beside reads and writes"))
        #expect(
            lines.contains(
                "  Empty by then: d (now c): builds an index of all rows, changes the definition; blocks reads and writes for a moment"
            )
        )
        #expect(lines.contains { $0.hasPrefix("  insight_position, 1 row, 8192 bytes: deletes rows, updates rows; ") })
    }

    @Test func `a disk without the space that is needed is named`() {
        let sql = "create index i on collector_events (session_id)"
        #expect(!text(.sqlite, sql, events, diskFree: 200_000_000).lacksSpace)
        #expect(!text(.postgresql, sql, events).lacksSpace)
        let small = text(.sqlite, sql, events, diskFree: 199_999_999)
        #expect(small.lacksSpace)
        #expect(small.warning == "the disk has 199 MB of free space, and the migrations need about 200 MB")
    }

    @Test func `a plan and a list exclude each other`() throws {
        #expect(try Arguments(["migrate", "--plan"]).has(.plan))
        #expect(try Arguments(["migrate", "--distribute", "--shards", "64"]).number(.shards) == 64)
        for wrong in [
            ["--distribute", "--plan"], ["--distribute", "--list"], ["--shards", "8"],
            ["--distribute", "--shards", "0"],
        ] {
            #expect(throws: UsageError.self) { _ = try Arguments(["migrate"] + wrong) }
        }
        #expect(throws: UsageError.self) { _ = try Arguments(["migrate", "--plan", "--list"]) }
    }
}
