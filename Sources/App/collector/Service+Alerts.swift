import Alerts
import Events
import HTTPAPI
import Ingest
import Log
import Rollups
import Storage

extension Service {
    static func makeAlerts(
        _ configuration: Configuration,
        _ store: any Store,
        _ log: Log,
        _ server: @escaping @Sendable () -> AlertServerState
    ) -> AlertWorker {
        let sender = AlertSender(
            version: Help.version,
            guard: AddressGuard(allowed: configuration.alerts.networks),
            mail: configuration.alerts.mail
        )
        let page = configuration.publicURL.map { $0 + "/insight" }
        let context = AlertContext(sender: sender, page: page) { $0.encodedJSON }
        let seconds = configuration.alerts.seconds
        return AlertWorker(store: store, context: context, seconds: seconds, log: log, server: server)
    }

    /// The state of this process, for the rules about it.
    static func alertState(
        _ ingest: Ingest?,
        _ journal: (any Journal)?,
        _ status: StatusMonitor?,
        _ retention: RetentionWorker?
    ) -> AlertServerState {
        var state = AlertServerState()
        state.journal = journal?.source.map { String(decoding: $0.id.text, as: UTF8.self) }
        if let report = ingest?.report, report.health != .starting {
            let records = report.journal?.records ?? 0
            (state.isJournaling, state.journalRecords) = (report.isJournaling || records > 0, Int64(records))
        }
        state.lagSeconds = status?.lagSeconds
        state.diskFree = retention?.report?.size.diskFree
        return state
    }
}
