import Storage
import Events
import TestSupport
import Testing

/// A PostgreSQL database that the original program made and filled goes on with ours.
@Suite(.onOneServer("the tables of a test are distributed already")) struct AdoptionTests {
    private static let originalNames = [
        "001_initial_schema", "002_add_phase1_columns", "003_convert_text_to_jsonb", "004_add_identity_keys",
        "005_create_events_table",
    ]

    private static let trackingTable = """
        create table schema_migrations (
            id serial primary key,
            migration_name text unique not null,
            applied_at timestamp default current_timestamp
        )
        """

    /// What the original's migrations left, each as its author may have written it.
    private static let steps = [
        """
        create table debug_data (
            id serial primary key, ip text, browser_info text, performance_data text, fingerprints text, errors text,
            timestamp timestamp default current_timestamp
        )
        """,
        """
        alter table debug_data add column network text, add column battery text, add column benchmarks text,
            add column client_timestamp timestamptz
        """,
        """
        alter table debug_data
            alter column browser_info type jsonb using browser_info::jsonb,
            alter column performance_data type jsonb using performance_data::jsonb,
            alter column fingerprints type jsonb using fingerprints::jsonb,
            alter column errors type jsonb using errors::jsonb,
            alter column network type jsonb using network::jsonb,
            alter column battery type jsonb using battery::jsonb,
            alter column benchmarks type jsonb using benchmarks::jsonb
        """,
        """
        alter table debug_data add column visitor_id text, add column session_id text, add column pageview_id text;
        create index idx_debug_data_visitor_id on debug_data (visitor_id);
        """,
        """
        create table collector_events (
            id bigserial primary key, received_at timestamptz not null default now(), client_timestamp timestamptz,
            visitor_id text not null, session_id text not null, pageview_id text not null, event_type text not null,
            seq integer not null default 0, path text, referrer text, ip_hash text, user_agent text,
            payload jsonb not null default '{}'::jsonb
        );
        create index idx_collector_events_visitor_id on collector_events (visitor_id);
        """,
    ]

    /// A database as the original leaves it after its first migrations, with a row in each table that there is.
    private func original(steps count: Int) throws -> Database {
        let database = try Database(.postgresql)
        try database.rows(Self.trackingTable)
        for (index, step) in Self.steps.prefix(count).enumerated() {
            try database.rows(step)
            if index == 0 {
                try database.rows(
                    """
                    insert into debug_data (ip, browser_info, errors, timestamp)
                    values ('203.0.113.7', '{"a": 1.0}', '[]', '2025-01-02 03:04:05')
                    """
                )
            }
            try database.rows(
                """
                insert into schema_migrations (migration_name, applied_at)
                values ('\(Self.originalNames[index])', '2025-01-0\(index + 1) 12:00:00')
                """
            )
        }
        if count == Self.steps.count {
            try database.rows(
                """
                insert into collector_events (visitor_id, session_id, pageview_id, event_type, payload)
                values ('v_old', 's_old', 'p_old', 'pageview', '{"k": 1}')
                """
            )
        }
        return database
    }

    @Test(arguments: 0...5)
    func `a database at any of the original's steps goes on from there, and its rows stay`(count: Int) throws {
        let database = try original(steps: count)
        let store = try database.store()
        let names = try Engine.postgresql.migrations.map(\.name)

        #expect(try store.migrationStatus().map(\.isApplied) == names.indices.map { $0 < count })
        #expect(try database.column("select count(migration_name) from schema_migrations") == [String(count)])
        #expect(try store.migrate() == Array(names[count...]))
        #expect(try store.migrationStatus().allSatisfy(\.isApplied))
        #expect(try store.migrate() == [])

        let checksums = try Engine.postgresql.migrations.map(\.checksum)
        #expect(try database.column("select checksum from schema_migrations order by name") == checksums)
        let kept = try database.column(
            "select to_char(applied_at, 'YYYY-MM-DD HH24:MI') from schema_migrations where applied_at < '2025-02-01' order by name"
        )
        #expect(kept == (0..<count).map { "2025-01-0\($0 + 1) 12:00" })
        let row = try database.rows(
            "select ip, browser_info ->> 'a', errors::text, performance_data::text, timestamp::text from debug_data"
        )
        #expect(row == (count == 0 ? [] : [["203.0.113.7", "1.0", "[]", nil, "2025-01-02 03:04:05"]]))

        let batch = try Batch(
            events: [Event.sample(eventID: "0198f0c2-7b1e-7cc3-98c4-dc0c0c07398f")],
            submissions: [Submission.sample()]
        )
        #expect(try store.makeWriter().append(batch).stored == 2)
        #expect(try database.count("collector_events") == (count == 5 ? 2 : 1))
    }

    @Test func `tables without a tracking table are taken over with their rows`() throws {
        let database = try original(steps: 5)
        try database.rows("drop table schema_migrations")
        let store = try database.store()
        #expect(try store.migrate().count == Engine.postgresql.migrations.count)
        #expect(try database.count("collector_events") == 1)
        #expect(try database.column("select browser_info ->> 'a' from debug_data") == ["1.0"])
    }

    @Test func `text that is not JSON becomes a JSON string`() throws {
        let database = try original(steps: 2)
        try database.rows("insert into debug_data (browser_info, network) values ('not json', '')")
        _ = try database.store().migrate()
        #expect(
            try database.rows("select browser_info #>> '{}', network #>> '{}' from debug_data order by id") == [
                [#"{"a": 1.0}"#, nil], ["not json", ""],
            ]
        )
    }

    @Test func `a migration of the original's that we do not know stops us before anything is changed`() throws {
        let database = try original(steps: 5)
        try database.rows("insert into schema_migrations (migration_name) values ('006_add_secret_sauce')")
        let error = #expect(throws: StoreError.self) { try database.store().migrate() }
        #expect(
            error
                == .schema(
                    reason: "the database has migration 0006_add_secret_sauce, which this version does not include; "
                        + "run the version that applied it or a later one"
                )
        )
        #expect(try database.column("select count(migration_name) from schema_migrations") == ["6"])
    }

    @Test func `a gap in the original's rows stops us before anything is changed`() throws {
        let database = try original(steps: 5)
        try database.rows("delete from schema_migrations where migration_name like '002%'")
        #expect(throws: StoreError.self) { try database.store().migrate() }
        #expect(try database.column("select count(migration_name) from schema_migrations") == ["4"])
    }
}
