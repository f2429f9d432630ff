import Alerts
import Archive
import Assets
import Erasure
import Glibc
import HTTPServer
import Ingest
import Locations
import Reports
import Rollups
import Log
import Storage
import Events
import HTTPAPI
import Live
import TLS
import Workers

/// The parts of `collector serve` behind the HTTP server, with their start and stop order.
struct Service {
    private let ingest: Ingest?
    private let configuration: Configuration
    private let engine: String?
    private let health: HealthMonitor
    private let pool: ReaderPool?
    private let replica: ReplicaReaders?
    private let feed: LiveFeed?
    private let rollupWorker: RollupWorker?
    private let erasures: ErasureWorker?
    private let alerts: AlertWorker?
    private let retention: RetentionWorker?
    private let archive: ArchiveWorker?
    private let status: StatusMonitor?
    private let workers: BodyWorkers
    private let sessions: SessionRegistry
    private let privacy: PrivacyKeeper
    private let locations: LocationDatabase?
    private let limits: ServerConfiguration
    /// Where all parts send their responses; created before them, as is `ingestResponses` before ingest.
    private let sink: ResponseSink
    private let ingestResponses: IngestResponses
    private let log: Log

    init(
        _ configuration: Configuration,
        _ store: (any Store)?,
        _ process: ProcessLimits,
        _ limits: ServerConfiguration,
        _ locations: LocationDatabase?,
        _ log: Log
    ) {
        let committed = CommittedEvents()
        let sink = ResponseSink(limits)
        let responses = IngestResponses(allowedOrigins: configuration.allowedOrigins, sink: sink)
        let journal = store.flatMap { _ in StoreChoice.journal(configuration) }
        let ingest = store.map { Self.makeIngest($0, journal, process, committed, responses, log) }
        let pool = store.map { ReaderPool(store: $0, responses: sink, log: log) }
        let replica = Self.makeReplicaReaders(configuration, sink, log)
        let feedLimits = LiveFeedLimits(connectionsMax: limits.connectionsMax)
        let feed = store.map { store in
            LiveFeed(store: store, limits: feedLimits, responses: sink, log: log) { $0.encodedJSON }
        }
        (self.configuration, self.limits) = (configuration, limits)
        (self.sink, ingestResponses) = (sink, responses)
        (self.ingest, self.pool, self.replica, self.feed) = (ingest, pool, replica, feed)
        (self.locations, self.log, engine) = (locations, log, store?.engine)
        health = HealthMonitor(store: store, ingest: ingest, responses: sink, log: log)
        erasures = store.map { store in
            ErasureWorker(store: store, journal: journal, log: log) {
                committed.removeAll()
                feed?.forget()
            }
        }
        rollupWorker = store.map {
            RollupWorker(store: $0, committed: committed, log: log) { ingest?.health != .starting }
        }
        let archive = store.flatMap { Self.makeArchive(configuration, $0, log) }
        self.archive = archive
        retention = store.map { Self.makeRetention(configuration, $0, ingest, archive, log) }
        workers = BodyWorkers(waitingBytesMax: process.scaled(BodyWorkers.waitingBytesMax))
        sessions = SessionRegistry(store: store, responses: sink, log: log)
        privacy = PrivacyKeeper(store: store, folder: configuration.dataFolder, log: log)
        if let store, let ingest {
            status = StatusMonitor(
                store: store,
                ingest: ingest,
                log: log,
                rollups: rollupWorker,
                retention: retention,
                feed: feed,
                pool: pool,
                locations: locations,
                replica: replica?.monitor,
                certificate: limits.certificate,
                archiveProblem: { archive?.problem }
            )
        } else {
            status = nil
        }
        alerts = store.map { [status, retention] in
            Self.makeAlerts(configuration, $0, log) { Self.alertState(ingest, journal, status, retention) }
        }
    }

    /// Creates the server in front of the parts.
    func makeServer(token: String, assetFolder: AssetFolder?) -> Server {
        let site = Site(
            siteConfiguration(token: token),
            assets: Assets.files(),
            assetFolder: assetFolder,
            ingest: ingest,
            engine: engine,
            health: health,
            sessions: sessions,
            privacy: privacy,
            pool: pool,
            replica: replica,
            feed: feed,
            erasures: erasures,
            alerts: alerts.map { ($0, sink) },
            status: status,
            retention: retention,
            workers: workers,
            locations: locations,
            responses: ingestResponses,
            metrics: sink.metrics,
            log: log
        )
        return Server(configuration: limits, responses: sink, handler: site)
    }

