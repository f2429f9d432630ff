import Reports
package import Rollups
package import Storage

/// What messages need besides the database.
package struct AlertContext: Sendable {
    let sender: AlertSender
    /// The address of the owner's page; nil if it is not configured.
    let page: String?
    /// The JSON of a message.
    let encode: @Sendable (AlertNotice) -> [UInt8]

    package init(sender: AlertSender, page: String?, encode: @escaping @Sendable (AlertNotice) -> [UInt8]) {
        (self.sender, self.page, self.encode) = (sender, page, encode)
    }

    /// The message of a notice to a channel.
    ///
    /// Its text stays the same for all attempts.
    func delivery(_ notice: AlertNotice, to channel: AlertChannel, now: Int64) -> AlertDelivery {
        var notice = notice
        notice.id = RandomID.make()
        return AlertDelivery(
            id: notice.id,
            alert: notice.alert,
            channel: channel.id,
            event: notice.event,
            subject: channel.kind == .email ? notice.summary : "",
            body: channel.kind == .email ? notice.text : String(decoding: encode(notice), as: UTF8.self),
            createdAt: now,
            nextAt: now
        )
    }
}

/// Evaluates rules once, and stores what follows from it.
package struct AlertEvaluation {
    private let database: any Database
    private let alerts: AlertLog
    private let context: AlertContext
    private let dictionaries: DictionaryCache
    /// Seconds since 1970.
    private let now: Int64
    package var server = AlertServerState()

    package init(
        _ database: any Database,
        _ alerts: AlertLog,
        context: AlertContext,
        _ dictionaries: DictionaryCache,
        now: Int64
    ) {
        (self.database, self.alerts, self.context) = (database, alerts, context)
        (self.dictionaries, self.now) = (dictionaries, now)
    }

    private var measurer: AlertMeasurer { AlertMeasurer(database, dictionaries, now: now, server: server) }

    /// Evaluates a rule, and stores the changes with their messages.
    ///
    /// `isOwner` says that this process holds the lease; otherwise, it changes only the causes of its own journal.
    package func evaluate(_ rule: AlertRule, isOwner: Bool) throws(StoreError) {
        var measurement: AlertMeasurement
        do throws(ReportError) {
            measurement = try measurer.measure(rule)
        } catch {
            switch error {
            case .refused(let sentence): measurement = .lacking(sentence)
            case .store(.queryTimeout): measurement = .lacking("The figures could not be read in time")
            case .store(let error): throw error
            }
        }
        let open = try alerts.open(rule.id)
        let known = rule.kind.happensOnce ? try alerts.causes(rule.id) : []
        var changes = AlertDecision.changes(rule.kind, measurement, open: open, known: known)
        let begins = changes.contains { if case .fire = $0 { true } else { false } }
        if begins, try alerts.waiting() >= AlertLog.waitingMax {
            changes.removeAll { if case .fire = $0 { true } else { false } }
            measurement = .lacking("\(AlertLog.waitingMax) messages wait to be sent")
        }
        try store(rule, changes, measurement, open.count, isOwner)
    }

    private func store(
        _ rule: AlertRule,
        _ changes: [AlertChange],
        _ measurement: AlertMeasurement,
        _ open: Int,
        _ isOwner: Bool
    ) throws(StoreError) {
        let notices = try changes.map { change throws(StoreError) in try message(rule, change) }
        let hasMessages = notices.contains { $0 != nil }
        let channels = try hasMessages ? AlertTables(database).channels().filter { rule.channels.contains($0.id) } : []
        let state = state(measurement, open: open, changes)
        func write() throws(StoreError) {
            for (change, notice) in zip(changes, notices) {
                try store(rule, change, notice)
                guard let notice else { continue }
                for channel in channels {
                    try alerts.add(context.delivery(notice, to: channel, now: now), rule: rule.id)
                }
            }
            try alerts.store(state, of: rule.id)
        }
        if isOwner {
            _ = try alerts.owned { () throws(StoreError) in try write() }
        } else if !changes.isEmpty {
            try database.transaction { () throws(StoreError) in try write() }
        }
    }

    private func store(_ rule: AlertRule, _ change: AlertChange, _ notice: AlertNotice?) throws(StoreError) {
        switch change {
        case .fire(let finding):
            let isOver = rule.kind == .weeklyReport
            try alerts.begin(notice?.alert ?? RandomID.make(), rule, finding, isOver: isOver, now: now)
        case .resolve(let alert, _): try alerts.end(alert.id, now: now)
        case .count(let id, let count): try alerts.count(id, count)
        }
    }

    private func state(_ measurement: AlertMeasurement, open: Int, _ changes: [AlertChange]) -> AlertRule.State {
        var state = AlertRule.State()
        state.evaluatedAt = now
        switch measurement {
        case .lacking(let reason): (state.name, state.reason) = (.noData, reason)
        case .measured(let measured):
            var left = open
            for change in changes {
                switch change {
                case .fire: left += 1
                case .resolve: left -= 1
                case .count: break
                }
            }
            state.name = left > 0 ? .firing : .ok
            (state.value, state.samples) = (measured.value, measured.samples)
        }
        return state
    }

    // MARK: - Messages

    private func message(_ rule: AlertRule, _ change: AlertChange) throws(StoreError) -> AlertNotice? {
        switch change {
        case .count: return nil
        case .fire(let finding):
            var notice = notice(rule, .firing, finding.cause, finding.title, finding.value)
            if rule.kind == .weeklyReport { try add(try report(rule), to: &notice) }
            return notice
        case .resolve(let alert, let finding):
            var notice = notice(rule, .resolved, alert.cause, finding?.title ?? alert.title, finding?.value)
            (notice.alert, notice.startedAt, notice.resolvedAt) = (alert.id, alert.startedAt, now)
            return notice
        }
    }

    private func notice(
        _ rule: AlertRule,
        _ event: AlertDelivery.Event,
        _ cause: String,
        _ title: String,
        _ value: Double?
    ) -> AlertNotice {
        AlertNotice(
            id: "",
            event: event,
            rule: rule,
            alert: RandomID.make(),
            cause: cause,
            title: title,
            value: value,
            startedAt: now,
            page: context.page
        )
    }

    private func add(_ report: WeeklyReport, to notice: inout AlertNotice) throws(StoreError) {
        (notice.event, notice.title, notice.report) = (.report, report.title, report)
    }

    private func report(_ rule: AlertRule) throws(StoreError) -> WeeklyReport {
        do throws(ReportError) { return try measurer.weeklyReport(rule) } catch {
            switch error {
            case .store(let error): throw error
            case .refused(let sentence): throw .unavailable(reason: sentence)
            }
        }
    }

    /// The test message of a channel or a rule, and where it goes; nil if there is no such channel or rule.
    func test(_ subject: AlertTest.Subject) throws(StoreError) -> (AlertNotice, [AlertChannel])? {
        let tables = AlertTables(database)
        let channels = try tables.channels()
        switch subject {
        case .channel(let id):
            guard let channel = channels.first(where: { $0.id == id }) else { return nil }
            let rule = AlertRule(id: "", kind: .newIssue, name: "Test", createdAt: now)
            return (notice(rule, .test, "", "messages reach this channel", nil), [channel])
        case .rule(let id):
            guard let rule = try tables.rule(id) else { return nil }
            var notice = notice(rule, .test, "", AlertText.line(rule.title), rule.state.value)
            if rule.kind == .weeklyReport {
                try add(try report(rule), to: &notice)
                notice.event = .test
            }
            return (notice, channels.filter { rule.channels.contains($0.id) })
        }
    }
}
