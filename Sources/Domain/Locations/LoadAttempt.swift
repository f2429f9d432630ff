import Glibc

/// The identity of a file's content, as far as the file system shows it.
struct FileVersion: Equatable {
    private let device, inode, size: UInt64
    /// Seconds and nanoseconds of the last change of the content, and of the last change of the file, which no program can set.
    private let modified, changed: [Int]

    /// Nil if there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = UInt64(bitPattern: Int64(status.st_size))
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}

/// The last attempt to load a file.
struct LoadAttempt {
    /// The version of the file; nil if it was missing.
    let version: FileVersion?
    /// When the same version is tried again, in nanoseconds of the monotonic clock; nil if only another version is.
    var retryAt: UInt64?

    init(version: FileVersion?, retryAt: UInt64? = nil) { (self.version, self.retryAt) = (version, retryAt) }

    /// Whether the file must be loaded again.
    func isOutdated(by version: FileVersion?, now: UInt64) -> Bool {
        version != self.version || retryAt.map { now >= $0 } ?? false
    }
}
