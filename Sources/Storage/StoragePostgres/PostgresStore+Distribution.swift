import Postgres
package import Storage

/// Distribution of the tables by `visitor_id` over several servers, with the extension Citus.
extension PostgresStore {
    /// The timeout of a step in milliseconds: it moves all events.
    private static let distributionMilliseconds: Int32 = 24 * 3600 * 1000

    package func distribute(shards: Int, step: (String) -> Void) throws(StoreError) -> Distribution {
        guard try migrationStatus().allSatisfy(\.isApplied) else {
            throw .schema(reason: "migrations are pending: run 'collector migrate' first")
        }
        let session = try connect(SessionSettings(statementMilliseconds: Self.distributionMilliseconds))
        guard session.pooling == .none else {
            throw .unavailable(
                reason: "tables cannot be distributed through a connection pooler; use a direct connection"
            )
        }
        let map = try guarded { () throws(PostgresError) in try ShardMap(session) }
        if let map, map.isDistributed {
            // An interrupted call may have left them.
            if map.isCitus { try removeCopies(session, step) }
            return .existing(shards: map.keys.count)
        }
        try changeKey(session, step)
        let found = try servers(session)
        guard let servers = found, servers > 0 else { return .keysOnly(servers: found) }
        step("Distributing the tables over \(servers) servers; new events are kept in the journal meanwhile")
        try distribute(session, shards)
        try removeCopies(session, step)
        return .made(shards: shards, servers: servers)
    }

    /// The tables that may have rows before they are distributed.
    private static let tablesWithRows = ["collector_events", "delivery_reports", "rollup_sites"]

    private func removeCopies(_ session: Session, _ step: (String) -> Void) throws(StoreError) {
        step("Removing the copies that are left on this server")
        for table in Self.tablesWithRows {
            try execute(session, "select truncate_local_data_after_distributing_table('\(table)')")
        }
    }

    /// The number of servers that can have shards; nil without the extension.
    private func servers(_ session: Session) throws(StoreError) -> Int? {
        try guarded { () throws(PostgresError) in
            let exists = try session.run(Call("select to_regclass('pg_dist_node') is not null")).rows
            guard exists.first?.first == "t" else { return nil }
            let sql = "select count(*) from pg_dist_node where shouldhaveshards and isactive and noderole = 'primary'"
            return try session.run(Call(sql)).rows.first?.first.flatMap { $0 }.flatMap { Int($0) }
        }
    }

    /// Replaces the primary key `(id)` of the events, while events can be written.
    private func changeKey(_ session: Session, _ step: (String) -> Void) throws(StoreError) {
        let (name, columns) = try guarded { () throws(PostgresError) in
            let sql = """
                select quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint
                where conrelid = 'collector_events'::regclass and contype = 'p'
                """
            let row = try session.run(Call(sql)).rows.first
            return (row?[0], row?[1])
        }
        guard columns != "PRIMARY KEY (visitor_id, id)" else { return }
        step("Creating the indexes of the new primary key")
        for (index, kind, columns) in [
            ("collector_events_key", "unique index", "visitor_id, id"), ("collector_events_id", "index", "id"),
        ] {
            // An interrupted call leaves an index that is not valid.
            let invalid = "select from pg_index where indexrelid = to_regclass('\(index)') and not indisvalid"
            let rows = try guarded { () throws(PostgresError) in try session.run(Call(invalid)).rows }
            if !rows.isEmpty { try execute(session, "drop index concurrently \(index)") }
            try execute(session, "create \(kind) concurrently if not exists \(index) on collector_events (\(columns))")
        }
        step("Replacing the primary key")
        let drop = name.map { "drop constraint \($0), " } ?? ""
        try execute(
            session,
            """
            alter table collector_events \(drop)add primary key using index collector_events_key;
            drop index if exists collector_events_visitor_id
            """
        )
    }

    /// Distributes the tables in one transaction.
    ///
    /// The names of sites are on every server, since they are joined with the events. All other tables stay where they are.
    ///
    /// The new key of `ingest_positions` makes the statements of connections fail that do not know the
    /// distribution yet. They keep their batches in the journal, connect again, and then know it.
    private func distribute(_ session: Session, _ shards: Int) throws(StoreError) {
        try execute(
            session,
            """
            begin;
            \(Self.positionsSQL);
            select create_distributed_table(
                'collector_events', 'visitor_id', colocate_with => 'none', shard_count => \(shards)
            );
            select create_distributed_table('delivery_reports', 'visitor_id', colocate_with => 'collector_events');
            select create_distributed_table('shard_positions', 'visitor_id', colocate_with => 'collector_events');
            select create_reference_table('rollup_sites');
            commit
            """
        )
    }

    /// The tables of positions of a distributed database: that of the shards, and that of the server which the program connects to.
    package static let positionsSQL = """
        alter table ingest_positions add column if not exists visitor_id text not null default '';
        alter table ingest_positions drop constraint ingest_positions_pkey, add primary key (visitor_id, source);
        create table if not exists shard_positions (
            visitor_id text not null,
            source uuid not null,
            position bigint not null,
            is_journal boolean not null,
            updated_at timestamptz not null default now(),
            primary key (visitor_id, source)
        )
        """

    private func execute(_ session: Session, _ sql: String) throws(StoreError) {
        let timeout = Self.distributionMilliseconds + SessionSettings.graceMilliseconds
        do throws(PostgresError) {
            _ = try session.connection.execute(sql, timeoutMilliseconds: timeout)
        } catch {
            let message = error.serverMessage.isEmpty ? error.reason : error.serverMessage
            throw .unavailable(reason: "the tables were not distributed: \(message)")
        }
    }
}
