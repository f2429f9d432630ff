import Compression
import Crypto
import Files

/// Reads the lines of a file of an archive, and checks what the manifest says of it.
final class ArchiveReader {
    /// Bytes of the compressed file that are read at once; they decompress to 16 MiB at most.
    private static let partBytes = 16 << 10

    private let entry: ArchiveFile
    private let parts: FileParts
    private var digest: SHA256Parts? = SHA256Parts()
    private var decoder: GzipParts
    private var text: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var rows: Int64 = 0
    private var bytes: Int64 = 0

    init(_ folder: ArchiveFolder, _ entry: ArchiveFile) throws {
        self.entry = entry
        parts = try FileParts(folder.file(entry.name))
        decoder = try GzipParts()
    }

    /// The next line without its line break; nil at the end of a file that is as the manifest says.
    ///
    /// - Throws: `ArchiveError` when it is not.
    func next() throws -> [UInt8]? {
        var searched = position
        while true {
            if let end = text[searched...].firstIndex(of: 0x0A) {
                let line = Array(text[position..<end])
                position = end + 1
                rows += 1
                return line
            }
            searched = text.count
            guard searched - position <= ArchiveLine.bytesMax else { throw damaged("a line is too long") }
            if isAtEnd { break }
            text.removeFirst(position)
            (searched, position) = (searched - position, 0)
            try readPart()
        }
        guard position == text.count, rows == entry.rows, bytes == entry.bytes else {
            throw damaged("it has \(rows) rows with \(bytes) bytes instead of \(entry.rows) with \(entry.bytes)")
        }
        return nil
    }

    private func readPart() throws {
        let part = try parts.next(Self.partBytes)
        guard part.isEmpty else {
            digest?.append(part)
            let before = text.count
            do throws(ExpansionError) { try decoder.append(part, to: &text) } catch {
                throw damaged("it is not a complete gzip file")
            }
            bytes += Int64(text.count - before)
            return
        }
        isAtEnd = true
        guard decoder.isFinished else { throw damaged("it is not a complete gzip file") }
        if let digest = digest.take(), digest.hex() != entry.sha256 { throw damaged("its SHA-256 is another one") }
    }

    private func damaged(_ what: String) -> ArchiveError { .damaged(entry.name, what) }

    /// Why a file is not the one that the manifest lists, by its digest alone; nil if it is.
    static func problem(_ folder: ArchiveFolder, _ entry: ArchiveFile) -> ArchiveError? {
        do throws(FileError) {
            let parts = try FileParts(folder.file(entry.name))
            let digest = SHA256Parts()
            while true {
                let part = try parts.next(1 << 20)
                guard !part.isEmpty else { break }
                digest.append(part)
            }
            return digest.hex() == entry.sha256 ? nil : .damaged(entry.name, "its SHA-256 is another one")
        } catch { return .damaged(entry.name, error.message) }
    }
}
