import Postgres
package import Storage

/// Migrations: each is one message to the server and one transaction, so that they work behind a pooler in any mode.
extension PostgresStore {
    /// Milliseconds for a statement of the schema, and for the lock that another process holds while it migrates.
    private static let schemaMilliseconds: Int32 = 600_000
    /// Key of the advisory lock that a migrating transaction holds to its end; any number that nobody else uses.
    private static let migrationLock = "7206158743018"

    /// What the tracking table holds.
    private struct Tracked: Equatable {
        /// None when there is no table.
        var columns: [String] = []
        var applied: [AppliedMigration] = []

        /// Whether the table is that of the original program, which numbered with three digits and kept no checksums.
        var isOriginal: Bool { columns.contains("migration_name") }
    }

    private func connectForSchema() throws(StoreError) -> Session {
        try connect(SessionSettings(statementMilliseconds: Self.schemaMilliseconds))
    }

    package func migrationStatus() throws(StoreError) -> [MigrationStatus] {
        try MigrationPlan.status(known: migrations, applied: tracked(connectForSchema()).applied)
    }

    package func migrate(before: (_ name: String, _ pending: Int) -> Bool) throws(StoreError) -> [String] {
        let session = try connectForSchema()
        var names: [String] = []
        while true {
            // Looked at without a lock and without a change: a role that may not create anything can use a schema that is up to date.
            let tracked = try tracked(session)
            let pending = try MigrationPlan.pending(known: migrations, applied: tracked.applied)
            let next = pending.first
            guard tracked.isOriginal || next != nil else { return names }
            if let next, !tracked.isOriginal, !before(next.name, pending.count) { return names }
            do throws(StoreError) {
                if tracked.isOriginal {
                    try change(session, adoption(tracked))
                } else if let next {
                    try change(
                        session,
                        Self.trackingTableSQL(isThere: !tracked.columns.isEmpty) + Self.step(next),
                        next.name
                    )
                    names.append(next.name)
                }
            } catch {
                // Another process may have done it meanwhile, which is no failure.
                guard case .schema = error, try self.tracked(session) != tracked else { throw error }
            }
        }
    }

    // MARK: - Changes

    private static func trackingTableSQL(isThere: Bool) -> String {
        // Asked first, since even "if not exists" needs the right to create.
        isThere
            ? ""
            : """
            create table if not exists schema_migrations (
                name text primary key,
                checksum text not null,
                applied_at timestamptz not null default now()
            );

            """
    }

    /// Applies a migration, unless another process has done so while this one waited for the lock.
    private static func step(_ migration: Migration) -> String {
        """
        insert into schema_migrations (name, checksum) values ('\(migration.name)', '\(migration.checksum)');
        \(migration.sql)
        """
    }

    /// Takes over the tracking table of the original program.
    private func adoption(_ tracked: Tracked) -> String {
        var sql =
            "alter table schema_migrations rename to schema_migrations_original;\n"
            + Self.trackingTableSQL(isThere: false)
        for migration in migrations where tracked.applied.contains(where: { $0.name == migration.name }) {
            sql += """
                insert into schema_migrations (name, checksum, applied_at)
                select '\(migration.name)', '\(migration.checksum)', coalesce(applied_at, now())
                from schema_migrations_original
                where '0' || migration_name = '\(migration.name)';

                """
        }
        return sql + "drop table schema_migrations_original"
    }

    /// Runs statements as one message, which the server takes for one transaction; the lock ends with it.
    private func change(_ session: Session, _ sql: String, _ name: String? = nil) throws(StoreError) {
        let settings = SessionSettings(statementMilliseconds: Self.schemaMilliseconds)
        let local = session.pooling == .none ? "" : session.localSettings(settings.statementMilliseconds) + ";\n"
        do throws(PostgresError) {
            try session.connection.execute(
                "\(local)select pg_advisory_xact_lock(\(Self.migrationLock));\n\(sql)",
                timeoutMilliseconds: settings.answerMilliseconds
            )
        } catch {
            throw Self.refusal(error, name.map { "migration \($0) failed" })
        }
    }

    // MARK: - What there is

    private func tracked(_ session: Session) throws(StoreError) -> Tracked {
        let columns = """
            select attname
            from pg_attribute
            where attrelid = to_regclass('schema_migrations') and attnum > 0 and not attisdropped
            """
        var tracked = Tracked(columns: try rows(session, columns).compactMap { $0[0] })
        if tracked.columns.isEmpty { return tracked }
        if tracked.isOriginal {
            let names = "select migration_name from schema_migrations order by migration_name"
            tracked.applied = try rows(session, names).map { .adopted(originalName: $0[0] ?? "") }
            return tracked
        }
        guard tracked.columns.contains("checksum") else { throw MigrationPlan.foreignTable }
        tracked.applied = try rows(session, "select name, checksum from schema_migrations order by name").map { row in
            AppliedMigration(name: row[0] ?? "", checksum: row[1])
        }
        return tracked
    }

    private func rows(_ session: Session, _ sql: String) throws(StoreError) -> [[String?]] {
        do throws(PostgresError) { return try session.run(Call(sql)).rows } catch { throw Self.refusal(error, nil) }
    }

    /// Trying again does not mend a right that is missing or a table that is another program's.
    private static func refusal(_ error: PostgresError, _ failed: String?) -> StoreError {
        guard error.isAboutStatement else { return StoreError(error) }
        let failed = failed ?? "the schema cannot be brought up to date"
        guard error.sqlState == "42501" else { return .schema(reason: "\(failed): \(error.serverMessage)") }
        return .schema(
            reason: """
                \(failed): \(error.serverMessage); run "collector migrate" once with the role that owns the tables, or grant the \
                role of DB_URL "create" on the schema
                """
        )
    }
}

extension PostgresError {
    /// Whether the server refused the statement itself rather than being unable to work.
    fileprivate var isAboutStatement: Bool {
        stage == .answered && ["0A", "22", "23", "2B", "3F", "42", "P0"].contains(sqlClass)
    }
}
