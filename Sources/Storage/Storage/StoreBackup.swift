/// Copies the data of a store to a file, and back into an empty store.
///
/// Calls block.
package protocol StoreBackup: Sendable {
    /// Writes a snapshot of all committed data to an existing empty file, and checks what was written.
    ///
    /// - Throws: `BackupError`, and `StoreError` of the store. The file is incomplete then.
    func write(to path: String, _ progress: BackupProgress) throws -> BackupContent
    /// Checks the whole file, then replaces an empty store by its data, and checks the result.
    ///
    /// The schema is that of the file; migrate it afterwards.
    ///
    /// - Throws: `BackupError`, and `StoreError` of the store. The data of the store is unchanged then.
    func restore(from path: String, _ progress: BackupProgress) throws -> BackupContent
}

/// Receives the progress of a backup: the step, and the amounts that are done and in total (0 if unknown); returns false to stop.
package typealias BackupProgress = (_ step: BackupStep, _ done: Int64, _ total: Int64) -> Bool

/// A step of a backup or its restoration.
package enum BackupStep: Sendable { case checking, copying }

/// What a backup has.
package struct BackupContent: Sendable, Equatable {
    /// The numbers of rows of the main tables that the schema has, by name.
    package var rows: [String: Int64] = [:]
    /// Records and dead letters of the journal.
    package var journalRecords: Int64 = 0

    package init() {}

    /// The tables whose rows are counted.
    package static let tables = ["collector_events", "debug_data", "delivery_reports", "segments"]

    /// Tables that migrations and an idle server fill: a store with rows in no other table is empty.
    package static let internalTables: Set<String> = [
        "schema_migrations", "ingest_positions", "shard_positions", "insight_hash_key", "insight_position",
        "insight_ended_sessions", "alert_worker", "privacy_salts", "size_samples", "sqlite_sequence",
    ]
}

/// A backup is impossible; the reason includes what to do.
package struct BackupError: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package static let interrupted = BackupError("interrupted")
    package static let wrongCopy = BackupError("the copy differs from the database: check the disk, and try again")

    package static func damaged(_ what: String) -> BackupError {
        BackupError("the file is damaged (\(what)): restore another backup; nothing was changed")
    }

    package static func notEmpty(_ table: String) -> BackupError {
        BackupError(
            "the database is not empty: the table \(table) has rows. Restore into a new data folder (--data) or an empty database (DB_URL)"
        )
    }

    package static let inUse = BackupError("the database is in use: stop 'collector serve' and other programs first")
}
