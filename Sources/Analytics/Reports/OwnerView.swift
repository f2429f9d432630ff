// Generated from Contract/ by scripts/build-contract: do not edit.

/// A view of the owner's page, in the order of its tabs.
package enum OwnerView: String, CaseIterable, Sendable, Hashable {
    case overview
    case performance
    case issues
    case visitors
    case goals
    case fingerprint
    case raw
    case tracking

    /// Its name on the page.
    package var label: String {
        switch self {
        case .overview: "Overview"
        case .performance: "Performance"
        case .issues: "Issues"
        case .visitors: "Visitors"
        case .goals: "Goals"
        case .fingerprint: "Fingerprint"
        case .raw: "Raw Data"
        case .tracking: "Tracking"
        }
    }
}
