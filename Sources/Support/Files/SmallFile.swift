package import Glibc

/// An open file that is read as a whole, such as a setting, a token or a time zone.
///
/// Closed at the end of its lifetime.
package struct SmallFile: ~Copyable {
    package let path: String
    /// The state of the file when it was opened: type, size, mode and owner.
    package let status: stat
    private let descriptor: Int32

    /// Opens a file for reading.
    ///
    /// - Parameters:
    ///   - path: relative to the working folder, or absolute.
    ///   - waitsForWriter: whether opening a named pipe blocks until another process writes to it; otherwise a pipe
    ///     without a writer is empty.
    /// - Throws: `FileError` when the file does not exist (`ENOENT`) or cannot be opened.
    package init(_ path: String, waitsForWriter: Bool = false) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (waitsForWriter ? 0 : O_NONBLOCK))
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw FileError(path: path, code: code)
        }
        self.path = path
        self.status = status
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Whether it is a regular file: no folder, pipe, socket or device.
    package var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }

    /// Reads the file to its end; call it once.
    ///
    /// - Throws: `FileError` when it cannot be read, or with `EFBIG` when it has more than `bytesMax` bytes.
    package func bytes(max bytesMax: Int) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: min(bytesMax, 65_535) + 1)
        while true {
            let count = read(descriptor, &part, part.count)
            guard count >= 0 else { throw FileError(path: path, code: errno) }
            if count == 0 { return bytes }
            guard bytes.count + count <= bytesMax else { throw FileError(path: path, code: EFBIG) }
            bytes += part[..<count]
        }
    }

    /// The bytes of a regular file; nil when the path leads to anything else, or the file is larger than `bytesMax`.
    package static func regular(_ path: String, bytesMax: Int) -> [UInt8]? {
        do throws(FileError) {
            let file = try SmallFile(path)
            return file.isRegular ? try file.bytes(max: bytesMax) : nil
        } catch { return nil }
    }
}
