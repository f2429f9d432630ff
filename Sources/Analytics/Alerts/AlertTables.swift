import Segments
package import Storage
import Reports

/// The rules and channels of the owner.
package struct AlertTables {
    let database: any Database

    package init(_ database: any Database) { self.database = database }

    /// Why a change was not made.
    package enum Problem: Error, Equatable {
        case tooMany(Int64)
        case unknownChannel
    }

    // MARK: - Channels

    private static let channelColumns = "id, kind, name, target, secret, created_at"

    /// All channels in the order in which they were created.
    package func channels() throws(StoreError) -> [AlertChannel] {
        try database.rows("select \(Self.channelColumns) from alert_channels order by created_at, id").map {
            row throws(StoreError) in
            guard let id = row[0].text, let kind = row[1].text.flatMap(AlertChannel.Kind.init(rawValue:)) else {
                throw .schema(reason: "the table alert_channels has an invalid row")
            }
            return AlertChannel(
                id: id,
                kind: kind,
                name: row[2].text ?? "",
                target: row[3].text ?? "",
                secret: row[4].text,
                createdAt: row[5].integer ?? 0
            )
        }
    }

    package func channel(_ id: String) throws(StoreError) -> AlertChannel? { try channels().first { $0.id == id } }

    /// Adds a channel.
    ///
    /// - Returns: Why it was not added; nil if it was.
    package func add(_ channel: AlertChannel) throws(StoreError) -> Problem? {
        let values: [SQLValue] = [
            .text(channel.id), .text(channel.kind.rawValue), .text(channel.name), .text(channel.target),
            SQLValue(channel.secret), .integer(channel.createdAt),
        ]
        let isAdded = try database.add(
            to: "alert_channels",
            Self.channelColumns,
            values,
            max: AlertChannel.countMax
        )
        return isAdded ? nil : .tooMany(AlertChannel.countMax)
    }

    /// Replaces the name, the address and, unless it is nil, the secret of a channel; its kind stays.
    ///
    /// - Returns: False if there is no such channel.
    package func update(_ channel: AlertChannel) throws(StoreError) -> Bool {
        try database.change(
            "update alert_channels set name = ?2, target = ?3, secret = coalesce(?4, secret) where id = ?1 and kind = ?5",
            [
                .text(channel.id), .text(channel.name), .text(channel.target), SQLValue(channel.secret),
                .text(channel.kind.rawValue),
            ]
        ) == 1
    }

    /// Removes a channel and what waits for it.
    package func removeChannel(_ id: String) throws(StoreError) -> Bool {
        try database.transaction(ifChanged: "delete from alert_channels where id = ?1", [.text(id)]) {
            () throws(StoreError) in
            _ = try database.change(
                "delete from alert_deliveries where channel_id = ?1 and state = 'pending'",
                [.text(id)]
            )
        }
    }

    // MARK: - Rules

    private static let ruleColumns =
        "id, kind, site, name, vital, threshold, minutes, samples_min, channels, enabled, created_at"
    private static let stateColumns = "state, value, samples, reason, evaluated_at"

    /// All rules in the order in which they were created; channels that no longer exist are left out.
    package func rules() throws(StoreError) -> [AlertRule] {
        let known = Set(try channels().map(\.id))
        return try database.rows(
            "select \(Self.ruleColumns), \(Self.stateColumns) from alert_rules order by created_at, id"
        ).map { row throws(StoreError) in
            guard let id = row[0].text, let kind = row[1].text.flatMap(AlertKind.init(rawValue:)) else {
                throw .schema(reason: "the table alert_rules has an invalid row")
            }
            let channels = (row[8].text ?? "").split(separator: " ").map(String.init).filter(known.contains)
            var rule = AlertRule(
                id: id,
                kind: kind,
                name: row[3].text ?? "",
                channels: channels,
                createdAt: row[10].integer ?? 0
            )
            rule.site = row[2].text
            rule.vital = row[4].text.flatMap { name in Vital.allCases.first { $0.name == name } }
            rule.threshold = row[5].real
            (rule.minutes, rule.samplesMin) = (row[6].integer ?? 1, row[7].integer ?? 1)
            rule.isEnabled = row[9].integer != 0
            rule.state.name = row[11].text.flatMap(AlertRule.State.Name.init(rawValue:)) ?? .waiting
            rule.state.value = row[12].real
            (rule.state.samples, rule.state.reason) = (row[13].integer, row[14].text)
            rule.state.evaluatedAt = row[15].integer
            return rule
        }
    }

    package func rule(_ id: String) throws(StoreError) -> AlertRule? { try rules().first { $0.id == id } }

    /// Adds a rule.
    ///
    /// - Returns: Why it was not added; nil if it was.
    package func add(_ rule: AlertRule) throws(StoreError) -> Problem? {
        guard try hasChannels(rule) else { return .unknownChannel }
        let isAdded = try database.add(
            to: "alert_rules",
            "\(Self.ruleColumns), state",
            Self.values(rule) + [.integer(rule.createdAt), .text("waiting")],
            max: AlertRule.countMax
        )
        return isAdded ? nil : .tooMany(AlertRule.countMax)
    }

    /// Replaces a rule.
    ///
    /// Its open alerts end without a message if the new rule cannot have the same causes.
    ///
    /// - Returns: The stored rule; nil if there is none with the id.
    package func update(_ rule: AlertRule, now: Int64) throws(StoreError) -> Result<AlertRule?, Problem> {
        guard let before = try self.rule(rule.id) else { return .success(nil) }
        guard try hasChannels(rule) else { return .failure(.unknownChannel) }
        let keepsCauses = before.hasSameCauses(as: rule)
        _ = try database.transaction(
            ifChanged: """
                update alert_rules
                set kind = ?2, site = ?3, name = ?4, vital = ?5, threshold = ?6, minutes = ?7, samples_min = ?8,
                    channels = ?9, enabled = ?10
                where id = ?1
                """,
            Self.values(rule)
        ) { () throws(StoreError) in
            guard !keepsCauses else { return }
            _ = try database.change(
                """
                update alert_rules
                set created_at = ?2, state = 'waiting', value = null, samples = null, reason = null, evaluated_at = null
                where id = ?1
                """,
                [.text(rule.id), .integer(now)]
            )
            _ = try database.change(
                "update alerts set resolved_at = ?2 where rule_id = ?1 and resolved_at is null",
                [.text(rule.id), .integer(now)]
            )
        }
        return .success(try self.rule(rule.id))
    }

    /// Removes a rule with its alerts and what waits to be sent.
    package func removeRule(_ id: String) throws(StoreError) -> Bool {
        try database.transaction(ifChanged: "delete from alert_rules where id = ?1", [.text(id)]) {
            () throws(StoreError) in
            _ = try database.change("delete from alerts where rule_id = ?1", [.text(id)])
            _ = try database.change("delete from alert_deliveries where rule_id = ?1", [.text(id)])
        }
    }

    private func hasChannels(_ rule: AlertRule) throws(StoreError) -> Bool {
        let known = Set(try channels().map(\.id))
        return rule.channels.allSatisfy(known.contains)
    }

    private static func values(_ rule: AlertRule) -> [SQLValue] {
        [
            .text(rule.id), .text(rule.kind.rawValue), SQLValue(rule.site), .text(rule.name),
            SQLValue(rule.vital?.name), SQLValue(rule.threshold), .integer(rule.minutes), .integer(rule.samplesMin),
            .text(rule.channels.joined(separator: " ")), .integer(rule.isEnabled ? 1 : 0),
        ]
    }
}
