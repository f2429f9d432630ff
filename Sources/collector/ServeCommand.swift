import Assets
import Dispatch
import Glibc
import Guarded
import HTTPServer
import Ingest
import Insight
import Log
import Storage
import Telemetry
import Web

/// `collector serve`: puts the parts together, runs until a signal comes, and takes them down in the order that loses nothing.
struct ServeCommand {
    private let configuration: Configuration
    private let skipsDatabase: Bool
    /// For the terminal; the log has them already.
    private let warnings: [String]
    private let log: Log
    /// Milliseconds that the start waits for the database; after that there is the journal.
    private static let connectMillisecondsMax = 2000

    init(_ configuration: Configuration, skipsDatabase: Bool, warnings: [String], log: Log) {
        self.configuration = configuration
        self.skipsDatabase = skipsDatabase
        self.warnings = warnings
        self.log = log
    }

    func run() throws -> ExitCode {
        var limits = ServerConfiguration()
        let process = try ProcessLimits(&limits)
        // Blocked before any thread starts, so that none of them is interrupted and `sigwait` sees every signal.
        let signals = Signals.block([SIGTERM, SIGINT])
        let token = try prepareDataFolder()
        let store = skipsDatabase ? nil : try StoreChoice.make(configuration)

        ProcessLimits.prepareDispatch()
        let parts = Parts()
        let ingest = store.map { makeIngest($0, parts, process) }
        let connectionsMax = limits.connectionsMax
        let health = HealthMonitor(store: store, ingest: ingest, log: log) { parts.answer($0, $1) }
        let pool = store.map { store in ReaderPool(store: store, log: log) { parts.answer([($0, $1)]) } }
        let feed = store.map { store in
            LiveFeed(store: store, connectionsMax: connectionsMax, log: log) { parts.answer($0) }
        }
        let follower = store.map { RollupFollower(store: $0, log: log) }
        let status = statusMonitor(store, ingest, feed, pool, follower)
        let workers = BodyWorkers(waitingBytesMax: process.scaled(BodyWorkers.waitingBytesMax))
        let sessions = SessionRegistry(store: store, log: log) { parts.answer($0) }
        let site = Site(
            siteConfiguration(token: token),
            assets: Assets.files(),
            ingest: ingest,
            engine: store?.engine,
            health: health,
            sessions: sessions,
            pool: pool,
            feed: feed,
            status: status,
            workers: workers,
            respond: { parts.answer([($0, $1)]) },
            log: log
        )
        limits.host = configuration.host
        limits.port = Int(configuration.port)
        let server = Server(configuration: limits, handler: site)
        parts.set(server: server, site: site)
        if let store { log.info("attempting database connection", ["engine": store.engine]) }
        ingest?.start()
        health.start()
        follower?.start()
        status?.run()
        pool?.start()
        workers.start()
        sessions.start()
        feed?.start()
        // Who sees us listening may send at once: a database that answers is waited for, one that is away or hangs is not.
        ingest?.waitUntilReady(milliseconds: Self.connectMillisecondsMax)
        let address = try listen(server)
        greet(address, token: token, store)
        let signal = signals.wait()
        log.info("stopping", ["signal": signal == SIGINT ? "SIGINT" : "SIGTERM"])
        server.beginStop()
        server.waitUntilStopped()
        workers.stop()
        stopReaders([feed?.stop, pool?.stop, status?.stop, sessions.stop, follower?.stop])
        ingest?.stop()
        health.stop()
        RunningServer.remove(in: configuration.dataFolder)
        log.info("stopped", summary(ingest))
        return .success
    }

    private func makeIngest(_ store: any Store, _ parts: Parts, _ process: ProcessLimits) -> Ingest {
        Ingest(
            store: store,
            journal: StoreChoice.journal(configuration),
            waitingBytesMax: process.scaled(Ingest.waitingBytesMax),
            log: log,
            deliver: { parts.answer($0) },
            onBroken: { [log] reason in
                log.error("database schema cannot be used", ["reason": reason])
                Console.error("collector: \(reason)")
                _exit(ExitCode.failure.rawValue)
            }
        )
    }

