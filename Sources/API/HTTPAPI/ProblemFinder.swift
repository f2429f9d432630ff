import Ingest
import Reports
import Rollups
import Storage
import TLS

/// Finds the parts of the service that stand still or lag, and the cause.
struct ProblemFinder {
    /// The seconds that a state must last to be a problem: shorter ones belong to normal operation.
    static let heldBackSecondsMin = 10.0
    static let startSecondsMin = 10.0
    static let stillSecondsMin = 60.0

    /// The current time on the clock of `StatusMonitor`.
    let seconds: Double
    let report: Ingest.Report
    let progress: RollupProgress
    var look: StoreSnapshot?
    var failure: StoreError?
    var rollupFailure: String?
    var feedFailure: String?
    /// A description of damaged data that was found.
    var damage: String?
    /// The size of the data; nil before it has been measured.
    var storage: StorageReport?
    /// Why the newest version of the location database is not in use.
    var locationProblem: String?
    /// Why the archive is not complete.
    var archiveProblem: String?
    /// Why reports are not read from the replica.
    var replicaProblem: String?
    /// The state of the certificate; nil without TLS.
    var certificate: CertificateState?

    private struct Finding {
        var code: String
        var message: String
        var summary: String
        /// The seconds for which it has lasted, where that is known better than from when it was first seen.
        var age: Double?
    }

    /// The current problems; one that was in `before` keeps its start.
    func problems(before: [Problem]) -> [Problem] {
        findings.map { finding in
            let known = before.first { $0.code == finding.code }?.since
            let since = finding.age.map { seconds - $0 } ?? known ?? seconds
            return Problem(
                code: finding.code,
                message: finding.message,
                summary: finding.summary,
                since: min(since, known ?? since)
            )
        }
    }

    private var findings: [Finding] {
        [
            damaged, store, journal, journalDamage, refusedRecords, rollups, deadLetters, feed, locations, archive,
            replica, space, certificateFiles, certificateAge,
        ]
        .compactMap(\.self)
    }

    private var damaged: Finding? {
        var reason = damage
        for error in [failure, report.failure] { if case .damaged(let found) = error { reason = found } }
        guard let reason else { return nil }
        return Finding(
            code: "database_damaged",
            message:
                "The database file is damaged (\(reason)). Stop the server, keep a copy of the file, and restore a "
                + "backup or salvage the rows with sqlite3's .recover.",
            summary: "The database is damaged."
        )
    }

    private var store: Finding? {
        let summary = "The database is unavailable; new events are kept until it is available again."
        switch report.health {
        case .starting:
            guard seconds >= Self.startSecondsMin else { return nil }
            let cause = report.failure.map { ": \($0.reason)" } ?? ", or a migration is running"
            let message = "The database is not available yet\(cause). New events are kept in the journal."
            return Finding(code: "database_starting", message: message, summary: summary, age: seconds)
        case .unavailable:
            let message =
                "The database does not accept writes; new events are kept in the journal. See the log for the cause."
            return Finding(code: "database_unavailable", message: message, summary: summary)
        case .broken:
            return Finding(
                code: "database_schema",
                message: "The database schema is incompatible with this version.",
                summary: summary
            )
        case .ready:
            guard let failure else { return nil }
            let message = "Reports cannot be read from the database: \(failure.reason)."
            return Finding(code: "database_unavailable", message: message, summary: "Reports cannot be read.")
        }
    }

    private var journal: Finding? {
        guard report.isJournalFull else { return nil }
        return Finding(
            code: "journal_full",
            message: "The journal is full: new events are refused until the database accepts writes again.",
            summary: "New events are currently refused."
        )
    }

    private var journalDamage: Finding? {
        guard let damage = report.journal?.damage else { return nil }
        let lost = damage.lostMax.map { "At most \($0) records were lost" } ?? "The number of lost records is unknown"
        return Finding(
            code: "journal_damaged",
            message: "The journal was damaged: \(damage.salvaged) of its records were recovered. \(lost). "
                + "The damaged file is kept as \(damage.lastFile) in the data folder; remove it to clear this message.",
            summary: "Events may have been lost."
        )
    }

    private var refusedRecords: Finding? {
        guard let count = report.journal?.deadLetters, count > 0 else { return nil }
        return Finding(
            code: "records_refused",
            message: "The database refused \(count) records that had been acknowledged. "
                + "They are in the table dead_letters of the journal in the data folder.",
            summary: "Some events could not be stored."
        )
    }

    private var deadLetters: Finding? {
        guard let count = look?.deadLetters, count > 0 else { return nil }
        return Finding(
            code: "events_not_aggregated",
            message: "The database refused the rollups of \(count) events, which are missing from all reports. "
                + "The table rollup_dead_letters lists them; 'collector rebuild' retries them.",
            summary: "Some events are missing from reports."
        )
    }

