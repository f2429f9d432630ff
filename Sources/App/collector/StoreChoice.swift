import Assets
import Glibc
import Storage
import StoragePostgres
import StorageSQLite

/// Creates the configured store; the only code that depends on the concrete store types.
enum StoreChoice {
    static let databaseFileName = "collector.sqlite"
    static let journalFileName = "journal.sqlite"

    /// Returns the store and creates the data folder for SQLite; does not connect.
    static func make(_ configuration: Configuration) throws -> any Store {
        if configuration.databaseURL == nil { try DataFolder.make(configuration.dataFolder) }
        return describe(configuration)
    }

    /// Returns the store for a command that only reads; creates nothing and does not connect.
    static func describe(_ configuration: Configuration) -> any Store {
        if let url = configuration.databaseURL {
            return PostgresStore(url: url, migrations: migrations("postgres"))
        }
        return SQLiteStore(path: path(configuration), migrations: migrations("sqlite"))
    }

    /// Returns the replica from which reports are read; does not connect.
    static func replica(_ configuration: Configuration) -> (any Replica)? {
        guard let url = configuration.readURL, let primaryURL = configuration.databaseURL else { return nil }
        return PostgresReplica(url: url, primaryURL: primaryURL, migrations: migrations("postgres"))
    }

    /// Returns the store for a command that needs existing data; creates nothing.
    ///
    /// - Throws: `CommandError` when the database is missing or has pending migrations.
    static func existing(_ configuration: Configuration) throws -> any Store {
        let store = describe(configuration)
        try requireFile(configuration)
        let pending = try store.migrationStatus().count { !$0.isApplied }
        guard pending == 0 else {
            throw CommandError(
                reason:
                    "the database has pending migrations (\(pending)): run 'collector migrate' or start 'collector serve' first"
            )
        }
        return store
    }

    /// Whether there is no database yet: no file, or no migration has been applied.
    static func isNew(_ configuration: Configuration) throws(StoreError) -> Bool {
        guard configuration.databaseURL != nil || hasFile(configuration) else { return true }
        return try !describe(configuration).migrationStatus().contains { $0.isApplied }
    }

    /// Whether the SQLite file exists.
    static func hasFile(_ configuration: Configuration) -> Bool { access(path(configuration), F_OK) == 0 }

    /// Throws `CommandError` when the file of an SQLite database is missing.
    static func requireFile(_ configuration: Configuration) throws(CommandError) {
        guard configuration.databaseURL == nil, !hasFile(configuration) else { return }
        throw CommandError(
            reason: "no database at \(path(configuration)): "
                + "select the data folder with --data or COLLECTOR_DATA, or a PostgreSQL database with DB_URL"
        )
    }

    /// Copies the data of the store to a file and back.
    static func backup(_ configuration: Configuration) -> any StoreBackup {
        if let url = configuration.databaseURL {
            return PostgresBackup(url: url, migrations: migrations("postgres"), environment: Environment.all())
        }
        return SQLiteBackup(
            path: path(configuration),
            journalPath: configuration.journalPath,
            migrations: migrations("sqlite")
        )
    }

    /// The journal for outages of the store; nil when it is disabled.
    static func journal(_ configuration: Configuration) -> (any Journal)? {
        guard configuration.journalBytesMax > 0 else { return nil }
        return SQLiteJournal(path: configuration.journalPath, bytesMax: configuration.journalBytesMax)
    }

    /// The journal for a command that reads or changes it, without a limit; nil when there is no file.
    static func existingJournal(_ configuration: Configuration) -> (any Journal)? {
        let path = configuration.journalPath
        guard access(path, F_OK) == 0 else { return nil }
        return SQLiteJournal(path: path, bytesMax: .max)
    }

    /// Damaged journals that were moved away and not removed since.
    static func damagedJournals(_ configuration: Configuration) -> [String] {
        (1...SQLiteJournal.damagedFilesMax).map { configuration.journalPath + ".damaged-\($0)" }
            .filter { access($0, F_OK) == 0 }
    }

    private static func path(_ configuration: Configuration) -> String {
        configuration.dataFolder + "/" + databaseFileName
    }

    private static func migrations(_ engine: String) -> [Migration] {
        Assets.migrations(engine: engine).map { Migration(name: $0.name, sql: $0.sql) }
    }
}

/// A command failed; `reason` includes what to do.
struct CommandError: Error, Equatable {
    let reason: String
}

extension Configuration {
    /// The path of the journal.
    var journalPath: String { dataFolder + "/" + StoreChoice.journalFileName }
}
