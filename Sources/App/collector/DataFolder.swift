import Files
import Glibc

/// The folder for the files that Collector creates.
enum DataFolder {
    /// Creates the folder and its missing parents with mode 0700; throws when the folder is not writable.
    static func make(_ path: String) throws(FileError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + part
            guard mkdir(prefix, 0o700) == 0 || errno == EEXIST else { throw FileError(path: prefix, code: errno) }
        }
        guard access(path, W_OK | X_OK) == 0 else { throw FileError(path: path, code: errno) }
    }
}
