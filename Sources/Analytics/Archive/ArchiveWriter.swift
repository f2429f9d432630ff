import Compression
import Crypto
import Files
import Storage

/// Writes a file of an archive: the rows of the database, and those of its previous version that the database no longer has.
final class ArchiveWriter {
    /// Bytes of lines that are compressed together.
    private static let bufferBytes = 256 << 10

    private let folder: ArchiveFolder
    private let table: ArchiveTable
    private let day: String
    private var file: NewFile
    private var encoder: GzipEncoder
    private var digest: SHA256Parts? = SHA256Parts()
    private var buffer: [UInt8] = []
    private var (rows, bytes): (Int64, Int64) = (0, 0)
    private var (first, last): (Int64?, Int64?)
    private let previous: ArchiveReader?
    /// The version that is replaced.
    let listed: ArchiveFile?
    private var waiting: (row: [SQLValue], key: ArchiveKey)?

    /// The previous version of a file.
    struct Versions {
        /// The one that the manifest lists; nil without one.
        var listed: ArchiveFile?
        /// The same, unless it is damaged.
        var intact: ArchiveFile?
    }

    init(_ folder: ArchiveFolder, _ table: ArchiveTable, _ day: ArchiveDay, _ versions: Versions) throws {
        (self.folder, self.table, self.day) = (folder, table, day.text)
        guard let encoder = GzipEncoder() else { throw ArchiveError("there is not enough memory to compress") }
        self.encoder = encoder
        file = try NewFile(temporary: folder.file("\(ArchiveFolder.temporaryName)-\(day.text)-\(table.word)"))
        listed = versions.listed
        previous = try versions.intact.map { try ArchiveReader(folder, $0) }
        try takePrevious()
    }

    /// Adds the next row of the database, in the order of the keys.
    func add(_ row: [SQLValue]) throws {
        let key = ArchiveKey(table, row)
        try copyPrevious { $0 < key }
        guard let known = waiting, known.key == key else { return try write(row) }
        try takePrevious()
        guard !table.isNumbered else {
            guard row == known.row else {
                throw ArchiveError(
                    "row \(row[0].integer ?? 0) of \(table.name) differs from the archive, so the archive is that of another "
                        + "database: choose another folder"
                )
            }
            return try write(row)
        }
        var row = row
        // Events that retention has removed since then are in the archive.
        let removed = table.index("removed")
        row[removed] = known.row[removed]
        try write(row)
    }

    /// Adds what is left of the previous version, and publishes the file.
    ///
    /// `through` is the id through which all rows are committed; nil for the last id of the file.
    func finish(through: Int64?) throws -> ArchiveFile {
        try copyPrevious { _ in true }
        try flush(isLast: true)
        let version = listed.flatMap { ArchiveFolder.version($0.name, day, table) } ?? 0
        let name = ArchiveFolder.name(day, table, version: version + 1)
        try file.publish(as: folder.file(name))
        return ArchiveFile(
            day: day,
            table: table.name,
            name: name,
            rows: rows,
            bytes: bytes,
            sha256: digest.take()?.hex() ?? "",
            firstID: first,
            lastID: last,
            through: through ?? last ?? 0
        )
    }

    private func takePrevious() throws {
        guard let line = try previous?.next() else {
            waiting = nil
            return
        }
        guard let row = ArchiveLine.row(line, table) else {
            throw ArchiveError.damaged(listed?.name ?? "", "a line is not a row of \(table.name)")
        }
        waiting = (row, ArchiveKey(table, row))
    }

    private func copyPrevious(while matches: (ArchiveKey) -> Bool) throws {
        while let known = waiting, matches(known.key) {
            try write(known.row)
            try takePrevious()
        }
    }

    private func write(_ row: [SQLValue]) throws {
        let before = buffer.count
        ArchiveLine.append(row, table.columns, to: &buffer)
        guard buffer.count - before <= ArchiveLine.bytesMax else {
            throw ArchiveError("a row of \(table.name) of \(day) has more than \(ArchiveLine.bytesMax >> 20) MiB")
        }
        rows += 1
        bytes += Int64(buffer.count - before)
        if let number = table.number(row) {
            first = min(first ?? number, number)
            last = max(last ?? number, number)
        }
        if buffer.count >= Self.bufferBytes { try flush(isLast: false) }
    }

    private func flush(isLast: Bool) throws {
        var output: [UInt8] = []
        encoder.append(buffer, to: &output)
        buffer.removeAll(keepingCapacity: true)
        if isLast { encoder.finish(to: &output) }
        digest?.append(output)
        try file.append(output)
    }
}
