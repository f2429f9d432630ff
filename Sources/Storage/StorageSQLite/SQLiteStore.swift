import Glibc
import SQLite
package import Storage

/// The embedded store: one SQLite file with a write-ahead log.
///
/// Each commit is durable when it returns.
package struct SQLiteStore: Store {
    package let engine = "sqlite"
    package let writersMax = 1
    package let isShared = false
    package let gatherRecordsMax = 0
    /// The time to wait for locks of other processes, and for opening the file, in milliseconds.
    static let busyMilliseconds: Int32 = 10_000
    /// The time that a batch waits for locks, in milliseconds.
    ///
    /// Then the journal takes over.
    static let writerBusyMilliseconds: Int32 = 1000
    /// Milliseconds between two attempts to open a file that other processes are also opening.
    static let openPauseMilliseconds = 50

    let path: String
    package let migrations: [Migration]

    package init(path: String, migrations: [Migration]) {
        self.path = path
        self.migrations = migrations
    }

    package var location: String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return "SQLite file \(path)" }
        defer { free(folder) }
        let relative = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return "SQLite file \(String(cString: folder))/\(relative)"
    }

    package func makeWriter() throws(StoreError) -> any StoreWriter {
        try SQLiteWriter(open(), busyMilliseconds: Self.writerBusyMilliseconds, checkpoints: Checkpointer(store: self))
    }

    package func makeProbe() -> any StoreProbe { SQLiteProbe(store: self) }

    package func makeDatabase() throws(StoreError) -> any Database { try SQLiteDatabase(open(), path: path) }

    package func migrationStatus() throws(StoreError) -> [MigrationStatus] {
        guard exists else { return try MigrationPlan.status(known: migrations, applied: []) }
        return try MigrationPlan.status(known: migrations, applied: applied(open()))
    }

    package func migrate(before: (_ name: String, _ pending: Int) -> Bool) throws(StoreError) -> [String] {
        try DatabaseFile.make(path)
        let connection = try open()
        var names: [String] = []
        // Each iteration reads the table under the lock, so that processes that start together
        // apply each migration once.
        while let name = try applyNext(connection, before) { names.append(name) }
        return names
    }

    private func applyNext(
        _ connection: Connection,
        _ before: (_ name: String, _ pending: Int) -> Bool
    ) throws(StoreError) -> String? {
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
                let pending = try MigrationPlan.pending(known: migrations, applied: rows)
                guard let next = pending.first, before(next.name, pending.count) else { return }
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
            { error, _ in StoreError(error) }
        )
        return name
    }

    func applied(_ connection: Connection) throws(StoreError) -> [AppliedMigration] {
        let columns = try guarded { () throws(SQLiteError) in
            try connection.rows("select name from pragma_table_info('schema_migrations')").map { $0[0] }
        }
        guard !columns.isEmpty else { return [] }
        guard columns.contains("name"), columns.contains("checksum") else { throw MigrationPlan.foreignTable }
        return try guarded { () throws(SQLiteError) in
            try connection.rows("select name, checksum from schema_migrations order by name").map { row in
                AppliedMigration(name: row[0] ?? "", checksum: row[1])
            }
        }
    }

    // MARK: - The file

    var exists: Bool { access(path, F_OK) == 0 }

    /// Opens the file, which must exist, with the settings shared by all connections.
    func open(busyMilliseconds: Int32 = Self.busyMilliseconds) throws(StoreError) -> Connection {
        guard exists else { throw .unavailable(reason: "the database file is missing") }
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(Int(busyMilliseconds))
        return try guarded { () throws(SQLiteError) in
            while true {
                do throws(SQLiteError) {
                    return try configured(busyMilliseconds)
                } catch {
                    // Changing to write-ahead logging does not use the busy timeout.
                    guard error.isBusy, clock.now < end else { throw error }
                    usleep(UInt32(Self.openPauseMilliseconds * 1000))
                }
            }
        }
    }

    private func configured(_ busyMilliseconds: Int32) throws(SQLiteError) -> Connection {
        let connection = try Connection(path: path, busyMilliseconds: busyMilliseconds, mayCreate: false)
        try connection.execute("pragma page_size = 4096")
        // Only has an effect before the first table is created, but waits for the writer in any file that has it.
        if try connection.number("pragma page_count") == 0 {
            try connection.execute("pragma auto_vacuum = incremental")
        }
        try connection.execute("pragma journal_mode = wal")
        try connection.execute("pragma synchronous = full")
        try connection.execute("pragma wal_autocheckpoint = 0")
        // Shortens a log that has grown beyond the limit as soon as it is restarted.
        try connection.execute("pragma journal_size_limit = \(Checkpointer.logBytesMax)")
        try connection.execute("pragma temp_store = memory")
        return connection
    }
}

/// Runs SQLite calls and converts their errors.
func guarded<Value>(_ body: () throws(SQLiteError) -> Value) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error) }
}

extension StoreError {
    /// Converts an error of SQLite.
    ///
    /// `isRunning` is true for an error of a prepared statement: then a general error is also
    /// caused by a value, for example in a function of a trigger.
    init(_ error: SQLiteError, isRunning: Bool = false) {
        let reason = "SQLite error \(error.code): \(error.message)"
        switch error.kind {
        case .value: self = .refused(reason: reason)
        case .unclear where isRunning && error.isGeneral: self = .refused(reason: reason)
        case .unclear, .environment:
            self = error.isAboutDamage ? .damaged(reason: reason) : .unavailable(reason: reason)
        case .notADatabase: self = .schema(reason: "the database file is not a SQLite database")
        }
    }
}
