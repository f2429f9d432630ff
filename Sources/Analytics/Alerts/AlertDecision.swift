/// What one evaluation of a rule has found.
package enum AlertMeasurement: Sendable, Equatable {
    /// There is not enough data to decide; with a sentence.
    case lacking(String)
    case measured(Measured)

    package struct Measured: Sendable, Equatable {
        package var findings: [AlertFinding]
        /// Whether a cause without a finding is over.
        package var isComplete: Bool
        /// In the unit of the kind.
        package var value: Double?
        package var samples: Int64?

        package init(_ findings: [AlertFinding], isComplete: Bool = true, value: Double? = nil, samples: Int64? = nil) {
            (self.findings, self.isComplete, self.value, self.samples) = (findings, isComplete, value, samples)
        }
    }
}

/// What was found about one cause.
package struct AlertFinding: Sendable, Equatable {
    package enum Level: Sendable {
        case exceeded, within
        /// Neither: a firing alert stays, and none begins.
        case uncertain
    }

    /// Identifies the cause within its rule; empty for rules with one cause at a time.
    package var cause: String
    package var level: Level
    /// One line for people.
    package var title: String
    /// In the unit of the kind; nil without one.
    package var value: Double?

    package init(cause: String = "", _ level: Level, title: String, value: Double? = nil) {
        (self.cause, self.level, self.title, self.value) = (cause, level, title, value)
    }
}

/// An alert whose cause is not over.
package struct OpenAlert: Sendable, Equatable {
    package var id: String
    package var cause: String
    /// Evaluations in a row without the cause.
    package var clearCount: Int64
    package var title: String
    /// Seconds since 1970.
    package var startedAt: Int64

    package init(id: String, cause: String, clearCount: Int64 = 0, title: String = "", startedAt: Int64 = 0) {
        (self.id, self.cause, self.clearCount) = (id, cause, clearCount)
        (self.title, self.startedAt) = (title, startedAt)
    }
}

/// A step of an alert.
package enum AlertChange: Sendable, Equatable {
    /// A new alert, which is sent once.
    case fire(AlertFinding)
    /// The cause is over, which is sent once.
    case resolve(OpenAlert, AlertFinding?)
    /// The evaluations in a row without the cause.
    case count(id: String, Int64)
}

/// Decides which alerts begin and end, without a database or a clock.
package enum AlertDecision {
    /// Evaluations in a row without a cause after which it is over, so that a figure near its threshold sends one alert.
    ///
    /// Issues change only once, so one evaluation is enough.
    package static let clearEvaluations: Int64 = 3
    /// The most alerts of one rule that are open at the same time.
    package static let openMax = 50

    /// The changes by an evaluation.
    ///
    /// `open` are the open alerts of the rule, and `known` the causes of earlier ones, which do not begin again if the rule is about single
    /// events.
    package static func changes(
        _ kind: AlertKind,
        _ measurement: AlertMeasurement,
        open: [OpenAlert],
        known: Set<String>
    ) -> [AlertChange] {
        // Missing data is no sign that a cause is over.
        guard case .measured(let measured) = measurement else { return [] }
        var changes: [AlertChange] = []
        let findings = Dictionary(measured.findings.map { ($0.cause, $0) }, uniquingKeysWith: { first, _ in first })
        var left = open.count
        for alert in open {
            let finding = findings[alert.cause]
            if finding == nil, !measured.isComplete { continue }
            guard let change = change(alert, finding, kind) else { continue }
            if case .resolve = change { left -= 1 }
            changes.append(change)
        }
        let openCauses = Set(open.map(\.cause))
        var begun: Set<String> = []
        for finding in measured.findings where finding.level == .exceeded && !openCauses.contains(finding.cause) {
            guard !kind.happensOnce || !known.contains(finding.cause), begun.insert(finding.cause).inserted else {
                continue
            }
            guard left < openMax else { break }
            left += 1
            changes.append(.fire(finding))
        }
        return changes
    }

    private static func change(_ alert: OpenAlert, _ finding: AlertFinding?, _ kind: AlertKind) -> AlertChange? {
        switch finding?.level {
        case .uncertain: return nil
        case .exceeded: return alert.clearCount > 0 ? .count(id: alert.id, 0) : nil
        case .within, nil:
            let count = alert.clearCount + 1
            guard kind.happensOnce || count >= clearEvaluations else { return .count(id: alert.id, count) }
            return .resolve(alert, finding)
        }
    }
}

extension AlertKind {
    /// Whether a cause is an event that happens once, and not a figure that can cross its threshold again.
    package var happensOnce: Bool { isAboutIssues || self == .weeklyReport }
}

/// When a delivery is tried again.
package enum AlertRetry {
    /// The most attempts, over about three hours.
    package static let attemptsMax: Int64 = 14
    static let secondsMin: Int64 = 2
    static let secondsMax: Int64 = 3600

    /// Seconds after an attempt until the next one; nil after the last one.
    ///
    /// The first attempt has the number 1.
    package static func seconds(afterAttempt number: Int64) -> Int64? {
        guard number < attemptsMax else { return nil }
        return min(secondsMax, secondsMin << min(max(number, 1) - 1, 20))
    }
}
