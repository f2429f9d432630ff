import Log
import Events
import Rollups
import TLS
import Testing

@testable import collector

private func configure(
    flags: [String: String] = [:],
    _ environment: [String: String] = [:],
    dotEnv: String = ""
) throws(ConfigurationError) -> Configuration {
    try Configuration(flags: flags, environment: environment, dotEnv: DotEnv.parse(dotEnv))
}

@Suite struct ConfigurationTests {
    @Test func `without anything the defaults hold`() throws {
        let configuration = try configure()
        #expect(configuration.databaseURL == nil && configuration.ipHashSalt == nil && configuration.token == nil)
        #expect(configuration.host == "127.0.0.1" && configuration.port == 5000 && configuration.dataFolder == "./data")
        #expect(configuration.eventsEnabled && configuration.basePath.isEmpty && configuration.allowedOrigins == nil)
        #expect(configuration.trustedProxies.count == 8 && configuration.clientAddressHeader == .xForwardedFor)
        #expect(configuration.logLevel == .info && configuration.logFormat == .logfmt)
        #expect(configuration.locationDatabase == nil && configuration.locationProxy == nil)
    }

    @Test(arguments: LocationProxy.allCases)
    func `location headers are those of one service`(proxy: LocationProxy) throws {
        #expect(try configure(["COLLECTOR_GEO_HEADERS": proxy.rawValue]).locationProxy == proxy)
        #expect(try configure(["COLLECTOR_GEO_HEADERS": "none"]).locationProxy == nil)
    }

    @Test func `a certificate needs its key, and the key its certificate`() throws {
        let (certificate, key) = ("COLLECTOR_TLS_CERTIFICATE", "COLLECTOR_TLS_KEY")
        #expect(try configure().certificateFiles == nil)
        let files = try configure([certificate: "/a.pem", key: "/b.pem"]).certificateFiles
        #expect(files?.certificate == "/a.pem" && files?.key == "/b.pem")
        for (one, other) in [(certificate, key), (key, certificate)] {
            let error = #expect(throws: ConfigurationError.self) { try configure([one: "/a.pem"]) }
            #expect(error?.problems == ["\(other) must be set, since \(one) is"])
        }
    }

    @Test func `the folder of the archive is a path`() throws {
        #expect(try configure().archiveFolder == nil)
        #expect(try configure(["COLLECTOR_ARCHIVE": "/srv/archive"]).archiveFolder == "/srv/archive")
    }

    @Test func `without settings of retention everything is kept, but for the disk`() throws {
        #expect(try configure().retention == RetentionPolicy())
        #expect(RetentionPolicy().eventsTimes(now: 1000).latest == nil && RetentionPolicy().diskFreeMin == 1 << 30)
    }

    @Test(
        arguments: [("24h", 86_400), ("30d", 2_592_000), ("2w", 1_209_600), ("2y", 63_072_000), ("keep", nil)]
            as [(String, Int64?)]
    )
    func `ages of retention are hours, days, weeks and years`(text: String, seconds: Int64?) throws {
        let retention = try configure([
            "COLLECTOR_RETENTION_EVENTS": text, "COLLECTOR_RETENTION_PAGEVIEWS": "keep",
            "COLLECTOR_RETENTION_DELIVERY_REPORTS": text, "COLLECTOR_RETENTION_DEAD_LETTERS": text,
        ]).retention
        #expect([retention.events, retention.deliveryReports, retention.deadLetters] == [seconds, seconds, seconds])
        #expect(retention.pageViews == nil)
    }

