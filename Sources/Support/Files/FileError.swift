import Glibc

/// An operation on a file or folder failed; `code` is the value of `errno`.
package struct FileError: Error, Equatable {
    package let path: String
    package let code: Int32

    package init(path: String, code: Int32) {
        self.path = path
        self.code = code
    }

    /// The path and the system's description of the error.
    package var message: String { "\(path): \(String(cString: strerror(code)))" }
}
