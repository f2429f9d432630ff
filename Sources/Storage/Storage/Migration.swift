/// One numbered step of the schema: `NNNN_name.sql`, run once in a transaction of its own.
package struct Migration: Sendable, Equatable {
    /// File name without `.sql`, for example `0001_initial_schema`.
    package var name: String
    package var sql: String

    package init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

/// A migration and whether the database has it.
package struct MigrationStatus: Sendable, Equatable {
    package var name: String
    package var isApplied: Bool

    package init(name: String, isApplied: Bool) {
        self.name = name
        self.isApplied = isApplied
    }
}
