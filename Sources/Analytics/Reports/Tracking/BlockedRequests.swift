import Segments
import Storage
import Texts

/// Requests that a Content Security Policy of the site has blocked, from the errors of the range.
package struct BlockedRequests: Equatable, Sendable {
    package struct Row: Equatable, Sendable {
        package let site: String
        /// The directive, such as `connect-src`.
        package let directive: String
        /// The blocked address, or a word such as `inline`.
        package let blocked: String
        package let count: Int64
        /// Whether it was a request of the tracker.
        package let isOwn: Bool
    }

    /// The most issues that are read, and the most rows of the list.
    private static let issuesMax: Int64 = 1000
    package static let rowsMax = 20

    /// The tracker's own first, then by count.
    package let rows: [Row]
    package let total: Int64
    package let own: Int64

    init(_ context: ReportContext, _ tracker: TrackerAddresses) throws(ReportError) {
        let site = context.query.site
        let known = try context.database.reportRows(
            """
            select issue, site, name, message from insight_issues where kind = 'csp' \(site == nil ? "" : "and site = ?2")
            order by last_seen desc limit ?1
            """,
            [.integer(Self.issuesMax)] + (site.map { [.text($0)] } ?? [])
        ).map { row in
            Issue(
                id: row[0].text ?? "",
                site: row[1].text ?? "",
                directive: row[2].text ?? "",
                blocked: Self.address(row[3].text ?? "")
            )
        }
        let counts = try Self.counts(context, known)
        let hosts = tracker.hosts(blocked: known.map(\.blocked))
        var found = known.compactMap { issue -> Row? in
            guard let count = counts[issue], count > 0 else { return nil }
            return Row(
                site: issue.site,
                directive: issue.directive,
                blocked: issue.blocked,
                count: count,
                isOwn: tracker.contains(issue.blocked, hosts: hosts)
            )
        }
        found.sort { one, other in
            if one.isOwn != other.isOwn { return one.isOwn }
            if one.count != other.count { return one.count > other.count }
            return [one.site, one.directive, one.blocked].map { ByteText($0) }.lexicographicallyPrecedes(
                [other.site, other.directive, other.blocked].map { ByteText($0) }
            )
        }
        rows = Array(found.prefix(Self.rowsMax))
        total = found.reduce(0) { $0 + $1.count }
        own = found.reduce(0) { $0 + ($1.isOwn ? $1.count : 0) }
    }

    /// The address in the message of the tracker.
    private static func address(_ message: String) -> String {
        let prefix = "Blocked "
        return message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
    }

    private struct Issue: Hashable {
        @ByteText var id: String
        @ByteText var site: String
        @ByteText var directive: String
        @ByteText var blocked: String
    }

    /// The errors of issues in the range.
    ///
    /// The id of an issue does not depend on its site, so issues that several sites have are counted by site.
    private static func counts(_ context: ReportContext, _ issues: [Issue]) throws(ReportError) -> [Issue: Int64] {
        let site = context.query.site
        let totals = try context.errors(of: issues.map(\.id), site: site)
        var counts: [Issue: Int64] = [:]
        var shared: [ByteText: [Issue]] = [:]
        for (id, ofSites) in Dictionary(grouping: issues, by: \.id) {
            guard let total = totals[id], total > 0 else { continue }
            // Others may have been left out.
            if site != nil || ofSites.count == 1 && issues.count < issuesMax {
                for issue in ofSites { counts[issue] = total }
            } else {
                for issue in ofSites { shared[ByteText(issue.site), default: []].append(issue) }
            }
        }
        for (site, issues) in shared {
            let own = try context.errors(of: issues.map(\.id), site: site.text)
            for issue in issues { counts[issue] = own[issue.id] }
        }
        return counts
    }
}

/// How addresses of the tracker are recognized.
package struct TrackerAddresses: Sendable {
    /// File names of its scripts.
    private let scripts: Set<String>
    /// Paths below the base path to which it sends events.
    private let endpoints: [String]
    /// The host under which the server is known, with its port.
    private let host: String?

    package init(scripts: Set<String>, endpoints: [String], host: String?) {
        (self.scripts, self.endpoints, self.host) = (scripts, endpoints, host?.lowercased())
    }

    /// The hosts from which pages load the tracker: that of the server, and those of blocked scripts.
    func hosts(blocked: [String]) -> Set<ByteText> {
        var hosts = Set(blocked.compactMap { Self.parts($0) }.filter { isScript($0.path) }.map { ByteText($0.host) })
        if let host { hosts.insert(ByteText(host)) }
        return hosts
    }

    /// Whether an address is that of a script of the tracker, or of an endpoint on one of the hosts.
    func contains(_ address: String, hosts: Set<ByteText>) -> Bool {
        guard let (host, path) = Self.parts(address) else { return false }
        return isScript(path) || hosts.contains(ByteText(host)) && endpoints.contains { path.hasSuffix($0) }
    }

    private func isScript(_ path: Substring) -> Bool {
        path.split(separator: "/").last.map { scripts.contains(String($0)) } ?? false
    }

    /// Host with port, and path; nil for what is not an address of the web.
    private static func parts(_ address: String) -> (host: String, path: Substring)? {
        guard let scheme = ["https://", "http://"].first(where: { address.hasPrefix($0) }) else { return nil }
        let rest = address.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count).prefix { $0 != "?" && $0 != "#" }
        return host.isEmpty ? nil : (host.lowercased(), path)
    }
}

extension ReportContext {
    /// The errors of issues of a site, or of all sites, in the range, bots included.
    ///
    /// Each issue is counted by itself although it may be merged into another.
    fileprivate func errors(of issues: [String], site: String?) throws(ReportError) -> [String: Int64] {
        var context = self
        context.query.site = site
        context.query.filters = []
        var scan = context.includingBots.plainScanQuery(from: query.range.from, to: query.range.to)
        (scan.withVisitors, scan.totals) = (false, .none)
        let codes = Array(Set(issues.compactMap { dictionaries.code(of: $0, in: .issue) }))
        guard !codes.isEmpty else { return [:] }
        scan.lists = [ReportDimension.issue.list(limit: codes.count)]
        scan.lists[0].only = codes
        let result = try context.run(scan, mergesIssues: false)
        return result.lists[0].rows.reduce(into: [:]) { counts, row in
            counts[text(row.code, .eventIssue)] = ReportDimension.issue.measure.value(row.sum, .issue)
        }
    }
}
