import Crypto
import Events
import Files
import Glibc
package import Storage
import Texts

/// Writes whole days of rows that the folder of an archive does not have.
package final class ArchiveRun {
    /// What a run did.
    package struct Summary: Sendable, Equatable {
        package var files = 0
        package var rows: Int64 = 0
        /// Files that had all rows already.
        package var filesBefore = 0
        /// Why files that are damaged could not be written again.
        package var problems: [String] = []
        /// Names of these files.
        var damaged: Set<String> = []
        package var isInterrupted = false
    }

    /// Days that are found and read together in tables without an index by time.
    private static let daysMax = 31
    /// Milliseconds between two writes of the manifest, which gets longer with each day.
    private static let saveMilliseconds = 1000
    /// Timeout of the queries in milliseconds: reading waits for the compression.
    private static let milliseconds: Int32 = 6 * 3_600_000
    /// Milliseconds between attempts while transactions are open, and the number of attempts.
    private static let pauseMilliseconds = 100
    private static let pausesMax = 100

    private let database: any Database
    private let folder: ArchiveFolder
    private let end: ArchiveDay
    private let site: String?
    private let version: String

    private(set) var manifest: ArchiveManifest
    private var (isChanged, savedAt) = (false, ContinuousClock.now)
    /// Files that the manifest in the folder does not list yet, each with the one that it replaces.
    private var unsaved: [(new: ArchiveFile, old: ArchiveFile?)] = []
    private var through: Int64 = 0
    private var summary = Summary()

    /// Archives the days before `end`, which is today at most, of one site or of all; `version` is that of Collector.
    package init(
        _ database: any Database,
        _ folder: ArchiveFolder,
        before end: ArchiveDay,
        site: String?,
        version: String
    ) throws {
        (self.database, self.folder, self.site, self.version) = (database, folder, site, version)
        self.end = min(end, .today)
        manifest = ArchiveManifest(collector: version, database: try Self.identity(database), site: site)
    }

    /// A name for the database that reveals nothing about it: a digest of its secret.
    static func identity(_ database: any Database) throws(StoreError) -> String {
        let secret = try database.secret() ?? ""
        return String(
            decoding: SHA256.hex(of: Array("archive of ".utf8) + Array(secret.utf8)).prefix(16),
            as: UTF8.self
        )
    }

    /// The days of a table to write.
    private struct Work {
        var table: ArchiveTable
        var days: [ArchiveDay: ArchiveWriter.Versions] = [:]
    }

    /// Writes what is missing; a run that was interrupted is continued by the next one.
    ///
    /// `progress` is called with the numbers of rows that are done and in total, and returns false to stop.
    package func run(_ progress: (_ done: Int64, _ total: Int64) -> Bool) throws -> Summary {
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        try open()
        through = try committedThrough()
        var total: Int64 = 0
        var works: [Work] = []
        for table in ArchiveTable.all where table.hasSite || site == nil {
            let (work, rows) = try plan(table)
            works.append(work)
            total += rows
            guard progress(0, max(total, 1)) else { return interrupted() }
        }
        var done: Int64 = 0
        do {
            for work in works {
                for group in groups(work) where !summary.isInterrupted {
                    try write(work, group) {
                        done += 1
                        return progress(done, total)
                    }
                }
            }
        } catch {
            // What is complete stays, whatever the error was.
            saveWhatFits()
            throw error
        }
        try save()
        return summary
    }

    private func interrupted() -> Summary {
        summary.isInterrupted = true
        return summary
    }

    // MARK: - The folder

    private func open() throws {
        guard let found = try folder.existingManifest() else {
            guard try folder.names().isEmpty else {
                throw ArchiveError(
                    "\(folder.path) has files of an archive without \(ArchiveManifest.name): restore it, or choose another folder"
                )
            }
            return try folder.save(manifest)
        }
        guard found.database == manifest.database else {
            throw ArchiveError("\(folder.path) has the archive of another database: choose another folder")
        }
        guard haveSameBytes(found.site, site) else {
            throw ArchiveError(
                "\(folder.path) has the archive of \(found.site.map { "the site \($0)" } ?? "all sites"): choose another folder"
            )
        }
        manifest.files = found.files
        try folder.removeLeftovers(manifest)
    }

    private func save() throws(FileError) {
        guard isChanged else { return }
        try folder.save(manifest)
        (isChanged, savedAt) = (false, .now)
        for file in unsaved { if let old = file.old { unlink(folder.file(old.name)) } }
        unsaved = []
    }

    /// Saves the manifest after an error.
    ///
    /// If the new files fill the disk, the manifest no longer fits. In that case the latest files are removed until it does;
    /// the next run would remove every file that the manifest does not list.
    private func saveWhatFits() {
        // The error that ended the run is the one to report.
        while (try? save()) == nil, let file = unsaved.popLast() {
            unlink(folder.file(file.new.name))
            manifest.remove(file.new)
            if let old = file.old { manifest.set(old) }
        }
    }

    // MARK: - What is missing

    /// The id up to which all rows are committed.
    private func committedThrough() throws -> Int64 {
        let highest = try database.highestEventID()
        for _ in 0..<Self.pausesMax {
            let mark = try database.committedHighWaterMark()
            if mark >= highest { return mark }
            usleep(UInt32(Self.pauseMilliseconds * 1000))
        }
        throw ArchiveError("another transaction is open: run the command again when it has ended")
    }

    /// The days that the folder does not have with all of their rows, and the number of rows to read.
    private func plan(_ table: ArchiveTable) throws -> (Work, rows: Int64) {
        var work = Work(table: table)
        var total: Int64 = 0
        let stored = table.isIndexedByTime ? try daysByIndex(table) : try daysByScan(table)
        var listed: [ArchiveDay: ArchiveFile] = [:]
        for file in manifest.files where file.table == table.name {
            if let day = ArchiveDay(file.day), day < end { listed[day] = file }
        }
        for day in Set(stored.keys).union(listed.keys).sorted() {
            let (rows, version) = stored[day] ?? (0, 0)
            guard let file = listed[day] else {
                work.days[day] = ArchiveWriter.Versions()
                total += rows
                continue
            }
            let problem = ArchiveReader.problem(folder, file)
            if let problem, rows < file.rows {
                summary.problems.append("\(problem.reason); the database no longer has all of its rows")
                summary.damaged.insert(file.name)
            } else if problem != nil || version > file.through || rows > file.rows {
                work.days[day] = ArchiveWriter.Versions(listed: file, intact: problem == nil ? file : nil)
                total += rows
            } else {
                summary.filesBefore += 1
            }
        }
        return (work, total)
    }

    /// The number of rows and the highest version by day.
    private typealias Stored = [ArchiveDay: (rows: Int64, version: Int64)]

    private func daysByIndex(_ table: ArchiveTable) throws(StoreError) -> Stored {
        let (dialect, time) = (database.dialect, table.time)
        var found: Stored = [:]
        var from = ISO8601.storableMicroseconds.lowerBound / 1_000_000
        while true {
            // Days without rows are skipped.
            let first = try database.rows(
                """
                select \(dialect.microseconds(time)) from \(table.name)
                where \(time) >= \(dialect.time("?1")) and \(time) < \(dialect.time("?2"))
                order by \(time), id limit 1
                """,
                [.integer(from), .integer(end.start)]
            ).first?.first?.integer
            guard let first else { return found }
            let day = ArchiveDay(microseconds: first)
            let row = try database.rows(
                """
                select count(*), max(\(table.version)) from \(table.name)
                where \(time) >= \(dialect.time("?1")) and \(time) < \(dialect.time("?2"))\(condition(table, "?3"))
                """,
                [.integer(day.start), .integer(day.start + 86_400)] + parameters(table)
            ).first
            if let rows = row?[0].integer, rows > 0 { found[day] = (rows, row?[1].integer ?? 0) }
            from = day.start + 86_400
        }
    }

    private func daysByScan(_ table: ArchiveTable) throws(StoreError) -> Stored {
        let day = "(\(database.dialect.microseconds(table.time)) / \(ArchiveDay.microseconds))"
        let rows = try database.rows(
            """
            select \(day), count(*), max(\(table.version)) from \(table.name)
            where \(table.time) is not null and \(day) < ?1\(condition(table, "?2"))
            group by 1
            """,
            [.integer(end.number)] + parameters(table),
            milliseconds: Self.milliseconds
        )
        var found: Stored = [:]
        for row in rows {
            guard let number = row[0].integer else { continue }
            found[ArchiveDay(number: number)] = (row[1].integer ?? 0, row[2].integer ?? 0)
        }
        return found
    }

    private func condition(_ table: ArchiveTable, _ parameter: String) -> String {
        site == nil || !table.hasSite ? "" : " and site = \(parameter)"
    }

    private func parameters(_ table: ArchiveTable) -> [SQLValue] {
        table.hasSite ? site.map { [.text($0)] } ?? [] : []
    }

    // MARK: - Writing

    /// Days that are read by one query: one with an index, otherwise those of a month.
    private func groups(_ work: Work) -> [[ArchiveDay]] {
        var groups: [[ArchiveDay]] = []
        for day in work.days.keys.sorted() {
            if !work.table.isIndexedByTime, let first = groups.last?.first, day.number - first.number < Self.daysMax {
                groups[groups.count - 1].append(day)
            } else {
                groups.append([day])
            }
        }
        return groups
    }

    /// Writes the files of some days; `advance` is called for each row, and returns false to stop.
    private func write(_ work: Work, _ group: [ArchiveDay], _ advance: () -> Bool) throws {
        guard let first = group.first, let last = group.last else { return }
        let table = work.table
        var (writer, current): (ArchiveWriter?, ArchiveDay?)
        var failure: (any Error)?
        try database.stream(
            sql(table),
            [.integer(first.start), .integer(last.start + 86_400)] + parameters(table),
            milliseconds: Self.milliseconds
        ) { row in
            let day = ArchiveDay(number: row[0].integer ?? 0)
            guard let versions = work.days[day] else { return true }
            do {
                if current != day {
                    try finish(writer, table)
                    writer = nil
                    writer = try ArchiveWriter(folder, table, day, versions)
                    current = day
                }
                try writer?.add(Array(row.dropFirst()))
            } catch {
                failure = error
                return false
            }
            summary.isInterrupted = !advance()
            return !summary.isInterrupted
        }
        if let failure { throw failure }
        if !summary.isInterrupted { try finish(writer, table) }
    }

    private func sql(_ table: ArchiveTable) -> String {
        let (dialect, time) = (database.dialect, table.time)
        let day = "(\(dialect.microseconds(time)) / \(ArchiveDay.microseconds))"
        // With a plus, no engine reads the whole table in the order of the ids.
        let order = table.isNumbered ? ["+id"] : table.key.map(dialect.bytewise)
        return """
            select \(([day] + table.columns.map { $0.read(dialect) }).joined(separator: ", "))
            from \(table.name)
            where \(time) >= \(dialect.time("?1")) and \(time) < \(dialect.time("?2"))\(condition(table, "?3"))
            order by \(([day] + order).joined(separator: ", "))
            """
    }

    private func finish(_ writer: ArchiveWriter?, _ table: ArchiveTable) throws {
        guard let writer else { return }
        let file = try writer.finish(through: table.hasSite ? through : nil)
        unsaved.append((file, writer.listed))
        manifest.set(file)
        isChanged = true
        summary.files += 1
        summary.rows += file.rows
        if savedAt.duration(to: .now) >= .milliseconds(Self.saveMilliseconds) { try save() }
    }
}
