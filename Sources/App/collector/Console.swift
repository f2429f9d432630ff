import Glibc

/// Terminal output for the user, separate from the log.
enum Console {
    static func out(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes to standard error or standard output, whichever is a terminal; writes nothing when neither is.
    static func terminal(_ text: String) {
        if let descriptor = [STDERR_FILENO, STDOUT_FILENO].first(where: { isatty($0) == 1 }) {
            write(text + "\n", to: descriptor)
        }
    }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Rewrites the current line of standard error.
    static func rewriteError(_ text: String) { write("\r" + text + "\u{1B}[K", to: STDERR_FILENO) }

    /// Writes data to standard output; blocks until all of it is written.
    ///
    /// - Returns: 0 on success, otherwise the value of `errno`.
    static func write(_ data: [UInt8]) -> Int32 { write(data[...], to: STDOUT_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) { _ = write(Array(text.utf8)[...], to: descriptor) }

    private static func write(_ data: ArraySlice<UInt8>, to descriptor: Int32) -> Int32 {
        var rest = data
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return errno }
            rest = rest.dropFirst(count)
        }
        return 0
    }
}
