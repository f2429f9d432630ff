import Crypto

/// A row of `schema_migrations`.
package struct AppliedMigration: Sendable, Equatable {
    package var name: String
    /// The checksum of the migration; nil for a row of the original program, which stored none.
    package var checksum: String?

    package init(name: String, checksum: String?) {
        self.name = name
        self.checksum = checksum
    }

    /// The row for a migration of the original program, whose numbers have three digits: `001_initial_schema`.
    package static func adopted(originalName: String) -> AppliedMigration {
        AppliedMigration(name: "0" + originalName, checksum: nil)
    }
}

extension Migration {
    /// The lower-case hexadecimal SHA-256 of the file.
    package var checksum: String { String(decoding: SHA256.hex(of: Array(sql.utf8)), as: UTF8.self) }
}

/// Compares the migrations applied to a database with those known to this program.
package enum MigrationPlan {
    /// The migrations that have not been applied, in order.
    ///
    /// Throws `.schema` with a message for operators when a migration was skipped, was changed
    /// after it was applied, or is unknown.
    package static func pending(known: [Migration], applied: [AppliedMigration]) throws(StoreError) -> [Migration] {
        try checkNumbers(known)
        let names = Set(applied.map(\.name))
        for row in applied {
            guard let migration = known.first(where: { $0.name == row.name }) else {
                throw .schema(
                    reason: "the database has migration \(row.name), which this version does not include; "
                        + "run the version that applied it or a later one"
                )
            }
            guard row.checksum == nil || row.checksum == migration.checksum else {
                throw .schema(
                    reason: "migration \(row.name) was changed after it was applied; restore its file and add another"
                )
            }
        }
        let pending = known.filter { !names.contains($0.name) }
        if let first = pending.first, let last = known.last(where: { names.contains($0.name) }), first.name < last.name
        {
            throw .schema(reason: "migration \(first.name) is missing although \(last.name) has been applied")
        }
        return pending
    }

    /// The error for a table `schema_migrations` whose columns belong to another program.
    package static let foreignTable = StoreError.schema(
        reason: "the table schema_migrations belongs to another program; use a separate database for Collector"
    )

    /// The known migrations, each with whether it has been applied.
    ///
    /// Throws the same errors as `pending`.
    package static func status(
        known: [Migration],
        applied: [AppliedMigration]
    ) throws(StoreError) -> [MigrationStatus] {
        let pending = Set(try pending(known: known, applied: applied).map(\.name))
        return known.map { MigrationStatus(name: $0.name, isApplied: !pending.contains($0.name)) }
    }

    /// Whether the migrations applied by one call converted a database of the original program.
    package static func isTakeover(_ applied: [String]) -> Bool {
        applied.contains { $0.hasPrefix("0006_") } && !applied.contains { $0.hasPrefix("0001_") }
    }

    /// Checks that names are `NNNN_name`, numbered from 1 without gaps.
    private static func checkNumbers(_ known: [Migration]) throws(StoreError) {
        for (index, migration) in known.enumerated() {
            let number = migration.name.prefix(4)
            guard number.count == 4, Int(number) == index + 1, migration.name.dropFirst(4).first == "_" else {
                throw .schema(reason: "migration \(migration.name) is out of sequence; expected number \(index + 1)")
            }
        }
    }
}
