import Glibc
import Storage

/// Runs another program, whose output is read as it arrives.
struct ChildProgram {
    /// Found in the folders of `PATH`.
    let name: String
    let arguments: [String]
    /// The whole environment of the program.
    let environment: [String: String]

    /// Bytes of standard error that are kept.
    private static let errorBytesMax = 16_384
    private static let partBytes = 65_536
    /// Milliseconds between two calls of `shouldContinue` without output.
    private static let pollMilliseconds: Int32 = 200

    struct Ending {
        /// The exit status, or 128 and the number of the signal.
        let status: Int32
        let error: String
        /// Whether the program was ended because `shouldContinue` returned false.
        let wasStopped: Bool
    }

    /// A pipe whose ends are closed in other programs.
    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw ChildProgram.failure("cannot create a pipe", errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (reading, writing) = (ends[0], ends[1])
        }
    }

    /// - Parameters:
    ///   - take: Receives standard output.
    ///   - shouldContinue: When it returns false, the program is terminated.
    /// - Returns: How the program ended.
    /// - Throws: `BackupError` when the program cannot be started.
    func run(_ take: ([UInt8]) -> Void = { _ in }, while shouldContinue: () -> Bool) throws -> Ending {
        let output = try Pipe()
        defer { close(output.reading) }
        let error = try Pipe()
        defer { close(error.reading) }
        var pid: pid_t = 0
        let code = start(&pid, output.writing, error.writing)
        for end in [output.writing, error.writing] { close(end) }
        guard code == 0 else { throw Self.failure("cannot run \(name)", code) }
        var text: [UInt8] = []
        var wasStopped = false
        var open = [output.reading, error.reading]
        while !open.isEmpty {
            var descriptors = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            _ = poll(&descriptors, nfds_t(descriptors.count), Self.pollMilliseconds)
            for descriptor in descriptors where descriptor.revents != 0 {
                let bytes = Self.read(descriptor.fd)
                if bytes.isEmpty { open.removeAll { $0 == descriptor.fd } }
                if descriptor.fd == output.reading { take(bytes) }
                if descriptor.fd == error.reading { text += bytes.prefix(Self.errorBytesMax - text.count) }
            }
            if !wasStopped, !shouldContinue() {
                wasStopped = true
                kill(pid, SIGTERM)
            }
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return Ending(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
            error: String(decoding: text, as: UTF8.self),
            wasStopped: wasStopped
        )
    }

    /// - Returns: the error number, or 0.
    private func start(_ pid: inout pid_t, _ output: Int32, _ error: Int32) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that this program blocks would be blocked in the other one, too.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([name] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        return posix_spawnp(&pid, name, &actions, &attributes, &words, &variables)
    }

    /// The bytes that have arrived; none at the end.
    private static func read(_ descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: partBytes)
        while true {
            let count = Glibc.read(descriptor, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            return Array(bytes[..<max(0, count)])
        }
    }

    private static func failure(_ what: String, _ code: Int32) -> BackupError {
        BackupError("\(what): \(String(cString: strerror(code)))")
    }
}
