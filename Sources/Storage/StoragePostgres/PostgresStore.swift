import Postgres
package import Storage

/// The PostgreSQL store.
package struct PostgresStore: Store {
    package let engine = "postgresql"
    package let writersMax = 2
    package let isShared = true
    /// One statement with 16 rows costs the server a third of 16 statements.
    ///
    /// Larger statements gain little.
    package let gatherRecordsMax = 16
    /// The timeout for connecting, in milliseconds.
    static let connectMilliseconds: Int32 = 5000

    private let url: String
    package let migrations: [Migration]

    package init(url: String, migrations: [Migration]) {
        self.url = url
        self.migrations = migrations
    }

    package var location: String { "PostgreSQL database " + databaseAddress(url) }

    /// The reason why a connection string is invalid, without any part of it; nil when it is valid.
    package static func problem(url: String) -> String? { ConnectionString.problem(url) }

    package func makeWriter() throws(StoreError) -> any StoreWriter {
        let session = try connect(PostgresWriter.settings)
        let map = try guarded { () throws(PostgresError) in try ShardMap(session) }
        if let map { return try ShardWriter(session, map) }
        return try PostgresWriter(session)
    }

    package func makeProbe() -> any StoreProbe { PostgresProbe(url: url) }

    package func makeDatabase() throws(StoreError) -> any Database {
        let settings = SessionSettings(statementMilliseconds: PostgresDatabase.defaultStatementTimeout)
        let session = try connect(settings)
        guard session.pooling != .none, try refusesTransactions(session) else {
            return PostgresDatabase(session)
        }
        return try PostgresDatabase(connect(settings, pooled: .statement))
    }

    /// Opens a session with the required settings, regardless of the settings of the server, the
    /// database and the role.
    func connect(
        _ settings: SessionSettings,
        pooled pooling: Pooling = .transaction
    ) throws(StoreError) -> Session {
        let (connection, facts) = try guarded { () throws(PostgresError) in
            let connection = try Connection(url: url, timeoutMilliseconds: Self.connectMilliseconds)
            let setup = Call(settings.sql(isLocal: true, Self.connectMilliseconds))
            let answer = SessionSettings.graceMilliseconds + Self.connectMilliseconds
            let results = try connection.pipeline([setup, Call(Self.factsSQL)], timeoutMilliseconds: answer)
            return (connection, results[1].rows[0])
        }
        guard facts[1] == "UTF8" else {
            throw .schema(
                reason: """
                    the database has the encoding \(facts[1] ?? "unknown"), and Collector needs UTF8: create one with \
                    "create database collector encoding 'UTF8' locale 'C.UTF-8' template template0" and name it in DB_URL
                    """
            )
        }
        var settings = settings
        if let schema = facts[2] {
            settings.searchPath = [schema, facts[3] ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
        }
        // A connection pooler announces an invented process id to each of its clients.
        let isDirect = facts[0] == String(connection.announcedPID)
        return try Session(connection, pooling: isDirect ? .none : pooling, settings)
    }

    /// The server's process id, the encoding, and the schema to prepend to the search path, if any.
    ///
    /// A schema is prepended when it contains the program's tables and these would not be found, or
    /// new tables would be created in another schema.
    private static let factsSQL = """
        select pg_backend_pid(), getdatabaseencoding(),
            case
                when to_regclass('schema_migrations') is null then coalesce(
                    (
                        select min(quote_ident(nspname)) from pg_namespace as space
                        where (select count(*) from pg_class
                            where relnamespace = space.oid and relname in ('schema_migrations', 'ingest_positions')
                                and relkind in ('r', 'p')) = 2
                        having count(*) = 1
                    ),
                    case when current_schema() is null then 'public' end
                )
                else (
                    select quote_ident(nspname) from pg_class join pg_namespace as space on space.oid = relnamespace
                    where pg_class.oid = to_regclass('schema_migrations') and nspname is distinct from current_schema()
                )
            end,
            current_setting('search_path')
        """

    /// Whether the pooler rejects transactions of several round trips.
    private func refusesTransactions(_ session: Session) throws(StoreError) -> Bool {
        do throws(PostgresError) {
            try session.connection.execute("begin", timeoutMilliseconds: Self.connectMilliseconds)
            try session.connection.execute("rollback", timeoutMilliseconds: Self.connectMilliseconds)
            return false
        } catch {
            guard error.serverMessage.hasPrefix("transaction blocks not allowed") else { throw StoreError(error) }
            return true
        }
    }
}
