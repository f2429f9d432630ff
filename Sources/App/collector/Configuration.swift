import Log
import Rollups
import StoragePostgres
import Events
import TLS

/// The settings of the process, read once at start.
///
/// Precedence, highest first: command-line options, environment, `.env` file, defaults.
struct Configuration: Sendable {
    var databaseURL: String?
    /// The connection string of a standby from which reports are read; nil when not configured.
    var readURL: String?
    var eventsEnabled = true
    var ipHashSalt: String?
    var host = "127.0.0.1"
    var port: UInt16 = 5000
    /// The files of the certificate for HTTPS; nil for plain HTTP.
    var certificateFiles: CertificateFiles?
    var dataFolder = "./data"
    var trustedProxies = AddressBlock.loopbackAndPrivate
    /// The only header from which the client address is read when a trusted proxy sends the request.
    var clientAddressHeader = ClientAddressHeader.xForwardedFor
    /// Without a trailing slash; empty when mounted at the root.
    var basePath = ""
    /// Public address for browsers, with the base path and without a trailing slash; nil when not configured.
    var publicURL: String?
    /// Origins that may post events; nil allows every origin.
    var allowedOrigins: [String]?
    /// The database of locations in the MaxMind format; nil when not configured.
    var locationDatabase: String?
    /// The service whose location headers are read from trusted proxies; nil for none.
    var locationProxy: LocationProxy?
    var token: String?
    /// Size limit of the journal in bytes; 0 disables the journal.
    var journalBytesMax = 1 << 30
    /// What is removed, and when.
    var retention = RetentionPolicy()
    /// The folder in which days are archived before retention removes their rows; nil when not configured.
    var archiveFolder: String?
    /// Records per second accepted from one client address; 0 disables the limit.
    var rateLimit = 100
    var alerts = AlertConfiguration()
    var logLevel = LogLevel.info
    var logFormat = LogFormat.logfmt

    /// - Parameters:
    ///   - flags: values of command-line options, by variable name.
    ///   - environment: the environment of the process.
    ///   - dotEnv: values of the `.env` file and its parse errors.
    /// - Throws: `ConfigurationError` with all problems found, not only the first.
    init(
        flags: [String: String],
        environment: [String: String],
        dotEnv: (values: [String: String], problems: [String])
    ) throws(ConfigurationError) {
        var reader = SettingReader(problems: dotEnv.problems) { name in
            let value = flags[name] ?? environment[name] ?? dotEnv.values[name]
            return value?.isEmpty == true && flags[name] == nil ? nil : value
        }
        ((databaseURL, readURL), certificateFiles) = (reader.readDatabaseURLs(), reader.readCertificateFiles())
        reader.read("COLLECTOR_EVENTS_ENABLED", "must be yes or no", into: &eventsEnabled, SettingReader.boolean)
        ipHashSalt = reader.read("EVENT_IP_HASH_SALT", "must be text") { $0 }
        reader.read("HOST", "must be an IP address or localhost", into: &host) { text in
            text == "localhost" ? "127.0.0.1" : IPAddress(text)?.text
        }
        reader.read("PORT", "must be a number from 0 to 65535", into: &port) { UInt16($0) }
        reader.read("COLLECTOR_DATA", "must be the path of a folder", into: &dataFolder) { $0.isEmpty ? nil : $0 }
        reader.read("COLLECTOR_TRUSTED_PROXIES", "must be a list of CIDR blocks or none", into: &trustedProxies) {
            text in
            text == "none" ? [] : SettingReader.list(text) { AddressBlock($0) }
        }
        reader.read(
            "COLLECTOR_CLIENT_ADDRESS_HEADER",
            "must be a header name, such as X-Forwarded-For",
            into: &clientAddressHeader
        ) { ClientAddressHeader($0) }
        reader.read("COLLECTOR_BASE_PATH", "must be a path such as /collector", into: &basePath, SettingReader.basePath)
        publicURL = reader.read("COLLECTOR_URL", "must be a URL such as https://stats.example.com") { text in
            SettingReader.publicURL(text, basePath: basePath)
        }
        let origins = "must be * or a list of origins such as https://example.com"
        allowedOrigins =
            reader.read("COLLECTOR_ALLOWED_ORIGINS", origins) { text -> [String]?? in
                text == "*" ? .some(nil) : SettingReader.list(text, SettingReader.origin).map { .some($0) }
            } ?? nil
        locationDatabase = reader.read("COLLECTOR_GEOIP", "must name a file") { $0.isEmpty ? nil : $0 }
        reader.read("COLLECTOR_GEO_HEADERS", "must be none, cloudflare, vercel or cloudfront", into: &locationProxy) {
            text -> LocationProxy?? in
            text == "none" ? .some(nil) : LocationProxy(rawValue: text).map { .some($0) }
        }
        token = reader.read("COLLECTOR_TOKEN", "must have 16 to 256 printable characters") { OwnerToken.checked($0) }
        let size = "must be a size of at least 16MiB, such as 500MiB or 1GiB, or 0 to disable the journal"
        reader.read("COLLECTOR_JOURNAL_MAX", size, into: &journalBytesMax) { text in
            SettingReader.bytes(text).flatMap { $0 == 0 || $0 >= 16 << 20 ? $0 : nil }
        }
        (retention, archiveFolder) = (reader.readRetention(), reader.readArchive())
        reader.read(
            "COLLECTOR_RATE_LIMIT",
            "must be a number of records per second, or 0 for no limit",
            into: &rateLimit
        ) { text in
            Int(text).flatMap { (0...1_000_000).contains($0) ? $0 : nil }
        }
        alerts = reader.readAlerts()
        reader.read("COLLECTOR_LOG_LEVEL", "must be debug, info, notice, warning or error", into: &logLevel) { text in
            LogLevel.allCases.first { $0.name == text }
        }
        reader.read("COLLECTOR_LOG_FORMAT", "must be logfmt or json", into: &logFormat) { LogFormat(rawValue: $0) }
        guard reader.problems.isEmpty else { throw ConfigurationError(problems: reader.problems) }
    }
}

