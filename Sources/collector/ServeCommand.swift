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
    private let log: Log
    /// Milliseconds that the start waits for the database; after that there is the journal.
    private static let connectMillisecondsMax = 2000

    init(_ configuration: Configuration, skipsDatabase: Bool, log: Log) {
        self.configuration = configuration
        self.skipsDatabase = skipsDatabase
        self.log = log
    }

    func run() throws -> ExitCode {
        // Blocked before any thread starts, so that none of them is interrupted and `sigwait` sees every signal.
        let signals = Signals.block([SIGTERM, SIGINT])
        let token = try prepareDataFolder()
        let store = skipsDatabase ? nil : try StoreChoice.make(configuration)

        let parts = Parts()
        let ingest = store.map { store in
            Ingest(
                store: store,
                journal: StoreChoice.journal(configuration),
                log: log,
                deliver: { parts.answer($0) },
                onBroken: { reason in
                    log.error("database schema cannot be used", ["reason": reason])
                    Console.error("collector: \(reason)")
                    _exit(ExitCode.failure.rawValue)
                }
            )
        }
        let health = HealthMonitor(store: store, ingest: ingest, log: log) { parts.answer($0, $1) }
        let pool = store.map { store in ReaderPool(store: store, log: log) { parts.answer([($0, $1)]) } }
        let feed = store.map { store in LiveFeed(store: store, log: log) { parts.answer($0) } }
        let follower = store.map { RollupFollower(store: $0, log: log) }
        let status = statusMonitor(store, ingest)
        let site = Site(
            siteConfiguration(token: token),
            assets: Assets.files(),
            ingest: ingest,
            engine: store?.engine,
            health: health,
            pool: pool,
            feed: feed,
            status: status,
            log: log
        )
        var limits = ServerConfiguration()
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
        feed?.start()
        // Who sees us listening may send at once: a database that answers is waited for, one that is away or hangs is not.
        ingest?.waitUntilReady(milliseconds: Self.connectMillisecondsMax)
        try listen(server)
        let signal = signals.wait()
        log.info("stopping", ["signal": signal == SIGINT ? "SIGINT" : "SIGTERM"])
        server.beginStop()
        server.waitUntilStopped()
        stopReaders(feed, pool, follower, status)
        ingest?.stop()
        health.stop()
        log.info("stopped", summary(ingest))
        return .success
    }

    /// Each waits a moment for what it has under way; a database that hangs must not hold up what has been acknowledged.
    private func stopReaders(
        _ feed: LiveFeed?,
        _ pool: ReaderPool?,
        _ follower: RollupFollower?,
        _ status: StatusMonitor?
    ) {
        DispatchQueue.concurrentPerform(iterations: 4) { number in
            switch number {
            case 0: feed?.stop()
            case 1: pool?.stop()
            case 2: status?.stop()
            default: follower?.stop()
            }
        }
    }

    private func statusMonitor(_ store: (any Store)?, _ ingest: Ingest?) -> StatusMonitor? {
        guard let store, let ingest else { return nil }
        return StatusMonitor(store: store, ingest: ingest, log: log)
    }

    private func listen(_ server: Server) throws(ListenError) {
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        do {
            try server.start()
        } catch {
            switch error {
            case .cannotListen(_, let reason):
                throw ListenError(address: "\(host):\(configuration.port)", reason: reason)
            }
        }
        log.listening(on: "http://\(host):\(server.port)")
    }

    /// - Returns: the owner's token.
    private func prepareDataFolder() throws -> String {
        try DataFolder.make(configuration.dataFolder)
        if let token = configuration.token { return token }
        if try OwnerToken.ensure(in: configuration.dataFolder) {
            log.notice("owner token made", ["file": configuration.dataFolder + "/" + OwnerToken.fileName])
        }
        return try OwnerToken.read(in: configuration.dataFolder)
    }

    private func siteConfiguration(token: String) -> SiteConfiguration {
        SiteConfiguration(
            basePath: configuration.basePath,
            allowedOrigins: configuration.allowedOrigins,
            trustedProxies: configuration.trustedProxies,
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

/// Signals taken from the threads and waited for in one place.
struct Signals {
    private var set = sigset_t()

    static func block(_ numbers: [Int32]) -> Signals {
        var signals = Signals()
        sigemptyset(&signals.set)
        for number in numbers { sigaddset(&signals.set, number) }
        pthread_sigmask(SIG_BLOCK, &signals.set, nil)
        return signals
    }

    /// Blocks until one of them comes.
    func wait() -> Int32 {
        var set = set
        var number: Int32 = 0
        sigwait(&set, &number)
        return number
    }
}
