import Events

/// The content of a message about an alert.
package struct AlertNotice: Sendable {
    /// Of the delivery.
    package var id: String
    package var event: AlertDelivery.Event
    package var rule: AlertRule
    package var alert: String
    package var cause: String
    /// One line.
    package var title: String
    /// In the unit of the rule.
    package var value: Double?
    /// Seconds since 1970.
    package var startedAt: Int64
    package var resolvedAt: Int64?
    /// The owner's page; nil if its public address is not configured.
    package var page: String?
    package var report: WeeklyReport?

    /// The same in one line: the subject of an e-mail.
    package var summary: String {
        switch event {
        case .firing: "Alert: \(title)"
        case .resolved: "Resolved: \(title)"
        case .report: title
        case .test: "Test: \(title)"
        }
    }

    /// The text of an e-mail; lines end with a line feed.
    package var text: String {
        var lines = [summary, ""]
        if let report {
            lines += report.lines
        } else {
            lines.append("Rule: \(AlertText.line(rule.title))")
            if event == .test { lines.append("This message was requested by the owner. Nothing has happened.") }
            if event != .test { lines.append("Since: \(TimestampText.minute(startedAt)) UTC") }
            if let resolvedAt { lines.append("Over since: \(TimestampText.minute(resolvedAt)) UTC") }
        }
        if let page { lines += ["", page] }
        return lines.joined(separator: "\n") + "\n"
    }
}
