package import Storage

/// A message on its way to a channel.
package struct AlertDelivery: Sendable, Equatable {
    package enum Event: String, CaseIterable, Sendable { case firing, resolved, report, test }
    package enum State: String, CaseIterable, Sendable { case pending, delivered, failed }

    /// The same for each attempt.
    package var id: String
    package var alert: String
    package var channel: String
    package var event: Event
    package var subject: String
    package var body: String
    /// Seconds since 1970.
    package var createdAt: Int64
    package var attempts: Int64 = 0
    package var nextAt: Int64
    package var state = State.pending
    /// Why the last attempt failed.
    package var failure: String?
    package var finishedAt: Int64?
}

/// An alert with its deliveries, as the history has it.
package struct AlertEntry: Sendable, Equatable {
    package var id: String
    package var rule: String
    package var cause: String
    package var title: String
    package var value: Double?
    /// Seconds since 1970.
    package var startedAt: Int64
    package var resolvedAt: Int64?
    package var deliveries: [AlertDelivery] = []
}

/// The alerts and their deliveries.
///
/// All changes are made by the process that holds the lease.
package struct AlertLog {
    /// The most alerts of the history, and the seconds for which they are kept after their end.
    package static let entriesMax: Int64 = 100
    static let keptSeconds: Int64 = 90 * 86_400
    /// The most deliveries that wait; further alerts begin when there is room.
    package static let waitingMax: Int64 = 1000
    /// The most deliveries of one turn.
    static let turnMax: Int64 = 20

    let database: any Database
    let holder: String

    package init(_ database: any Database, holder: String = "") { (self.database, self.holder) = (database, holder) }

    // MARK: - The lease

    /// Makes this process the one that evaluates and sends until a time in seconds since 1970, unless another one is.
    ///
    /// - Returns: Whether it is.
    package func acquire(now: Int64, until: Int64) throws(StoreError) -> Bool {
        try database.change(
            """
            update alert_worker set holder = ?1, held_until = ?2
            where id = 1 and (holder is null or holder = ?1 or held_until < ?3)
            """,
            [.text(holder), .integer(until), .integer(now)]
        ) == 1
    }

    /// Lets another process take over at once.
    package func release() throws(StoreError) {
        _ = try database.change("update alert_worker set holder = null where id = 1 and holder = ?1", [.text(holder)])
    }

    /// Changes rows if this process still holds the lease.
    func owned(_ body: () throws(StoreError) -> Void) throws(StoreError) -> Bool {
        try database.transaction(
            ifChanged: "update alert_worker set held_until = held_until where id = 1 and holder = ?1",
            [.text(holder)],
            body
        )
    }

    // MARK: - Alerts

    package func open(_ rule: String) throws(StoreError) -> [OpenAlert] {
        try database.rows(
            """
            select id, cause, clear_count, title, started_at from alerts
            where rule_id = ?1 and resolved_at is null order by started_at, id
            """,
            [.text(rule)]
        ).map { row in
            OpenAlert(
                id: row[0].text ?? "",
                cause: row[1].text ?? "",
                clearCount: row[2].integer ?? 0,
                title: row[3].text ?? "",
                startedAt: row[4].integer ?? 0
            )
        }
    }

    /// The causes of all kept alerts of a rule.
    package func causes(_ rule: String) throws(StoreError) -> Set<String> {
        Set(try database.rows("select cause from alerts where rule_id = ?1", [.text(rule)]).compactMap { $0[0].text })
    }

    package func waiting() throws(StoreError) -> Int64 {
        try database.rows("select count(*) from alert_deliveries where state = 'pending'").first?[0].integer ?? 0
    }

    func begin(_ id: String, _ rule: AlertRule, _ finding: AlertFinding, isOver: Bool, now: Int64) throws(StoreError) {
        _ = try database.change(
            """
            insert into alerts (id, rule_id, cause, title, value, started_at, resolved_at, clear_count)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
            """,
            [
                .text(id), .text(rule.id), .text(finding.cause), .text(finding.title), SQLValue(finding.value),
                .integer(now), isOver ? .integer(now) : .null,
            ]
        )
    }

    func end(_ id: String, now: Int64) throws(StoreError) {
        _ = try database.change("update alerts set resolved_at = ?2 where id = ?1", [.text(id), .integer(now)])
    }

    func count(_ id: String, _ count: Int64) throws(StoreError) {
        _ = try database.change("update alerts set clear_count = ?2 where id = ?1", [.text(id), .integer(count)])
    }

    /// Stores the result of an evaluation with the rule.
    func store(_ state: AlertRule.State, of rule: String) throws(StoreError) {
        _ = try database.change(
            "update alert_rules set state = ?2, value = ?3, samples = ?4, reason = ?5, evaluated_at = ?6 where id = ?1",
            [
                .text(rule), .text(state.name.rawValue), SQLValue(state.value),
                SQLValue(state.samples), SQLValue(state.reason),
                SQLValue(state.evaluatedAt),
            ]
        )
    }

    /// Removes alerts that ended long ago, with their deliveries.
    func prune(now: Int64) throws(StoreError) {
        let border = SQLValue.integer(now - Self.keptSeconds)
        _ = try database.change("delete from alerts where resolved_at < ?1", [border])
        _ = try database.change("delete from alert_deliveries where finished_at < ?1", [border])
    }

    // MARK: - Deliveries

    private static let columns = """
        id, alert_id, channel_id, event, subject, body, created_at, attempts, next_at, state, failure, finished_at
        """

    func add(_ delivery: AlertDelivery, rule: String) throws(StoreError) {
        _ = try database.change(
            """
            insert into alert_deliveries (\(Self.columns), rule_id, number)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, 'pending', null, null, ?9, ?10)
            """,
            [
                .text(delivery.id), .text(delivery.alert), .text(delivery.channel), .text(delivery.event.rawValue),
                .text(delivery.subject), .text(delivery.body), .integer(delivery.createdAt), .integer(delivery.nextAt),
                .text(rule), .integer(delivery.event == .resolved ? 1 : 0),
            ]
        )
    }

    /// The deliveries whose next attempt is due, the oldest first.
    ///
    /// The end of an alert waits for its beginning on the same channel.
    package func due(now: Int64) throws(StoreError) -> [AlertDelivery] {
        try read(
            """
            where state = 'pending' and next_at <= ?1 and not exists (
                select 1 from alert_deliveries as earlier
                where earlier.alert_id = alert_deliveries.alert_id and earlier.channel_id = alert_deliveries.channel_id
                    and earlier.number < alert_deliveries.number and earlier.state = 'pending'
            )
            order by next_at, number, id limit \(Self.turnMax)
            """,
            [.integer(now)]
        )
    }

    /// Records an attempt before it is made, so that a process that takes over makes the next one only when that is due.
    ///
    /// - Returns: False if another process has made it.
    func claim(_ delivery: AlertDelivery, nextAt: Int64) throws(StoreError) -> Bool {
        try database.change(
            """
            update alert_deliveries set attempts = attempts + 1, next_at = ?3
            where id = ?1 and state = 'pending' and attempts = ?2
            """,
            [.text(delivery.id), .integer(delivery.attempts), .integer(nextAt)]
        ) == 1
    }

    /// Stores the result of the last attempt.
    func finish(_ id: String, _ state: AlertDelivery.State, failure: String?, now: Int64) throws(StoreError) {
        _ = try database.change(
            "update alert_deliveries set state = ?2, failure = ?3, finished_at = ?4 where id = ?1",
            [.text(id), .text(state.rawValue), SQLValue(failure), .integer(now)]
        )
    }

    /// Stores why an attempt failed, and when the next one is due.
    func retry(_ id: String, failure: String, at time: Int64) throws(StoreError) {
        _ = try database.change(
            "update alert_deliveries set failure = ?2, next_at = ?3 where id = ?1",
            [.text(id), .text(failure), .integer(time)]
        )
    }

    /// The latest alerts, the newest first, with their deliveries.
    package func latest() throws(StoreError) -> [AlertEntry] {
        let rows = try database.rows(
            """
            select id, rule_id, cause, title, value, started_at, resolved_at from alerts
            order by started_at desc, id limit \(Self.entriesMax)
            """
        )
        guard !rows.isEmpty else { return [] }
        let ids = database.padded(rows.map { $0[0] })
        let list = (1...ids.count).map { "?\($0)" }.joined(separator: ", ")
        let deliveries = Dictionary(
            grouping: try read("where alert_id in (\(list)) order by created_at, number, id", ids),
            by: \.alert
        )
        return rows.map { row in
            AlertEntry(
                id: row[0].text ?? "",
                rule: row[1].text ?? "",
                cause: row[2].text ?? "",
                title: row[3].text ?? "",
                value: row[4].real,
                startedAt: row[5].integer ?? 0,
                resolvedAt: row[6].integer,
                deliveries: deliveries[row[0].text ?? ""] ?? []
            )
        }
    }

    private func read(_ condition: String, _ parameters: [SQLValue]) throws(StoreError) -> [AlertDelivery] {
        try database.rows("select \(Self.columns) from alert_deliveries \(condition)", parameters).map {
            row throws(StoreError) in
            guard let id = row[0].text, let event = row[3].text.flatMap(AlertDelivery.Event.init(rawValue:)),
                let state = row[9].text.flatMap(AlertDelivery.State.init(rawValue:))
            else { throw .schema(reason: "the table alert_deliveries has an invalid row") }
            return AlertDelivery(
                id: id,
                alert: row[1].text ?? "",
                channel: row[2].text ?? "",
                event: event,
                subject: row[4].text ?? "",
                body: row[5].text ?? "",
                createdAt: row[6].integer ?? 0,
                attempts: row[7].integer ?? 0,
                nextAt: row[8].integer ?? 0,
                state: state,
                failure: row[10].text,
                finishedAt: row[11].integer
            )
        }
    }
}
