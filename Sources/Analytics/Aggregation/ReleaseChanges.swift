package import Segments
package import Texts

/// Releases of the sessions of a portion, the issues seen in each, and the issues that humans saw.
///
/// Computed from whole sessions, so adding a session again changes nothing.
package struct ReleaseChanges: Sendable {
    package struct Key: Hashable, Sendable {
        package let site: ByteText
        package let release: UInt32
    }

    package struct SiteIssue: Hashable, Sendable {
        package let site: ByteText
        package let issue: UInt32
    }

    package struct IssueKey: Hashable, Sendable {
        package let issue: SiteIssue
        package let release: UInt32
    }

    /// When an issue was seen, in seconds since 1970.
    package struct Times: Sendable {
        package fileprivate(set) var all: ClosedRange<Int64>
        /// Nil when only bots saw it.
        package fileprivate(set) var human: ClosedRange<Int64>?
    }

    /// When each release was first seen, in seconds since 1970.
    package private(set) var releases: [Key: Int64] = [:]
    /// When each issue was first and last seen in a release.
    package private(set) var issues: [IssueKey: Times] = [:]
    /// When humans first and last saw each issue, in seconds since 1970.
    package private(set) var humanIssues: [SiteIssue: ClosedRange<Int64>] = [:]

    package init() {}

    /// Adds a session; page views whose `pageview` event is missing have no release yet.
    package mutating func add(_ row: SessionRow, site: String, isHuman: Bool) {
        let site = ByteText(site)
        for view in row.pageViews where view.isCounted && view.release != DimensionDictionaries.none {
            let key = Key(site: site, release: view.release)
            releases[key] = min(releases[key] ?? .max, view.time)
        }
        for event in row.events where event.kind == .error || event.kind == .noise {
            let (issue, times) = (SiteIssue(site: site, issue: event.issue), event.time...event.time)
            if isHuman { humanIssues[issue] = times.joined(with: humanIssues[issue]) }
            let view = row.pageViews[Int(event.pageView)]
            guard view.isCounted, view.release != DimensionDictionaries.none else { continue }
            let key = IssueKey(issue: issue, release: view.release)
            let known = issues[key]
            issues[key] = Times(
                all: times.joined(with: known?.all),
                human: isHuman ? times.joined(with: known?.human) : known?.human
            )
        }
    }
}

extension ClosedRange<Int64> {
    /// The range from the first to the last second of both.
    package func joined(with other: Self?) -> Self {
        guard let other else { return self }
        return Swift.min(lowerBound, other.lowerBound)...Swift.max(upperBound, other.upperBound)
    }
}
