import Glibc

/// The command-line arguments of the process.
///
/// Read from `/proc/self/cmdline`: Swift's runtime looks for them next to the environment, which a preloaded
/// library may have moved.
enum ProcessArguments {
    /// Bytes per read.
    private static let partBytes = 4096

    /// The arguments after the program name.
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
        // Each argument ends with a NUL byte.
        let words = bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        return words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    }
}
