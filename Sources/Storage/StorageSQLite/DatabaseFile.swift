import Glibc
import Storage

/// Creation and size of database files.
enum DatabaseFile {
    /// Creates the file, readable and writable only by its owner, if it does not exist.
    ///
    /// The file is linked to its name only after its descriptor is closed. Closing any descriptor of a file that
    /// SQLite has open in this process would release SQLite's locks (https://www.sqlite.org/howtocorrupt.html,
    /// 2.2), and other processes would consider the write-ahead log abandoned.
    static func make(_ path: String) throws(StoreError) {
        guard access(path, F_OK) != 0 else { return }
        var name = Array((path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw .unavailable(reason: "cannot create the database file: \(systemReason())")
        }
        close(descriptor)
        defer { unlink(name) }
        guard link(name, path) != 0, errno != EEXIST else { return }
        // A file system without hard links, such as some network drives. There, two threads must
        // not create the file concurrently.
        let plain = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard plain >= 0 || errno == EEXIST else {
            throw .unavailable(reason: "cannot create the database file: \(systemReason())")
        }
        if plain >= 0 { close(plain) }
    }

    /// The size of a file in bytes; nil when it does not exist.
    static func bytes(_ path: String) -> Int? {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : nil
    }
}

private func systemReason() -> String { String(cString: strerror(errno)) }
