import Postgres
package import Storage

/// The owner's PostgreSQL.
package struct PostgresStore: Store {
    package let engine = "postgresql"
    package let writersMax = 2
    /// A statement of 16 rows costs the server a third of what 16 statements do; above that there is little to be gained.
    package let gatherRecordsMax = 16
    /// Milliseconds to connect, for a statement of the schema, and for the lock that other processes may hold while they migrate.
    static let connectMilliseconds: Int32 = 5000
    static let schemaMilliseconds: Int32 = 600_000
    /// Key of the advisory lock that one migrating process holds; any number that nobody else uses.
    private static let migrationLock = "7206158743017"

    private let url: String
    private let migrations: [Migration]

    package init(url: String, migrations: [Migration]) {
        self.url = url
        self.migrations = migrations
    }

    package func makeWriter() throws(StoreError) -> any StoreWriter { try PostgresWriter(connect()) }

    package func makeProbe() -> any StoreProbe { PostgresProbe(url: url) }

    package func makeDatabase() throws(StoreError) -> any Database { try PostgresDatabase(connect()) }

    /// Opens a connection whose session is as we need it, whatever the server's defaults.
    func connect() throws(StoreError) -> Connection {
        let connection = try guarded { () throws(PostgresError) in
            try Connection(url: url, timeoutMilliseconds: Self.connectMilliseconds)
        }
        // What was acknowledged must be on the disk, whatever the server's default; stricter settings stay.
        let session = """
            set timezone = 'UTC';
            set statement_timeout = 0;
            set client_min_messages = warning;
            select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'
            """
        try guarded { () throws(PostgresError) in
            try connection.execute(session, timeoutMilliseconds: Self.connectMilliseconds)
        }
        return connection
    }

    // MARK: - Migrations

    package func migrationStatus() throws(StoreError) -> [MigrationStatus] {
        let connection = try connect()
        return try MigrationPlan.status(known: migrations, applied: applied(connection))
    }

    package func migrate() throws(StoreError) -> [String] {
        let connection = try connect()
        // Held until the connection is closed, which also happens when this process is killed.
        try run(connection, "select pg_advisory_lock(\(Self.migrationLock))")
        try adopt(connection)
        // Asked first, since even "if not exists" needs the right to create.
        if try columns(connection).isEmpty { try run(connection, Self.trackingTableSQL) }
        var names: [String] = []
        for migration in try MigrationPlan.pending(known: migrations, applied: applied(connection)) {
            try apply(migration, connection)
            names.append(migration.name)
        }
        return names
    }

    private static let trackingTableSQL = """
        create table if not exists schema_migrations (
            name text primary key,
            checksum text not null,
            applied_at timestamptz not null default now()
        )
        """

    private func apply(_ migration: Migration, _ connection: Connection) throws(StoreError) {
        try run(connection, "begin")
        do throws(PostgresError) {
            try connection.execute(migration.sql, timeoutMilliseconds: Self.schemaMilliseconds)
        } catch {
            guard error.isAboutStatement else { throw StoreError(error) }
            throw .schema(reason: "migration \(migration.name) failed: \(error.serverMessage)")
        }
        let insert = "insert into schema_migrations (name, checksum) values ($1, $2)"
        try guarded { () throws(PostgresError) in
            _ = try connection.query(
                insert,
                [migration.name, migration.checksum],
                timeoutMilliseconds: Self.schemaMilliseconds
            )
        }
        try run(connection, "commit")
    }

    /// Takes over the tracking table of the original program, which numbered with three digits and kept no checksums.
    private func adopt(_ connection: Connection) throws(StoreError) {
        guard try isOriginal(connection) else { return }
        let rows = try applied(connection)
        // Judged before anything is changed: a name of the original's that we do not know is a database that we must not touch.
        _ = try MigrationPlan.pending(known: migrations, applied: rows)
        try run(connection, "begin")
        try run(connection, "alter table schema_migrations rename to schema_migrations_original")
        try run(connection, Self.trackingTableSQL)
        for migration in migrations where rows.contains(where: { $0.name == migration.name }) {
            let insert = """
                insert into schema_migrations (name, checksum, applied_at)
                select $1, $2, coalesce(applied_at, now())
                from schema_migrations_original
                where '0' || migration_name = $1
                """
            try guarded { () throws(PostgresError) in
                _ = try connection.query(
                    insert,
                    [migration.name, migration.checksum],
                    timeoutMilliseconds: Self.schemaMilliseconds
                )
            }
        }
        try run(connection, "drop table schema_migrations_original")
        try run(connection, "commit")
    }

    private func applied(_ connection: Connection) throws(StoreError) -> [AppliedMigration] {
        guard try !columns(connection).isEmpty else { return [] }
        if try isOriginal(connection) {
            return try rows(connection, "select migration_name from schema_migrations order by migration_name").map {
                row in
                .adopted(originalName: row[0] ?? "")
            }
        }
        guard try columns(connection).contains("checksum") else { throw MigrationPlan.foreignTable }
        return try rows(connection, "select name, checksum from schema_migrations order by name").map { row in
            AppliedMigration(name: row[0] ?? "", checksum: row[1])
        }
    }

    private func isOriginal(_ connection: Connection) throws(StoreError) -> Bool {
        try columns(connection).contains("migration_name")
    }

    /// Columns of the tracking table; none when it does not exist.
    private func columns(_ connection: Connection) throws(StoreError) -> [String] {
        let query = """
            select attname
            from pg_attribute
            where attrelid = to_regclass('schema_migrations') and attnum > 0 and not attisdropped
            """
        return try rows(connection, query).compactMap { $0[0] }
    }

    private func run(_ connection: Connection, _ sql: String) throws(StoreError) {
        _ = try rows(connection, sql)
    }

    private func rows(_ connection: Connection, _ sql: String) throws(StoreError) -> [[String?]] {
        do throws(PostgresError) {
            return try connection.execute(sql, timeoutMilliseconds: Self.schemaMilliseconds).rows
        } catch {
            // Trying again does not mend a right that is missing or a table that is another program's.
            guard error.isAboutStatement else { throw StoreError(error) }
            throw .schema(reason: "the schema cannot be brought up to date: \(error.serverMessage)")
        }
    }
}

