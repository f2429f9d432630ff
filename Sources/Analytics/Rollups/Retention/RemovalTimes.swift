package import Texts

/// The times before which rows are removed, by site, in seconds since 1970; nil keeps the rows.
package struct RemovalTimes: Sendable, Equatable {
    /// The time of sites that are not in `sites`.
    package var others: Int64?
    package var sites: [ByteText: Int64?] = [:]

    /// The same time for all sites.
    package init(_ time: Int64?) { others = time }

    package func time(of site: String) -> Int64? { sites[ByteText(site)] ?? others }

    /// The latest of all times; nil when nothing is removed.
    package var latest: Int64? { (sites.values.compactMap(\.self) + [others].compactMap(\.self)).max() }

    /// The same times, but none after `end`.
    func until(_ end: Int64) -> RemovalTimes {
        var times = RemovalTimes(others.map { min($0, end) })
        times.sites = sites.mapValues { $0.map { min($0, end) } }
        return times
    }
}
