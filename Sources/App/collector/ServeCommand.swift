import Files
import Glibc
import HTTPServer
import Locations
import Log
import MaxMind
import Storage
import HTTPAPI
import TLS

/// `collector serve`: starts all parts, runs until a signal arrives, and stops them in an order that loses no data.
struct ServeCommand {
    private let configuration: Configuration
    private let skipsDatabase: Bool
    /// The folder of the web files; nil for those that were built in.
    private let assetsPath: String?
    /// Warnings for the terminal; they are already in the log.
    private let warnings: [String]
    private let log: Log
    /// Milliseconds to wait for the database at start; after that, records go to the journal.
    private static let connectMillisecondsMax = 2000

    init(
        _ configuration: Configuration,
        skipsDatabase: Bool,
        assetsPath: String?,
        warnings: [String],
        log: Log
    ) {
        self.configuration = configuration
        self.skipsDatabase = skipsDatabase
        self.assetsPath = assetsPath
        self.warnings = warnings
        self.log = log
    }

    func run() throws -> ExitCode {
        var limits = ServerConfiguration()
        let process = try ProcessLimits(&limits)
        // Block the signals before any thread starts: no thread is interrupted, and `sigwait` receives every signal.
        let signals = Signals.block([SIGTERM, SIGINT])
        let assetFolder = try openAssetFolder()
        let token = try prepareDataFolder()
        let locations = try openLocationDatabase()
        limits.certificate = try loadCertificate()
        let store = skipsDatabase ? nil : try StoreChoice.make(configuration)

        ProcessLimits.prepareDispatch()
        limits.host = configuration.host
        limits.port = Int(configuration.port)
        let service = Service(configuration, store, process, limits, locations, log)
        let server = service.makeServer(token: token, assetFolder: assetFolder)
        if let store { log.info("connecting to database", ["engine": store.engine]) }
        service.start()
        // Clients may send as soon as the server listens: wait for the database, but not if it is down or hangs.
        service.waitForDatabase(milliseconds: Self.connectMillisecondsMax)
        let address = try listen(server)
        greet(address, token: token, store)
        let signal = signals.wait()
        log.info("stopping", ["signal": signal == SIGINT ? "SIGINT" : "SIGTERM"])
        server.beginStop()
        server.waitUntilStopped()
        service.stop()
        RunningServer.remove(in: configuration.dataFolder)
        log.info("stopped", service.summary)
        return .success
    }

    private func listen(_ server: Server) throws(ListenError) -> ServerAddress {
        var address = ServerAddress(
            host: configuration.host,
            port: configuration.port,
            usesTLS: configuration.certificateFiles != nil
        )
        do {
            try server.start()
        } catch {
            switch error {
            case .cannotListen(_, let reason): throw ListenError(address: address.authority, reason: reason)
            }
        }
        address.port = UInt16(server.port)
        log.listening(on: address.text)
        address.basePath = configuration.basePath
        return address
    }

    /// Stores the address for `collector link` and prints the greeting on the terminal.
    private func greet(_ address: ServerAddress, token: String, _ store: (any Store)?) {
        do throws(FileError) {
            try RunningServer(listener: address, publicURL: configuration.publicURL)
                .write(in: configuration.dataFolder)
        } catch {
            log.warning("cannot save the server address for 'collector link'", ["reason": error.message])
        }
        let greeting = Greeting(
            address: PublicAddress(publicURL: configuration.publicURL, listener: address),
            token: token,
            database: store?.location,
            warnings: warnings + (assetsPath.map { ["development mode: pages are served from \($0)"] } ?? [])
        )
        Console.terminal(greeting.text)
    }

    private func openAssetFolder() throws(CommandError) -> AssetFolder? {
        guard let assetsPath else { return nil }
        guard let folder = AssetFolder(assetsPath) else {
            throw CommandError(
                reason: "no built web files in \(assetsPath): run scripts/build-web --dist \(assetsPath)"
            )
        }
        log.warning("development mode: web files are read from a folder on each request", ["folder": assetsPath])
        return folder
    }

    private func loadCertificate() throws(ConfigurationError) -> CertificateKeeper? {
        guard let files = configuration.certificateFiles else { return nil }
        do throws(CertificateError) {
            return try CertificateKeeper(files, log: log)
        } catch {
            throw ConfigurationError(
                problems: ["COLLECTOR_TLS_CERTIFICATE and COLLECTOR_TLS_KEY cannot be used: \(error.message)"]
            )
        }
    }

    /// Opens the location database; its copy needs the data folder.
    private func openLocationDatabase() throws(ConfigurationError) -> LocationDatabase? {
        guard let path = configuration.locationDatabase else { return nil }
        do throws(MaxMindError) {
            return try LocationDatabase(path: path, folder: configuration.dataFolder, log: log)
        } catch {
            throw ConfigurationError(
                problems: ["COLLECTOR_GEOIP must name a database in the MaxMind format; \(path): \(error.reason)"]
            )
        }
    }

    /// - Returns: the owner's token.
    private func prepareDataFolder() throws -> String {
        try DataFolder.make(configuration.dataFolder)
        if let token = configuration.token { return token }
        if try OwnerToken.ensure(in: configuration.dataFolder) {
            // Never log the token itself: logs are copied and kept.
            log.notice(
                "owner token generated",
                ["file": configuration.dataFolder + "/" + OwnerToken.fileName, "sign_in_link": "collector link"]
            )
        }
        return try OwnerToken.read(in: configuration.dataFolder)
    }
}

/// The server cannot listen on the configured address.
struct ListenError: Error, Equatable {
    let address: String
    let reason: String
}
