import Reports
package import Segments
import Texts

/// A rule of the owner: what is watched, and to which channels its alerts go.
package struct AlertRule: Sendable, Equatable {
    /// The most rules, and channels of one rule.
    package static let countMax: Int64 = 100
    package static let channelsMax = 10
    /// The most bytes of the names of rules, channels and sites.
    package static let nameBytesMax = 100
    package static let siteBytesMax = 256
    /// Minutes of the window of a rate, and the default.
    package static let windows: ClosedRange<Int64> = 5...1440
    package static let windowDefault: Int64 = 60
    package static let samples: ClosedRange<Int64> = 1...1_000_000

    package var id: String
    package var kind: AlertKind
    /// Nil for all sites together.
    package var site: String?
    /// Empty for none.
    package var name: String
    /// Set for rules of the kind `vital` only.
    package var vital: Vital?
    /// In the unit of the kind; nil for kinds without one.
    package var threshold: Double?
    package var minutes = windowDefault
    package var samplesMin: Int64 = 1
    /// The ids of channels.
    package var channels: [String]
    package var isEnabled = true
    /// Seconds since 1970.
    package var createdAt: Int64
    package var state = State()

    package init(id: String, kind: AlertKind, name: String = "", channels: [String] = [], createdAt: Int64) {
        (self.id, self.kind, self.name, self.channels, self.createdAt) = (id, kind, name, channels, createdAt)
    }

    /// The result of the last evaluation.
    package struct State: Sendable, Equatable {
        package enum Name: String, CaseIterable, Sendable {
            /// Not evaluated yet.
            case waiting
            case ok, firing
            case noData = "no_data"
        }

        package var name = Name.waiting
        /// In the unit of the kind; nil without one.
        package var value: Double?
        package var samples: Int64?
        /// Why there is not enough data; nil if there is.
        package var reason: String?
        /// Seconds since 1970.
        package var evaluatedAt: Int64?

        package init() {}
    }

    package var title: String {
        if !name.isEmpty { return name }
        let subject = vital.map { "\($0.name.uppercased()) p75" } ?? kind.title
        return site.map { "\(subject) on \($0.isEmpty ? "(no site)" : $0)" } ?? subject
    }

    /// Whether open alerts of one rule may go on under another one.
    func hasSameCauses(as other: AlertRule) -> Bool {
        kind == other.kind && haveSameBytes(site, other.site) && vital == other.vital && isEnabled == other.isEnabled
    }
}

extension AlertKind {
    var title: String {
        switch self {
        case .newIssue: "New issue"
        case .regressedIssue: "Regressed issue"
        case .errorRate: "Error rate"
        case .vital: "Vital"
        case .trafficDrop: "Traffic drop"
        case .trafficSpike: "Traffic spike"
        case .deliveryRate: "Delivery rate"
        case .journal: "Journal in use"
        case .disk: "Free disk space"
        case .rollupLag: "Rollup lag"
        case .weeklyReport: "Weekly report"
        }
    }
}

/// Where alerts are sent.
package struct AlertChannel: Sendable, Equatable {
    package enum Kind: String, CaseIterable, Sendable { case webhook, email }

    /// The most channels, bytes of an address, recipients of a channel, and the bytes of a secret.
    package static let countMax: Int64 = 20
    package static let addressBytesMax = 2000
    package static let recipientsMax = 10
    package static let secretBytes = 16...200

    package var id: String
    package var kind: Kind
    package var name: String
    /// The URL of a webhook, or e-mail addresses separated by commas.
    package var target: String
    /// The key of the signatures; never part of a response.
    package var secret: String?
    /// Seconds since 1970.
    package var createdAt: Int64

    package init(id: String, kind: Kind, name: String, target: String, secret: String?, createdAt: Int64) {
        (self.id, self.kind, self.name, self.target) = (id, kind, name, target)
        (self.secret, self.createdAt) = (secret, createdAt)
    }

    var recipients: [String] { target.split(separator: ",").map(String.init) }
}
