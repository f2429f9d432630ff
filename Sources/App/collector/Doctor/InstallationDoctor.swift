import Files
import Glibc
import HTTPClient
import HTTPServer
import MaxMind
import Storage

/// `collector doctor` without a page: checks what a server needs with these settings.
///
/// Changes nothing: a database or folder that does not exist is not created.
struct InstallationDoctor {
    private let arguments: Arguments
    private var checks: [DoctorCheck] = []

    init(_ arguments: Arguments) { self.arguments = arguments }

    /// 0 without problems, 1 with some.
    mutating func run() -> ExitCode {
        var folder = ""
        if let configuration = readSettings() {
            folder = configuration.dataFolder
            checks.append(Self.folder("data", configuration.dataFolder, holdsSecrets: true))
            checks.append(DiskChecks.space(configuration))
            checkDatabase(configuration)
            checkReplica(configuration)
            checks += DiskChecks.journal(configuration)
            checks.append(Self.limits())
            checkFiles(configuration)
            checkServer(configuration)
            checkPublicAddress(configuration)
        }
        let hasProblems = checks.contains { $0.state == .problem }
        DoctorOutput(
            printsJSON: arguments.printsJSON,
            subject: ("data", folder),
            praise: "Everything that can be checked here is right. Check a page of a site with 'collector doctor URL'."
        ).show(checks, conclusion: hasProblems ? "problems" : "ok")
        return hasProblems ? .failure : .success
    }

    // MARK: - Settings

    private mutating func readSettings() -> Configuration? {
        let advice =
            "Correct it in the environment, the .env file or the option; 'collector --help' lists all variables"
        do {
            let dotEnv = try DotEnv.read(".env")
            let environment = Environment.all()
            for variable in UnknownVariable.find(environment: environment, dotEnv: dotEnv.values) {
                checks.append(.warning("settings", variable.message, "Correct its name, or remove it"))
            }
            let configuration = try Configuration(
                flags: arguments.settings,
                environment: environment,
                dotEnv: dotEnv
            )
            if checks.isEmpty { checks.append(.ok("settings", "all variables are known and valid")) }
            return configuration
        } catch let error as ConfigurationError {
            checks += error.problems.map { DoctorCheck.problem("settings", $0, advice) }
        } catch {
            checks.append(.problem("settings", Advice.message(error), advice))
        }
        return nil
    }

    // MARK: - Database

    private mutating func checkDatabase(_ configuration: Configuration) {
        let store = StoreChoice.describe(configuration)
        if configuration.databaseURL == nil, !StoreChoice.hasFile(configuration) {
            checks.append(.ok("database", "\(store.location) does not exist yet: the server creates it"))
            return
        }
        do throws(StoreError) {
            let inspection = try store.inspect()
            checks.append(.ok("database", "\(inspection.system), \(store.location)"))
            checks.append(try Self.schema(store))
            checks.append(Self.rights(inspection))
            checks.append(Self.clock(inspection))
        } catch {
            let advice =
                configuration.databaseURL == nil
                ? "If the file is damaged, restore a backup; docs/troubleshooting.md has more"
                : "Check DB_URL, that the database runs and accepts connections of this machine, and its log"
            checks.append(.problem("database", error.reason, advice))
        }
    }

    private static func schema(_ store: any Store) throws(StoreError) -> DoctorCheck {
        let all = try store.migrationStatus()
        let pending = all.count { !$0.isApplied }
        guard pending > 0 else { return .ok("schema", "all \(all.count) migrations are applied") }
        guard pending < all.count else { return .ok("schema", "no tables yet: the server creates them") }
        return .warning(
            "schema",
            "\(pending) of \(all.count) migrations are pending",
            "The server applies them at its next start; 'collector migrate --plan' describes them"
        )
    }

    /// The most missing rights that a message names.
    private static let rightsNamedMax = 4

    static func rights(_ inspection: StoreInspection) -> DoctorCheck {
        let missing = inspection.missingRights
        guard !missing.isEmpty else { return .ok("rights", "tables can be read and written") }
        let named = missing.prefix(rightsNamedMax).joined(separator: ", ")
        let more = missing.count > rightsNamedMax ? " and \(missing.count - rightsNamedMax) more" : ""
        return .problem(
            "rights",
            "missing: \(named)\(more)",
            "Run as the user that owns the file, or connect with the role that owns the tables"
        )
    }

    /// Seconds by which clocks may differ: rows of several servers get times of their own machines.
    private static let clockSecondsMax = 1.0

    static func clock(_ inspection: StoreInspection) -> DoctorCheck {
        guard let ahead = inspection.clockAheadSeconds else {
            return .skipped("clock", "the database uses the clock of this machine")
        }
        let seconds = Int(ahead.magnitude.rounded())
        guard ahead.magnitude > clockSecondsMax else {
            return .ok("clock", "the clocks of the database and of this machine differ by less than a second")
        }
        return .warning(
            "clock",
            "the clock of the database is \(seconds) s \(ahead > 0 ? "ahead of" : "behind") that of this machine",
            "Check the time synchronization of both (chrony, systemd-timesyncd)"
        )
    }

    private mutating func checkReplica(_ configuration: Configuration) {
        guard let replica = StoreChoice.replica(configuration) else { return }
        do throws(StoreError) {
            let positions = try replica.compare()
            let behind = max(0, positions.committed - positions.applied)
            checks.append(.ok("replica", "\(replica.store.location), \(behind >> 10) KiB behind DB_URL"))
        } catch {
            checks.append(
                .problem(
                    "replica",
                    "reports cannot be read from COLLECTOR_READ_URL: \(error.reason)",
                    "Reports are read from DB_URL meanwhile; docs/operations.md, \"Reading from a standby\", has the conditions"
                )
            )
        }
    }

