import Postgres
import SQLite
import Storage
import StoragePostgres
import StorageSQLite
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
        case server(Cluster, name: String)
    }

    let engine: Engine
    private let location: Location

    init(_ engine: Engine) throws {
        self.engine = engine
        switch engine {
        case .sqlite: location = .file(try TemporaryFolder())
        case .postgresql:
            let cluster = try Cluster.shared.get()
            location = .server(cluster, name: try cluster.makeDatabase())
        }
    }

    /// A database of a server that the test stops and starts.
    init(on cluster: Cluster) throws {
        engine = .postgresql
        location = .server(cluster, name: try cluster.makeDatabase())
    }

    /// Path of the file; nil on PostgreSQL.
    var path: String? {
        switch location {
        case .file(let folder): folder.file("collector.sqlite")
        case .server: nil
        }
    }

    /// A store of its own, as another process would have.
    func store(_ migrations: [Migration]? = nil) throws -> any Store {
        let migrations = try migrations ?? engine.migrations
        switch location {
        case .file(let folder):
            return SQLiteStore(path: folder.file("collector.sqlite"), migrations: migrations)
        case .server(let cluster, let name):
            return PostgresStore(url: cluster.url(name), migrations: migrations)
        }
    }

    /// A store whose schema is up to date.
    func migrated() throws -> any Store {
        let store = try store()
        _ = try store.migrate()
        return store
    }

    /// Runs one statement as another program would.
    ///
    /// - Returns: its rows as text.
    @discardableResult
    func rows(_ sql: String) throws -> [[String?]] {
        switch location {
        case .file(let folder):
            let connection = try SQLite.Connection(path: folder.file("collector.sqlite"), busyMilliseconds: 10_000)
            return try connection.rows(sql)
        case .server(let cluster, let name):
            let connection = try Postgres.Connection(url: cluster.url(name), timeoutMilliseconds: 10_000)
            try connection.execute("set timezone = 'UTC'", timeoutMilliseconds: 10_000)
            return try connection.execute(sql, timeoutMilliseconds: 10_000).rows
        }
    }

    /// A connection that lasts, for temporary tables.
    func connection() throws -> RawConnection {
        switch location {
        case .file(let folder):
            return RawConnection(try SQLite.Connection(path: folder.file("collector.sqlite"), busyMilliseconds: 10_000))
        case .server(let cluster, let name):
            let connection = try Postgres.Connection(url: cluster.url(name), timeoutMilliseconds: 10_000)
            try connection.execute("set timezone = 'UTC'", timeoutMilliseconds: 10_000)
            return RawConnection(connection)
        }
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
            try rows("alter table collector_events add constraint refuse check (visitor_id <> '\(visitor)')")
        }
    }
}
