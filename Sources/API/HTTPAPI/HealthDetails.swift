import HTTPServer
import Ingest
import Reports
import Rollups
import Storage

/// The response of `GET /health/details`, which is only for the owner.
struct HealthDetails {
    let status: HealthMonitor.Status
    /// Nil without a database.
    let report: Ingest.Report?
    let engine: String?
    let version: String
    let uptimeSeconds: Int
    let rateLimited: Int
    /// Nil without a database.
    let service: ServiceStatus?
    /// Nil without a database, and before it has been measured.
    var storage: StorageReport?

    var response: Response {
        var members = status.members
        members += [("version", .text(version)), ("uptime_seconds", .integer(Int64(uptimeSeconds)))]
        if let engine { members.append(("engine", .text(engine))) }
        if let report { members += [("ingest", ingest(report)), ("journal", Self.journal(report))] }
        if let service { members.append(("service", service.json(.everything))) }
        return Responses.json(status.status, .object(members))
    }

    private func ingest(_ report: Ingest.Report) -> JSONEncodedValue {
        let counters = report.counters
        let state =
            switch report.health {
            case .starting: "starting"
            case .ready: "ready"
            case .unavailable: "unavailable"
            case .broken: "broken"
            }
        let numbers: KeyValuePairs<String, Int> = [
            "writers_connected": report.writersConnected, "waiting_records": report.waitingRecords,
            "waiting_bytes": report.waitingBytes, "batches": counters.batches, "stored": counters.stored,
            "duplicates": counters.duplicates, "settled": counters.settled, "refused": counters.refused,
            "unavailable": counters.unavailable, "rate_limited": rateLimited,
        ]
        return .object([("state", .text(state))] + Self.members(numbers))
    }

    private static func journal(_ report: Ingest.Report) -> JSONEncodedValue {
        guard let status = report.journal else { return .object([("state", .text("off"))]) }
        let state =
            if report.isJournalFull {
                "full"
            } else if report.isJournaling {
                "taking"
            } else {
                status.records > 0 ? "draining" : "empty"
            }
        let numbers: KeyValuePairs<String, Int> = [
            "records": status.records, "bytes": status.bytes, "dead_letters": status.deadLetters,
            "journaled": report.counters.journaled, "drained": report.counters.drained,
            "refused": report.counters.deadLetters, "drain_per_second": Int(report.drainPerSecond),
        ]
        let oldest = JSONEncodedValue(status.oldestSeconds.map { Int64($0) })
        return .object(
            [("state", .text(state)), ("oldest_seconds", oldest)] + members(numbers)
                + [("damage", status.damage.map(damage) ?? .null)]
        )
    }

    private static func damage(_ damage: JournalDamage) -> JSONEncodedValue {
        .object([
            ("files", .integer(Int64(damage.files))), ("last_file", .text(damage.lastFile)),
            ("salvaged", .integer(Int64(damage.salvaged))),
            ("lost_at_most", JSONEncodedValue(damage.lostMax.map { Int64($0) })),
        ])
    }

    private static func members(_ numbers: KeyValuePairs<String, Int>) -> [(String, JSONEncodedValue)] {
        numbers.map { ($0.key, .integer(Int64($0.value))) }
    }
}

extension HealthMonitor.Status {
    /// The status code of the response.
    var status: Int {
        switch self {
        case .connected, .notConfigured: 200
        case .unhealthy: 503
        }
    }

    /// The members of the response.
    var members: [(String, JSONEncodedValue)] {
        let (status, database) =
            switch self {
            case .connected: ("healthy", "connected")
            case .notConfigured: ("healthy", "not_configured")
            case .unhealthy(let word): ("unhealthy", word)
            }
        return [("status", .text(status)), ("database", .text(database))]
    }
}
