import Glibc

/// The secret of the owner's pages: configured, or made once and kept in the data folder for its owner's eyes only.
enum OwnerToken {
    static let fileName = "token"

    /// Makes sure that the token's file exists.
    ///
    /// - Parameter folder: the data folder, which exists.
    /// - Returns: whether a token was made by this call.
    /// - Throws: when the file cannot be written.
    static func ensure(in folder: String) throws(FileError) -> Bool {
        let path = folder + "/" + fileName
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { return false }
            throw FileError(path: path, code: errno)
        }
        defer { close(descriptor) }
        let bytes = Array((make() + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            let code = errno
            unlink(path)
            throw FileError(path: path, code: code)
        }
        return true
    }

    /// Bytes of the file; a longer one is not ours.
    private static let fileBytesMax = 1024

    /// The token that is kept in the data folder.
    static func read(in folder: String) throws(FileError) -> String {
        let path = folder + "/" + fileName
        guard let text = try TextFile.read(path, bytesMax: fileBytesMax) else {
            throw FileError(path: path, code: ENOENT)
        }
        return String(text.filter { !$0.isWhitespace })
    }

    /// 256 bits of the system's randomness as hexadecimal digits.
    private static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// A file or folder could not be used.
struct FileError: Error, Equatable {
    var path: String
    var code: Int32

    var message: String { "\(path): \(String(cString: strerror(code)))" }
}

/// The folder of everything that Collector keeps by itself.
enum DataFolder {
    /// Makes the folder and those above it, readable by nobody else.
    static func make(_ path: String) throws(FileError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + part
            guard mkdir(prefix, 0o700) == 0 || errno == EEXIST else { throw FileError(path: prefix, code: errno) }
        }
        guard access(path, W_OK | X_OK) == 0 else { throw FileError(path: path, code: errno) }
    }
}

/// Small text files, such as `.env`.
enum TextFile {
    /// The file's text; nil when there is none.
    ///
    /// A file larger than `bytesMax` is an error, as is one that cannot be read.
    static func read(_ path: String, bytesMax: Int) throws(FileError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileError(path: path, code: errno)
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count)
            }
            guard got >= 0 else { throw FileError(path: path, code: errno) }
            if got == 0 { return String(decoding: bytes[..<count], as: UTF8.self) }
            count += got
        }
        throw FileError(path: path, code: EFBIG)
    }
}