    /// Each waits a moment for what it has under way; a database that hangs must not hold up what has been acknowledged.
    private func stopReaders(_ stops: [(() -> Void)?]) {
        let stops = stops.compactMap { $0 }
        nonisolated(unsafe) let shared = stops
        DispatchQueue.concurrentPerform(iterations: stops.count) { number in shared[number]() }
    }

    private func statusMonitor(
        _ store: (any Store)?,
        _ ingest: Ingest?,
        _ feed: LiveFeed?,
        _ pool: ReaderPool?,
        _ follower: RollupFollower?
    ) -> StatusMonitor? {
        guard let store, let ingest else { return nil }
        return StatusMonitor(store: store, ingest: ingest, log: log, rollups: follower, feed: feed, pool: pool)
    }

    private func listen(_ server: Server) throws(ListenError) -> ServerAddress {
        var address = ServerAddress(host: configuration.host, port: configuration.port)
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

    /// Leaves the address for `collector link`, and shows a person at a terminal what to do next.
    private func greet(_ address: ServerAddress, token: String, _ store: (any Store)?) {
        do throws(FileError) {
            try RunningServer(listener: address, publicURL: configuration.publicURL)
                .write(in: configuration.dataFolder)
        } catch {
            log.warning("address not kept for 'collector link'", ["reason": error.message])
        }
        let greeting = Greeting(
            address: PublicAddress(publicURL: configuration.publicURL, listener: address),
            token: token,
            database: store?.location,
            warnings: warnings
        )
        Console.terminal(greeting.text)
    }

    /// - Returns: the owner's token.
    private func prepareDataFolder() throws -> String {
        try DataFolder.make(configuration.dataFolder)
        if let token = configuration.token { return token }
        if try OwnerToken.ensure(in: configuration.dataFolder) {
            // The token itself belongs in no log: logs are copied and kept.
            log.notice(
                "owner token made",
                ["file": configuration.dataFolder + "/" + OwnerToken.fileName, "sign_in_link": "collector link"]
            )
        }
        return try OwnerToken.read(in: configuration.dataFolder)
    }

    private var serverConfiguration: ServerConfiguration {
        var server = ServerConfiguration()
        server.host = configuration.host
        server.port = Int(configuration.port)
        return server
    }

    private func siteConfiguration(token: String) -> SiteConfiguration {
        SiteConfiguration(
            basePath: configuration.basePath,
            allowedOrigins: configuration.allowedOrigins,
            clients: ClientAddressRule(
                trustedProxies: configuration.trustedProxies,
                header: configuration.clientAddressHeader
            ),
            ipHashSalt: configuration.ipHashSalt,
            eventsEnabled: configuration.eventsEnabled,
            rateLimit: configuration.rateLimit,
            token: token,
            version: Help.version
        )
    }

    private func summary(_ ingest: Ingest?) -> Log.Fields {
        guard let counters = ingest?.counters else { return [:] }
        return [
            "stored": counters.stored, "duplicates": counters.duplicates, "refused": counters.refused,
            "unavailable": counters.unavailable, "batches": counters.batches, "journaled": counters.journaled,
            "drained": counters.drained,
        ]
    }
}

/// The address that was asked for cannot be listened on.
struct ListenError: Error, Equatable {
    let address: String
    let reason: String
}

/// Parts that refer to each other in a circle: answers go from the writers to the server, requests from the server to the writers.
private final class Parts: Sendable {
    private let held = Guarded<(server: Server?, site: Site?)>((nil, nil))

    func set(server: Server, site: Site) { held.withLock { $0 = (server, site) } }

    func answer(_ tickets: [(ticket: UInt64, wantsDetails: Bool)], _ verdict: HealthMonitor.Verdict) {
        let (server, site) = held.withLock { $0 }
        guard let server, let site else { return }
        let plain = Site.answer(verdict)
        server.answer(tickets.map { (Ticket(rawValue: $0.ticket), $0.wantsDetails ? site.details(verdict) : plain) })
    }

    func answer(_ answers: [(Ticket, Answer)]) {
        let (server, _) = held.withLock { $0 }
        server?.answer(answers)
    }

    func answer(_ deliveries: Deliveries) {
        let (server, site) = held.withLock { $0 }
        guard let server, let site else { return }
        server.answer(site.answers(deliveries))
    }
}
