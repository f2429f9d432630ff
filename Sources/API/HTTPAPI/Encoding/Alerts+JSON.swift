package import Alerts
import Reports

extension AlertRule: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("id", .text(id)), ("kind", .text(kind.rawValue)), ("site", JSONEncodedValue(site)), ("name", .text(name)),
            ("title", .text(title)), ("vital", JSONEncodedValue(vital?.name)),
            ("threshold", JSONEncodedValue(threshold, digits: 4)),
            ("minutes", kind.hasWindow ? .integer(minutes) : .null),
            ("samples_min", kind.hasSamples ? .integer(samplesMin) : .null),
            ("channels", .array(channels.map { .text($0) })), ("enabled", .bool(isEnabled)),
            ("created_at", .integer(createdAt)), ("state", state.json),
        ])
    }
}

extension AlertRule.State: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("name", .text(name.rawValue)), ("value", JSONEncodedValue(value, digits: 4)),
            ("samples", JSONEncodedValue(samples)), ("reason", JSONEncodedValue(reason)),
            ("evaluated_at", JSONEncodedValue(evaluatedAt)),
        ])
    }
}

extension AlertChannel: JSONRepresentable {
    /// Without the secret.
    var json: JSONEncodedValue {
        .object([
            ("id", .text(id)), ("kind", .text(kind.rawValue)), ("name", .text(name)), ("target", .text(target)),
            ("created_at", .integer(createdAt)),
        ])
    }
}

extension AlertEntry: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("id", .text(id)), ("rule", .text(rule)), ("cause", .text(cause)), ("title", .text(title)),
            ("value", JSONEncodedValue(value, digits: 4)), ("started_at", .integer(startedAt)),
            ("resolved_at", JSONEncodedValue(resolvedAt)), ("deliveries", JSONEncodedValue(deliveries)),
        ])
    }
}

extension AlertDelivery: JSONRepresentable {
    /// Without the message.
    var json: JSONEncodedValue {
        .object([
            ("id", .text(id)), ("channel", .text(channel)), ("event", .text(event.rawValue)),
            ("state", .text(state.rawValue)), ("attempts", .integer(attempts)), ("failure", JSONEncodedValue(failure)),
            ("created_at", .integer(createdAt)), ("finished_at", JSONEncodedValue(finishedAt)),
        ])
    }
}

extension AlertTest.Result: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("channel", .text(channel)), ("delivered", .bool(failure == nil)), ("failure", JSONEncodedValue(failure)),
        ])
    }
}

extension AlertNotice: JSONRepresentable {
    /// The version of the body of webhooks.
    private static let version: Int64 = 1

    var json: JSONEncodedValue {
        .object([
            ("version", .integer(Self.version)), ("id", .text(id)), ("event", .text(event.rawValue)),
            ("text", .text(summary)), ("alert", alertJSON), ("rule", ruleJSON), ("page", JSONEncodedValue(page)),
            ("report", report?.json ?? .null),
        ])
    }

    private var alertJSON: JSONEncodedValue {
        .object([
            ("id", .text(alert)), ("cause", .text(cause)), ("title", .text(title)),
            ("value", JSONEncodedValue(value, digits: 4)), ("started_at", .integer(startedAt)),
            ("resolved_at", JSONEncodedValue(resolvedAt)),
        ])
    }

    private var ruleJSON: JSONEncodedValue {
        .object([
            ("id", .text(rule.id)), ("kind", .text(rule.kind.rawValue)), ("title", .text(rule.title)),
            ("site", JSONEncodedValue(rule.site)), ("vital", JSONEncodedValue(rule.vital?.name)),
            ("threshold", JSONEncodedValue(rule.threshold, digits: 4)),
        ])
    }

    /// The body of a webhook.
    package var encodedJSON: [UInt8] { json.encoded }
}

extension WeeklyReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("site", JSONEncodedValue(site)), ("first_day", .text(firstDay)), ("last_day", .text(lastDay)),
            ("zone", .text(zone)), ("figures", .object(figures.map { ($0.name, $0.json) })),
            ("pages", JSONEncodedValue(pages)), ("sources", JSONEncodedValue(sources)),
            ("new_issues", .integer(newIssues)), ("previous_new_issues", .integer(previousNewIssues)),
            ("issues", .array(issues.map { .text($0) })),
        ])
    }
}

extension WeeklyReport.Figure: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("value", JSONEncodedValue(value, digits: 3)), ("previous", JSONEncodedValue(previous, digits: 3)),
        ])
    }
}

extension WeeklyReport.Row: JSONRepresentable {
    var json: JSONEncodedValue { .object([("name", .text(name)), ("count", .integer(count))]) }
}
