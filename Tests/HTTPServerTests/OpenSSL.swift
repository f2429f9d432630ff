import Foundation
import TLS
import TestSupport

/// A certificate that this machine makes for a test, and its key.
struct TestCertificate {
    let folder: TemporaryFolder
    let files: CertificateFiles

    /// Makes both files, for a common name and from now on.
    init(_ name: String, days: Int = 30, key: String = "ec:prime256v1") throws {
        folder = try TemporaryFolder()
        files = CertificateFiles(certificate: folder.file("certificate.pem"), key: folder.file("key.pem"))
        let parts = key.split(separator: ":").map(String.init)
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:\(parts[1])"]
        let kind = parts[0] == "ec" ? curve : ["-newkey", key]
        _ = try OpenSSL.run(
            ["req", "-x509"] + kind + [
                "-nodes", "-days", "\(days)", "-subj", "/CN=\(name)", "-keyout", files.key, "-out", files.certificate,
            ]
        )
    }

    /// Replaces both files of another one, as a renewal does.
    func replace(_ other: CertificateFiles) throws {
        defer { withExtendedLifetime(folder) {} }
        for (source, target) in [(files.certificate, other.certificate), (files.key, other.key)] {
            try FileManager.default.copyItem(atPath: source, toPath: target + ".new")
            guard rename(target + ".new", target) == 0 else { throw CocoaError(.fileWriteUnknown) }
        }
    }
}

/// The `openssl` program.
enum OpenSSL {
    /// Runs a command to its end; its output, with its errors.
    static func run(_ arguments: [String]) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a client reports about a connection that it closes after the handshake.
    static func connect(_ port: Int, _ arguments: [String]) throws -> String {
        try run(["s_client", "-connect", "127.0.0.1:\(port)"] + arguments)
    }
}

/// `openssl s_client` as a client whose bytes a test chooses.
final class TLSClient {
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())
    private var buffer = ""

    init(port: Int, _ arguments: String...) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = ["s_client", "-quiet", "-connect", "127.0.0.1:\(port)"] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    func send(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Reads up to and including a text; nil when the server closes before it.
    func read(through text: String) -> String? {
        while true {
            if let found = buffer.range(of: text) {
                defer { buffer = String(buffer[found.upperBound...]) }
                return String(buffer[..<found.upperBound])
            }
            let part = output.fileHandleForReading.availableData
            guard !part.isEmpty else { return nil }
            buffer += String(decoding: part, as: UTF8.self)
        }
    }

    /// Reads until the server closes.
    func readAll() -> String {
        while case let part = output.fileHandleForReading.availableData, !part.isEmpty {
            buffer += String(decoding: part, as: UTF8.self)
        }
        defer { buffer = "" }
        return buffer
    }
}
