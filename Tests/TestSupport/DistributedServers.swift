import Foundation
import Postgres
import Storage
import StoragePostgres
import Synchronization

/// Where the tests find a distributed database, if they are to run on one.
package enum DistributedSetting {
    /// `servers`: on servers that the tests start, with hash partitions over foreign tables; otherwise the
    /// address of a database with the extension Citus, in which each test has a schema.
    package static let value = ProcessInfo.processInfo.environment["COLLECTOR_TEST_DISTRIBUTED"].flatMap {
        $0.isEmpty ? nil : $0
    }

    package static var isOn: Bool { value != nil }
    /// Whether it is a Citus database.
    package static var isCitus: Bool { isOn && value != "servers" }
}

/// Three stock PostgreSQL servers: one to which the program connects, and two that have the partitions of its tables.
package final class DistributedServers: Sendable {
    /// The servers of all tests that leave them running; made at its first use.
    package static let shared = Swift.Result { try DistributedServers(front: Cluster.shared.get()) }

    /// The tables of which a batch of events changes rows, and the position of its shard.
    private static let tables = ["collector_events", "delivery_reports", "shard_positions"]
    private static let modulus = 4

    private let front: Cluster
    package let workers: [Cluster]
    private let template: String

    package init(front: Cluster) throws {
        self.front = front
        workers = try [Cluster(), Cluster()]
        template = try front.makeDatabase()
        for cluster in workers {
            try cluster.create(template)
            try Self.migrate(cluster.url(template))
            try cluster.psql(template, PostgresStore.positionsSQL)
            for table in Self.tables {
                var sql = "alter table \(table) rename to \(table)_0;"
                for remainder in 1..<Self.modulus {
                    sql += "create table \(table)_\(remainder) (like \(table)_0 including all);"
                }
                try cluster.psql(template, sql)
            }
        }
        try Self.migrate(front.url(template))
        try front.psql(template, PostgresStore.positionsSQL)
        try front.psql(template, partitions())
    }

    private static func migrate(_ url: String) throws {
        let store = PostgresStore(url: url, migrations: try Repository.migrations("postgres"))
        _ = try store.migrate()
        guard case .keysOnly(nil) = try store.distribute(shards: modulus, step: { _ in }) else {
            throw TestSupportError("a stock PostgreSQL server has Citus")
        }
    }

    /// Statements that replace the tables by partitioned ones, whose partitions are on the workers.
    private func partitions() -> String {
        var sql = """
            create extension postgres_fdw;
            create table view_definitions as
                select relname, pg_get_viewdef(oid) as definition from pg_class
                where relkind = 'v' and relnamespace = 'public'::regnamespace;
            do $$ declare name text; begin
                for name in select relname from view_definitions loop execute 'drop view if exists ' || name || ' cascade'; end loop;
            end $$;
            """
        for (number, worker) in workers.enumerated() {
            sql += """
                create server shards_\(number) foreign data wrapper postgres_fdw
                    options (host '127.0.0.1', port '\(worker.port)', dbname '\(template)', fetch_size '1000');
                create user mapping for collector server shards_\(number)
                    options (user 'collector', password '\(Cluster.password)');
                """
        }
        for table in Self.tables {
            sql += """
                alter table \(table) rename to \(table)_plain;
                create table \(table) (like \(table)_plain including defaults) partition by hash (visitor_id);
                """
            if table == "collector_events" { sql += "alter sequence collector_events_id_seq owned by \(table).id;" }
            sql += "drop table \(table)_plain;"
            for remainder in 0..<Self.modulus {
                sql += """
                    create foreign table \(table)_\(remainder) partition of \(table)
                        for values with (modulus \(Self.modulus), remainder \(remainder))
                        server shards_\(remainder % workers.count) options (table_name '\(table)_\(remainder)');
                    """
            }
        }
        // A partitioned table with foreign partitions has no primary key, by which the other columns would be known.
        let (key, columns) = (
            "GROUP BY report.pageview_id, report.visitor_id",
            "session_id, report.site, report.first_received_at, report.emitted, report.dropped, report.removed"
        )
        return sql + """
            update view_definitions set definition = replace(definition, '\(key)', '\(key), report.\(columns)');
            do $$ declare own record; begin
                for own in select * from view_definitions loop
                    execute format('create view %I as %s', own.relname, own.definition);
                end loop;
            end $$;
            drop table view_definitions;
            """
    }

    /// Creates an empty database whose tables are distributed.
    ///
    /// - Returns: Its name, which is the same on all servers.
    package func makeDatabase() throws -> String {
        let name = Cluster.newName()
        for cluster in workers + [front] { try cluster.create(name, copyOf: template) }
        try front.psql(
            name,
            workers.indices.map { "alter server shards_\($0) options (set dbname '\(name)');" }.joined()
                + "update insight_hash_key set secret = encode(sha256(gen_random_uuid()::text::bytea), 'hex')"
        )
        return name
    }

    package func url(_ name: String) -> String { front.url(name) }

    /// Makes the partitions refuse events of a visitor.
    package func refuse(visitor: String, in name: String) throws {
        for (number, worker) in workers.enumerated() {
            for remainder in 0..<Self.modulus where remainder % workers.count == number {
                try worker.psql(
                    name,
                    "alter table collector_events_\(remainder) add constraint refuse check (visitor_id <> '\(visitor)')"
                )
            }
        }
    }
}

/// A schema of a Citus database, in which the tables of one test are distributed.
package struct DistributedSchema: Sendable {
    package let url: String
    private let name: String
    private let base: String

    package init(in base: String) throws {
        self.base = base
        name = Cluster.newName()
        url = base + (base.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(name)"
        // With this table, the program takes the schema for its own, and not one of another test.
        try execute(
            """
            create schema \(name);
            create table \(name).schema_migrations (
                name text primary key, checksum text not null, applied_at timestamptz not null default now()
            )
            """
        )
        let store = PostgresStore(url: url, migrations: try Repository.migrations("postgres"))
        _ = try store.migrate()
        guard case .made = try store.distribute(shards: 4, step: { _ in }) else {
            throw TestSupportError("the database cannot distribute tables: it needs Citus and a server for shards")
        }
        let schema = self
        Self.schemas.withLock { $0.append(schema) }
    }

    /// Drops the schemas of all tests when the process ends: a test may use the store longer than the object here.
    private static let schemas: Mutex<[DistributedSchema]> = {
        atexit {
            for schema in DistributedSchema.schemas.withLock({ $0 }) {
                // A schema that is left affects no other test.
                try? schema.execute("drop schema \(schema.name) cascade")
            }
        }
        return Mutex([])
    }()

    private func execute(_ sql: String) throws {
        let connection = try Postgres.Connection(url: base, timeoutMilliseconds: 60_000)
        try connection.execute(sql, timeoutMilliseconds: 60_000)
    }
}
