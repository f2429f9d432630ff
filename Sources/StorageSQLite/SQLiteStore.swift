import Glibc
import SQLite
package import Storage

/// The embedded store: one SQLite file, write-ahead log, every commit on disk before it is answered.
package struct SQLiteStore: Store {
    package let engine = "sqlite"
    package let writersMax = 1
    /// Milliseconds that a statement waits for another process's lock.
    static let busyMilliseconds: Int32 = 10_000
    /// Attempts to open a file that other processes are opening too, and milliseconds between them.
    static let openAttemptsMax = 100
    static let openPauseMilliseconds = 100

    let path: String
    private let migrations: [Migration]

    package init(path: String, migrations: [Migration]) {
        self.path = path
        self.migrations = migrations
    }

    package func makeWriter() throws(StoreError) -> any StoreWriter {
        try SQLiteWriter(open(), checkpoints: Checkpointer(store: self))
    }

    package func makeProbe() -> any StoreProbe { SQLiteProbe(store: self) }

    package func migrationStatus() throws(StoreError) -> [MigrationStatus] {
        guard access(path, F_OK) == 0 else { return try MigrationPlan.status(known: migrations, applied: []) }
        return try MigrationPlan.status(known: migrations, applied: applied(open()))
    }

    package func migrate() throws(StoreError) -> [String] {
        let connection = try open()
        var names: [String] = []
        // Each turn looks again under the lock, so that processes that start together apply each migration once.
        while let name = try applyNext(connection) { names.append(name) }
        return names
    }

    private func applyNext(_ connection: Connection) throws(StoreError) -> String? {
        var name: String?
        try connection.transaction(
            { () throws(StoreError) in
                let table = """
                    create table if not exists schema_migrations (
                        name text primary key,
                        checksum text not null,
                        applied_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                    )
                    """
                try guarded { () throws(SQLiteError) in try connection.execute(table) }
                let rows = try applied(connection)
                guard let next = try MigrationPlan.pending(known: migrations, applied: rows).first else { return }
                do throws(SQLiteError) {
                    try connection.execute(next.sql)
                    let insert = "insert into schema_migrations (name, checksum) values (?1, ?2)"
                    _ = try connection.rows(insert, [next.name, next.checksum])
                } catch {
                    guard error.isAboutSchema else { throw StoreError(error) }
                    throw .schema(reason: "migration \(next.name) failed: \(error.message)")
                }
                name = next.name
            },
            StoreError.init
        )
        return name
    }

    private func applied(_ connection: Connection) throws(StoreError) -> [AppliedMigration] {
        try guarded { () throws(SQLiteError) in
            let tables = "select name from sqlite_master where type = 'table' and name = 'schema_migrations'"
            guard try !connection.rows(tables).isEmpty else { return [] }
            return try connection.rows("select name, checksum from schema_migrations order by name").map { row in
                AppliedMigration(name: row[0] ?? "", checksum: row[1])
            }
        }
    }

    /// Opens the file, readable by its owner alone, in the mode that all connections share.
    func open() throws(StoreError) -> Connection {
        try makeFile()
        return try guarded { () throws(SQLiteError) in
            for _ in 1..<Self.openAttemptsMax {
                do throws(SQLiteError) {
                    return try configured()
                } catch {
                    // The change to write-ahead logging does not wait for other processes as statements do.
                    guard error.isBusy else { throw error }
                    usleep(UInt32(Self.openPauseMilliseconds * 1000))
                }
            }
            return try configured()
        }
    }

    /// Makes the file when there is none.
    ///
    /// A file that is there must not be opened here: to close any descriptor of it would give up the locks that SQLite holds in this
    /// process (https://www.sqlite.org/howtocorrupt.html, 2.2), and others would take the write-ahead log for abandoned.
    private func makeFile() throws(StoreError) {
        guard access(path, F_OK) != 0 else { return }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if errno != EEXIST {
            throw .unavailable(reason: "the database file cannot be made: \(systemReason())")
        }
    }

    private func configured() throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, busyMilliseconds: Self.busyMilliseconds)
        try connection.execute("pragma page_size = 8192")
        try connection.execute("pragma journal_mode = wal")
        try connection.execute("pragma synchronous = full")
        try connection.execute("pragma wal_autocheckpoint = 0")
        try connection.execute("pragma temp_store = memory")
        return connection
    }
}

private func systemReason() -> String { String(cString: strerror(errno)) }

/// Runs SQLite calls and says what their errors mean to the caller.
func guarded<Value>(_ body: () throws(SQLiteError) -> Value) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error) }
}

extension StoreError {
    init(_ error: SQLiteError) {
        let reason = "SQLite error \(error.code): \(error.message)"
        self = error.isAboutData ? .refused(reason: reason) : .unavailable(reason: reason)
    }
}
