import Glibc

/// The words of the command line.
///
/// Swift's runtime finds them beside the environment, which a preloaded library may have moved; the kernel always knows them.
enum ProcessArguments {
    /// Bytes that are read at once.
    private static let partBytes = 4096

    /// The words behind the program's name.
    static func read() -> [String] {
        let descriptor = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return Array(CommandLine.arguments.dropFirst()) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: partBytes)
        while true {
            let count = Glibc.read(descriptor, &part, partBytes)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        // Each word ends with a zero.
        let words = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        return words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }
}
