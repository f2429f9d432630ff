import Glibc
import Storage

/// The file of a database as something to be made.
enum DatabaseFile {
    /// Makes the file, readable by its owner alone, when there is none.
    ///
    /// It gets its name only after its descriptor is closed: to close any descriptor of a file that SQLite has open in this process
    /// would give up SQLite's locks (https://www.sqlite.org/howtocorrupt.html, 2.2), and others would take the write-ahead log for
    /// abandoned.
    static func make(_ path: String) throws(StoreError) {
        guard access(path, F_OK) != 0 else { return }
        var name = Array((path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw .unavailable(reason: "the database file cannot be made: \(systemReason())")
        }
        close(descriptor)
        defer { unlink(name) }
        guard link(name, path) != 0, errno != EEXIST else { return }
        // A file system without links, such as some network drives; there two threads must not start at once.
        let plain = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard plain >= 0 || errno == EEXIST else {
            throw .unavailable(reason: "the database file cannot be made: \(systemReason())")
        }
        if plain >= 0 { close(plain) }
    }

    /// Bytes of a file; nil when there is none.
    static func bytes(_ path: String) -> Int? {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : nil
    }
}

private func systemReason() -> String { String(cString: strerror(errno)) }
