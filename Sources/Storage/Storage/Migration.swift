/// A numbered schema migration, `NNNN_name.sql`, applied once in its own transaction.
package struct Migration: Sendable, Equatable {
    /// The file name without `.sql`, such as `0001_initial_schema`.
    package var name: String
    package var sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// A migration and whether it has been applied to the database.
package struct MigrationStatus: Sendable, Equatable {
    package var name: String
    package var isApplied: Bool

    package init(name: String, isApplied: Bool) {
        self.name = name
        self.isApplied = isApplied
    }
}
