import Foundation
import HTTPServer
import Locks
import Log
import TLS
import TestSupport
import Testing
import Workers

private func post(_ path: String, _ body: String, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

private let quietLog = Log(level: .error, format: .logfmt, descriptor: open("/dev/null", O_WRONLY | O_CLOEXEC))
/// Between two checks of the files, so that a test sees a reload soon.
private let checkMilliseconds = 20

/// Runs a body against a server with a certificate.
private func withTLS(
    _ certificate: TestCertificate,
    _ change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (Server, EchoHandler, CertificateKeeper) throws -> Void
) throws {
    let keeper = try CertificateKeeper(certificate.files, log: quietLog, intervalMilliseconds: checkMilliseconds)
    keeper.start()
    defer { keeper.worker.stop() }
    try withServer({ configuration in
        configuration.certificate = keeper
        change(&configuration)
    }) { server, handler in try body(server, handler, keeper) }
}

@Suite struct TLSTests {
    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `a connection serves one request after the other, also requests sent together`(version: String) throws {
        try withTLS(TestCertificate("one")) { server, _, _ in
            let client = try TLSClient(port: server.port, version, "-alpn", "h2,http/1.1")
            for number in 0..<5 {
                try client.send(post(number % 2 == 0 ? "/now" : "/later", "body \(number);"))
                #expect(client.read(through: ";")?.hasSuffix("body \(number);") == true)
            }
            try client.send((0..<50).map { post($0 % 3 == 0 ? "/later" : "/now", "\($0);") }.joined())
            for number in 0..<50 { #expect(client.read(through: ";")?.hasSuffix("\r\n\(number);") == true) }
            try client.send(post("/now", "last", "Connection: close\r\n"))
            #expect(client.readAll().hasSuffix("last"))
        }
    }

    @Test func `a large answer arrives whole`() throws {
        try withTLS(TestCertificate("one")) { server, _, _ in
            let client = try TLSClient(port: server.port)
            try client.send(post("/big", "", "Connection: close\r\n"))
            let body = client.readAll().components(separatedBy: "\r\n\r\n").last ?? ""
            #expect(body.utf8.count == EchoHandler.bigBytes)
            #expect(body.utf8.enumerated().allSatisfy { $1 == UInt8(ascii: "0") + UInt8($0 % 10) })
        }
    }

    @Test func `TLS 1-2 and 1-3 are spoken, with HTTP 1-1 and nothing older`() throws {
        try withTLS(TestCertificate("one")) { server, _, _ in
            let refused = [
                ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA"], ["-alpn", "h2"],
            ]
            for arguments in refused {
                let report = try OpenSSL.connect(server.port, arguments)
                #expect(report.contains("Cipher is (NONE)"), "\(arguments)")
            }
            for arguments in [["-tls1_2", "-alpn", "http/1.1"], ["-tls1_3", "-alpn", "h2,http/1.1"]] {
                let report = try OpenSSL.connect(server.port, arguments)
                #expect(report.contains("ALPN protocol: http/1.1"))
            }
        }
    }

    @Test func `a request of plain HTTP is answered as such`() throws {
        try withTLS(TestCertificate("one")) { server, handler, _ in
            let client = try TestClient(port: server.port)
            client.send(post("/now", "plain"))
            let answer = client.readResponse()
            #expect(answer?.status == 400 && answer?.text == "This port accepts HTTPS only\n")
            #expect(client.readAll().isEmpty)
            #expect(handler.handledCount == 0)
        }
    }

    @Test func `a client that does not complete its handshake is closed at the limit of a head`() throws {
        try withTLS(TestCertificate("one"), { $0.headMilliseconds = 100 }) { server, _, _ in
            let client = try TestClient(port: server.port)
            // The header of a record of 256 bytes, and the start of a hello.
            client.send([22, 3, 1, 1, 0, 1, 0, 0, 252][...])
            #expect(client.readAll().isEmpty)
        }
        try withTLS(TestCertificate("one"), { $0.idleMilliseconds = 100 }) { server, _, _ in
            let silent = try TestClient(port: server.port)
            #expect(silent.readAll().isEmpty)
        }
    }

    @Test func `nonsense and a hello without an end are refused`() throws {
        try withTLS(TestCertificate("one")) { server, _, _ in
            let client = try TestClient(port: server.port)
            client.send([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF][...])
            client.finishSending()
            // At most an alert.
            #expect(client.readAll().utf8.count < 16)
            let endless = try TestClient(port: server.port)
            // A hello of 130,000 bytes in records of 16,384.
            let hello: [UInt8] = [1, 1, 0xFB, 0xD0] + [UInt8](repeating: 3, count: 16_380)
            for number in 0..<8 {
                let part = number == 0 ? hello : [UInt8](repeating: 3, count: 16_384)
                endless.send(([22, 3, 1, 0x40, 0] + part)[...])
            }
            endless.finishSending()
            #expect(endless.readAll().utf8.count < 16)
        }
    }

    @Test func `connections over the limit get a 503 after their handshake`() throws {
        try withTLS(TestCertificate("one"), { ($0.connectionsMax, $0.loops) = (1, 1) }) { server, handler, _ in
            let busy = try TLSClient(port: server.port)
            try busy.send(post("/never", ""))
            #expect(eventually { handler.heldCount == 1 })
            let refused = try TLSClient(port: server.port)
            #expect(refused.readAll().hasPrefix("HTTP/1.1 503"))
            handler.release()
            #expect(busy.read(through: "released") != nil)
        }
    }

    @Test func `clients that go away in a handshake leave nothing behind`() throws {
        try withTLS(TestCertificate("one"), { $0.lingerMilliseconds = 50 }) { server, handler, _ in
            func files() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
            let before = try files()
            for _ in 0..<300 {
                let client = try TestClient(port: server.port)
                client.send([22, 3, 1, 1, 0, 1, 0, 0, 252][...])
                client.abort()
            }
            #expect(eventually { handler.responses.metrics.connections == 0 })
            // Other tests open some at the same time.
            #expect(try files() < before + 100)
        }
    }
}

@Suite struct TLSStopTests {
    @Test func `a stop answers what was received, and ends a stream with its last chunk`() throws {
        try withTLS(TestCertificate("one")) { server, handler, _ in
            let client = try TLSClient(port: server.port)
            try client.send(post("/never", ""))
            let reader = try TLSClient(port: server.port)
            try reader.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(eventually { handler.heldCount == 1 && handler.sources.withLock { $0.count } == 1 })
            handler.feed(0, [.bytes(Array("event".utf8))])
            #expect(reader.read(through: "event") != nil)
            server.beginStop()
            #expect(reader.readAll().hasSuffix("0\r\n\r\n"))
            handler.release()
            let answer = client.readAll()
            #expect(answer.contains("Connection: close") && answer.hasSuffix("released"))
            server.waitUntilStopped()
        }
    }
}

@Suite struct CertificateTests {
    /// The common name that a new connection sees.
    private func name(_ port: Int) throws -> String? {
        let lines = try OpenSSL.connect(port, []).split(separator: "\n")
        return lines.first { $0.hasPrefix("subject=") }.map { String($0.suffix(3)) }
    }

    @Test func `a new pair is for new connections, and an old connection goes on`() throws {
        let certificate = try TestCertificate("one")
        try withTLS(certificate) { server, _, _ in
            let old = try TLSClient(port: server.port)
            try old.send(post("/now", "first;"))
            #expect(old.read(through: "first;") != nil)
            #expect(try name(server.port) == "one")
            try TestCertificate("two").replace(certificate.files)
            #expect(eventually { (try? name(server.port)) == "two" })  // until it is
            try old.send(post("/now", "second;"))
            #expect(old.read(through: "second;") != nil)
        }
    }

    @Test func `a broken pair keeps the old one, with a problem until it is repaired`() throws {
        let certificate = try TestCertificate("one")
        try withTLS(certificate) { server, _, keeper in
            #expect(keeper.state(at: 0).problem == nil)
            try TestCertificate("two").replace(
                CertificateFiles(certificate: certificate.files.certificate, key: certificate.folder.file("other.pem"))
            )
            #expect(eventually { keeper.state(at: 0).problem?.contains("does not belong") == true })
            #expect(try name(server.port) == "one")
            unlink(certificate.files.key)
            #expect(eventually { keeper.state(at: 0).problem?.contains("No such file") == true })
            #expect(try name(server.port) == "one")
            try TestCertificate("two").replace(certificate.files)
            #expect(eventually { keeper.state(at: 0).problem == nil })
            #expect(try name(server.port) == "two")
        }
    }

    @Test func `each fault of the files has its own message, without anything of the key`() throws {
        let certificate = try TestCertificate("one")
        let other = try TestCertificate("two")
        let short = try TestCertificate("short", key: "rsa:1024")
        let files = certificate.files
        let locked = certificate.folder.file("locked.pem")
        _ = try OpenSSL.run(["ec", "-in", files.key, "-aes128", "-passout", "pass:secret", "-out", locked])
        let damaged = certificate.folder.file("damaged.pem")
        let text = try String(contentsOfFile: files.certificate, encoding: .utf8)
        try (text + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").write(
            toFile: damaged,
            atomically: false,
            encoding: .utf8
        )
        let cases: [(String, String, String)] = [
            (files.certificate, "/missing", "No such file"), ("/missing", files.key, "No such file"),
            (certificate.folder.path, files.key, "Invalid argument"),
            (files.key, files.key, "no certificate in PEM format"),
            (files.certificate, files.certificate, "no private key in PEM format"),
            (files.certificate, other.files.key, "does not belong to the certificate"),
            (files.certificate, locked, "protected by a password"), (damaged, files.key, "damaged certificate"),
            (short.files.certificate, short.files.key, "key too small"),
        ]
        for (certificatePath, keyPath, expected) in cases {
            let pair = CertificateFiles(certificate: certificatePath, key: keyPath)
            let error = #expect(throws: CertificateError.self) { try ServerCertificate(pair) }
            #expect(error?.message.contains(expected) == true, "\(error?.message ?? "none"), not \(expected)")
        }
    }

    @Test func `the owner is warned before the end of the validity`() throws {
        let long = try TestCertificate("long", days: 90)
        let certificate = try ServerCertificate(long.files)
        let (start, end, day) = (certificate.validity.lowerBound, certificate.validity.upperBound, Int64(86_400))
        #expect(end - start == 90 * day)
        #expect(certificate.age(at: start - 1) == .notYetValid && certificate.age(at: start) == .valid)
        #expect(certificate.age(at: end - ServerCertificate.warningDays * day) == .valid)
        #expect(certificate.age(at: end - ServerCertificate.warningDays * day + 1) == .expiring(days: 13))
        #expect(certificate.age(at: end) == .expiring(days: 0) && certificate.age(at: end + 1) == .expired)
        // A short one is renewed later.
        let short = try TestCertificate("short", days: 6)
        let other = try ServerCertificate(short.files)
        #expect(other.age(at: other.validity.upperBound - 2 * day) == .valid)
        #expect(other.age(at: other.validity.upperBound - day) == .expiring(days: 1))
    }
}
