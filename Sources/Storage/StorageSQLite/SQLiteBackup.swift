import Glibc
import SQLite
package import Storage

/// Backups of the database file, with the records of the journal.
///
/// A backup is an SQLite database: the copy of the original, the table `collector_backup` with the numbers of rows, and the
/// table `collector_backup_journal` with the file of the journal. A checksum follows its last page (`BackupSeal`).
package struct SQLiteBackup: StoreBackup {
    private let store: SQLiteStore
    private let path: String
    private let journal: JournalBackup

    /// Pages of one step of a copy.
    private static let stepPages: Int32 = 2048
    static let manifestTable = "collector_backup"
    /// The row of the manifest with the number of records of the journal.
    private static let journalRow = "journal"
    static let journalTable = "collector_backup_journal"

    package init(path: String, journalPath: String, migrations: [Migration]) {
        store = SQLiteStore(path: path, migrations: migrations)
        self.path = path
        journal = JournalBackup(path: journalPath)
    }

    // MARK: - Backup

    package func write(to target: String, _ progress: BackupProgress) throws -> BackupContent {
        // Before the snapshot: records that are drained in between are in both, and the store recognizes them.
        let records = try journal.copy(to: target + ".journal")
        defer { records?.remove() }
        var content = BackupContent()
        do {
            let copy = try Connection(path: target, busyMilliseconds: 0, mayCreate: false)
            let source = try store.open()
            try source.execute("begin")
            content.rows = try Self.counts(source)
            guard try source.copy(to: copy, pages: Self.stepPages, while: { progress(.copying, $0, $1) }) else {
                throw BackupError.interrupted
            }
            try source.execute("commit")
            try copy.execute("pragma journal_mode = delete")
            try writeManifest(copy, content, records)
            content.journalRecords = records?.records ?? 0
            guard progress(.checking, 0, 0) else { throw BackupError.interrupted }
            guard try Self.damage(copy) == nil, try Self.counts(copy) == content.rows else {
                throw BackupError.wrongCopy
            }
        } catch let error as SQLiteError {
            throw StoreError(error)
        }
        try BackupSeal.append(to: target)
        return content
    }

    private func writeManifest(
        _ copy: Connection,
        _ content: BackupContent,
        _ records: JournalBackup.Copy?
    ) throws {
        try copy.execute(
            """
            begin immediate;
            drop table if exists \(Self.manifestTable);
            drop table if exists \(Self.journalTable);
            create table \(Self.manifestTable) (name text primary key, row_count integer not null);
            create table \(Self.journalTable) (number integer primary key, bytes blob not null);
            """
        )
        let counts = content.rows.merging([Self.journalRow: records?.records ?? 0]) { rows, _ in rows }
        for (name, rows) in counts.sorted(by: { $0.key < $1.key }) {
            _ = try copy.rows("insert into \(Self.manifestTable) values (?1, ?2)", [name, String(rows)])
        }
        if let records {
            let insert = try copy.prepare("insert into \(Self.journalTable) values (?1, ?2)")
            try records.forEachPart { number, bytes in
                try insert.bind(1, number)
                try insert.bind(2, blob: bytes)
                try insert.run()
            }
        }
        try copy.execute("commit")
    }

    // MARK: - Restore

    package func restore(from file: String, _ progress: BackupProgress) throws -> BackupContent {
        guard progress(.checking, 0, 0) else { throw BackupError.interrupted }
        let isSealed = try BackupSeal.check(file)
        do {
            let source = try Connection(path: file, busyMilliseconds: 0, mayCreate: false)
            try source.execute("begin")
            let content = try checkedContent(source, isSealed: isSealed)
            try journal.checkIsEmpty()
            let temporary = try journalFile(source, content)
            defer { if let temporary { unlink(temporary) } }
            try replace(by: source, content, progress)
            if let temporary { try journal.replace(by: temporary) }
            return content
        } catch let error as SQLiteError {
            // Errors of the database itself are converted where they occur.
            if error.isDamage { throw BackupError.damaged(error.message) }
            throw BackupError("cannot read the file: \(error.message)")
        }
    }

    private func checkedContent(_ source: Connection, isSealed: Bool) throws -> BackupContent {
        if let damage = try Self.damage(source) { throw BackupError.damaged(damage) }
        let tables = try Self.tables(source)
        guard tables.contains("schema_migrations") else {
            throw BackupError("the file is not a backup of Collector: it has no table schema_migrations")
        }
        // Throws if the schema is that of a later version.
        _ = try MigrationPlan.pending(known: store.migrations, applied: store.applied(source))
        var content = BackupContent()
        content.rows = try Self.counts(source)
        guard tables.contains(Self.manifestTable) else { return content }
        guard isSealed else { throw BackupError.damaged("its checksum is missing") }
        for row in try source.rows("select name, row_count from \(Self.manifestTable)") {
            let count = row[1].flatMap { Int64($0) }
            if row[0] == Self.journalRow {
                content.journalRecords = count ?? 0
                continue
            }
            guard let name = row[0], content.rows[name] == count else {
                throw BackupError.damaged("rows are missing")
            }
        }
        return content
    }

    /// Writes the journal of the backup next to that of the data folder; nil if the backup has none.
    private func journalFile(_ source: Connection, _ content: BackupContent) throws -> String? {
        guard try Self.tables(source).contains(Self.journalTable) else { return nil }
        return try journal.write(try source.prepare("select bytes from \(Self.journalTable) order by number"))
    }

    private func replace(by source: Connection, _ content: BackupContent, _ progress: BackupProgress) throws {
        let isNew = access(path, F_OK) != 0
        try DatabaseFile.make(path)
        do {
            do {
                let target = try exclusiveConnection()
                for table in try Self.tables(target) where !BackupContent.internalTables.contains(table) {
                    guard try target.rows("select 1 from \"\(table)\" limit 1").isEmpty else {
                        throw BackupError.notEmpty(table)
                    }
                }
                guard try source.copy(to: target, pages: Self.stepPages, while: { progress(.copying, $0, $1) }) else {
                    throw BackupError.interrupted
                }
                try target.execute(
                    "begin; drop table if exists \(Self.manifestTable); drop table if exists \(Self.journalTable); commit"
                )
                _ = progress(.checking, 0, 0)
                guard try Self.damage(target) == nil, try Self.counts(target) == content.rows else {
                    throw BackupError.wrongCopy
                }
            } catch let error as SQLiteError {
                throw StoreError(error)
            }
        } catch {
            if isNew { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) } }
            throw error
        }
    }

    /// A connection that keeps its lock until it is closed, so that no server can use the file meanwhile.
    private func exclusiveConnection() throws -> Connection {
        do {
            let connection = try Connection(path: path, busyMilliseconds: 0, mayCreate: false)
            try connection.execute("pragma locking_mode = exclusive")
            // Fails while another connection is open.
            try connection.execute("pragma journal_mode = delete")
            try connection.execute("pragma synchronous = full")
            try connection.execute("begin exclusive; commit")
            return connection
        } catch {
            throw error.isBusy ? BackupError.inUse : StoreError(error)
        }
    }

    // MARK: - Queries

    private static func tables(_ connection: Connection) throws(SQLiteError) -> [String] {
        try connection.rows("select name from sqlite_master where type = 'table' order by name").compactMap { $0[0] }
    }

    private static func counts(_ connection: Connection) throws(SQLiteError) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for table in try tables(connection) where BackupContent.tables.contains(table) {
            counts[table] = try connection.number("select count(*) from \(table)")
        }
        return counts
    }

    /// The first problem of the file's structure; nil if there is none.
    private static func damage(_ connection: Connection) throws(SQLiteError) -> String? {
        let found = try connection.rows("pragma integrity_check(1)").first?[0]
        return found == "ok" ? nil : found ?? "no result"
    }
}