extension Configuration {
    /// Normalizes a public URL: removes a trailing slash and appends the base path to a URL without a path.
    ///
    /// Nil when the text is not a valid public URL.
    static func publicURL(_ text: String, basePath: String) -> String? {
        SettingReader.publicURL(text, basePath: basePath)
    }
}

/// One sentence for each invalid setting; values are omitted because they may be secrets.
struct ConfigurationError: Error, Equatable {
    var problems: [String]
}

/// Reads settings one by one and collects the problems.
struct SettingReader {
    var problems: [String]
    let value: (String) -> String?

    mutating func read<Value>(_ name: String, _ rule: String, _ parse: (String) -> Value?) -> Value? {
        precondition(Variable.names.contains(name), "add \(name) to Variable.all")
        guard let text = value(name) else { return nil }
        guard let value = parse(text) else {
            problems.append("\(name) \(rule)")
            return nil
        }
        return value
    }

    mutating func read<Value>(_ name: String, _ rule: String, into target: inout Value, _ parse: (String) -> Value?) {
        if let value = read(name, rule, parse) { target = value }
    }

    /// `DB_URL` and `COLLECTOR_READ_URL`, which needs the former.
    mutating func readDatabaseURLs() -> (database: String?, read: String?) {
        let (database, read) = (readDatabaseURL("DB_URL"), readDatabaseURL("COLLECTOR_READ_URL"))
        if read != nil, value("DB_URL") == nil {
            problems.append("COLLECTOR_READ_URL must be that of a standby of DB_URL, which is not set")
        }
        return (database, read)
    }

    /// `COLLECTOR_TLS_CERTIFICATE` and `COLLECTOR_TLS_KEY`, of which each needs the other.
    mutating func readCertificateFiles() -> CertificateFiles? {
        let (certificateName, keyName) = ("COLLECTOR_TLS_CERTIFICATE", "COLLECTOR_TLS_KEY")
        let certificate = read(certificateName, "must name a file") { $0.isEmpty ? nil : $0 }
        let key = read(keyName, "must name a file") { $0.isEmpty ? nil : $0 }
        if let certificate, let key { return CertificateFiles(certificate: certificate, key: key) }
        if certificate != nil, value(keyName) == nil {
            problems.append("\(keyName) must be set, since \(certificateName) is")
        } else if key != nil, value(certificateName) == nil {
            problems.append("\(certificateName) must be set, since \(keyName) is")
        }
        return nil
    }

