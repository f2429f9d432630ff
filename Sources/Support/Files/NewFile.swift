import Glibc

/// A file that is written from its start to its end, and gets its name when it is complete.
package struct NewFile: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private var isPublished = false

    /// Creates the file under a temporary name, readable and writable only by its owner; replaces what has this name.
    package init(temporary path: String) throws(FileError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        self.path = path
    }

    deinit {
        close(descriptor)
        if !isPublished { unlink(path) }
    }

    package func append(_ bytes: [UInt8]) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw FileError(path: path, code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Gives the file its name, durably, and replaces a file of this name.
    package mutating func publish(as target: String) throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError(path: path, code: errno) }
        guard rename(path, target) == 0 else { throw FileError(path: target, code: errno) }
        isPublished = true
        try Folder.sync(of: target)
    }
}

/// A file that is read in parts from its start to its end.
package struct FileParts: ~Copyable {
    private let path: String
    private let descriptor: Int32

    package init(_ path: String) throws(FileError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        self.path = path
    }

    deinit { close(descriptor) }

    /// The next bytes, at most `count`; empty at the end.
    package func next(_ count: Int) throws(FileError) -> [UInt8] {
        var part = [UInt8](repeating: 0, count: count)
        let found = read(descriptor, &part, count)
        guard found >= 0 else { throw FileError(path: path, code: errno) }
        part.removeLast(count - found)
        return part
    }
}

/// A lock on a file, which ends with its value or with the process.
package struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Takes a lock that excludes all others, and creates the file; nil when another process has a lock.
    package init?(exclusive path: String) throws(FileError) {
        try self.init(path, O_RDWR | O_CREAT, LOCK_EX)
    }

    /// Takes a lock that excludes exclusive ones; nil when another process has one of these.
    package init?(shared path: String) throws(FileError) {
        try self.init(path, O_RDONLY, LOCK_SH)
    }

    private init?(_ path: String, _ flags: Int32, _ kind: Int32) throws(FileError) {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        guard flock(descriptor, kind | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw FileError(path: path, code: code) }
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

/// Folders and what is in them.
package enum Folder {
    /// Writes the folder of a file to the disk, so that a new name of the file survives a crash.
    package static func sync(of path: String) throws(FileError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: folder, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: folder, code: errno) }
    }

    /// The names in a folder, in order, without `.` and `..`.
    package static func names(_ path: String) throws(FileError) -> [String] {
        guard let stream = opendir(path) else { throw FileError(path: path, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
