import Files
import Glibc
import Testing

@testable import collector

private func configuration(_ environment: [String: String]) throws(ConfigurationError) -> Configuration {
    try Configuration(flags: [:], environment: environment, dotEnv: (values: [:], problems: []))
}

@Suite struct AddressTests {
    @Test(arguments: [
        ("https://Stats.example.com", "https://stats.example.com"), ("http://localhost:5001/", "http://localhost:5001"),
        ("https://example.com/collector/", "https://example.com/collector"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"), ("HTTPS://a.test", "https://a.test"),
    ])
    func `a public address loses the slash at its end`(text: String, url: String) throws {
        #expect(try configuration(["COLLECTOR_URL": text]).publicURL == url)
    }

    @Test(arguments: [
        "stats.example.com", "ftp://a.test", "https://", "https://a.test/?x=1", "https://a.test/#x",
        "https://user:secret@a.test", "https://a.test:0", "https://a.test:99999", "https://a b.test",
        "https://[::1", "https://[1.2.3.4]", "https://a.test/../b", "javascript://a.test",
    ])
    func `an address that cannot be opened stops the start`(text: String) {
        #expect(throws: ConfigurationError.self) { _ = try configuration(["COLLECTOR_URL": text]) }
    }

    @Test func `the base path is added to a public address without a path`() throws {
        let base = ["COLLECTOR_BASE_PATH": "/collector"]
        #expect(
            try configuration(base.merging(["COLLECTOR_URL": "https://a.test"]) { $1 }).publicURL
                == "https://a.test/collector"
        )
        #expect(
            try configuration(base.merging(["COLLECTOR_URL": "https://a.test/b"]) { $1 }).publicURL
                == "https://a.test/b"
        )
    }

    @Test(arguments: [
        ("127.0.0.1", "http://localhost:5000", false), ("0.0.0.0", "http://localhost:5000", true),
        ("::", "http://localhost:5000", true), ("::1", "http://[::1]:5000", false),
        ("192.0.2.7", "http://192.0.2.7:5000", false),
    ])
    func `an address to open is never that of all interfaces`(host: String, url: String, hasHint: Bool) throws {
        let address = PublicAddress(publicURL: nil, listener: ServerAddress(host: host, port: 5000))
        #expect(address.url == url)
        #expect((address.hint != nil) == hasHint)
    }

    @Test func `an address with TLS has its scheme, also when it is read again`() throws {
        let listener = ServerAddress(host: "127.0.0.1", port: 5000, basePath: "/a", usesTLS: true)
        #expect(listener.text == "https://127.0.0.1:5000/a" && ServerAddress(listener.text) == listener)
        let address = PublicAddress(publicURL: nil, listener: listener)
        #expect(address.url == "https://localhost:5000/a" && address.hint != nil)
        #expect(ServerAddress("http://127.0.0.1:5000")?.usesTLS == false)
    }

    @Test func `a configured address wins and needs no hint`() throws {
        let listener = ServerAddress(host: "0.0.0.0", port: 5000)
        let address = PublicAddress(publicURL: "https://a.test", listener: listener)
        #expect(address.signInLink(token: "a b&c#d") == "https://a.test/insight#token=a%20b%26c%23d")
        #expect(address.tag == #"<script defer src="https://a.test/collector.js"></script>"#)
        #expect(address.hint == nil)
    }

    @Test(arguments: ["http://127.0.0.1:5000", "http://[::1]:1/a/b", "http://0.0.0.0:65535/x", "https://127.0.0.1:1"])
    func `an address of a server is read as it was written`(text: String) {
        #expect(ServerAddress(text)?.text == text)
    }

    @Test(arguments: [
        "", "http://", "ftp://127.0.0.1:1", "http://evil.test:80", "http://127.0.0.1", "http://127.0.0.1:x",
    ])
    func `nothing else is an address of a server`(text: String) {
        #expect(ServerAddress(text) == nil)
    }
}

@Suite struct UnknownVariableTests {
    private func find(_ environment: [String: String], dotEnv: [String: String] = [:]) -> [String: String?] {
        Dictionary(
            uniqueKeysWithValues: UnknownVariable.find(environment: environment, dotEnv: dotEnv).map {
                ($0.name, $0.meant)
            }
        )
    }

