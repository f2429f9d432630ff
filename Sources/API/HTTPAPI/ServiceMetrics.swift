import Events
import HTTPServer
import Ingest
import Reports
import Rollups
import Storage

/// The response of `GET /metrics`; docs/metrics.md lists the metrics.
struct ServiceMetrics {
    /// The state that `GET /health/details` returns as JSON.
    let details: HealthDetails
    /// Seconds since 1970.
    let startedAt: Int64
    let server: ServerMetrics?

    var response: Response {
        Response(
            status: 200,
            fields: [("Content-Type", MetricsText.contentType), Responses.noStore] + Responses.security,
            body: .bytes(Array(text.utf8))
        )
    }

    var text: String {
        var metrics = MetricsText()
        let labels = [("version", details.version), ("engine", details.engine ?? "none")]
        metrics.add("collector_build_info", .gauge, "Version and database engine.", [(labels, 1)])
        if let report = details.report {
            let isUp = details.status == .connected
            metrics.add("collector_database_up", .gauge, "Whether the database responds.", isUp ? 1 : 0)
            addIngest(report, &metrics)
            addJournal(report, &metrics)
        }
        if let service = details.service { addService(service, &metrics) }
        if let storage = details.storage { addStorage(storage, &metrics) }
        if let server { addServer(server, &metrics) }
        addProcess(&metrics)
        return metrics.text
    }

    private func addIngest(_ report: Ingest.Report, _ metrics: inout MetricsText) {
        let counters = report.counters
        let results = [
            ("stored", counters.stored - counters.duplicates), ("duplicate", counters.duplicates),
            ("refused", counters.refused), ("unavailable", counters.unavailable),
        ]
        metrics.add(
            "collector_ingest_records_total",
            .counter,
            "Records by result; those of the journal when they are drained.",
            results.map { ([("result", $0.0)], Double($0.1)) }
        )
        metrics.add(
            "collector_ingest_rate_limited_requests_total",
            .counter,
            "Requests above the rate limit.",
            details.rateLimited
        )
        metrics.add("collector_ingest_batches_total", .counter, "Batches written to the database.", counters.batches)
        metrics.add(
            "collector_ingest_queue_records",
            .gauge,
            "Records that wait for the database.",
            report.waitingRecords
        )
        metrics.add("collector_ingest_queue_bytes", .gauge, "Bytes of these records.", report.waitingBytes)
        metrics.add(
            "collector_ingest_writers",
            .gauge,
            "Writers that are connected to the database.",
            report.writersConnected
        )
    }

    private func addJournal(_ report: Ingest.Report, _ metrics: inout MetricsText) {
        guard let journal = report.journal else { return }
        let isInUse = report.isJournaling || journal.records > 0
        metrics.add(
            "collector_journal_in_use",
            .gauge,
            "Whether the journal has records or gets them.",
            isInUse ? 1 : 0
        )
        metrics.add("collector_journal_full", .gauge, "Whether the journal is full.", report.isJournalFull ? 1 : 0)
        metrics.add("collector_journal_records", .gauge, "Records in the journal.", journal.records)
        metrics.add("collector_journal_bytes", .gauge, "Bytes of these records.", journal.bytes)
        metrics.add("collector_journal_oldest_seconds", .gauge, "Age of the oldest record.", journal.oldestSeconds)
        metrics.add("collector_journal_dead_letters", .gauge, "Records that the database refused.", journal.deadLetters)
        metrics.add(
            "collector_journal_added_records_total",
            .counter,
            "Records written to the journal.",
            report.counters.journaled
        )
        metrics.add(
            "collector_journal_drained_records_total",
            .counter,
            "Records moved from the journal to the database.",
            report.counters.drained
        )
    }

    private func addService(_ service: ServiceStatus, _ metrics: inout MetricsText) {
        metrics.add(
            "collector_rollup_lag_seconds",
            .gauge,
            "Age of the oldest event that the figures do not contain.",
            service.lagSeconds.map { Double($0) }
        )
        metrics.add(
            "collector_rollup_rebuild_progress",
            .gauge,
            "Share of the events that a rebuild has processed; absent without one.",
            service.processing?.share
        )
        metrics.add(
            "collector_last_event_timestamp_seconds",
            .gauge,
            "When the last event was received.",
            service.lastReceived.map { Double($0) }
        )
        metrics.add(
            "collector_problems",
            .gauge,
            "Problems that /api/status reports, by code.",
            service.problems.map { ([("code", $0.code)], 1) }
        )
    }

    private func addStorage(_ storage: StorageReport, _ metrics: inout MetricsText) {
        let sizes = [
            ("events", storage.size.events), ("submissions", storage.size.submissions),
            ("figures", storage.size.figures),
        ]
        metrics.add(
            "collector_storage_bytes",
            .gauge,
            "Size of the database by what it holds, with indexes.",
            sizes.map { ([("kind", $0.0)], Double($0.1)) }
        )
        metrics.add(
            "collector_storage_reusable_bytes",
            .gauge,
            "Space inside the database that later records use.",
            Double(storage.size.reusable)
        )
        metrics.add(
            "collector_storage_disk_free_bytes",
            .gauge,
            "Free space of the disk of a SQLite file.",
            storage.size.diskFree.map { Double($0) }
        )
        metrics.add(
            "collector_storage_days_left",
            .gauge,
            "Days until the disk or the database is full, by the growth of the last days; absent without growth.",
            storage.daysLeft
        )
        metrics.add(
            "collector_storage_oldest_event_timestamp_seconds",
            .gauge,
            "When the oldest stored event was received.",
            storage.oldestEvent.map { Double($0) }
        )
        metrics.add(
            "collector_retention_removed_events_total",
            .counter,
            "Events that retention has removed since the database was created.",
            Double(storage.removedEvents)
        )
        metrics.add(
            "collector_retention_late_events_total",
            .counter,
            "Events that came after their session had been removed, and count in no figure.",
            Double(storage.lateEvents)
        )
    }

    private func addServer(_ server: ServerMetrics, _ metrics: inout MetricsText) {
        metrics.add("collector_http_connections", .gauge, "Open connections.", server.connections)
        metrics.add(
            "collector_http_request_duration_seconds",
            "Time from the last byte of a request to the start of its response.",
            label: "kind",
            RequestKind.allCases.map { ("\($0)", server.latencies($0)) }
        )
    }

    private func addProcess(_ metrics: inout MetricsText) {
        let process = ProcessStatistics()
        metrics.add("process_cpu_seconds_total", .counter, "User and system time.", process.cpuSeconds)
        metrics.add("process_resident_memory_bytes", .gauge, "Resident memory.", process.residentBytes)
        metrics.add("process_virtual_memory_bytes", .gauge, "Virtual memory.", process.virtualBytes)
        metrics.add("process_open_fds", .gauge, "Open files and connections.", process.openFiles)
        metrics.add("process_max_fds", .gauge, "Limit of open files and connections.", process.openFilesMax)
        metrics.add("process_start_time_seconds", .gauge, "When the server started.", Double(startedAt))
    }
}
