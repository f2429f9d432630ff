import Files
import Glibc
import Numbers

/// The owner's secret: configured, or generated once and stored in the data folder, readable by its user only.
enum OwnerToken {
    static let fileName = "token"

    /// Creates the token file if it does not exist; the file is created atomically.
    ///
    /// - Parameter folder: the data folder, which must exist.
    /// - Returns: whether this call created a token.
    /// - Throws: `FileError` when the file cannot be written.
    static func ensure(in folder: String) throws(FileError) -> Bool {
        let path = folder + "/" + fileName
        var status = stat()
        // `lstat` also finds a dangling symbolic link; `read` reports the problem.
        if lstat(path, &status) == 0 { return false }
        let draft = path + ".\(getpid()).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: draft, code: errno) }
        defer {
            close(descriptor)
            unlink(draft)
        }
        let bytes = Array((make() + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw FileError(path: path, code: errno)
        }
        guard link(draft, path) == 0 else {
            if errno == EEXIST { return false }
            throw FileError(path: path, code: errno)
        }
        return true
    }

    /// Size limit of the file in bytes.
    private static let fileBytesMax = 1024
    /// Permitted length of a token in characters.
    static let characters = 16...256

    /// Reads the token from the data folder.
    ///
    /// - Throws: `ConfigurationError` with a fix when the file is readable by other users, has another owner, is not a
    ///   regular file or contains no valid token; `FileError` when it cannot be read.
    static func read(in folder: String) throws -> String {
        let path = folder + "/" + fileName
        let file = try SmallFile(path)
        if let problem = problem(file.status, path, folder) { throw ConfigurationError(problems: [problem]) }
        let text = String(decoding: try file.bytes(max: fileBytesMax), as: UTF8.self)
        let token = String(text.filter { !$0.isWhitespace })
        guard !token.isEmpty else {
            throw ConfigurationError(problems: [
                "the token file \(path) is empty; remove it, and the next start generates a token"
            ])
        }
        guard let token = checked(token) else {
            let rule = "must have \(characters.lowerBound) to \(characters.upperBound) printable ASCII characters"
            throw ConfigurationError(problems: [
                "the token in \(path) \(rule); remove the file, and the next start generates a token"
            ])
        }
        return token
    }

    /// The text if it is a valid token, otherwise nil.
    static func checked(_ text: String) -> String? {
        characters.contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
    }

    /// The reason not to trust the token file; nil when it can be trusted.
    private static func problem(_ status: stat, _ path: String, _ folder: String) -> String? {
        guard status.st_mode & S_IFMT == S_IFREG else {
            return "the token file \(path) is not a regular file; remove it, and the next start generates a token"
        }
        var parent = stat()
        // Root may read the token of the user who owns the data folder: `collector link` in a container.
        let isReadByRoot = geteuid() == 0 && lstat(folder + "/.", &parent) == 0 && parent.st_uid == status.st_uid
        guard status.st_uid == geteuid() || status.st_uid == 0 || isReadByRoot else {
            return
                "the token file \(path) is owned by another user (uid \(status.st_uid)), who could change the token; "
                + "fix: chown \(geteuid()) \(path)"
        }
        guard status.st_mode & 0o077 == 0 else {
            return "the token file \(path) is accessible to others (mode \(String(status.st_mode & 0o777, radix: 8))); "
                + "fix: chmod 600 \(path)"
        }
        return nil
    }

    /// Generates 256 random bits as hexadecimal digits.
    private static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in (generator.next() as UInt64).hexadecimal }.joined()
    }
}
