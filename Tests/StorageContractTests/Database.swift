import Postgres
import SQLite
import Storage
import StoragePostgres
import StorageSQLite
import Synchronization
import TestSupport

/// What the tests of the contract run on.
enum Engine: String, CaseIterable, Sendable, CustomStringConvertible {
    case sqlite
    case postgresql

    var description: String { rawValue }

    /// The migrations of this repository.
    var migrations: [Migration] {
        get throws { try Repository.migrations(self == .sqlite ? "sqlite" : "postgres") }
    }
}

/// An empty database of one test.
final class Database: Sendable {
    private enum Location {
        case file(TemporaryFolder)
        case server(Cluster, LazyDatabase)
        case servers(DistributedServers, name: String)
        case schema(DistributedSchema)

        /// The address of the database; nil for a file.
        var url: String? {
            get throws {
                switch self {
                case .file: nil
                case .server(let cluster, let database): cluster.url(try database.name(on: cluster))
                case .servers(let servers, let name): servers.url(name)
                case .schema(let schema): schema.url
                }
            }
        }
    }

    /// A database that is created when it is used first: most tests want one with the current schema, which is copied.
    private final class LazyDatabase: Sendable {
        /// The name of a database with the current schema.
        private static let template = Swift.Result {
            let cluster = try Cluster.shared.get()
            let name = try cluster.makeDatabase()
            _ = try PostgresStore(url: cluster.url(name), migrations: try Engine.postgresql.migrations).migrate()
            return name
        }

        private let created = Mutex<String?>(nil)

        func name(on cluster: Cluster, isMigrated: Bool = false) throws -> String {
            try created.withLock { created in
                if let created { return created }
                let name = Cluster.newName()
                let hasTemplate = try isMigrated && cluster === Cluster.shared.get()
                try cluster.create(name, copyOf: hasTemplate ? Self.template.get() : nil)
                created = name
                return name
            }
        }
    }

    let engine: Engine
    private let location: Location

    init(_ engine: Engine) throws {
        self.engine = engine
        switch engine {
        case .sqlite: location = .file(try TemporaryFolder())
        case .postgresql:
            location =
                switch DistributedSetting.value {
                case nil: .server(try Cluster.shared.get(), LazyDatabase())
                case "servers":
                    .servers(
                        try DistributedServers.shared.get(),
                        name: try DistributedServers.shared.get().makeDatabase()
                    )
                case .some(let url): .schema(try DistributedSchema(in: url))
                }
        }
    }

    /// A database of a server that the test stops and starts.
    init(on cluster: Cluster) throws {
        engine = .postgresql
        location = .server(cluster, LazyDatabase())
    }

    /// Path of the file; nil on PostgreSQL.
    var path: String? {
        switch location {
        case .file(let folder): folder.file("collector.sqlite")
        case .server, .servers, .schema: nil
        }
    }

    /// A store of its own, as another process would have.
    func store(_ migrations: [Migration]? = nil) throws -> any Store {
        let migrations = try migrations ?? engine.migrations
        if let url = try location.url { return PostgresStore(url: url, migrations: migrations) }
        return SQLiteStore(path: path ?? "", migrations: migrations)
    }

    /// A store whose schema is up to date.
    func migrated() throws -> any Store {
        if case .server(let cluster, let database) = location { _ = try database.name(on: cluster, isMigrated: true) }
        let store = try store()
        _ = try store.migrate()
        return store
    }

    /// Runs one statement as another program would.
    ///
    /// - Returns: its rows as text.
    @discardableResult
    func rows(_ sql: String) throws -> [[String?]] {
        guard let url = try location.url else {
            return try SQLite.Connection(path: path ?? "", busyMilliseconds: 10_000).rows(sql)
        }
        let connection = try Postgres.Connection(url: url, timeoutMilliseconds: 10_000)
        try connection.execute("set timezone = 'UTC'", timeoutMilliseconds: 10_000)
        return try connection.execute(sql, timeoutMilliseconds: 10_000).rows
    }

    /// A connection that lasts, for temporary tables.
    func connection() throws -> RawConnection {
        guard let url = try location.url else {
            return RawConnection(try SQLite.Connection(path: path ?? "", busyMilliseconds: 10_000))
        }
        let connection = try Postgres.Connection(url: url, timeoutMilliseconds: 10_000)
        try connection.execute("set timezone = 'UTC'", timeoutMilliseconds: 10_000)
        return RawConnection(connection)
    }

    /// The first column of a query's rows.
    func column(_ sql: String) throws -> [String?] { try rows(sql).map { $0[0] } }

    /// Gives the store a secret that all stores of the tests share, so that their keyed hashes are the same.
    func shareHashKey() throws {
        try rows("update insight_hash_key set secret = '\(String(repeating: "5a", count: 32))'")
    }

    func count(_ table: String) throws -> Int {
        Int(try column("select count(*) from \(table)").first.flatMap { $0 } ?? "") ?? -1
    }
}

extension Database {
    enum Table: String {
        case events = "collector_events"
        case submissions = "debug_data"

        fileprivate var times: [String] {
            switch self {
            case .events: ["received_at", "client_timestamp", "client_timestamp_original"]
            case .submissions: ["timestamp", "client_timestamp"]
            }
        }

        fileprivate var texts: [String] {
            switch self {
            case .events:
                [
                    "visitor_id", "session_id", "pageview_id", "event_type", "seq", "path", "referrer", "ip_hash",
                    "user_agent", "event_id", "site", "country", "region", "city", "location_source",
                ]
            case .submissions: ["ip", "battery", "visitor_id", "session_id", "pageview_id"]
            }
        }
    }

    /// Rows in their order, by column and as text; times as SQLite keeps them.
    func records(_ table: Table) throws -> [[String: String?]] {
        let times = table.times.map { column in
            switch engine {
            case .sqlite: column
            case .postgresql: "to_char(\(column), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            }
        }
        let names = table.times + table.texts
        let columns = (times + table.texts).joined(separator: ", ")
        return try rows("select \(columns) from \(table.rawValue) order by id").map { row in
            Dictionary(uniqueKeysWithValues: zip(names, row))
        }
    }

    /// Whether a column of the only row holds a JSON text: byte for byte on SQLite, by value on PostgreSQL.
    func json(_ table: String, _ column: String, equals text: String) throws -> Bool {
        switch engine {
        case .sqlite: try self.column("select \(column) from \(table)") == [text]
        case .postgresql:
            try self.column("select \(column) = $json$\(text)$json$::jsonb from \(table)") == ["t"]
        }
    }

    /// Makes the database refuse events of a visitor.
    func refuse(visitor: String) throws {
        switch engine {
        case .sqlite:
            try rows(
                """
                create trigger refuse before insert on collector_events when new.visitor_id = '\(visitor)'
                begin select raise(abort, 'refused'); end
                """
            )
        case .postgresql:
            if case .servers(let servers, let name) = location { return try servers.refuse(visitor: visitor, in: name) }
            try rows("alter table collector_events add constraint refuse check (visitor_id <> '\(visitor)')")
        }
    }
}
