package import Segments

/// A figure that a budget limits.
package enum BudgetMetric: Sendable, Hashable {
    case percentile(Vital, Percentile)
    /// Errors per page view.
    case errorRate
    /// Sessions with one page view, of all sessions.
    case bounceRate

    package enum Percentile: String, CaseIterable, Sendable {
        case p50, p75, p90, p95

        package var share: Double {
            switch self {
            case .p50: 0.5
            case .p75: 0.75
            case .p90: 0.9
            case .p95: 0.95
            }
        }
    }

    /// The figures that are compared without a budget.
    package static let usual = Vital.allCases.map { BudgetMetric.percentile($0, .p75) } + [.errorRate, .bounceRate]

    private static let errorRateName = "error_rate"
    private static let bounceRateName = "bounce_rate"
    private static let vitalNames = Vital.allCases.map { $0.name.uppercased() }
    private static let percentileNames = Percentile.allCases.map(\.rawValue)

    package var name: String {
        switch self {
        case .percentile(let vital, let percentile): "\(vital.name.uppercased()).\(percentile.rawValue)"
        case .errorRate: Self.errorRateName
        case .bounceRate: Self.bounceRateName
        }
    }

    package var isRate: Bool { unit == .percent }

    package enum Unit: Sendable { case milliseconds, score, percent }

    package var unit: Unit {
        switch self {
        case .percentile(.cls, _): .score
        case .percentile: .milliseconds
        case .errorRate, .bounceRate: .percent
        }
    }

    /// What the samples are, in the plural.
    package var samples: String { self == .bounceRate ? "sessions" : "page views" }

    /// Parses a name in any case, such as `LCP.p75` or `error_rate`.
    package init(_ text: String) throws(ReportError) {
        let text = text.lowercased()
        if text == Self.errorRateName {
            self = .errorRate
            return
        }
        if text == Self.bounceRateName {
            self = .bounceRate
            return
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let vital = Vital.allCases.first(where: { $0.name == parts[0] }) else {
            let names = Self.vitalNames.joined(separator: ", ") + ", \(Self.errorRateName) or \(Self.bounceRateName)"
            throw .refused("A budget must limit \(names), not '\(text)'")
        }
        guard parts.count == 2, let percentile = Percentile(rawValue: parts[1]) else {
            let name = vital.name.uppercased()
            throw .refused(
                "A budget for \(name) must name a percentile (\(Self.percentileNames.joined(separator: ", "))), such as \(name).p75"
            )
        }
        self = .percentile(vital, percentile)
    }
}
