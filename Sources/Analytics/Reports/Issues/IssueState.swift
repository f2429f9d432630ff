import Aggregation
import Texts

/// The state of an issue; `regressed` is a resolved issue that came back.
package enum IssueState: String, CaseIterable, Sendable {
    case unresolved, regressed, resolved, ignored

    /// Nil for a text that no version has stored.
    init?(stored: String) { self.init(rawValue: stored == Self.storedUnresolved ? "unresolved" : stored) }

    /// The text in `insight_issue_states`.
    var stored: String { self == .unresolved ? Self.storedUnresolved : rawValue }

    /// Which of several states an issue has that is in different ones on its sites: the highest one, so that open ones prevail.
    var precedence: Int {
        switch self {
        case .ignored: 0
        case .resolved: 1
        case .unresolved: 2
        case .regressed: 3
        }
    }

    /// The schema's name of `unresolved`.
    private static let storedUnresolved = "open"
}

/// The owner's decision about an issue on a site.
package struct IssueDecision: Sendable, Equatable {
    /// Never `regressed`, which follows from the errors.
    package var state: IssueState
    /// Seconds since 1970.
    package var changedAt: Int64 = 0
    /// The release in which the issue is resolved, or after which with `isNext`; nil for any release.
    package var release: String?
    package var isNext = false
    /// The numbers of further errors and of further visitors that end ignoring; nil for no end.
    package var untilErrors: Int64?
    package var untilVisitors: Int64?

    /// Whether ignoring ends.
    var isConditional: Bool { state == .ignored && (untilErrors != nil || untilVisitors != nil) }

    package init(state: IssueState) { self.state = state }
}

/// A release in which an issue was seen; times are in seconds since 1970.
package struct SeenRelease: Sendable, Equatable {
    package let name: String
    /// When the site was first seen in the release, which gives the order of releases.
    package let since: Int64
    /// When the issue was first and last seen in it.
    package let firstSeen: Int64
    package let lastSeen: Int64

    /// The releases of several sites or issues, in which each release occurs once, the oldest first.
    static func joined(_ releases: [SeenRelease]) -> [SeenRelease] {
        var found: [ByteText: SeenRelease] = [:]
        for release in releases {
            let known = found[ByteText(release.name)] ?? release
            found[ByteText(release.name)] = SeenRelease(
                name: release.name,
                since: min(release.since, known.since),
                firstSeen: min(release.firstSeen, known.firstSeen),
                lastSeen: max(release.lastSeen, known.lastSeen)
            )
        }
        return found.values.sorted { $1.isNewer(than: $0.name, since: $0.since) }
    }

    package init(name: String, since: Int64, firstSeen: Int64, lastSeen: Int64) {
        (self.name, self.since, self.firstSeen, self.lastSeen) = (name, since, firstSeen, lastSeen)
    }

    /// Whether this release follows another one, by the time when the site was first seen in each.
    func isNewer(than name: String, since: Int64) -> Bool {
        self.since == since ? ByteText(name) < ByteText(self.name) : self.since > since
    }
}

/// The errors of an issue by which its state follows from a decision, without those of bots.
struct IssueOccasions {
    /// Seconds since 1970; nil when only bots saw it.
    var lastSeen: Int64?
    var releases: [SeenRelease] = []
    /// When the site was first seen in the release of the decision; nil for a release that is not known.
    var releaseSince: Int64?
    /// Errors and visitors after the decision; zero unless ignoring can end.
    var errorsSince: Int64 = 0
    var visitorsSince: Int64 = 0
}

extension IssueDecision {
    func state(_ seen: IssueOccasions) -> IssueState {
        switch state {
        case .unresolved, .regressed: return .unresolved
        case .resolved:
            guard release == nil else { return regressions(seen).isEmpty ? .resolved : .regressed }
            return seen.lastSeen ?? .min > changedAt ? .regressed : .resolved
        case .ignored:
            let isOver =
                untilErrors.map { seen.errorsSince >= $0 } ?? false
                || untilVisitors.map { seen.visitorsSince >= $0 } ?? false
            return isOver ? .unresolved : .ignored
        }
    }

    /// The releases in which a resolved issue came back.
    ///
    /// With a release, these are newer ones and, unless the next one was meant, the release itself after the decision.
    private func regressions(_ seen: IssueOccasions) -> [SeenRelease] {
        guard let release else { return seen.releases.filter { $0.lastSeen > changedAt } }
        return seen.releases.filter {
            guard ByteText($0.name) != ByteText(release) else { return !isNext && $0.lastSeen > changedAt }
            return $0.isNewer(than: release, since: seen.releaseSince ?? changedAt)
        }
    }

    /// The first release in which a resolved issue came back; nil when it did not, or without a release.
    func regressedIn(_ seen: IssueOccasions) -> String? {
        guard state == .resolved else { return nil }
        return regressions(seen).min { $1.isNewer(than: $0.name, since: $0.since) }?.name
    }
}