/// Runs libpq calls and says what their errors mean to the caller; `mayBeCommitted` as in `StoreError.init`.
@discardableResult
func guarded<Value>(
    mayBeCommitted: Bool = false,
    _ body: () throws(PostgresError) -> Value
) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error, mayBeCommitted: mayBeCommitted) }
}

extension StoreError {
    /// - Parameters:
    ///   - error: what went wrong.
    ///   - mayBeCommitted: whether the call could have committed something, had it come through.
    init(_ error: PostgresError, mayBeCommitted: Bool = false) {
        switch error.stage {
        case .notSent: self = .unavailable(reason: error.reason)
        case .unanswered:
            self = mayBeCommitted ? .uncertain(reason: error.reason) : .unavailable(reason: error.reason)
        case .answered:
            self = error.isAboutDatabase ? .unavailable(reason: error.reason) : .refused(reason: error.reason)
        }
    }
}

extension PostgresError {
    /// Whether the server could not work, whatever the values: what it refuses otherwise is caused by one of them, be it by a trigger.
    ///
    /// 08 connections, 25 states of transactions, 26 names of prepared statements, 28 and 3D access, 40 deadlocks, 53 resources,
    /// 55 locks, 57 interventions and time limits, 58 and XX failures, F0 configuration; of 42 all but types (428), since what is missing or not
    /// allowed is so for every value.
    fileprivate var isAboutDatabase: Bool {
        ["08", "25", "26", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX", ""].contains(sqlClass)
            || sqlClass == "42" && !sqlState.hasPrefix("428")
    }

    /// Whether the server refused the statement itself rather than being unable to work.
    fileprivate var isAboutStatement: Bool {
        stage == .answered && ["0A", "22", "23", "42", "2B", "P0"].contains(sqlClass)
    }
}
