/// Follows the tables through the migrations, without their rows.
struct SchemaSimulation {
    /// A change of one table by one statement.
    private struct Change {
        var table: String
        var work: TableWork
        var lock: MigrationLock
        var seconds: Double
    }

    private let engine: MigrationEngine
    /// The tables of the database by their names so far; rows and bytes are 0 once they were deleted.
    private var sizes: [String: TableSize]
    /// The names in the database, of tables that have been renamed.
    private var presentNames: [String: String] = [:]
    /// The tables of indexes.
    private var indexTables: [String: String] = [:]
    private var changes: [Change] = []
    private var step = MigrationForecast.Step(name: "")

    init(_ engine: MigrationEngine, _ sizes: [String: TableSize]) { (self.engine, self.sizes) = (engine, sizes) }

    /// Follows a migration; of an applied one, only its indexes count.
    mutating func run(_ migration: Migration, isPending: Bool) -> MigrationForecast.Step {
        step = MigrationForecast.Step(name: migration.name)
        changes = []
        let before = sizes
        for statement in SQLStatement.parse(migration.sql) {
            let effect = StatementEffect(statement)
            if isPending { apply(effect) }
            followIndexes(effect)
        }
        step.seconds = changes.reduce(0) { $0 + $1.seconds }
        step.tables = tables(before)
        let changed = Set(step.tables.map(\.name))
        step.newTables.removeAll { changed.contains($0) }
        return step
    }

    private mutating func followIndexes(_ effect: StatementEffect) {
        switch effect {
        case .createIndex(let index, let table, _, _): indexTables[index] = table
        case .renameTable(let table, let other):
            for (index, indexed) in indexTables where indexed == table { indexTables[index] = other }
        default: break
        }
    }

    // MARK: - Statements

    private mutating func apply(_ effect: StatementEffect) {
        switch effect {
        case .nothing: break
        case .unknown(let summary): step.unknown.append(summary)
        case .createTable(let table, _):
            if sizes[table] == nil { note(new: table) }
        case .dropTable(let table):
            change(table, engine.drop, engine.strongest)
            sizes[table] = nil
        case .truncate(let tables):
            for table in tables {
                change(table, .drop, engine.strongest)
                empty(table)
            }
        case .renameTable(let table, let other): rename(table, other)
        case .alterTable(let table, let actions):
            for action in actions {
                let (work, lock) = engine.alteration(action)
                change(table, work, lock)
            }
        case .createIndex(_, let table, let columns, let isConcurrent):
            change(table, .index(columns: columns), isConcurrent ? engine.ofRows : .writes)
        case .dropIndex(let index):
            if let table = indexTables[index] { change(table, .define, engine.strongest) }
        case .insert(let table, let sources):
            // At most the rows of the largest table that they are read from.
            let largest = sources.compactMap { sizes[$0] }.max { $0.rows < $1.rows }
            change(table, .insert, engine.ofRows, size: largest ?? Self.fixedRow)
        case .update(let table, let requestsRebuild):
            change(table, .update, engine.ofRows)
            if requestsRebuild { step.requestsRebuild = true }
        case .delete(let table, let all):
            change(table, .delete, engine.ofRows)
            if all { empty(table) }
        }
    }

    /// A row whose values are in the statement.
    private static let fixedRow = TableSize(rows: 1, isCounted: true, bytes: 1)

    /// Adds a change; `size` is that of the rows, if these are not the rows of the table.
    private mutating func change(_ table: String, _ work: TableWork, _ lock: MigrationLock, size: TableSize? = nil) {
        guard let rows = size ?? sizes[table] else { return note(new: table) }
        let seconds = work.seconds(rows, engine.rates)
        step.bytes += work.bytes(rows, engine.rates)
        if sizes[table] == nil { note(new: table) }
        changes.append(Change(table: table, work: work, lock: lock, seconds: seconds))
    }

    private mutating func note(new table: String) {
        if !step.newTables.contains(table) { step.newTables.append(table) }
    }

    private mutating func empty(_ table: String) {
        guard sizes[table] != nil else { return }
        sizes[table] = TableSize(rows: 0, isCounted: true, bytes: 0)
    }

    private mutating func rename(_ table: String, _ other: String) {
        change(table, .define, engine.strongest)
        guard let size = sizes.removeValue(forKey: table) else { return }
        sizes[other] = size
        presentNames[other] = presentNames.removeValue(forKey: table) ?? table
        for index in changes.indices where changes[index].table == table { changes[index].table = other }
    }

    // MARK: - Tables

    /// The changed tables that the database has, in the order of their first change.
    private func tables(_ before: [String: TableSize]) -> [MigrationForecast.Table] {
        var names: [String] = []
        for change in changes where !names.contains(change.table) { names.append(change.table) }
        return names.compactMap { name in
            let present = presentNames[name] ?? name
            guard let size = before[name] ?? before[present] else { return nil }
            var work: [TableWork] = []
            for change in changes where change.table == name && !work.contains(change.work) { work.append(change.work) }
            return MigrationForecast.Table(
                name: name,
                presentName: present,
                size: size,
                work: work,
                locks: locks(name)
            )
        }
    }

    /// The locks of a table: the transaction holds each of them until its end.
    private func locks(_ table: String) -> [MigrationForecast.HeldLock] {
        var locks: [MigrationForecast.HeldLock] = []
        var strongest: MigrationLock?
        // SQLite locks the whole file from the begin of the transaction.
        var rest = step.seconds
        for change in changes {
            if change.table == table, strongest.map({ change.lock > $0 }) ?? true {
                strongest = change.lock
                let seconds = engine == .sqlite ? step.seconds : rest
                locks.append(MigrationForecast.HeldLock(lock: change.lock, seconds: seconds))
            }
            rest -= change.seconds
        }
        return locks.filter { held in
            let isCovered = locks.contains { $0.lock > held.lock && $0.seconds >= held.seconds }
            return !isCovered && (held.lock > .none || locks.count == 1)
        }
    }
}
