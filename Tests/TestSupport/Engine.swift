import Foundation
import Postgres
import SQLite
package import Storage
import StoragePostgres
import StorageSQLite

/// What the tests of the contract run on.
package enum Engine: String, CaseIterable, Sendable, CustomStringConvertible {
    case sqlite
    case postgresql

    package var description: String { rawValue }

    /// The migrations of this repository.
    package var migrations: [Migration] {
        get throws {
            let folder = URL(fileURLWithPath: #filePath)
                .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Migrations").appendingPathComponent(self == .sqlite ? "sqlite" : "postgres")
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
                let sql = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
                return Migration(name: String(file.dropLast(4)), sql: sql)
            }
        }
    }
}

/// An empty database of one test.
package final class Database: Sendable {
    private enum Place {
        case file(TemporaryFolder)
        case server(Cluster, name: String)
    }

    package let engine: Engine
    private let place: Place

    package init(_ engine: Engine) throws {
        self.engine = engine
        switch engine {
        case .sqlite: place = .file(try TemporaryFolder())
        case .postgresql:
            let cluster = try Cluster.shared.get()
            place = .server(cluster, name: try cluster.makeDatabase())
        }
    }

    /// A database of a server that the test stops and starts.
    package init(on cluster: Cluster) throws {
        engine = .postgresql
        place = .server(cluster, name: try cluster.makeDatabase())
    }

    /// Path of the file; nil on PostgreSQL.
    package var path: String? {
        switch place {
        case .file(let folder): folder.file("collector.sqlite")
        case .server: nil
        }
    }

    /// A store of its own, as another process would have.
    package func store(_ migrations: [Migration]? = nil) throws -> any Store {
        let migrations = try migrations ?? engine.migrations
        switch place {
        case .file(let folder):
            return SQLiteStore(path: folder.file("collector.sqlite"), migrations: migrations)
        case .server(let cluster, let name):
            return PostgresStore(url: cluster.url(name), migrations: migrations)
        }
    }

    /// A store whose schema is up to date.
    package func migrated() throws -> any Store {
        let store = try store()
        _ = try store.migrate()
        return store
    }

    /// Runs one statement as another program would.
    ///
    /// - Returns: its rows as text.
    @discardableResult
    package func rows(_ sql: String) throws -> [[String?]] {
        switch place {
        case .file(let folder):
            let connection = try SQLite.Connection(path: folder.file("collector.sqlite"), busyMilliseconds: 10_000)
            return try connection.rows(sql)
        case .server(let cluster, let name):
            let connection = try Postgres.Connection(url: cluster.url(name), timeoutMilliseconds: 10_000)
            try connection.execute("set timezone = 'UTC'", timeoutMilliseconds: 10_000)
            return try connection.execute(sql, timeoutMilliseconds: 10_000).rows
        }
    }

    /// The first column of a query's rows.
    package func column(_ sql: String) throws -> [String?] { try rows(sql).map { $0[0] } }

    package func count(_ table: String) throws -> Int {
        Int(try column("select count(*) from \(table)").first.flatMap { $0 } ?? "") ?? -1
    }
}
