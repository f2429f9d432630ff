import Log

/// A variable that is set but not read, and is probably meant for Collector.
///
/// Reported as a warning that does not prevent the start: a setting of a later version, or of another program
/// with the same prefix, must not take an instance down.
struct UnknownVariable: Equatable, Sendable {
    enum Source: String, Sendable {
        case environment
        case dotEnv = ".env"
    }

    let name: String
    let source: Source
    /// The variable that was probably intended; nil when none is close.
    let meant: String?

    var message: String {
        "unknown variable \(name)" + (source == .dotEnv ? " in .env" : "")
            + (meant.map { "; did you mean \($0)?" } ?? "")
    }

    var fields: Log.Fields {
        guard let meant else { return ["name": name, "source": source.rawValue] }
        return ["name": name, "source": source.rawValue, "did_you_mean": meant]
    }

    private static let prefix = "COLLECTOR_"
    /// Read by the test harness, not by the program.
    private static let harnessNames: Set<String> = ["COLLECTOR_BINARY", "COLLECTOR_CHROMIUM", "COLLECTOR_FIREFOX"]
    private static let harnessPrefix = "COLLECTOR_TEST_"
    /// Names that other programs use for these settings.
    private static let synonyms = [
        "DATABASE_URL": "DB_URL", "DATABASE_URI": "DB_URL", "DB_URI": "DB_URL", "DBURL": "DB_URL", "DB_DSN": "DB_URL",
        "POSTGRES_URL": "DB_URL", "POSTGRESQL_URL": "DB_URL", "PG_URL": "DB_URL",
        "COLLECTOR_DB_URL": "DB_URL", "COLLECTOR_DATABASE_URL": "DB_URL",
        "COLLECTOR_HOST": "HOST", "COLLECTOR_PORT": "PORT",
        "EVENT_IP_SALT": "EVENT_IP_HASH_SALT", "IP_HASH_SALT": "EVENT_IP_HASH_SALT",
        "COLLECTOR_IP_HASH_SALT": "EVENT_IP_HASH_SALT", "COLLECTOR_PUBLIC_URL": "COLLECTOR_URL",
        "COLLECTOR_DATA_DIR": "COLLECTOR_DATA", "COLLECTOR_TRUSTED_PROXY": "COLLECTOR_TRUSTED_PROXIES",
    ]

    /// Finds unknown variables in the environment and in `.env`, sorted by name within each.
    static func find(environment: [String: String], dotEnv: [String: String]) -> [UnknownVariable] {
        let isSet = { (name: String) in
            environment[name]?.isEmpty == false || dotEnv[name]?.isEmpty == false
        }
        func unknown(_ values: [String: String], _ source: Source) -> [UnknownVariable] {
            values.sorted { $0.key < $1.key }.compactMap { name, value in
                guard !Variable.names.contains(name), !isOfOthers(name, value) else { return nil }
                let meant = meant(by: name, source)
                if name.uppercased().hasPrefix(prefix) {
                    return UnknownVariable(name: name, source: source, meant: meant)
                }
                // A near miss next to the correct name belongs to another program.
                guard let meant, !isSet(meant) else { return nil }
                return UnknownVariable(name: name, source: source, meant: meant)
            }
        }
        return unknown(environment, .environment) + unknown(dotEnv, .dotEnv)
    }

    /// Whether the test harness set the variable, or Kubernetes or Docker for a service named `collector`.
    private static func isOfOthers(_ name: String, _ value: String) -> Bool {
        if harnessNames.contains(name) || name.hasPrefix(harnessPrefix) { return true }
        let isLink = name.hasPrefix("COLLECTOR_SERVICE_") || name.hasPrefix("COLLECTOR_PORT_")
        return isLink || value.hasPrefix("tcp://") || value.hasPrefix("udp://")
    }

    private static func meant(by name: String, _ source: Source) -> String? {
        let upper = name.uppercased()
        if let known = synonyms[upper] { return known }
        // Short names resemble variables with another meaning (POST, HOSTS): accept only other letter case in .env.
        if source == .dotEnv, Variable.names.contains(upper) { return upper }
        let long = Variable.all.map(\.name).filter { $0.utf8.count > 6 }
        if let near = Spelling.nearest(to: upper, in: long) { return near }
        return Spelling.edits(upper, "DB_URL") == 1 ? "DB_URL" : nil
    }
}
