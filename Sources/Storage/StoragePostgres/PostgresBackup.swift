import Postgres
package import Storage

/// Backups in the custom format of `pg_dump`, which `pg_restore` can read without this program, too.
package struct PostgresBackup: StoreBackup {
    private let url: String
    private let store: PostgresStore
    /// The environment of this program, of which `pg_dump` gets what it needs.
    private let environment: [String: String]

    /// The variables that `pg_dump` gets, besides those of libpq, which begin with `PG`.
    private static let variables: Set<String> = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "LOGNAME"]

    package init(url: String, migrations: [Migration], environment: [String: String]) {
        (self.url, self.environment) = (url, environment)
        store = PostgresStore(url: url, migrations: migrations)
    }

    // MARK: - Backup

    package func write(to path: String, _ progress: BackupProgress) throws -> BackupContent {
        let database = try store.makeDatabase()
        try checkVersion("pg_dump", database)
        guard let schema = try Self.schema(database) else {
            throw BackupError("the database has no tables of Collector: check DB_URL")
        }
        var result: Swift.Result<BackupContent, any Error> = .failure(BackupError.interrupted)
        try database.snapshot { () throws(StoreError) in
            let snapshot = try database.rows("select pg_export_snapshot()").first?.first?.text ?? ""
            let content = try Self.content(database, schema)
            result = Swift.Result {
                try dump(schema, snapshot, path, progress)
                return content
            }
        }
        let content = try result.get()
        // The copy may have been cut off by a full disk without an error of the program.
        guard try inspect(path, progress).content == content else { throw BackupError.wrongCopy }
        return content
    }

    private func dump(_ schema: String, _ snapshot: String, _ path: String, _ progress: BackupProgress) throws {
        let options = try self.options(database: nil)
        let program = ChildProgram(
            name: "pg_dump",
            arguments: [
                "--format=custom", "--no-owner", "--no-privileges", "--no-password", "--snapshot=\(snapshot)",
                "--table=\(schema).*", "--file=\(path)",
            ] + (options.string.isEmpty ? [] : ["--dbname=\(options.string)"]),
            environment: options.environment
        )
        let ending = try program.run(while: { progress(.copying, 0, 0) })
        guard !ending.wasStopped else { throw BackupError.interrupted }
        guard ending.status == 0 else { throw Self.failure("pg_dump", ending) }
    }

    // MARK: - Restore

    package func restore(from path: String, _ progress: BackupProgress) throws -> BackupContent {
        let database = try store.makeDatabase()
        try checkVersion("pg_restore", database)
        let (content, migrations) = try inspect(path, progress)
        guard !migrations.isEmpty else {
            throw BackupError("the file is not a backup of Collector: it has no table schema_migrations")
        }
        // Throws if the schema is that of a later version.
        _ = try MigrationPlan.pending(known: store.migrations, applied: migrations)
        let isMigrated = try checkTarget(database, migrations)
        let name = try database.rows("select current_database()").first?.first?.text ?? ""
        let options = try self.options(database: name)
        let program = ChildProgram(
            name: "pg_restore",
            // One transaction: a failure changes nothing.
            arguments: [
                "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password",
                "--dbname=\(options.string)",
            ] + (isMigrated ? ["--clean", "--if-exists"] : []) + [path],
            environment: options.environment
        )
        let ending = try program.run(while: { progress(.copying, 0, 0) })
        guard !ending.wasStopped else { throw BackupError.interrupted }
        guard ending.status == 0 else { throw Self.failure("pg_restore", ending) }
        // A connection of its own finds the schema of the tables that are there now.
        let restored = try store.makeDatabase()
        guard let schema = try Self.schema(restored), try Self.content(restored, schema) == content else {
            throw BackupError.wrongCopy
        }
        return content
    }

    /// Checks that the database has no data and no other program of ours.
    ///
    /// - Returns: Whether it has our tables.
    private func checkTarget(_ database: any Database, _ migrations: [AppliedMigration]) throws -> Bool {
        let others = """
            select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'collector' and pid <> pg_backend_pid()
            """
        guard try database.rows(others).first?.first?.integer == 0 else { throw BackupError.inUse }
        guard let schema = try Self.schema(database) else { return false }
        for table in try Self.tables(database, schema) where !BackupContent.internalTables.contains(table.name) {
            guard try database.rows("select 1 from \(table.sql) limit 1").isEmpty else {
                throw BackupError.notEmpty(table.name)
            }
        }
        let known = Set(migrations.map(\.name))
        let applied = try database.rows("select name from \(schema).schema_migrations").compactMap { $0[0].text }
        guard applied.allSatisfy(known.contains) else {
            throw BackupError(
                "the schema of the database is newer than that of the backup: restore into a database without tables"
            )
        }
        return true
    }

    // MARK: - Files

    /// Reads the whole file, which also checks it.
    private func inspect(
        _ path: String,
        _ progress: BackupProgress
    ) throws -> (content: BackupContent, migrations: [AppliedMigration]) {
        var text = DumpText()
        let program = ChildProgram(
            name: "pg_restore",
            arguments: ["--file=-", path],
            environment: environment.filter { Self.variables.contains($0.key) }
        )
        let ending = try program.run({ text.read($0) }, while: { progress(.checking, 0, 0) })
        guard !ending.wasStopped else { throw BackupError.interrupted }
        guard ending.status == 0, text.isComplete else {
            guard !ending.error.contains("unsupported version") else { throw Self.failure("pg_restore", ending) }
            throw BackupError.damaged("pg_restore: " + Self.firstLine(ending.error))
        }
        return (text.content, text.migrations)
    }

    // MARK: - Queries

    /// The quoted name of the schema of our tables; nil if there is none.
    private static func schema(_ database: any Database) throws(StoreError) -> String? {
        try database.rows(
            """
            select quote_ident(nspname) from pg_class join pg_namespace as space on space.oid = relnamespace
            where pg_class.oid = to_regclass('schema_migrations')
            """
        ).first?.first?.text
    }

    private static func tables(
        _ database: any Database,
        _ schema: String
    ) throws(StoreError) -> [(name: String, sql: String)] {
        try database.rows(
            """
            select relname::text, quote_ident(relname) from pg_class
            where relnamespace = '\(schema.split(separator: "'").joined(separator: "''"))'::regnamespace
                and relkind in ('r', 'p')
            order by 1
            """
        ).map { ($0[0].text ?? "", "\(schema).\($0[1].text ?? "")") }
    }

    private static func content(_ database: any Database, _ schema: String) throws(StoreError) -> BackupContent {
        var content = BackupContent()
        for table in try tables(database, schema) where BackupContent.tables.contains(table.name) {
            content.rows[table.name] = try database.rows("select count(*) from \(table.sql)").first?.first?.integer
        }
        return content
    }

    // MARK: - Programs

    private func options(database: String?) throws -> ConnectionOptions {
        guard var options = ConnectionOptions(url) else { throw BackupError("DB_URL is not a valid connection string") }
        guard options.unsupported.isEmpty else {
            throw BackupError(
                "pg_dump cannot be given \(options.unsupported.joined(separator: ", ")) secretly: remove it from DB_URL"
            )
        }
        let own = environment.filter { Self.variables.contains($0.key) || $0.key.hasPrefix("PG") }
        options.environment.merge(own) { option, _ in option }
        if let database {
            options.string =
                ConnectionOptions.option("dbname", database) + (options.string.isEmpty ? "" : " " + options.string)
        }
        return options
    }

    /// Checks that the program is installed and not older than the server.
    private func checkVersion(_ name: String, _ database: any Database) throws {
        let number = try database.rows("select current_setting('server_version_num')").first?.first?.text
        let server = number.flatMap { Int($0) }.map { $0 / 10_000 } ?? 0
        let install = "Install the client programs of PostgreSQL \(server) (Debian: postgresql-client-\(server))"
        var text: [UInt8] = []
        let program = ChildProgram(
            name: name,
            arguments: ["--version"],
            environment: environment.filter { Self.variables.contains($0.key) }
        )
        let ending: ChildProgram.Ending
        do { ending = try program.run({ text += $0 }, while: { true }) } catch {
            throw BackupError("\(name) is not installed, or not in PATH. \(install)")
        }
        // "pg_dump (PostgreSQL) 15.18 (Debian …)"
        let words = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "." || $0 == "\n" }
        guard ending.status == 0, let version = words.lazy.compactMap({ Int($0) }).first else {
            throw Self.failure(name, ending)
        }
        guard version >= server else {
            throw BackupError("\(name) has version \(version), the server version \(server). \(install)")
        }
    }

    private static func failure(_ name: String, _ ending: ChildProgram.Ending) -> BackupError {
        BackupError("\(name) failed with status \(ending.status): \(firstLine(ending.error))")
    }

    private static func firstLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "no message"
    }
}
