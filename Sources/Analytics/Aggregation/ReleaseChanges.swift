package import Segments

/// Releases of the sessions of a portion, and the issues seen in each.
///
/// Computed from whole sessions, so adding a session again changes nothing.
package struct ReleaseChanges: Sendable {
    package struct Key: Hashable, Sendable {
        package let site: ByteText
        package let release: UInt32
    }

    package struct IssueKey: Hashable, Sendable {
        package let site: ByteText
        package let issue: UInt32
        package let release: UInt32
    }

    /// When each release was first seen, in seconds since 1970.
    package private(set) var releases: [Key: Int64] = [:]
    /// When each issue was first and last seen in a release, in seconds since 1970.
    package private(set) var issues: [IssueKey: ClosedRange<Int64>] = [:]

    package init() {}

    /// Adds a session; page views whose `pageview` event is missing have no release yet.
    package mutating func add(_ row: SessionRow, site: String) {
        let site = ByteText(site)
        for view in row.pageViews where view.isCounted && view.release != DimensionDictionaries.none {
            let key = Key(site: site, release: view.release)
            releases[key] = min(releases[key] ?? .max, view.time)
        }
        for event in row.events where event.kind == .error || event.kind == .noise {
            let view = row.pageViews[Int(event.pageView)]
            guard view.isCounted, view.release != DimensionDictionaries.none else { continue }
            let key = IssueKey(site: site, issue: event.issue, release: view.release)
            let known = issues[key] ?? event.time...event.time
            issues[key] = min(known.lowerBound, event.time)...max(known.upperBound, event.time)
        }
    }
}
