import Events
import Ingest
import Postgres
import Storage
import StoragePostgres
import StorageSQLite
import TestSupport

/// A database whose events are on several servers, and a journal.
final class DistributedBench: Sendable {
    static let milliseconds: Int32 = 10_000
    static let visitors = 40

    private let folder: TemporaryFolder
    let front: Cluster
    let servers: DistributedServers
    /// The name of the database on each server.
    let name: String
    let url: String
    let journal: SQLiteJournal
    let store: PostgresStore

    /// `isOwn` is true if the test takes servers down, so that they belong to it alone.
    init(isOwn: Bool) throws {
        folder = try TemporaryFolder()
        front = try isOwn ? Cluster() : Cluster.shared.get()
        servers = try isOwn ? DistributedServers(front: front) : DistributedServers.shared.get()
        name = try servers.makeDatabase()
        url = servers.url(name)
        journal = SQLiteJournal(path: folder.file("journal.sqlite"), bytesMax: 64 << 20)
        store = PostgresStore(url: url, migrations: try Repository.migrations("postgres"))
    }

    /// Without an `event_id`: nothing but the position of its shard keeps it from being stored twice.
    func event(_ ticket: Int) throws -> Entry {
        let event = try Event.sample(visitor: "v_\(ticket % Self.visitors)", more: [("seq", String(ticket))])
        return Entry(record: .event(event), ticket: UInt64(ticket))
    }

    func numbers(_ sql: String) throws -> [Int] {
        let connection = try Connection(url: url, timeoutMilliseconds: Self.milliseconds)
        return try connection.execute(sql, timeoutMilliseconds: Self.milliseconds).rows.compactMap {
            $0[0].flatMap { Int($0) }
        }
    }

    func isDrained(_ harness: IngestHarness) -> Bool {
        harness.ingest.health == .ready && journal.status.records == 0
    }

    /// Removes servers of the test's own.
    func remove() throws {
        for cluster in servers.workers + [front] { try cluster.remove() }
    }
}
