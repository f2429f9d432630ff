import Assets
import Storage
import StoragePostgres
import StorageSQLite

/// Chooses the store by the configuration: the only place that knows which there are.
enum StoreChoice {
    static let databaseFileName = "collector.sqlite"
    static let journalFileName = "journal.sqlite"

    /// Makes the store, with its data folder where it needs one; connects to nothing yet.
    static func make(_ configuration: Configuration) throws -> any Store {
        if let url = configuration.databaseURL {
            return PostgresStore(url: url, migrations: migrations("postgres"))
        }
        try DataFolder.make(configuration.dataFolder)
        let path = configuration.dataFolder + "/" + databaseFileName
        return SQLiteStore(path: path, migrations: migrations("sqlite"))
    }

    /// The journal for the times when the store is away; nil when it is switched off.
    static func journal(_ configuration: Configuration) -> (any Journal)? {
        guard configuration.journalBytesMax > 0 else { return nil }
        let path = configuration.dataFolder + "/" + journalFileName
        return SQLiteJournal(path: path, bytesMax: configuration.journalBytesMax)
    }

    private static func migrations(_ engine: String) -> [Migration] {
        Assets.migrations(engine: engine).map { Migration(name: $0.name, sql: $0.sql) }
    }
}
