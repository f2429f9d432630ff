import Files
import Storage

/// Checks that an archive is complete and undamaged.
package enum ArchiveCheck {
    /// Reads all files: their checksums, numbers of rows and bytes, and the columns of each row.
    ///
    /// `progress` is called with the rows that were read, and returns false to stop.
    /// - Returns: a sentence for each damaged file; nil when it was stopped.
    package static func run(
        _ folder: ArchiveFolder,
        _ manifest: ArchiveManifest,
        progress: (_ done: Int64) -> Bool
    ) throws -> [String]? {
        let lock = try folder.sharedLock()
        defer { withExtendedLifetime(lock) {} }
        var problems: [String] = []
        var done: Int64 = 0
        for file in manifest.files {
            do {
                let isComplete = try rows(folder, file) { _, _ in
                    done += 1
                    return progress(done)
                }
                guard isComplete else { return nil }
            } catch let error as ArchiveError {
                problems.append(error.reason)
            } catch let error as FileError {
                problems.append(error.message)
            }
        }
        return problems
    }

    /// Reads the rows of a file; stops when `take` returns false.
    ///
    /// - Returns: whether all of it was read, and is as the manifest says.
    static func rows(
        _ folder: ArchiveFolder,
        _ file: ArchiveFile,
        _ take: (ArchiveTable, [SQLValue]) throws -> Bool
    ) throws -> Bool {
        guard let table = ArchiveTable.all.first(where: { $0.name == file.table }) else {
            throw ArchiveError.damaged(file.name, "the table \(file.table) is unknown")
        }
        let reader = try ArchiveReader(folder, file)
        while let line = try reader.next() {
            guard let row = ArchiveLine.row(line, table) else {
                throw ArchiveError.damaged(file.name, "a line is not a row of \(table.name)")
            }
            let day = row[table.index(table.time)].integer.map { ArchiveDay(microseconds: $0).text }
            guard day == file.day else { throw ArchiveError.damaged(file.name, "a row is of another day") }
            guard try take(table, row) else { return false }
        }
        return true
    }
}