    private var rollups: Finding? {
        if progress.isAhead {
            return Finding(
                code: "rollups_ahead",
                message: "The rollups are ahead of the events: the table was truncated, or a backup was restored. "
                    + "The server rebuilds them.",
                summary: "Figures do not match the events."
            )
        }
        if let rollupFailure {
            return Finding(
                code: "rollups_failing",
                message: "The rollup worker cannot write: \(rollupFailure). It retries; no event is lost.",
                summary: "Figures are delayed."
            )
        }
        let still = progress.stillSeconds(at: seconds)
        // The writers of the server hold their locks only briefly.
        if let writer = look?.writer, still >= Self.heldBackSecondsMin,
            Double(writer.ageSeconds ?? Int64(still)) >= Self.heldBackSecondsMin
        {
            return Finding(
                code: "rollups_blocked",
                message: writer.sentence,
                summary: "Figures and the live feed are delayed.",
                age: writer.ageSeconds.map(Double.init) ?? still
            )
        }
        guard still >= Self.stillSecondsMin, failure == nil else { return nil }
        return Finding(
            code: "rollups_stalled",
            message:
                "The rollups have not advanced although there are new events. See the log, and restart the server.",
            summary: "Figures are delayed.",
            age: still
        )
    }

    private var locations: Finding? {
        locationProblem.map {
            Finding(
                code: "location_database_unusable",
                message: "The location database has changed and cannot be used: \($0). "
                    + "The previous version stays in use; replace the file named by COLLECTOR_GEOIP.",
                summary: "Locations are those of an older database."
            )
        }
    }

    private var archive: Finding? {
        archiveProblem.map {
            Finding(
                code: "archive_incomplete",
                message: "The archive is not complete: \($0). Rows that it does not have are kept, whatever their age. "
                    + "The server tries again within ten minutes.",
                summary: "Old events are kept longer than planned."
            )
        }
    }

    private var replica: Finding? {
        // The first comparisons take a moment.
        guard seconds >= Self.startSecondsMin, let replicaProblem else { return nil }
        return Finding(
            code: "replica_not_used",
            message: "Reports are read from the database of DB_URL, since that of COLLECTOR_READ_URL "
                + "cannot be used: \(replicaProblem). Figures are correct, and the load is on one database.",
            summary: "Reports may take longer than usual."
        )
    }

    private var certificateFiles: Finding? {
        guard let certificate, let problem = certificate.problem else { return nil }
        return Finding(
            code: "certificate_not_loaded",
            message: "The files of the certificate have changed and cannot be used: \(problem). "
                + "The previous certificate stays in use; correct the files named by COLLECTOR_TLS_CERTIFICATE and COLLECTOR_TLS_KEY.",
            summary: "The newest certificate of this server is not in use."
        )
    }

    private var certificateAge: Finding? {
        guard let certificate else { return nil }
        let advice = "Renew \(certificate.files.certificate); the server loads it without a restart."
        let summary = "The certificate of this server needs its owner's attention."
        switch certificate.age {
        case .valid: return nil
        case .expiring(let days):
            let message =
                "The certificate of this server expires in \(CertificateState.text(days: days)). \(advice)"
            return Finding(code: "certificate_expiring", message: message, summary: summary)
        case .expired:
            let message = "The certificate of this server has expired: browsers do not send events. \(advice)"
            return Finding(code: "certificate_expired", message: message, summary: summary)
        case .notYetValid:
            let message =
                "The certificate of this server is not valid yet: browsers do not send events. "
                + "Check the clock of this machine, or replace \(certificate.files.certificate)."
            return Finding(code: "certificate_not_yet_valid", message: message, summary: summary)
        }
    }

    /// Days until the disk is full at which the owner is warned.
    static let warningDays = 14.0

    private var space: Finding? {
        guard let storage else { return nil }
        let summary = "The space for events is running out."
        if storage.isLimitExceeded {
            let message =
                "The database cannot be kept below its limit, or the disk above its minimum of free space: "
                + "all events that may be removed have been removed. Free disk space, or raise COLLECTOR_DATABASE_MAX."
            return Finding(code: "storage_limit_exceeded", message: message, summary: summary)
        }
        let (policy, free) = (storage.policy, storage.size.diskFree.map { $0 + storage.size.reusable })
        if let free, policy.diskFreeMin > 0, free < policy.diskFreeWarning {
            let message =
                "The disk has \(free >> 20) MiB left. Below \(policy.diskFreeMin >> 20) MiB, the oldest events are removed; "
                + "figures stay. Free disk space, or set COLLECTOR_RETENTION_EVENTS."
            return Finding(code: "storage_filling", message: message, summary: summary)
        }
        guard policy.databaseBytesMax == nil, let days = storage.daysLeft, days < Self.warningDays else { return nil }
        let message =
            "At the growth of the last days, the disk is full in \(Int(days)) days. Free disk space, or set "
            + "COLLECTOR_RETENTION_EVENTS or COLLECTOR_DATABASE_MAX."
        return Finding(code: "storage_filling", message: message, summary: summary)
    }

    private var feed: Finding? {
        feedFailure.map {
            Finding(
                code: "live_feed_failing",
                message: "The live feed cannot be read: \($0). It retries.",
                summary: "The live feed is delayed."
            )
        }
    }
}
