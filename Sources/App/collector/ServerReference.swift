import Locks
import HTTPServer
import Ingest
import HTTPAPI

/// Late-bound reference to the server and its site, for parts that are created before them and respond asynchronously.
///
/// Responses are dropped until `set` is called. Safe to use from any thread.
final class ServerReference: Sendable {
    private let held = Locked<(server: Server?, site: Site?)>((nil, nil))

    func set(server: Server, site: Site) { held.withLock { $0 = (server, site) } }

    func answer(_ tickets: [(ticket: UInt64, wantsDetails: Bool)], _ status: HealthMonitor.Status) {
        let (server, site) = held.withLock { $0 }
        guard let server, let site else { return }
        let plain = Site.healthResponse(status)
        server.answer(tickets.map { (Ticket(rawValue: $0.ticket), $0.wantsDetails ? site.details(status) : plain) })
    }

    func answer(_ answers: [(Ticket, ServerResponse)]) {
        let (server, _) = held.withLock { $0 }
        server?.answer(answers)
    }

    func answer(_ deliveries: Deliveries) {
        let (server, site) = held.withLock { $0 }
        guard let server, let site else { return }
        server.answer(site.responses(deliveries))
    }
}
