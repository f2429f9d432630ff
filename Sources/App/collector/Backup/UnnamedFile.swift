import Files
import Glibc

/// A new file that gets its name when it is complete; until then, it has a name of its own in the same folder.
struct UnnamedFile {
    /// The path until it is published.
    let path: String
    private let target: String

    /// Creates the file, readable and writable only by its owner.
    init(for target: String) throws(FileError) {
        var name = Array((target + ".partial-XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw FileError(path: target, code: errno) }
        close(descriptor)
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.target = target
    }

    /// Gives the file its name, durably.
    ///
    /// - Returns: false when there is a file of this name and it may not be replaced.
    func publish(replacing: Bool) throws(FileError) -> Bool {
        try sync()
        if replacing {
            guard rename(path, target) == 0 else { throw FileError(path: target, code: errno) }
        } else if link(path, target) != 0 {
            if errno == EEXIST { return false }
            // A file system without hard links.
            guard access(target, F_OK) != 0 else { return false }
            guard rename(path, target) == 0 else { throw FileError(path: target, code: errno) }
        }
        try Folder.sync(of: target)
        return true
    }

    /// Removes what has not been published.
    func remove() { for suffix in ["", "-journal", "-wal"] { unlink(path + suffix) } }

    private func sync() throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: path, code: errno) }
    }

    /// The size of a file; 0 if it does not exist.
    static func bytes(_ path: String) -> Int64 {
        var information = stat()
        return stat(path, &information) == 0 ? Int64(information.st_size) : 0
    }
}
