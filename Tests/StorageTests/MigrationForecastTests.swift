import Storage
import Testing

private let million = TableSize(rows: 1_000_000, isCounted: false, bytes: 1_000_000_000)
private let single = TableSize(rows: 1, isCounted: true, bytes: 8192)

/// The forecast of one pending migration after one that has been applied.
private func forecast(
    _ engine: MigrationEngine,
    _ sql: String,
    applied: String = "select 1",
    _ sizes: [String: TableSize] = ["t": million]
) -> MigrationForecast {
    let known = [Migration(name: "0001_applied", sql: applied), Migration(name: "0002_pending", sql: sql)]
    return MigrationForecast(engine, known: known, pending: ["0002_pending"], sizes: sizes)
}

@Suite struct MigrationForecastTests {
    @Test(arguments: MigrationEngine.allCases)
    func `applied migrations are not in the forecast`(engine: MigrationEngine) {
        #expect(forecast(engine, "select 1", applied: "delete from t").steps.map(\.name) == ["0002_pending"])
        #expect(MigrationForecast(engine, known: [], pending: [], sizes: [:]).seconds == 0)
    }

    @Test(arguments: MigrationEngine.allCases)
    func `a new table costs nothing, nor do its indexes and rows`(engine: MigrationEngine) {
        let step = forecast(engine, "create table n (a text); create index i on n (a); insert into n values (1)").steps[
            0
        ]
        #expect(step.newTables == ["n"])
        #expect(step.tables.isEmpty)
        #expect(step.seconds < 0.001)
        #expect(step.bytes < 10)
    }

    @Test(arguments: MigrationEngine.allCases)
    func `an index on an existing table blocks writes while it reads all rows`(engine: MigrationEngine) throws {
        let step = forecast(engine, "create index i on t (a, b)").steps[0]
        let table = try #require(step.tables.first)
        #expect(table.work == [.index(columns: 2)])
        #expect(table.locks.map(\.lock) == [.writes])
        #expect(table.locks[0].seconds == step.seconds)
        #expect(step.seconds == max(1_000_000 / engine.rates.indexedRows, 1e9 / engine.rates.readBytes))
        #expect(step.bytes == 1_000_000 * 2 * engine.rates.indexBytes)
    }

    @Test func `an index that is built concurrently runs beside writes on PostgreSQL`() {
        let step = forecast(.postgresql, "create index concurrently i on t (a)").steps[0]
        #expect(step.tables[0].locks.map(\.lock) == [.none])
    }

    @Test func `a short lock is held until the end of the transaction`() throws {
        let sql = "alter table t add column a text; update u set a = 1; alter table v add column a text"
        let sizes = ["t": million, "u": million, "v": million]
        let tables = forecast(.postgresql, sql, sizes).steps[0].tables
        let seconds = 1_000_000 / MigrationRates.postgresql.updatedRows
        #expect(tables.map(\.name) == ["t", "u", "v"])
        #expect(tables[0].locks == [MigrationForecast.HeldLock(lock: .all, seconds: seconds)])
        #expect(tables[1].locks.map(\.lock) == [.none])
        #expect(tables[2].locks == [MigrationForecast.HeldLock(lock: .all, seconds: 0)])
        // SQLite has one writer.
        for table in forecast(.sqlite, sql, sizes).steps[0].tables {
            #expect(table.locks.map(\.lock) == [.writes])
            #expect(table.locks[0].seconds == forecast(.sqlite, sql, sizes).seconds)
        }
    }

    @Test func `a stronger lock follows a weaker one`() {
        let step = forecast(.postgresql, "create index j on t (a); drop index i", applied: "create index i on t (a)")
            .steps[0]
        #expect(step.tables[0].locks.map(\.lock) == [.writes, .all])
        #expect(step.tables[0].locks[1].seconds == 0)
        #expect(step.tables[0].work == [.index(columns: 1), .define])
    }

    @Test(arguments: MigrationEngine.allCases)
    func `rows that an earlier migration deletes do not count again`(engine: MigrationEngine) {
        let once = forecast(engine, "delete from t")
        let twice = forecast(engine, "delete from t; delete from t; create index i on t (a)")
        #expect(once.seconds > 1)
        #expect(twice.seconds == once.seconds)
        #expect(twice.bytes == once.bytes)
    }

    @Test(arguments: MigrationEngine.allCases)
    func `a renamed table keeps its size and its name in the database`(engine: MigrationEngine) {
        let renamed = forecast(engine, "alter table t rename to u; create index i on u (a)").steps[0]
        #expect(renamed.tables.map(\.name) == ["u"])
        #expect(renamed.tables[0].presentName == "t")
        #expect(renamed.tables[0].size == million)
        #expect(renamed.seconds > 1)
    }

    @Test func `a dropped column is rewritten on SQLite only`() {
        let sql = "alter table t drop column a"
        #expect(forecast(.sqlite, sql).steps[0].tables[0].work == [.rewrite])
        #expect(forecast(.sqlite, sql).seconds > 1)
        #expect(forecast(.postgresql, sql).steps[0].tables[0].work == [.define])
        #expect(forecast(.postgresql, sql).seconds == 0)
    }

    @Test(arguments: MigrationEngine.allCases)
    func `rows that come from another table cost what that table has`(engine: MigrationEngine) {
        let step = forecast(engine, "create table n (a text); insert into n (a) select a from t").steps[0]
        #expect(step.seconds == max(1_000_000 / engine.rates.copiedRows, 1e9 / engine.rates.writtenBytes))
        #expect(step.bytes == 1e9 * engine.rates.copySpace)
    }

    @Test(arguments: MigrationEngine.allCases)
    func `a rebuild is done once and only when there are events`(engine: MigrationEngine) throws {
        let sql = "update insight_position set rebuild = 1; update insight_position set rebuild = 1"
        let sizes = ["insight_position": single, "collector_events": million]
        let result = forecast(engine, sql, sizes)
        let rebuild = try #require(result.rebuild)
        #expect(rebuild.events == million)
        #expect(rebuild.seconds == 1_000_000 / engine.rates.aggregatedEvents)
        #expect(result.steps[0].requestsRebuild)
        #expect(result.seconds < 1)
        #expect(result.bytes >= rebuild.bytes)
        #expect(forecast(engine, sql, ["insight_position": single]).rebuild == nil)
        #expect(forecast(engine, "select 1", sizes).rebuild == nil)
    }

    @Test func `an unknown statement is named and in no estimate`() {
        let step = forecast(.postgresql, "vacuum full t; delete from t where a = 1").steps[0]
        #expect(step.unknown == ["vacuum full t"])
        #expect(step.tables[0].work == [.delete])
    }

    @Test func `the tables to measure are those that statements name`() {
        let pending = [Migration(name: "0001_a", sql: "alter table t rename to u; insert into v select 1 from w")]
        #expect(MigrationForecast.tablesToMeasure(pending) == ["t", "u", "v", "w", "collector_events"])
    }
}