    @Test(arguments: ["d", "1", "23h", "0d", "-5d", "1.5d", "30days", "101y", "9999999999d", "30 d"])
    func `other ages stop the start`(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try configure(["COLLECTOR_RETENTION_EVENTS": text]) }
        #expect(
            error?.problems.first?.hasPrefix("COLLECTOR_RETENTION_EVENTS must be an age of at least one day") == true
        )
    }

    @Test func `limits of size have units, and the database a smallest one`() throws {
        let retention = try configure(["COLLECTOR_DATABASE_MAX": "20GiB", "COLLECTOR_DISK_FREE_MIN": "0"]).retention
        #expect(retention.databaseBytesMax == 20 << 30 && retention.diskFreeMin == 0)
        #expect(throws: ConfigurationError.self) { try configure(["COLLECTOR_DATABASE_MAX": "63MiB"]) }
        #expect(throws: ConfigurationError.self) { try configure(["COLLECTOR_DISK_FREE_MIN": "much"]) }
    }

    @Test func `events are kept no longer than the page views of their figures`() throws {
        var policy = RetentionPolicy()
        policy.pageViews = 200_000
        #expect(policy.eventsTimes(now: 1_000_000).others == 800_000)
        policy.events = 100_000
        #expect(policy.eventsTimes(now: 1_000_000).others == 900_000)
    }

    @Test func `flags win over the environment, the environment over the file`() throws {
        #expect(try configure(flags: ["PORT": "1"], ["PORT": "2"], dotEnv: "PORT=3").port == 1)
        #expect(try configure(["PORT": "2"], dotEnv: "PORT=3").port == 2)
        #expect(try configure(dotEnv: "PORT=3").port == 3)
    }

    @Test func `an empty variable counts as unset`() throws {
        let configuration = try configure([
            "EVENT_IP_HASH_SALT": "", "DB_URL": "", "PORT": "", "COLLECTOR_EVENTS_ENABLED": "",
        ])
        #expect(configuration.ipHashSalt == nil && configuration.databaseURL == nil)
        #expect(configuration.port == 5000 && configuration.eventsEnabled)
    }

    @Test(arguments: ["1", "true", "T", "Yes", "y", "ON", "tRuE"])
    func `yes has many spellings`(text: String) throws {
        #expect(try configure(["COLLECTOR_EVENTS_ENABLED": text]).eventsEnabled)
    }

    @Test(arguments: ["0", "false", "F", "No", "n", "OFF"])
    func `so has no`(text: String) throws {
        #expect(try !configure(["COLLECTOR_EVENTS_ENABLED": text]).eventsEnabled)
    }

    @Test func `all problems are named at once and no value is repeated`() {
        let secret = "mysql://user:hunter2@db/x"
        let error = #expect(throws: ConfigurationError.self) {
            _ = try configure(
                ["DB_URL": secret, "PORT": "65536", "HOST": "nowhere.example", "COLLECTOR_TOKEN": "hunter2"],
                dotEnv: "nonsense hunter2\nCOLLECTOR_TRUSTED_PROXIES=10.0.0.0/99"
            )
        }
        #expect(error?.problems.count == 6)
        #expect(error?.problems.joined().contains("hunter2") == false)
        for name in ["DB_URL", "PORT", "HOST", "COLLECTOR_TOKEN", ".env line 1", "COLLECTOR_TRUSTED_PROXIES"] {
            #expect(error?.problems.contains { $0.hasPrefix(name) } == true)
        }
    }

    @Test(arguments: [
        "postgres://db/x", "postgresql://user:p%20w@db:5433/x?sslmode=verify-full",
        "postgresql:///x?host=/run/postgresql",
        "host=/run/postgresql dbname=collector", "dbname = 'x' password = 'with a space'", "service=collector",
    ])
    func `connection strings are those that libpq accepts`(text: String) throws {
        #expect(try configure(["DB_URL": text]).databaseURL == text)
    }

    @Test(arguments: [
        ("mysql://user:hunter2@db/x", "missing"), ("collector hunter2", "missing"), ("host=db hunter2", "missing"),
        ("postgresql://u:hunter2@db/x?hunter2=1", "invalid URI query parameter"),
        ("host=db password=a hunter2=b", "invalid connection option"),
        ("dbname='hunter2", "unterminated quoted string"),
        ("postgresql://u:hunter2@[::1/x", "IPv6"), ("postgresql://u:hunt%zzer2@db/x", "percent-encoded"),
    ])
    func `another is refused with libpq's reason and without the password`(text: String, reason: String) {
        let error = #expect(throws: ConfigurationError.self) { _ = try configure(["DB_URL": text]) }
        let problem = error?.problems.joined() ?? ""
        #expect(problem.hasPrefix("DB_URL must be") && problem.contains(reason), "\(problem)")
        #expect(!problem.contains("hunt"), "\(problem)")
    }

    @Test(arguments: [("/", ""), ("/collector", "/collector"), ("/a/b/", "/a/b"), ("//a//", "/a")])
    func `a base path loses the slash at its end`(text: String, path: String) throws {
        #expect(try configure(["COLLECTOR_BASE_PATH": text]).basePath == path)
    }

    @Test(arguments: [
        ("COLLECTOR_BASE_PATH", "collector"), ("COLLECTOR_BASE_PATH", "/a/../b"), ("COLLECTOR_BASE_PATH", "/a b"),
        ("PORT", "-1"),
        ("PORT", "http"), ("COLLECTOR_EVENTS_ENABLED", "maybe"), ("COLLECTOR_ALLOWED_ORIGINS", "example.com"),
        ("COLLECTOR_ALLOWED_ORIGINS", "https://a.test/path"), ("COLLECTOR_TRUSTED_PROXIES", "10.0.0.0/8 nobody"),
        ("COLLECTOR_CLIENT_ADDRESS_HEADER", "X-Real-IP, X-Forwarded-For"),
        ("COLLECTOR_CLIENT_ADDRESS_HEADER", "X Real"), ("COLLECTOR_GEO_HEADERS", "fastly"),
        ("COLLECTOR_LOG_LEVEL", "loud"), ("COLLECTOR_LOG_FORMAT", "xml"), ("HOST", "::g"),
    ])
    func `a bad value stops the start`(name: String, value: String) {
        #expect(throws: ConfigurationError.self) { _ = try configure([name: value]) }
    }

    @Test func `lists are read whole`() throws {
        let configuration = try configure([
            "COLLECTOR_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32",
            "COLLECTOR_ALLOWED_ORIGINS": "https://A.test http://b.test:81",
        ])
        #expect(configuration.trustedProxies.count == 2)
        #expect(configuration.allowedOrigins == ["https://a.test", "http://b.test:81"])
        #expect(try configure(["COLLECTOR_TRUSTED_PROXIES": "none"]).trustedProxies.isEmpty)
        #expect(
            try configure(["COLLECTOR_CLIENT_ADDRESS_HEADER": "CF-Connecting-IP"]).clientAddressHeader.name
                == "cf-connecting-ip"
        )
        #expect(try configure(["COLLECTOR_ALLOWED_ORIGINS": "*"]).allowedOrigins == nil)
    }
}

@Suite struct DotEnvTests {
    @Test func `values may be bare, quoted and commented`() {
        let parsed = DotEnv.parse(
            """
            # a comment

            A=1
            export B = two words  # and a comment
            C="quoted # not a comment \\"x\\"\\n"
            D='single \\n "kept"'
            E=postgres://u:p#w@h/db
            F=
            A=2
            """
        )
        #expect(parsed.problems.isEmpty)
        #expect(
            parsed.values == [
                "A": "2", "B": "two words", "C": "quoted # not a comment \"x\"\n", "D": "single \\n \"kept\"",
                "E": "postgres://u:p#w@h/db", "F": "",
            ]
        )
    }

    @Test(arguments: ["novalue", "=x", "A B=1", "A=\"open", "A='open"])
    func `a line that is no variable is named by its number only`(line: String) {
        let parsed = DotEnv.parse("OK=1\n" + line)
        #expect(parsed.values == ["OK": "1"])
        #expect(parsed.problems.count == 1 && parsed.problems[0].hasPrefix(".env line 2"))
    }
}
