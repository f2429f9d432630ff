import Foundation
import Postgres
import SQLite
import Storage
import StoragePostgres
import StorageSQLite
import Synchronization
import Events
import TestSupport

/// A database of one test that can be locked, taken down and read.
final class TestDatabase: Sendable {
    enum Engine: String, CaseIterable, Sendable { case sqlite, postgresql }

    private enum Site {
        case file(TemporaryFolder)
        case server(Cluster, name: String)
    }

    let store: any Store
    private let site: Site

    /// `isOwn` says whether the test takes the server down, which then is nobody else's.
    init(_ engine: Engine, isOwn: Bool = false) throws {
        switch engine {
        case .sqlite:
            let folder = try TemporaryFolder()
            site = .file(folder)
            try FileManager.default.createDirectory(atPath: folder.file("up"), withIntermediateDirectories: false)
            store = SQLiteStore(
                path: folder.file("up/collector.sqlite"),
                migrations: try Repository.migrations("sqlite")
            )
        case .postgresql:
            let cluster = try isOwn ? Cluster() : Cluster.shared.get()
            let name = try cluster.makeDatabase()
            site = .server(cluster, name: name)
            store = PostgresStore(url: cluster.url(name), migrations: try Repository.migrations("postgres"))
        }
    }

    /// Makes the database go away without a word: the file and its log are renamed, the server is killed.
    func takeDown() throws {
        switch site {
        case .file(let folder): try FileManager.default.moveItem(atPath: folder.file("up"), toPath: folder.file("down"))
        case .server(let cluster, _):
            try cluster.kill()
            try cluster.stop()
        }
    }

    func bringUp() throws {
        switch site {
        case .file(let folder): try FileManager.default.moveItem(atPath: folder.file("down"), toPath: folder.file("up"))
        case .server(let cluster, _): try cluster.start()
        }
    }

    /// Removes a server of the test's own.
    func remove() throws {
        if case .server(let cluster, _) = site { try cluster.remove() }
    }

    /// Runs one statement as another program would.
    func rows(_ sql: String) throws -> [[String?]] {
        switch site {
        case .file(let folder):
            let connection = try SQLite.Connection(path: folder.file("up/collector.sqlite"), busyMilliseconds: 10_000)
            return try connection.rows(sql)
        case .server(let cluster, let name):
            let connection = try Postgres.Connection(url: cluster.url(name), timeoutMilliseconds: 10_000)
            return try connection.execute(sql, timeoutMilliseconds: 10_000).rows
        }
    }

    func numbers(_ sql: String) throws -> [Int] { try rows(sql).compactMap { $0[0].flatMap(Int.init) } }

    /// Tickets of the events that are in the table, with those that are there twice twice.
    func storedEvents() throws -> [Int] { try numbers("select seq from collector_events order by seq") }

    /// Makes the database refuse events of a type, as a trigger of the owner's does.
    func refuse(type: String) throws {
        _ = try store.migrate()
        switch site {
        case .file:
            _ = try rows(
                """
                create trigger refuse before insert on collector_events when new.event_type = '\(type)'
                begin select raise(abort, 'refused'); end
                """
            )
        case .server:
            _ = try rows(
                """
                create function refuse() returns trigger language plpgsql as
                $$ begin raise exception 'refused' using errcode = 'check_violation'; end $$;
                create trigger refuse before insert on collector_events for each row when (new.event_type = '\(type)')
                execute function refuse()
                """
            )
        }
    }

    /// Another program's transaction that keeps everybody from writing.
    final class Lock {
        private let end: () throws -> Void

        init(_ end: @escaping () throws -> Void) { self.end = end }

        func release() throws { try end() }
    }

    func lock() throws -> Lock {
        switch site {
        case .file(let folder):
            let connection = try SQLite.Connection(path: folder.file("up/collector.sqlite"), busyMilliseconds: 10_000)
            try connection.execute("begin immediate")
            return Lock { try connection.execute("rollback") }
        case .server(let cluster, let name):
            let connection = try Postgres.Connection(url: cluster.url(name), timeoutMilliseconds: 10_000)
            try connection.execute("begin; lock table collector_events", timeoutMilliseconds: 10_000)
            return Lock { try connection.execute("rollback", timeoutMilliseconds: 10_000) }
        }
    }
}
