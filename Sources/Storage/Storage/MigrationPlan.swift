import Crypto

/// A row of `schema_migrations`.
package struct AppliedMigration: Sendable, Equatable {
    package var name: String
    /// Nil for a row of the original program, which kept none.
    package var checksum: String?

    package init(name: String, checksum: String?) {
        self.name = name
        self.checksum = checksum
    }

    /// Our name of a migration of the original program, which numbered with three digits: `001_initial_schema`.
    package static func adopted(originalName: String) -> AppliedMigration {
        AppliedMigration(name: "0" + originalName, checksum: nil)
    }
}

extension Migration {
    /// Lower-case hex SHA-256 of the file.
    package var checksum: String { String(decoding: SHA256.hex(of: Array(sql.utf8)), as: UTF8.self) }
}

/// Holds what a database says it has against what this program knows.
package enum MigrationPlan {
    /// The migrations that are still to be applied, in order.
    ///
    /// Throws a sentence for a gap, a file that was changed after it was applied, and a name that is not known.
    package static func pending(known: [Migration], applied: [AppliedMigration]) throws(StoreError) -> [Migration] {
        try checkNumbers(known)
        let names = Set(applied.map(\.name))
        for row in applied {
            guard let migration = known.first(where: { $0.name == row.name }) else {
                throw .schema(
                    reason: "the database has migration \(row.name), which this version does not know; "
                        + "run the version that applied it or a later one"
                )
            }
            guard row.checksum == nil || row.checksum == migration.checksum else {
                throw .schema(
                    reason: "migration \(row.name) was changed after it was applied; restore its file and add a new one"
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

    /// What to throw when the tracking table has columns that are not ours.
    package static let foreignTable = StoreError.schema(
        reason: "the table schema_migrations belongs to another program; give Collector a database of its own"
    )

    /// Which of the known migrations a database has.
    package static func status(
        known: [Migration],
        applied: [AppliedMigration]
    ) throws(StoreError) -> [MigrationStatus] {
        let pending = Set(try pending(known: known, applied: applied).map(\.name))
        return known.map { MigrationStatus(name: $0.name, isApplied: !pending.contains($0.name)) }
    }

    /// Whether migrations that were applied in one go are those by which a database of the original program becomes ours.
    package static func isTakeover(_ applied: [String]) -> Bool {
        applied.contains { $0.hasPrefix("0006_") } && !applied.contains { $0.hasPrefix("0001_") }
    }

    /// Names must be `NNNN_name`, numbered from 1 without a gap.
    private static func checkNumbers(_ known: [Migration]) throws(StoreError) {
        for (index, migration) in known.enumerated() {
            let number = migration.name.prefix(4)
            guard number.count == 4, Int(number) == index + 1, migration.name.dropFirst(4).first == "_" else {
                throw .schema(reason: "migration \(migration.name) breaks the numbering; \(index + 1) was expected")
            }
        }
    }
}
