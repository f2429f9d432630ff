import Events
import Postgres
package import Storage

extension PostgresStore {
    /// The timeout of the statements of an inspection in milliseconds.
    private static let inspectMilliseconds: Int32 = 5000

    package func inspect() throws(StoreError) -> StoreInspection {
        let session = try connect(SessionSettings(statementMilliseconds: Self.inspectMilliseconds))
        return try guarded { () throws(PostgresError) in
            let before = WallClock.microseconds()
            let facts = try session.run(Call(Self.inspectionSQL)).rows[0]
            let after = WallClock.microseconds()
            // Packages add their own version in parentheses.
            let version = (facts[0] ?? "").prefix { $0 != " " }
            let time = facts[1].flatMap(Int64.init) ?? before
            return StoreInspection(
                system: "PostgreSQL \(version)",
                missingRights: try session.run(Call(missingRightsSQL)).rows.compactMap { $0[0] },
                clockAheadSeconds: Double(time - before - (after - before) / 2) / 1e6
            )
        }
    }

    private static let inspectionSQL =
        "select current_setting('server_version'), (extract(epoch from clock_timestamp()) * 1e6)::bigint"

    /// Rights that writing needs on the tables of the program and on the sequences of their ids.
    ///
    /// Names of tables are those of the migrations, which are plain words.
    private var missingRightsSQL: String {
        let names = MigrationForecast.tablesToMeasure(migrations).sorted().map { "'\($0)'" }.joined(separator: ", ")
        return """
            with tables as (
                select oid, relname from pg_class
                where relnamespace = to_regnamespace(current_schema()) and relkind in ('r', 'p') and relname in (\(names))
            )
            select privilege || ' on ' || relname
            from tables, unnest(array['select', 'insert', 'update', 'delete']) as privilege
            where not has_table_privilege(tables.oid, privilege)
            union all
            select 'usage on ' || sequences.relname
            from tables
            join pg_depend on refclassid = 'pg_class'::regclass and refobjid = tables.oid and deptype in ('a', 'i')
                and classid = 'pg_class'::regclass
            join pg_class as sequences on sequences.oid = objid
            where case sequences.relkind when 'S' then not has_sequence_privilege(sequences.oid, 'usage') else false end
            order by 1
            """
    }
}
