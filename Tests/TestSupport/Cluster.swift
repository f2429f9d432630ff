import Foundation
import Postgres

/// A throw-away PostgreSQL: made by initdb in a temporary folder, gone with the process that made it, however that ends.
// Unchecked: what changes is changed by the one suite that stops and starts its own server.
package final class Cluster: @unchecked Sendable {
    /// The server of all tests that leave it running; made at its first use.
    package static let shared = Swift.Result { try Cluster() }

    private static let user = "collector"
    package static let password = "not-so-secret-7f3a"
    private static let startSecondsMax = 60.0

    /// The shell reads until the pipe closes, by intent or because we died; then the server is shut down and its folder removed.
    ///
    /// A server that has only begun to start ignores the signal, so it is sent until the server is gone. What is kept is shut down
    /// fast, with a checkpoint; what is thrown away, at once.
    private static let supervisor = """
        keep=$1; shift
        trap : INT TERM HUP
        "$@" & server=$!
        cat >/dev/null
        trap '' INT TERM HUP PIPE
        if test -e "$keep/keep"; then signal=INT; else signal=QUIT; fi
        while kill -CONT $server; do pkill -CONT -P $server; kill -$signal $server; sleep 0.1; done
        wait $server
        test -e "$keep/keep" || rm -rf "$keep"
        """

    private let binaries: String
    package let folder: String
    package let port: Int
    private var supervisor: Process?
    private var pipe: Pipe?

    package init() throws {
        binaries = try Self.findBinaries()
        folder = NSTemporaryDirectory() + "/collector-postgres-" + UUID().uuidString
        port = try Self.freePort()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let passwordFile = folder + "/password"
        try Self.password.write(toFile: passwordFile, atomically: false, encoding: .utf8)
        if geteuid() == 0 { try run("/bin/chown", ["-R", "postgres", folder]) }
        try runAsOwner(
            binaries + "/initdb",
            [
                "--pgdata", folder + "/data", "--username", Self.user, "--pwfile", passwordFile, "--auth",
                "scram-sha-256",
                "--encoding", "UTF8", "--locale", "C", "--no-sync",
            ]
        )
        try start()
    }

    package func url(_ database: String) -> String {
        "postgresql://\(Self.user):\(Self.password)@127.0.0.1:\(port)/\(database)"
    }

    /// Makes an empty database under a name that nobody has.
    package func makeDatabase() throws -> String {
        let name = Self.newName()
        try create(name)
        return name
    }

    /// A name that no database has.
    package static func newName() -> String {
        "test_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
    }

    /// Makes a database, empty or as a copy.
    package func create(_ name: String, copyOf template: String? = nil) throws {
        let seconds: Int32 = 60
        let copy = template.map { " template \($0) strategy file_copy" } ?? ""
        let connection = try Connection(url: url("postgres"), timeoutMilliseconds: seconds * 1000)
        try connection.execute("create database \(name)\(copy)", timeoutMilliseconds: seconds * 1000)
    }

    /// Runs SQL as another program would.
    ///
    /// - Returns: what was printed, one line a row.
    @discardableResult
    package func psql(_ database: String, _ sql: String) throws -> String {
        try run(
            binaries + "/psql",
            ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url(database), "-c", sql]
        )
    }

    // MARK: - Life

    /// Starts the server and waits until it answers.
    ///
    /// Tests kill servers, never the machine: the system's cache outlives them, so nothing waits for the disk.
    package func start() throws {
        let (program, prefix) = owner("/bin/sh")
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            prefix + [
                "-c", Self.supervisor, "sh", folder, binaries + "/postgres", "-D", folder + "/data", "-p", String(port),
                "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off", "-c", "max_connections=100",
            ]
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        supervisor = process
        self.pipe = pipe
        let end = Date() + Self.startSecondsMax
        while !answers {
            guard process.isRunning, Date() < end else { throw TestSupportError("PostgreSQL did not start") }
            usleep(20_000)
        }
    }

    /// Shuts the server down: connections are cut, what was committed stays for the next start.
    package func stop() throws {
        try "".write(toFile: folder + "/keep", atomically: false, encoding: .utf8)
        defer { unlink(folder + "/keep") }
        try pipe?.fileHandleForWriting.close()
        supervisor?.waitUntilExit()
        supervisor = nil
    }

    /// Shuts the server down for good.
    package func remove() throws {
        try stop()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Makes every process of the server stand still, as a machine does that hangs.
    package func pause() throws { try signalAll(SIGSTOP) }

    package func resume() throws { try signalAll(SIGCONT) }

    /// Kills every process of the server at once, as a loss of power does; `stop` and `start` bring it back.
    package func kill() throws { try signalAll(SIGKILL) }

    private var answers: Bool {
        // While it does not answer the program fails, which is what is asked.
        (try? run(binaries + "/pg_isready", ["-q", "-h", "127.0.0.1", "-p", String(port)])) != nil
    }

    private func signalAll(_ signal: Int32) throws {
        let first = try String(contentsOfFile: folder + "/data/postmaster.pid", encoding: .utf8).split(separator: "\n")[
            0
        ]
        guard let postmaster = Int32(first) else { throw TestSupportError("the server has no process") }
        // The parent first, so that it makes no more children.
        for pid in [postmaster] + Self.children(of: postmaster) { _ = Foundation.kill(pid, signal) }
    }

    private static func children(of parent: Int32) -> [Int32] {
        // A process that ends meanwhile has no file any more.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { pid in
            // As above.
            guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
            // The state and the parent stand behind the name, which is in brackets.
            return stat.split(separator: ")").last?.split(separator: " ")[1] == Substring(String(parent))
        }
    }

    // MARK: - Programs

    /// PostgreSQL refuses to run as root.
    private func owner(_ program: String) -> (program: String, arguments: [String]) {
        geteuid() == 0 ? ("/usr/sbin/runuser", ["-u", "postgres", "--", program]) : (program, [])
    }

    private func runAsOwner(_ program: String, _ arguments: [String]) throws {
        let (program, prefix) = owner(program)
        try run(program, prefix + arguments)
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestSupportError("\(program): \(text)") }
        return text.trimmingCharacters(in: .newlines)
    }

    private static func findBinaries() throws -> String {
        let root = "/usr/lib/postgresql"
        // Without the folder there is no packaged server; one on the path does as well.
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let packaged = versions.compactMap(Int.init).sorted(by: >).map { "\(root)/\($0)/bin" }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for folder in packaged + path.split(separator: ":").map(String.init)
        where ["initdb", "postgres", "psql", "pg_isready"].allSatisfy({
            FileManager.default.isExecutableFile(atPath: folder + "/" + $0)
        }) {
            return folder
        }
        throw TestSupportError("PostgreSQL's server is not installed (scripts/setup test installs it)")
    }

    private static func freePort() throws -> Int {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
            }
        }
        guard isBound else { throw TestSupportError("no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

package struct TestSupportError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
