import HTTPServer
import Ingest
import JSONScan
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

    var response: Response {
        let status: Int
        var text: [UInt8]
        switch verdict {
        case .connected: (status, text) = (200, Array(#"{"status":"healthy","database":"connected""#.utf8))
        case .notConfigured: (status, text) = (200, Array(#"{"status":"healthy","database":"not_configured""#.utf8))
        case .unhealthy(let word):
            (status, text) = (503, Array(#"{"status":"unhealthy","database":"#.utf8))
            appendQuoted(word, to: &text)
        }
        var members: [String] = ["\"version\":\"\(version)\"", "\"uptime_seconds\":\(uptimeSeconds)"]
        if let engine { members.append("\"engine\":\"\(engine)\"") }
        if let report { members += [ingest(report), journal(report)] }
        text += Array(("," + members.joined(separator: ",") + "}").utf8)
        return Responses.json(status, .bytes(text))
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
            "records": standing.records, "bytes": standing.bytes, "set_aside": standing.setAside,
            "journaled": report.counters.journaled, "drained": report.counters.drained,
            "refused": report.counters.setAside, "drain_per_second": Int(report.drainPerSecond),
        ]
        let oldest = standing.oldestSeconds.map { "\($0)" } ?? "null"
        return "\"journal\":{\"state\":\"\(state)\",\"oldest_seconds\":\(oldest),\(members(numbers))}"
    }

    private func members(_ numbers: KeyValuePairs<String, Int>) -> String {
        numbers.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
    }
}
