import Events
package import Reports
package import Rollups
import Segments
package import Storage
package import TimeZones

/// Measures what a rule watches, by the figures of the reports.
///
/// One instance is one evaluation.
package struct AlertMeasurer {
    /// Seconds behind the events from which on reports are too old to decide on them.
    static let lagSecondsMax: Int64 = 60
    /// Seconds without an occurrence after which an issue is over, and within which it counts as new.
    static let issueSeconds: Int64 = 86_400

    let database: any Database
    let reports: Reports
    /// Seconds since 1970.
    let now: Int64
    let server: AlertServerState
    let zones: ZoneCache

    package init(
        _ database: any Database,
        _ dictionaries: DictionaryCache,
        now: Int64,
        server: AlertServerState,
        zones: ZoneCache = .system
    ) {
        (self.database, reports) = (database, Reports(database, dictionaries))
        (self.now, self.server, self.zones) = (now, server, zones)
    }

    package func measure(_ rule: AlertRule) throws(ReportError) -> AlertMeasurement {
        switch rule.kind {
        case .journal: return journal
        case .disk: return disk(rule)
        case .rollupLag: return try lag(rule)
        default: break
        }
        if let reason = try outdated() { return .lacking(reason) }
        switch rule.kind {
        case .newIssue, .regressedIssue: return try issues(rule)
        case .errorRate: return try rate(rule, .errorRate)
        case .vital:
            guard let vital = rule.vital else { return .lacking("The rule has no vital") }
            return try rate(rule, .percentile(vital, .p75))
        case .trafficDrop, .trafficSpike: return try traffic(rule)
        case .deliveryRate: return try delivery(rule)
        case .weeklyReport: return try week(rule)
        case .journal, .disk, .rollupLag: return .lacking("")
        }
    }

    /// Why the reports do not have the latest events; nil if they do.
    private func outdated() throws(ReportError) -> String? {
        let waiting = try waiting()
        if waiting.isRebuilding { return "The figures are being computed" }
        if let lag = server.lagSeconds, lag > Self.lagSecondsMax, waiting.seconds != nil {
            return "The figures are \(lag) seconds behind the events"
        }
        if server.isJournaling ?? false { return "Events wait in the journal" }
        return nil
    }

    /// Whether the rollups are rebuilt, and the age in seconds of the first event that they do not have; nil without one.
    private func waiting() throws(ReportError) -> (isRebuilding: Bool, seconds: Int64?) {
        let position: RollupPosition
        do throws(StoreError) { position = try RollupPosition.read(database) } catch { throw .store(error) }
        let row = try database.alertRows(
            """
            select \(database.dialect.microseconds("received_at")) from collector_events
            where id > ?1 order by id limit 1
            """,
            [.integer(position.lastEventID)]
        ).first
        return (position.reason != nil, row?[0].integer.map { max(0, now - $0 / 1_000_000) })
    }

    // MARK: - The server

    private var journal: AlertMeasurement {
        guard let journal = server.journal else { return .lacking("The server has no journal") }
        guard let isInUse = server.isJournaling else { return .lacking("The database has not been reached yet") }
        let records = server.journalRecords
        let title =
            isInUse
            ? "The journal is in use: the database does not take events"
            : "The journal is empty: the database takes events"
        let finding = AlertFinding(cause: journal, isInUse ? .exceeded : .within, title: title, value: Double(records))
        // Journals of other servers have causes of their own.
        return .measured(.init([finding], isComplete: false, value: Double(records)))
    }

    private func disk(_ rule: AlertRule) -> AlertMeasurement {
        guard let free = server.diskFree else {
            return .lacking("The free space of the database's disk is unknown")
        }
        let (limit, mebibytes) = (rule.threshold ?? 0, Double(free >> 20))
        let isLow = mebibytes < limit
        let title = "The disk has \(AlertText.number(mebibytes)) MiB left, limit \(AlertText.number(limit)) MiB"
        let finding = AlertFinding(isLow ? .exceeded : .within, title: title, value: mebibytes)
        return .measured(.init([finding], value: mebibytes))
    }

    private func lag(_ rule: AlertRule) throws(ReportError) -> AlertMeasurement {
        let waiting = try waiting()
        if waiting.isRebuilding { return .lacking("The figures are being computed") }
        guard let seen = server.lagSeconds else { return .lacking("The server has just started") }
        let limit = rule.threshold ?? 0
        // Events with an old time of receipt, such as those of a restored backup, have not waited. After a restart, the time for which
        // others have waited is not known.
        let lag = min(seen, waiting.seconds ?? 0)
        let level: AlertFinding.Level =
            Double(lag) > limit ? .exceeded : Double(waiting.seconds ?? 0) > limit ? .uncertain : .within
        let title = "The reports are \(lag) s behind the events, limit \(AlertText.number(limit)) s"
        return .measured(.init([AlertFinding(level, title: title, value: Double(lag))], value: Double(lag)))
    }

    // MARK: - Rates

    private func range(_ minutes: Int64) throws(ReportError) -> ReportRange {
        try ReportRange(from: now - minutes * 60, to: now + 1)
    }

    private func rate(_ rule: AlertRule, _ metric: BudgetMetric) throws(ReportError) -> AlertMeasurement {
        let query = ReportQuery(range: try range(rule.minutes), site: rule.site, isComparing: false)
        let figures = try reports.budgetFigures(query, [metric], of: [nil])
        guard let figure = figures.first?.figures.first, let raw = figure.value, figure.samples >= rule.samplesMin
        else {
            let count = figures.first?.figures.first?.samples ?? 0
            return Self.tooFew(count, rule, metric == .errorRate ? "page views" : "page views with the vital")
        }
        let value = metric.isRate ? raw * 100 : raw
        let (limit, unit) = (rule.threshold ?? 0, rule.kind.unit(rule.vital))
        let name = rule.vital.map { "\($0.name.uppercased()) p75" } ?? "Error rate"
        let title =
            "\(name) \(AlertText.number(value))\(unit), limit \(AlertText.number(limit))\(unit)"
            + AlertText.scope(rule)
        let finding = AlertFinding(value > limit ? .exceeded : .within, title: title, value: value)
        return .measured(.init([finding], value: value, samples: figure.samples))
    }

    private func delivery(_ rule: AlertRule) throws(ReportError) -> AlertMeasurement {
        let query = ReportQuery(range: try range(rule.minutes), site: rule.site, isComparing: false)
        let report = try reports.dataQuality(query)
        guard let delivery = report.delivery else { return .lacking(report.refusal ?? "") }
        guard delivery.emitted >= rule.samplesMin, delivery.emitted > 0 else {
            return Self.tooFew(delivery.emitted, rule, "emitted events")
        }
        let value = Double(delivery.received) * 100 / Double(delivery.emitted)
        let limit = rule.threshold ?? 0
        let (shown, bound) = (AlertText.number(value), AlertText.number(limit))
        let title = "Delivery rate \(shown) %, limit \(bound) %" + AlertText.scope(rule)
        let finding = AlertFinding(value < limit ? .exceeded : .within, title: title, value: value)
        return .measured(.init([finding], value: value, samples: delivery.emitted))
    }

    static func tooFew(_ count: Int64, _ rule: AlertRule, _ what: String) -> AlertMeasurement {
        .lacking("\(count) \(what) in \(rule.minutes) minutes, \(rule.samplesMin) are needed")
    }

    // MARK: - Issues

    private func issues(_ rule: AlertRule) throws(ReportError) -> AlertMeasurement {
        var listing = IssueListing()
        let isNew = rule.kind == .newIssue
        (listing.state, listing.sort) = (isNew ? .unresolved : .regressed, isNew ? .firstSeen : .lastSeen)
        let range = try ReportRange(from: now - Self.issueSeconds, to: now + 1)
        let report = try reports.issues(ReportQuery(range: range, site: rule.site, isComparing: false), listing)
        let since = max(rule.createdAt, now - Self.issueSeconds)
        var findings: [AlertFinding] = []
        for row in report.rows where row.issue != AlertText.otherIssue {
            let text = row.text
            let title =
                "\(isNew ? "New" : "Regressed") issue" + AlertText.scope(site: text.site) + ": "
                + AlertText.line("\(text.name): \(text.message)")
            // A cause ends with the owner's decision, and another one begins when the issue returns after the next one.
            let cause = isNew ? row.issue : "\(row.issue) \(text.decision?.changedAt ?? 0)"
            let isRecent = (isNew ? text.firstSeen : text.lastSeenOnSite) >= since
            findings.append(
                AlertFinding(cause: cause, isRecent ? .exceeded : .uncertain, title: title, value: Double(row.errors))
            )
        }
        return .measured(.init(findings, isComplete: report.rows.count < listing.limit, value: Double(report.count)))
    }
}

extension Database {
    func alertRows(_ sql: String, _ parameters: [SQLValue]) throws(ReportError) -> [[SQLValue]] {
        do throws(StoreError) { return try rows(sql, parameters) } catch { throw .store(error) }
    }
}
