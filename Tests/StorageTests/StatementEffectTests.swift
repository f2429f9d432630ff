import Storage
import TestSupport
import Testing

/// The effects of the statements of a text.
private func effects(_ sql: String) -> [StatementEffect] { SQLStatement.parse(sql).map { StatementEffect($0) } }

@Suite struct StatementEffectTests {
    @Test func `statements end at semicolons outside strings, comments and function bodies`() {
        let sql = """
            -- a comment; with a semicolon
            insert into t (a) values ('x; ''y'''); /* ; */
            create function pg_temp.f() returns text as $body$ begin; end; $body$;
            select 1
            """
        #expect(SQLStatement.parse(sql).count == 3)
        #expect(effects(sql) == [.insert("t", sources: []), .nothing, .nothing])
    }

    @Test func `new tables and their indexes are known`() {
        #expect(effects("create table t (a text)") == [.createTable("t", ifMissing: false)])
        #expect(effects("CREATE TABLE IF NOT EXISTS public.\"T\" (a int)") == [.createTable("T", ifMissing: true)])
        let index = StatementEffect.createIndex("i", table: "t", columns: 2, isConcurrent: false)
        #expect(effects("create unique index if not exists i on t (a, lower(b)) where b is not null") == [index])
        #expect(effects("create index i on t using brin (a, b)") == [index])
        let concurrent = StatementEffect.createIndex("i", table: "t", columns: 1, isConcurrent: true)
        #expect(effects("create index concurrently i on t (a)") == [concurrent])
    }

    @Test(arguments: [
        ("text", AlterAction.addColumn), ("bigint not null default 0", .addColumn), ("integer default -1", .addColumn),
        ("text not null default ''", .addColumn), ("timestamptz default now()", .addColumn),
        ("uuid default gen_random_uuid()", .addComputedColumn), ("bigserial", .addComputedColumn),
        ("bigint generated always as identity", .addComputedColumn), ("integer check (a > 0)", .addCheckedColumn),
        ("text unique", .addCheckedColumn),
    ])
    func `a new column is computed for each row only when its value differs`(type: String, action: AlterAction) {
        #expect(effects("alter table t add column if not exists a \(type)") == [.alterTable("t", [action])])
    }

    @Test func `each change of an alter statement counts`() {
        #expect(
            effects(
                "alter table t alter column a type jsonb using f(a, 1), drop column b, alter column c set storage external"
            )
                == [.alterTable("t", [.changeType, .dropColumn, .setProperty])]
        )
        #expect(effects("alter table t set (fillfactor = 50)") == [.alterTable("t", [.setParameters])])
        #expect(effects("alter table t rename to u") == [.renameTable("t", to: "u")])
        #expect(effects("alter table t rename column a to b") == [.alterTable("t", [.rename])])
        #expect(effects("alter table t alter column a set not null") == [.alterTable("t", [.setNotNull])])
    }

    @Test func `changes of rows have their tables`() {
        #expect(effects("delete from t") == [.delete("t", all: true)])
        #expect(effects("delete from t where a = 1") == [.delete("t", all: false)])
        #expect(effects("truncate t, u") == [.truncate(["t", "u"])])
        #expect(
            effects(
                "insert into t (a) select b from (select distinct b from u) as x join v on true where exists (select 1 from w)"
            )
                == [.insert("t", sources: ["u", "v"])]
        )
        #expect(effects("update t set a = b from (select 1) as x") == [.update("t", requestsRebuild: false)])
    }

    @Test func `a rebuild of the rollups is a change of their position`() {
        for change in ["rebuild = 1, reason = 'upgrade' where exists (select 1 from t)", "a = 2, last_event_id = 0"] {
            #expect(
                effects("update insight_position set \(change)") == [.update("insight_position", requestsRebuild: true)]
            )
        }
        #expect(effects("update insight_position set a = 1") == [.update("insight_position", requestsRebuild: false)])
        #expect(effects("update t set rebuild = 1") == [.update("t", requestsRebuild: false)])
    }

    @Test(arguments: [
        "vacuum full t", "create table t as select * from u",
        "alter table t add constraint c check (a > 0), owner to x",
        "with x as (delete from t returning *) insert into u select * from x", "select setval('s', 1)",
        "reindex table t",
        "create trigger x after insert on t execute function f()", "drop table t cascade", "cluster t",
        "alter table t drop column a, attach partition p default", "select * from t for update", "lock table t",
    ])
    func `a statement that is not fully understood is unknown`(sql: String) {
        guard case .unknown(let summary) = effects(sql).first else {
            Issue.record("\(sql) is \(effects(sql))")
            return
        }
        #expect(sql.hasPrefix(summary.split(separator: " ").first ?? "-"))
    }

    @Test(arguments: ["sqlite", "postgres"])
    func `every statement of the migrations is known`(folder: String) throws {
        let migrations = try Repository.migrations(folder)
        #expect(migrations.count >= 40)
        for migration in migrations {
            let statements = SQLStatement.parse(migration.sql)
            #expect(!statements.isEmpty, "\(migration.name) has no statement")
            for statement in statements {
                if case .unknown(let summary) = StatementEffect(statement) {
                    Issue.record("\(folder)/\(migration.name): \(summary)")
                }
            }
        }
    }
}