    func start() {
        ingest?.start()
        health.start()
        rollupWorker?.start()
        erasures?.start()
        archive?.start()
        retention?.start()
        status?.start()
        alerts?.start()
        limits.certificate?.start()
        pool?.start()
        replica?.monitor.start()
        replica?.pool.start()
        workers.start()
        sessions.start()
        privacy.start()
        feed?.start()
    }

    /// Blocks until the database is ready or the timeout expires.
    func waitForDatabase(milliseconds: Int) {
        ingest?.waitUntilReady(milliseconds: milliseconds)
        // Events that come before the modes are known have those of the last time.
        if ingest?.report.health == .ready { privacy.waitUntilLoaded(milliseconds: milliseconds) }
    }

    /// Stops all parts; call after the server has stopped.
    ///
    /// Blocks until every acknowledged record is stored or in the journal.
    func stop() {
        workers.stop()
        // These only read, or read again later. They stop at the same time and wait only briefly for a database that
        // hangs, which must not delay the writes of acknowledged records.
        let readers = [
            feed?.worker, pool?.worker, replica?.pool.worker, replica?.monitor.worker, status?.worker, sessions.worker,
            privacy.worker, rollupWorker?.worker, erasures?.worker, retention?.worker, archive?.worker, alerts?.worker,
            alerts?.tester, limits.certificate?.worker,
        ]
        Worker.stop(readers.compactMap { $0 })
        ingest?.stop()
        health.stop()
    }

    private static func makeArchive(_ configuration: Configuration, _ store: any Store, _ log: Log) -> ArchiveWorker? {
        guard let folder = configuration.archiveFolder else { return nil }
        return ArchiveWorker(store: store, folder: folder, version: Help.version, log: log) {
            try DataFolder.make(folder)
        }
    }

    private static func makeReplicaReaders(
        _ configuration: Configuration,
        _ sink: ResponseSink,
        _ log: Log
    ) -> ReplicaReaders? {
        guard let replica = StoreChoice.replica(configuration) else { return nil }
        return ReplicaReaders(
            monitor: ReplicaMonitor(replica, log: log),
            pool: ReaderPool(store: replica.store, name: "replica", responses: sink, log: log)
        )
    }

    private static func makeRetention(
        _ configuration: Configuration,
        _ store: any Store,
        _ ingest: Ingest?,
        _ archive: ArchiveWorker?,
        _ log: Log
    ) -> RetentionWorker {
        var archived: (@Sendable () -> ArchivedRows)?
        if let archive { archived = { archive.archived } }
        return RetentionWorker(
            store: store,
            policy: configuration.retention,
            holder: String(UInt64.random(in: 0...UInt64.max), radix: 16),
            log: log,
            isIdle: {
                guard let report = ingest?.report else { return true }
                return report.health == .ready && !report.isJournaling && report.journal?.records ?? 0 == 0
            },
            archived: archived
        )
    }

    private static func makeIngest(
        _ store: any Store,
        _ journal: (any Journal)?,
        _ process: ProcessLimits,
        _ committed: CommittedEvents,
        _ responses: IngestResponses,
        _ log: Log
    ) -> Ingest {
        Ingest(
            store: store,
            journal: journal,
            waitingBytesMax: process.scaled(Ingest.waitingBytesMax),
            committed: committed,
            log: log,
            deliver: { responses.deliver($0) },
            onBroken: { reason in
                log.error("incompatible database schema", ["reason": reason])
                Console.error("collector: \(reason)")
                _exit(ExitCode.failure.rawValue)
            }
        )
    }

    private func siteConfiguration(token: String) -> SiteConfiguration {
        SiteConfiguration(
            basePath: configuration.basePath,
            clients: ClientAddressRule(
                trustedProxies: configuration.trustedProxies,
                header: configuration.clientAddressHeader,
                locationProxy: configuration.locationProxy
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
