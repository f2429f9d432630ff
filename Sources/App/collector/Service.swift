import Assets
import Dispatch
import Glibc
import HTTPServer
import Ingest
import Reports
import Rollups
import Log
import Storage
import Events
import HTTPAPI

/// The parts of `collector serve` behind the HTTP server, with their start and stop order.
struct Service {
    private let ingest: Ingest?
    private let configuration: Configuration
    private let engine: String?
    private let health: HealthMonitor
    private let pool: ReaderPool?
    private let feed: LiveFeed?
    private let rollupWorker: RollupWorker?
    private let status: StatusMonitor?
    private let workers: BodyWorkers
    private let sessions: SessionRegistry
    private let server = ServerReference()
    private let log: Log

    init(
        _ configuration: Configuration,
        _ store: (any Store)?,
        _ process: ProcessLimits,
        connectionsMax: Int,
        _ log: Log
    ) {
        let server = server
        let committed = CommittedEvents()
        let ingest = store.map { Self.makeIngest(configuration, $0, process, committed, server, log) }
        let pool = store.map { store in ReaderPool(store: store, log: log) { server.answer([($0, $1)]) } }
        let feed = store.map { store in
            LiveFeed(store: store, connectionsMax: connectionsMax, log: log) { server.answer($0) }
        }
        self.configuration = configuration
        self.ingest = ingest
        self.pool = pool
        self.feed = feed
        self.log = log
        engine = store?.engine
        health = HealthMonitor(store: store, ingest: ingest, log: log) { server.answer($0, $1) }
        rollupWorker = store.map { RollupWorker(store: $0, committed: committed, log: log) }
        workers = BodyWorkers(waitingBytesMax: process.scaled(BodyWorkers.waitingBytesMax))
        sessions = SessionRegistry(store: store, log: log) { server.answer($0) }
        if let store, let ingest {
            status = StatusMonitor(
                store: store,
                ingest: ingest,
                log: log,
                rollups: rollupWorker,
                feed: feed,
                pool: pool
            )
        } else {
            status = nil
        }
    }

    /// Creates the server and connects the asynchronous responses of the parts to it.
    func makeServer(_ limits: ServerConfiguration, token: String, assetFolder: AssetFolder?) -> Server {
        let site = Site(
            siteConfiguration(token: token),
            assets: Assets.files(),
            assetFolder: assetFolder,
            ingest: ingest,
            engine: engine,
            health: health,
            sessions: sessions,
            pool: pool,
            feed: feed,
            status: status,
            workers: workers,
            respond: { [server] in server.answer([($0, $1)]) },
            log: log
        )
        let made = Server(configuration: limits, handler: site)
        server.set(server: made, site: site)
        return made
    }

    func start() {
        ingest?.start()
        health.start()
        rollupWorker?.start()
        status?.run()
        pool?.start()
        workers.start()
        sessions.start()
        feed?.start()
    }

    /// Blocks until the database is ready or the timeout expires.
    func waitForDatabase(milliseconds: Int) { ingest?.waitUntilReady(milliseconds: milliseconds) }

    /// Stops all parts; call after the server has stopped.
    ///
    /// Blocks until every acknowledged record is stored or in the journal.
    func stop() {
        workers.stop()
        stopReaders([feed?.stop, pool?.stop, status?.stop, sessions.stop, rollupWorker?.stop])
        ingest?.stop()
        health.stop()
    }

    private static func makeIngest(
        _ configuration: Configuration,
        _ store: any Store,
        _ process: ProcessLimits,
        _ committed: CommittedEvents,
        _ server: ServerReference,
        _ log: Log
    ) -> Ingest {
        Ingest(
            store: store,
            journal: StoreChoice.journal(configuration),
            waitingBytesMax: process.scaled(Ingest.waitingBytesMax),
            committed: committed,
            log: log,
            deliver: { server.answer($0) },
            onBroken: { reason in
                log.error("incompatible database schema", ["reason": reason])
                Console.error("collector: \(reason)")
                _exit(ExitCode.failure.rawValue)
            }
        )
    }

    /// Stops the readers in parallel: each waits briefly for its current work, and a database that hangs must not delay
    /// the writes of acknowledged records.
    private func stopReaders(_ stops: [(() -> Void)?]) {
        let stops = stops.compactMap { $0 }
        nonisolated(unsafe) let shared = stops
        DispatchQueue.concurrentPerform(iterations: stops.count) { number in shared[number]() }
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

    /// Ingest counters for the log.
    var summary: Log.Fields {
        guard let counters = ingest?.counters else { return [:] }
        return [
            "stored": counters.stored, "duplicates": counters.duplicates, "refused": counters.refused,
            "unavailable": counters.unavailable, "batches": counters.batches, "journaled": counters.journaled,
            "drained": counters.drained,
        ]
    }
}