    // MARK: - Machine

    /// Connections below which a site with some thousand visitors at a time is refused.
    private static let connectionsPlenty = 1_000

    private static func limits() -> DoctorCheck {
        var server = ServerConfiguration()
        do throws(ProcessLimits.TooLow) {
            let process = try ProcessLimits(&server)
            guard process.memoryShare == 1 else {
                return .warning(
                    "limits",
                    "the address space (ulimit -v) leaves room for \(Int(process.memoryShare * 100)) % of the buffers",
                    "Raise it to 1 GiB or more"
                )
            }
        } catch {
            return .problem("limits", error.description, "Raise it, such as with LimitNOFILE=65536 of systemd")
        }
        guard server.connectionsMax >= connectionsPlenty else {
            return .warning(
                "limits",
                "open files (ulimit -n) allow \(server.connectionsMax) connections",
                "Raise the hard limit, such as with LimitNOFILE=65536 of systemd"
            )
        }
        return .ok("limits", "up to \(server.connectionsMax) connections")
    }

    private mutating func checkFiles(_ configuration: Configuration) {
        if let archive = configuration.archiveFolder { checks.append(Self.folder("archive", archive)) }
        if let files = configuration.certificateFiles {
            checks += CertificateChecks.checks(files, now: Int64(Glibc.time(nil)))
        }
        guard let path = configuration.locationDatabase else { return }
        do throws(MaxMindError) {
            _ = try MaxMindFile(path)
            checks.append(.ok("locations", "\(path) is a database in the MaxMind format"))
        } catch {
            checks.append(
                .problem("locations", "\(path): \(error.reason)", "Correct COLLECTOR_GEOIP, or download the file again")
            )
        }
    }

    /// Whether the server can create files in a folder, which may not exist yet.
    static func folder(_ name: String, _ path: String, holdsSecrets: Bool = false) -> DoctorCheck {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { return unusable(name, path, errno) }
            let parent = nearestParent(path)
            guard access(parent, W_OK | X_OK) == 0 else { return unusable(name, parent, errno) }
            return .ok(name, "\(path) does not exist yet: the server creates it")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return unusable(name, path, ENOTDIR) }
        guard access(path, W_OK | X_OK) == 0 else { return unusable(name, path, errno) }
        guard !holdsSecrets || status.st_mode & 0o077 == 0 else {
            return .warning(
                name,
                "other users of this machine can enter \(path), which has the owner's token and all data",
                "Run: chmod 700 \(path)"
            )
        }
        return .ok(name, "\(path) can be written")
    }

    private static func unusable(_ name: String, _ path: String, _ code: Int32) -> DoctorCheck {
        .problem(
            name,
            FileError(path: path, code: code).message,
            "Make it a folder that the user of the server can write to, or choose another one"
        )
    }

    /// The nearest folder above a path that exists.
    private static func nearestParent(_ path: String) -> String {
        var parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        let root = path.hasPrefix("/") ? "/" : "./"
        while !parts.isEmpty, access(root + parts.joined(separator: "/"), F_OK) != 0 { parts.removeLast() }
        return root + parts.joined(separator: "/")
    }

    // MARK: - Server

    private mutating func checkServer(_ configuration: Configuration) {
        // Whatever is wrong with the file, the data folder has its own check.
        let running = try? RunningServer.read(in: configuration.dataFolder)
        guard let running, let url = WebAddress(running.listener.localURL + "/health") else {
            checks.append(.skipped("server", "no server runs with this data folder"))
            return
        }
        // The certificate is for the address of browsers, which has its own check, not for this one.
        var limits = HTTPClient.Limits()
        limits.checksCertificate = !running.listener.usesTLS
        do throws(ClientError) {
            let health = try HTTPClient(agent: ServerChecks.agent, limits: limits).send("GET", url)
            guard ServerChecks.isCollector(health: health) else {
                checks.append(
                    .problem(
                        "server",
                        "\(url) is not Collector",
                        "Another program uses the port; start the server again"
                    )
                )
                return
            }
            checks.append(
                health.status == 200
                    ? .ok("server", "\(running.listener.localURL) is healthy")
                    : .problem(
                        "server",
                        "\(url) responds with status \(health.status)",
                        "See the other checks and the log of the server"
                    )
            )
        } catch {
            let failure = DoctorError.client(error)
            checks.append(
                .problem("server", "\(url): \(failure.message)", "The server has ended without a stop: start it again")
            )
        }
    }

    private var client: HTTPClient { HTTPClient(agent: ServerChecks.agent) }

    /// Sends no events through the address of browsers, as a tracker does, so that the proxy is checked.
    private mutating func checkPublicAddress(_ configuration: Configuration) {
        guard let text = configuration.publicURL, let endpoint = WebAddress(text + "/events"),
            let healthURL = WebAddress(text + "/health")
        else {
            checks.append(.skipped("proxy", "COLLECTOR_URL is not set: set it to check the address that browsers use"))
            return
        }
        do throws(ClientError) {
            let posted = try ServerChecks.postNothing(client, endpoint)
            let check = ServerChecks.endpoint(posted, health: try client.send("GET", healthURL))
            checks.append(check)
            if check.state != .problem { checks.append(ServerChecks.proxy(posted)) }
        } catch {
            let failure = DoctorError.client(error)
            checks.append(.problem("endpoint", "\(endpoint): \(failure.message)", failure.advice))
        }
    }
}
