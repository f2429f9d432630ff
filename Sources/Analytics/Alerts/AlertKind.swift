package import Segments
import Reports

/// What a rule watches.
package enum AlertKind: String, CaseIterable, Sendable {
    case newIssue = "new_issue"
    case regressedIssue = "regressed_issue"
    case errorRate = "error_rate"
    case vital
    case trafficDrop = "traffic_drop"
    case trafficSpike = "traffic_spike"
    case deliveryRate = "delivery_rate"
    case journal, disk
    case rollupLag = "rollup_lag"
    case weeklyReport = "weekly_report"

    /// Whether each issue is a cause of its own.
    var isAboutIssues: Bool { self == .newIssue || self == .regressedIssue }
    /// Whether it is about the server, and not about a site.
    package var isAboutServer: Bool { self == .journal || self == .disk || self == .rollupLag }
    package var hasSamples: Bool { samplesDefault != nil }
    /// Whether the rule has a window of its own; traffic is compared by the hour.
    package var hasWindow: Bool { self == .errorRate || self == .vital || self == .deliveryRate }

    /// The allowed thresholds, in the unit of the kind; nil without a threshold.
    package var thresholds: ClosedRange<Double>? {
        switch self {
        case .errorRate: 0.01...1000
        case .vital: 0.001...600_000
        case .trafficDrop: 10...100
        case .trafficSpike: 10...10_000
        case .deliveryRate: 1...100
        case .disk: 1...1_000_000_000
        case .rollupLag: 10...86_400
        case .newIssue, .regressedIssue, .journal, .weeklyReport: nil
        }
    }

    /// The threshold of a rule without one; that of a vital is the upper bound of "good".
    package func thresholdDefault(_ vital: Vital?) -> Double? {
        switch self {
        case .errorRate: 5
        case .vital: vital?.thresholds.good
        case .trafficDrop: 50
        case .trafficSpike: 200
        case .deliveryRate: TrackingChecks.deliveryPoor * 100
        case .disk: 2048
        case .rollupLag: 120
        case .newIssue, .regressedIssue, .journal, .weeklyReport: nil
        }
    }

    /// The samples without which a rule is not evaluated: page views, those with the vital, those that are usual in the hour, or events that
    /// pages have emitted.
    package var samplesDefault: Int64? {
        switch self {
        case .errorRate, .vital, .trafficDrop, .trafficSpike: 100
        case .deliveryRate: TrackingChecks.sampleMin
        case .newIssue, .regressedIssue, .journal, .disk, .rollupLag, .weeklyReport: nil
        }
    }

    /// The unit of thresholds and values, as texts show it.
    func unit(_ vital: Vital?) -> String {
        switch self {
        case .errorRate, .trafficDrop, .trafficSpike, .deliveryRate: " %"
        case .vital: vital == .cls ? "" : " ms"
        case .disk: " MiB"
        case .rollupLag: " s"
        case .journal: " records"
        case .newIssue, .regressedIssue, .weeklyReport: ""
        }
    }
}
