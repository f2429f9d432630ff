import Ingest
import Insight
import Storage

/// Finds what stands still or lags, and why.
struct ProblemFinder {
    /// Seconds that a state may last before it is a problem: shorter ones belong to normal operation.
    static let heldBackSecondsMin = 10.0
    static let startSecondsMin = 10.0
    static let stillSecondsMin = 60.0
    /// Seconds without an answer of the database.
    static let silenceSecondsMax = 15.0

    /// Now, on the clock of `StatusMonitor`.
    let seconds: Double
    let report: Ingest.Report
    let progress: RollupProgress
    var look: StoreLook?
    var failure: StoreError?
    var rollupFailure: String?
    var feedFailure: String?

    private struct Finding {
        var code: String
        var message: String
        var summary: String
        /// Seconds for which it has lasted, where that is known better than by when it was first seen.
        var age: Double?
    }

    /// Everything that is wrong now; what was so before keeps its beginning.
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

    private var findings: [Finding] { [store, journal, rollups, feed].compactMap(\.self) }

    private var store: Finding? {
        let summary = "The database is not available; new events are kept until it is."
        switch report.health {
        case .starting:
            guard seconds >= Self.startSecondsMin else { return nil }
            let message = "The database cannot be reached, or is being migrated; new events are kept in the journal."
            return Finding(code: "database_starting", message: message, summary: summary, age: seconds)
        case .unavailable:
            let message =
                "The database takes no records; new events are kept in the journal. See the log for the reason."
            return Finding(code: "database_unavailable", message: message, summary: summary)
        case .broken:
            return Finding(
                code: "database_schema",
                message: "The schema of the database is not one that this version can use.",
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
            message: "The journal is full: new events are refused until the database takes records again.",
            summary: "New events are refused at present."
        )
    }

    private var rollups: Finding? {
        if progress.isAhead {
            return Finding(
                code: "rollups_ahead",
                message: "The rollups are ahead of the events: the table was truncated, or a backup was restored. "
                    + "Run 'collector rebuild'.",
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
        if let writer = look?.writer, still >= Self.heldBackSecondsMin {
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

extension OpenWriter {
    /// What holds back the figures, and how it is ended.
    fileprivate var sentence: String {
        let name = application.isEmpty ? "another connection" : "'\(application)'"
        let who = user.isEmpty ? name : "\(name) (role \(user))"
        let age = ageSeconds.map { " for \($0) s" } ?? ""
        guard let pid else {
            return "A prepared transaction\(age) holds back the figures and the live feed. Commit it or roll it back; "
                + "pg_prepared_xacts names it."
        }
        let kind = state.isEmpty ? "" : ", \(state)"
        return
            "A transaction of \(who) has been open\(age) (pid \(pid)\(kind)) and holds back the figures and the live "
            + "feed. End it, or run: select pg_terminate_backend(\(pid))"
    }
}
