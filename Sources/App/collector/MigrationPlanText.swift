import Storage

/// The text of `collector migrate --plan`.
struct MigrationPlanText {
    private let forecast: MigrationForecast
    private let diskFree: Int64?

    /// Formats a forecast; `diskFree` are the free bytes of the disk, nil when they are not known.
    init(_ forecast: MigrationForecast, diskFree: Int64?) {
        (self.forecast, self.diskFree) = (forecast, diskFree)
    }

    /// Tables whose locks make records wait in the journal.
    private static let recordTables: Set<String> = [
        "collector_events", "debug_data", "delivery_reports", "ingest_positions",
    ]
    /// Seconds up to which a duration is not given as a number.
    private static let momentSeconds = 1.0
    /// Bytes up to which a size is not given as a number.
    private static let smallBytes = 1e6

    /// Whether the disk has less free space than the migrations need.
    var lacksSpace: Bool { diskFree.map { Double($0) < forecast.bytes } ?? false }

    /// The warning when the disk lacks space.
    var warning: String {
        "the disk has \((diskFree ?? 0).byteText) of free space, and the migrations need \(space(forecast.bytes))"
    }

    var lines: [String] {
        guard !forecast.steps.isEmpty else { return ["Nothing is pending: the database is up to date"] }
        return forecast.steps.flatMap(lines) + totals
    }

    private func lines(_ step: MigrationForecast.Step) -> [String] {
        var lines = [step.name] + step.tables.filter { $0.size.rows > 0 }.map(line) + emptyTables(step)
        if !step.newTables.isEmpty {
            lines.append("  Not in the database yet: \(step.newTables.joined(separator: ", "))")
        }
        lines += step.unknown.map { "  Unknown statement, in no estimate: \($0)" }
        if step.requestsRebuild { lines.append("  Requests a rebuild of the rollups") }
        lines.append("  Duration: \(duration(step.seconds)); additional space: \(space(step.bytes))")
        return lines
    }

    private var totals: [String] {
        let count = forecast.steps.count
        let unknown = forecast.steps.reduce(0) { $0 + $1.unknown.count }
        var lines = [
            "Total: \(count) pending, duration: \(duration(forecast.seconds)), additional space: \(space(forecast.bytes))"
        ]
        if unknown > 0 { lines.append("Unknown statements: \(unknown), which the total does not include") }
        if let rebuild = forecast.rebuild {
            lines.append(
                "Then the server rebuilds the rollups of \(rows(rebuild.events, "events")), which runs beside reads and writes in steps: "
                    + "\(duration(rebuild.seconds)), additional space: \(space(rebuild.bytes)), which the total includes; "
                    + "until then, reports lack events"
            )
        }
        if forecast.engine == .postgresql {
            lines.append("Free space: not known; check the disk of the PostgreSQL server")
        } else if let diskFree {
            lines.append("Free space: \(diskFree.byteText)")
        }
        return lines
    }

    // MARK: - Tables

    private func line(_ table: MigrationForecast.Table) -> String {
        let bytes = (table.size.isMeasured ? "" : "at most ") + table.size.bytes.byteText
        return "  \(name(table)), \(rows(table.size, "rows")), \(bytes): \(changes(table))"
    }

    /// One line for all tables without rows, or whose rows an earlier pending migration deletes, with the same changes.
    private func emptyTables(_ step: MigrationForecast.Step) -> [String] {
        var groups: [(changes: String, names: [String])] = []
        for table in step.tables where table.size.rows == 0 {
            let changes = changes(table)
            if let index = groups.firstIndex(where: { $0.changes == changes }) {
                groups[index].names.append(name(table))
            } else {
                groups.append((changes, [name(table)]))
            }
        }
        return groups.map { "  Empty by then: \($0.names.joined(separator: ", ")): \($0.changes)" }
    }

    private func name(_ table: MigrationForecast.Table) -> String {
        table.name == table.presentName ? table.name : "\(table.name) (now \(table.presentName))"
    }

    private func changes(_ table: MigrationForecast.Table) -> String {
        let work = table.work.map(text).joined(separator: ", ")
        // The moment of a weaker lock before that of a stronger one makes no difference.
        let locks = table.locks.filter { $0.seconds >= Self.momentSeconds || $0 == table.locks.last }
        return work + "; " + locks.map { text($0, table) }.joined(separator: ", then ")
    }

    private func rows(_ size: TableSize, _ unit: String) -> String {
        let unit = size.rows == 1 ? String(unit.dropLast()) : unit
        return "\(size.isCounted ? "" : "about ")\(ProgressMeter.grouped(size.rows)) \(unit)"
    }

    private func text(_ work: TableWork) -> String {
        switch work {
        case .define: "changes the definition"
        case .check: "reads all rows"
        case .index: "builds an index of all rows"
        case .update: "updates rows"
        case .rewrite: "rewrites all rows"
        case .insert: "inserts rows"
        case .delete: "deletes rows"
        case .drop: "empties or drops the table"
        }
    }

    private func text(_ held: MigrationForecast.HeldLock, _ table: MigrationForecast.Table) -> String {
        guard held.lock > .none else { return "runs beside reads and writes" }
        let isMoment = held.seconds < Self.momentSeconds
        let text = held.lock == .all ? "blocks reads and writes" : "blocks writes"
        let journal = isMoment || !holdsRecords(table) ? "" : ": records wait in the journal"
        return "\(text) for \(isMoment ? "a moment" : duration(held.seconds))\(journal)"
    }

    /// SQLite locks all tables at once.
    private func holdsRecords(_ table: MigrationForecast.Table) -> Bool {
        forecast.engine == .sqlite || Self.recordTables.contains(table.name)
    }

    private func duration(_ seconds: Double) -> String {
        seconds < Self.momentSeconds ? "less than a second" : "about \(ProgressMeter.remaining(seconds))"
    }

    private func space(_ bytes: Double) -> String {
        bytes < Self.smallBytes ? "less than 1 MB" : "about \(Int64(min(bytes, 1e18)).byteText)"
    }
}
