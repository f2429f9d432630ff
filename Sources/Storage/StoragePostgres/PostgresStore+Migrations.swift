import Postgres
package import Storage

/// Migrations.
///
/// Each is one message to the server and one transaction, which works with poolers in any mode.
extension PostgresStore {
    /// The timeout for statements of a migration, and for waiting for the lock of another migrating
    /// process, in milliseconds.
    private static let schemaMilliseconds: Int32 = 600_000
    /// The key of the advisory lock held by a migrating transaction; an arbitrary number.
    private static let migrationLock = "7206158743018"

    /// The contents of the tracking table `schema_migrations`.
    private struct Tracked: Equatable {
        /// The names of the columns; empty when the table does not exist.
        var columns: [String] = []
        var applied: [AppliedMigration] = []

        /// Whether the table belongs to the original program, whose migrations have three-digit
        /// numbers and no checksums.
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
            // Read without locks or changes, so that a role without the right to create objects can
            // use an up-to-date schema.
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
                        Self.trackingTableSQL(exists: !tracked.columns.isEmpty) + Self.step(next),
                        next.name
                    )
                    names.append(next.name)
                }
            } catch {
                // Another process may have applied the migration in the meantime, which is not an error.
                guard case .schema = error, try self.tracked(session) != tracked else { throw error }
            }
        }
    }

    // MARK: - Changes

    private static func trackingTableSQL(exists: Bool) -> String {
        // Checked before, because `if not exists` also requires the right to create objects.
        exists
            ? ""
            : """
            create table if not exists schema_migrations (
                name text primary key,
                checksum text not null,
                applied_at timestamptz not null default now()
            );

            """
    }

    /// The statements that apply a migration.
    ///
    /// The insert fails if another process applied the migration while this one waited for the lock.
    private static func step(_ migration: Migration) -> String {
        """
        insert into schema_migrations (name, checksum) values ('\(migration.name)', '\(migration.checksum)');
        \(migration.sql)
        """
    }

    /// The statements that convert the tracking table of the original program.
    private func adoption(_ tracked: Tracked) -> String {
        var sql =
            "alter table schema_migrations rename to schema_migrations_original;\n"
            + Self.trackingTableSQL(exists: false)
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

    /// Runs statements as one message, which the server executes in one transaction.
    ///
    /// The lock is released at its end.
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

    // MARK: - Reading the tracking table

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

    /// Converts an error of a statement.
    ///
    /// Missing privileges and foreign tables are schema errors, since a retry does not help.
    private static func refusal(_ error: PostgresError, _ failed: String?) -> StoreError {
        guard error.isAboutStatement else { return StoreError(error) }
        let failed = failed ?? "cannot upgrade the schema"
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
    /// Whether the server rejected the statement, rather than being unable to execute it.
    fileprivate var isAboutStatement: Bool {
        stage == .answered && ["0A", "22", "23", "2B", "3F", "42", "P0"].contains(sqlClass)
    }
}
