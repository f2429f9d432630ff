import Reports

/// What the guests of a limited share link get from an operation.
///
/// `ShareGate` applies it.
struct ShareRule: Sendable, Equatable {
    /// How the site and the time of a request are limited.
    enum Reach: Sendable, Equatable {
        /// By the parameters `site`, `range`, `from` and `to`; without a range, the report has the last 24 hours.
        case report
        /// By the same parameters; without a range, the report has all time.
        case allTime
        /// By the parameter `site`: the owner's definitions, which have no time.
        case definitions
        /// By the parameter `site`, if there is one, and for links whose range includes the present.
        case present
        /// By the handler, with `Parameters.scope`.
        case scope
        /// Not at all: only links without a site and a range get it.
        case unlimited
        /// Not at all: the response has no data of sites.
        case server
    }

    let reach: Reach
    /// The views of which one has to be allowed; empty if all views need it.
    let views: [OwnerView]

    static func report(_ views: OwnerView...) -> ShareRule { ShareRule(reach: .report, views: views) }
    static func allTime(_ views: OwnerView...) -> ShareRule { ShareRule(reach: .allTime, views: views) }
    static func definitions(_ views: OwnerView...) -> ShareRule { ShareRule(reach: .definitions, views: views) }
    static func present(_ views: OwnerView...) -> ShareRule { ShareRule(reach: .present, views: views) }
    static func scope(_ views: OwnerView...) -> ShareRule { ShareRule(reach: .scope, views: views) }
    static func unlimited(_ views: OwnerView...) -> ShareRule { ShareRule(reach: .unlimited, views: views) }
    static let server = ShareRule(reach: .server, views: [])
}