    /// A connection URL or a keyword list such as `host=/run/postgresql dbname=collector`, validated by libpq.
    private mutating func readDatabaseURL(_ name: String) -> String? {
        guard let text = value(name) else { return nil }
        guard let problem = PostgresStore.problem(url: text) else { return text }
        problems.append(
            "\(name) must be a URL that begins with postgres:// or postgresql://, or a keyword list such as "
                + "host=localhost dbname=collector user=me; libpq reports: \(problem)"
        )
        return nil
    }

    mutating func readArchive() -> String? {
        read("COLLECTOR_ARCHIVE", "must name a folder") { $0.isEmpty ? nil : $0 }
    }

    mutating func readRetention() -> RetentionPolicy {
        var policy = RetentionPolicy()
        func read(_ name: String, _ path: WritableKeyPath<RetentionPolicy, Int64?>) {
            self.read(name, "must be \(RetentionAge.rule)", into: &policy[keyPath: path]) { text -> Int64?? in
                RetentionAge(text).map(\.seconds)
            }
        }
        read("COLLECTOR_RETENTION_EVENTS", \.events)
        read("COLLECTOR_RETENTION_PAGEVIEWS", \.pageViews)
        read("COLLECTOR_RETENTION_DELIVERY_REPORTS", \.deliveryReports)
        read("COLLECTOR_RETENTION_DEAD_LETTERS", \.deadLetters)
        self.read(
            "COLLECTOR_DATABASE_MAX",
            "must be a size of at least 64MiB, such as 20GiB",
            into: &policy.databaseBytesMax
        ) {
            text -> Int64?? in
            Self.bytes(text).flatMap { $0 >= 64 << 20 ? .some(Int64($0)) : nil }
        }
        self.read(
            "COLLECTOR_DISK_FREE_MIN",
            "must be a size such as 5GiB, or 0 for no limit",
            into: &policy.diskFreeMin
        ) {
            text in
            Self.bytes(text).map { Int64($0) }
        }
        return policy
    }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "true", "t", "yes", "y", "on": true
        case "0", "false", "f", "no", "n", "off": false
        default: nil
        }
    }

    /// Parses a size: a number of bytes, or a number with an IEC 80000-13 unit (KiB, MiB, GiB, TiB).
    static func bytes(_ text: String) -> Int? {
        let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]
        for (unit, shift) in units where text.lowercased().hasSuffix(unit.lowercased()) {
            guard let count = UInt32(text.dropLast(unit.count).filter { $0 != " " }), count < 1 << 20 else {
                return nil
            }
            return Int(count) << shift
        }
        return UInt64(text).flatMap { $0 <= 1 << 50 ? Int($0) : nil }
    }

    /// Parses elements separated by commas or spaces; nil when the list is empty or an element is invalid.
    static func list<Element>(_ text: String, _ parse: (Substring) -> Element?) -> [Element]? {
        let parts = text.split { $0 == "," || $0.isWhitespace }
        let elements = parts.compactMap(parse)
        return elements.isEmpty || elements.count < parts.count ? nil : elements
    }

    /// Parses a path of unreserved characters (RFC 3986) and returns it without the trailing slash.
    static func basePath(_ text: String) -> String? {
        guard text.hasPrefix("/") else { return nil }
        let segments = text.split(separator: "/", omittingEmptySubsequences: true)
        let isPlain = segments.allSatisfy { segment in
            segment != "." && segment != ".."
                && segment.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
                }
        }
        return isPlain ? segments.map { "/" + $0 }.joined() : nil
    }

    /// Parses an HTTP or HTTPS URL without user, query and fragment; appends the base path when the URL has no path.
    static func publicURL(_ text: String, basePath: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        guard isAuthority(authority), let path = path.isEmpty ? "" : self.basePath(String(path)) else { return nil }
        return scheme + authority.lowercased() + (path.isEmpty ? basePath : path)
    }

    /// Whether the text is a host name, an IPv4 address or a bracketed IPv6 address, with an optional port.
    private static func isAuthority(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return false }
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return IPAddress(String(host.dropFirst().dropLast()))?.isIPv4 == false
        }
        return !host.isEmpty
            && host.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
            }
    }

    static func origin(_ text: Substring) -> String? {
        let lower = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }) else { return nil }
        let host = lower.dropFirst(scheme.count)
        let isPlain = host.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?")
        }
        return host.isEmpty || !isPlain ? nil : lower
    }
}