    @Test(arguments: [
        ("COLLECTOR_TOKN", "COLLECTOR_TOKEN"), ("COLECTOR_TOKEN", "COLLECTOR_TOKEN"), ("DBURL", "DB_URL"),
        ("DB_URI", "DB_URL"), ("DATABASE_URL", "DB_URL"), ("EVENT_IP_SALT", "EVENT_IP_HASH_SALT"),
        ("EVENTS_IP_HASH_SALT", "EVENT_IP_HASH_SALT"), ("COLLECTOR_PORT", "PORT"),
        ("COLLECTOR_RATELIMIT", "COLLECTOR_RATE_LIMIT"), ("collector_token", "COLLECTOR_TOKEN"),
        ("COLLECTOR_BASEPATH", "COLLECTOR_BASE_PATH"), ("COLLECTOR_LOG_LEVL", "COLLECTOR_LOG_LEVEL"),
    ])
    func `a misspelled variable is named with the one that was meant`(name: String, meant: String) {
        #expect(find([name: "8080"]) == [name: meant])
        #expect(find([:], dotEnv: [name: "8080"]) == [name: meant])
    }

    @Test func `an unknown name with our prefix is named without a suggestion`() {
        #expect(find(["COLLECTOR_SOMETHING_ELSE_ALTOGETHER": "1"]) == ["COLLECTOR_SOMETHING_ELSE_ALTOGETHER": nil])
    }

    @Test(arguments: [
        "PATH", "POST", "HOSTS", "HOSTNAME", "PORTS", "DB_USER", "DB_HOST", "EVENT_ID", "LOG_LEVEL", "COLLECTOR_BINARY",
        "COLLECTOR_TEST_KILLS", "COLLECTOR_SERVICE_HOST", "COLLECTOR_PORT_5000_TCP_PORT", "host", "port",
    ])
    func `variables of others are left alone`(name: String) {
        #expect(find([name: "1"]).isEmpty)
    }

    @Test func `variables that Kubernetes sets for a service named collector cause no warning`() {
        #expect(find(["COLLECTOR_PORT": "tcp://10.0.0.1:5000"]).isEmpty)
    }

    @Test func `a near miss beside the right name is another program's`() {
        #expect(find(["DATABASE_URL": "x", "DB_URL": "y"]).isEmpty)
        #expect(find(["DATABASE_URL": "x"], dotEnv: ["DB_URL": "y"]).isEmpty)
        #expect(find(["DATABASE_URL": "x", "DB_URL": ""]) == ["DATABASE_URL": "DB_URL"])
    }

    @Test func `every known variable is known`() {
        #expect(find(Dictionary(uniqueKeysWithValues: Variable.all.map { ($0.name, "1") })).isEmpty)
    }

    @Test func `messages never hold the value`() {
        let found = UnknownVariable.find(environment: ["COLLECTOR_TOKN": "hunter2"], dotEnv: ["DBURL": "hunter2"])
        #expect(
            found.map(\.message) == [
                "unknown variable COLLECTOR_TOKN; did you mean COLLECTOR_TOKEN?",
                "unknown variable DBURL in .env; did you mean DB_URL?",
            ]
        )
    }
}

@Suite struct AdviceTests {
    @Test(arguments: [(EACCES, "writable"), (ENOSPC, "disk space"), (EROFS, "writable"), (ENOTDIR, "not a folder")])
    func `an unusable data folder is reported with advice`(code: Int32, word: String) {
        let message = Advice.message(FileError(path: "data", code: code))
        #expect(message.hasPrefix("data: ") && message.contains(word) && message.contains("COLLECTOR_DATA"))
    }

    @Test(arguments: [(EADDRINUSE, "Another program"), (EACCES, "1024"), (EADDRNOTAVAIL, "--host")])
    func `an unusable listen address is reported with advice`(code: Int32, word: String) {
        let error = ListenError(address: "127.0.0.1:80", reason: String(cString: strerror(code)))
        #expect(Advice.message(error).contains(word))
    }
}
