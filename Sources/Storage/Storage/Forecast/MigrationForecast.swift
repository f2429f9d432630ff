/// What pending migrations do to a database, how long that takes and how much space it needs.
///
/// Derived from the statements of the migrations and the sizes of the tables; all durations and sizes are estimates.
package struct MigrationForecast: Sendable, Equatable {
    /// One lock on a table, held until the end of the migration.
    package struct HeldLock: Sendable, Equatable {
        package var lock: MigrationLock
        package var seconds: Double

        package init(lock: MigrationLock, seconds: Double) { (self.lock, self.seconds) = (lock, seconds) }
    }

    /// The changes of one migration to one table that exists before.
    package struct Table: Sendable, Equatable {
        /// The name at the end of the migration.
        package var name: String
        /// The name in the database before the first pending migration.
        package var presentName: String
        /// The size before this migration: rows that an earlier pending one deletes do not count.
        package var size: TableSize
        package var work: [TableWork]
        /// Weaker locks first; each of them begins later than the one before.
        package var locks: [HeldLock]
    }

    /// One pending migration.
    package struct Step: Sendable, Equatable {
        package var name: String
        package var tables: [Table] = []
        /// Tables that do not exist in the database yet.
        package var newTables: [String] = []
        /// The first words of statements that are not known, and in no estimate.
        package var unknown: [String] = []
        package var seconds: Double = 0
        package var bytes: Double = 0
        package var requestsRebuild = false
    }

    /// The rollups that the server computes again after the migrations.
    package struct Rebuild: Sendable, Equatable {
        package var events: TableSize
        package var seconds: Double
        package var bytes: Double
    }

    package let engine: MigrationEngine
    package private(set) var steps: [Step] = []
    /// Nil when no pending migration requests it, or there are no events.
    package private(set) var rebuild: Rebuild?

    /// Seconds of all migrations, without the rebuild.
    package var seconds: Double { steps.reduce(0) { $0 + $1.seconds } }
    /// Additional bytes on the disk of all migrations and the rebuild.
    package var bytes: Double { steps.reduce(rebuild?.bytes ?? 0) { $0 + $1.bytes } }

    private static let events = "collector_events"

    /// - Parameters:
    ///   - engine: The engine of the database.
    ///   - known: All migrations, in order.
    ///   - pending: The names of those that have not been applied.
    ///   - sizes: The tables of `tablesToMeasure` that exist.
    package init(
        _ engine: MigrationEngine,
        known: [Migration],
        pending: Set<String>,
        sizes: [String: TableSize]
    ) {
        self.engine = engine
        var schema = SchemaSimulation(engine, sizes)
        for migration in known {
            let isPending = pending.contains(migration.name)
            let step = schema.run(migration, isPending: isPending)
            if isPending { steps.append(step) }
        }
        guard steps.contains(where: \.requestsRebuild), let events = sizes[Self.events], events.rows > 0 else { return }
        rebuild = Rebuild(
            events: events,
            seconds: Double(events.rows) / engine.rates.aggregatedEvents,
            bytes: Double(events.rows) * engine.rates.rebuildBytes
        )
    }

    /// The names of the tables whose sizes the forecast of pending migrations needs.
    package static func tablesToMeasure(_ pending: [Migration]) -> Set<String> {
        var names: Set<String> = [events]
        for statement in pending.flatMap({ SQLStatement.parse($0.sql) }) {
            names.formUnion(StatementEffect(statement).tables)
        }
        return names
    }
}

extension StatementEffect {
    /// The tables that the statement names.
    package var tables: [String] {
        switch self {
        case .nothing, .dropIndex, .unknown: []
        case .createTable(let table, _), .dropTable(let table), .alterTable(let table, _): [table]
        case .createIndex(_, let table, _, _), .update(let table, _), .delete(let table, _): [table]
        case .truncate(let tables): tables
        case .renameTable(let table, let other): [table, other]
        case .insert(let table, let sources): [table] + sources
        }
    }
}
