import Crypto
import Glibc
import Storage

/// A line after the last page of a backup with a checksum of all pages; SQLite ignores it.
///
/// SQLite has no checksums of its own: a changed bit in a value would not be found.
enum BackupSeal {
    private static let start = "Collector backup 1 "
    /// The checksum is that of the checksums of parts of this size.
    private static let partBytes = 1 << 20
    /// The start, 64 hexadecimal digits, and a line feed.
    private static let bytesCount = start.utf8.count + 65

    /// Appends the line, and waits until the file is on the disk.
    static func append(to path: String) throws {
        let line = try Self.line(path, bytes: Self.size(path))
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot write", path) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw systemError("cannot write", path)
        }
    }

    /// Checks the line of a file.
    ///
    /// - Returns: false for an SQLite file without such a line, such as a copy by another program.
    /// - Throws: `BackupError` for a file that is damaged or none of SQLite.
    static func check(_ path: String) throws -> Bool {
        let size = try Self.size(path)
        let head = try bytes(path, from: 0, count: min(16, size))
        guard head == Array("SQLite format 3\0".utf8) else {
            throw BackupError(
                head.starts(with: "PGDMP".utf8)
                    ? "the file is a backup of a PostgreSQL database: name the database to restore into in DB_URL"
                    : "the file is not a backup of Collector: it is not an SQLite file"
            )
        }
        guard size > bytesCount else { return false }
        let last = try bytes(path, from: size - bytesCount, count: bytesCount)
        guard last.starts(with: start.utf8) else { return false }
        guard try last == line(path, bytes: size - bytesCount) else {
            throw BackupError.damaged("its checksum differs")
        }
        return true
    }

    private static func line(_ path: String, bytes count: Int) throws -> [UInt8] {
        var sums: [UInt8] = []
        for start in stride(from: 0, to: count, by: partBytes) {
            sums += SHA256.hex(of: try bytes(path, from: start, count: min(partBytes, count - start)))
        }
        return Array(start.utf8) + SHA256.hex(of: sums) + [UInt8(ascii: "\n")]
    }

    private static func size(_ path: String) throws -> Int {
        guard let size = DatabaseFile.bytes(path) else { throw systemError("cannot read", path) }
        return size
    }

    private static func bytes(_ path: String, from offset: Int, count: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot read", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let part = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
            }
            guard part > 0 else { throw systemError("cannot read", path) }
            done += part
        }
        return bytes
    }
}

/// The error of a system call, with the reason in `errno`.
func systemError(_ what: String, _ path: String) -> BackupError {
    BackupError("\(what) \(path): \(String(cString: strerror(errno)))")
}
