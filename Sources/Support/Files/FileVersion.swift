import Glibc

/// The identity of a file's content, as far as the file system shows it.
package struct FileVersion: Equatable, Sendable {
    private let device, inode, size: UInt64
    /// Seconds and nanoseconds of the last change of the content, and of the last change of the file, which no program can set.
    private let modified, changed: [Int]

    /// Nil if there is no such file.
    package init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = UInt64(bitPattern: Int64(status.st_size))
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
