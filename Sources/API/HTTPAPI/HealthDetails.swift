import HTTPServer
import Ingest
import Reports
import Rollups
import Storage

/// The answer of `GET /health/details`: what only the owner is told.
struct HealthDetails {
    let verdict: HealthMonitor.Verdict
    /// Nil without a database.
    let report: Ingest.Report?
    let engine: String?
    let version: String
    let uptimeSeconds: Int
    let rateLimited: Int
    /// Nil without a database.
    let service: ServiceStatus?

    var response: Response {
        var members = [verdict.members, "\"version\":\"\(version)\"", "\"uptime_seconds\":\(uptimeSeconds)"]
        if let engine { members.append("\"engine\":\"\(engine)\"") }
        if let report { members += [ingest(report), journal(report)] }
        if let service {
            members.append("\"service\":\(String(decoding: service.json(isGuest: false).encoded, as: UTF8.self))")
        }
        return Responses.json(verdict.status, "{\(members.joined(separator: ","))}")
    }

    private func ingest(_ report: Ingest.Report) -> String {
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
        return "\"ingest\":{\"state\":\"\(state)\",\(members(numbers))}"
    }

    private func journal(_ report: Ingest.Report) -> String {
        guard let standing = report.journal else { return "\"journal\":{\"state\":\"off\"}" }
        let state =
            if report.isJournalFull {
                "full"
            } else if report.isSheltering {
                "taking"
            } else {
                standing.records > 0 ? "draining" : "empty"
            }
        let numbers: KeyValuePairs<String, Int> = [
            "records": standing.records, "bytes": standing.bytes, "dead_letters": standing.setAside,
            "journaled": report.counters.journaled, "drained": report.counters.drained,
            "refused": report.counters.setAside, "drain_per_second": Int(report.drainPerSecond),
        ]
        let oldest = standing.oldestSeconds.map { "\($0)" } ?? "null"
        let damage = standing.damage.map(Self.damage) ?? "null"
        return
            "\"journal\":{\"state\":\"\(state)\",\"oldest_seconds\":\(oldest),\(members(numbers)),\"damage\":\(damage)}"
    }

    /// The name of the file is ours and needs no escapes.
    private static func damage(_ damage: JournalDamage) -> String {
        let lost = damage.lostMax.map { "\($0)" } ?? "null"
        return
            "{\"files\":\(damage.files),\"last_file\":\"\(damage.lastFile)\",\"salvaged\":\(damage.salvaged),\"lost_at_most\":\(lost)}"
    }

    private func members(_ numbers: KeyValuePairs<String, Int>) -> String {
        numbers.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    }
}

extension HealthMonitor.Verdict {
    /// The status of the answer that says it.
    var status: Int {
        switch self {
        case .connected, .notConfigured: 200
        case .unhealthy: 503
        }
    }

    /// The members of the JSON object that says it; the words are constants of ours that need no escapes.
    var members: String {
        switch self {
        case .connected: #""status":"healthy","database":"connected""#
        case .notConfigured: #""status":"healthy","database":"not_configured""#
        case .unhealthy(let word): "\"status\":\"unhealthy\",\"database\":\"\(word)\""
        }
    }
}
