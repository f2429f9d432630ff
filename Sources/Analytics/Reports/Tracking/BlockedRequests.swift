import Segments
import Storage

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

    init(_ context: ReportContext) throws(ReportError) {
        let known = try context.database.reportRows(
            "select issue, site, name, message from insight_issues where kind = 'csp' order by last_seen desc limit ?1",
            [.integer(Self.issuesMax)]
        )
        var found: [Row] = []
        for (site, rows) in Dictionary(grouping: known, by: { $0[1].text ?? "" }) {
            if let wanted = context.query.site, wanted != site { continue }
            let counts = try context.errors(of: rows.compactMap { $0[0].text }, site: site)
            for row in rows {
                guard let count = counts[row[0].text ?? ""], count > 0 else { continue }
                let blocked = Self.address(row[3].text ?? "")
                found.append(
                    Row(
                        site: site,
                        directive: row[2].text ?? "",
                        blocked: blocked,
                        count: count,
                        isOwn: Self.isOwn(blocked)
                    )
                )
            }
        }
        found.sort { one, other in
            if one.isOwn != other.isOwn { return one.isOwn }
            if one.count != other.count { return one.count > other.count }
            return [one.site, one.directive, one.blocked].lexicographicallyPrecedes(
                [other.site, other.directive, other.blocked]
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

    /// Whether an address is that of the tracker's script or endpoint.
    package static func isOwn(_ address: String) -> Bool {
        guard address.hasPrefix("http"), let name = address.split(separator: "/").last else { return false }
        return name == "events"
            || name.hasPrefix("collector") && (name.hasSuffix(".js") || name.hasSuffix(".mjs"))
    }
}

extension ReportContext {
    /// The errors of issues of one site in the range, bots included, each issue by itself although it may be merged into another.
    fileprivate func errors(of issues: [String], site: String) throws(ReportError) -> [String: Int64] {
        var context = self
        context.query.site = site
        context.query.filters = []
        var scan = context.includingBots.plainScanQuery(from: query.range.from, to: query.range.to)
        (scan.withVisitors, scan.totals) = (false, .none)
        let codes = issues.compactMap { dictionaries.code(of: $0, in: .issue) }
        guard !codes.isEmpty else { return [:] }
        scan.lists = [ReportDimension.issue.list(limit: codes.count)]
        scan.lists[0].only = codes
        let result = try context.run(scan, mergesIssues: false)
        return result.lists[0].rows.reduce(into: [:]) { counts, row in
            counts[text(row.code, .eventIssue)] = ReportDimension.issue.measure.value(row.sum, .issue)
        }
    }
}
