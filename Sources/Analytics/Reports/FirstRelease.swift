import Segments
import Storage
import Texts
import TimeZones

/// A release of a site and the minute of its first page view by a human: a deploy, as visitors saw it.
package struct FirstRelease: Sendable, Equatable {
    package let site: String
    package let release: String
    /// The start of the minute, in seconds since 1970.
    package let at: Int64

    /// The most releases of a report, the latest, and of a site in the range, those with the most page views.
    package static let releasesMax = 100
    /// The most sites that are searched when the query has none, those with the most page views.
    static let sitesMax = 20

    /// The releases whose first page view is in the query's range, in the order of their times.
    static func all(_ context: ReportContext) throws(ReportError) -> [FirstRelease] {
        if let known = try known(context) { return known }
        var found: [FirstRelease] = []
        for site in try sites(context) {
            found += try SiteReleases(context: context, site: site).first()
        }
        return ordered(found).suffix(releasesMax)
    }

    /// Finds the releases by the list of releases that the rollup worker keeps, which includes those of bots.
    ///
    /// Nil if there are many, or if the first page view of one was a bot's and that of a human was not in the same minute.
    private static func known(_ context: ReportContext) throws(ReportError) -> [FirstRelease]? {
        let (range, site) = (context.query.range, context.query.site)
        let rows = try context.database.reportRows(
            """
            select site, release, first_seen from insight_releases
            where first_seen < ?1 \(site == nil ? "" : "and site = ?3") limit ?2
            """,
            [.integer(range.to), .integer(Int64(releasesMax + 1))] + (site.map { [.text($0)] } ?? [])
        )
        guard rows.count <= releasesMax else { return nil }
        var found: [FirstRelease] = []
        for row in rows {
            let (site, release) = (row[0].text ?? "", row[1].text ?? "")
            guard let first = row[2].integer, release != DimensionDictionaries.otherText else { continue }
            let isEarlier = first < range.from
            let minute = range.zone.bucketStart(first, .minute)
            var scan = context.plainScanQuery(from: first, to: min(minute + 60, isEarlier ? range.from : range.to))
            (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
            scan.filters += [context.filter(.site, [site]), context.filter(.release, [release])]
            guard try context.run(scan).total.pageViews > 0 else { return nil }
            guard !isEarlier else { continue }
            let text = context.text(context.dictionaries.code(of: site, in: .site) ?? 0, .site)
            found.append(FirstRelease(site: text, release: release, at: minute))
        }
        return ordered(found)
    }

    private static func ordered(_ found: [FirstRelease]) -> [FirstRelease] {
        func key(_ one: FirstRelease) -> (Int64, ByteText, ByteText) {
            (one.at, ByteText(one.site), ByteText(one.release))
        }
        return found.sorted { key($0) < key($1) }
    }

    /// The codes of the sites.
    private static func sites(_ context: ReportContext) throws(ReportError) -> [UInt32] {
        if let site = context.query.site {
            return context.dictionaries.code(of: site, in: .site).map { [$0] } ?? []
        }
        let range = context.query.range
        var scan = context.plainScanQuery(from: range.from, to: range.to)
        scan.withVisitors = false
        scan.totals = .withoutEngagement
        scan.lists = [ReportDimension.site.list(limit: sitesMax)]
        return try context.run(scan).lists[0].rows.map(\.code)
    }
}

/// Finds the first page views of the releases of one site.
private struct SiteReleases {
    let context: ReportContext
    /// The code of the site.
    let site: UInt32

    private var range: ReportRange { context.query.range }

    func first() throws(ReportError) -> [FirstRelease] {
        let buckets = range.buckets
        let seen = try series(from: range.from, to: range.to, buckets, only: nil)
        guard !seen.isEmpty else { return [] }
        let earlier = try series(from: 0, to: range.from, [0], only: seen.map(\.code))
        let known = Set(earlier.filter { $0.pageViews.contains { $0 > 0 } }.map(\.code))
        var found: [FirstRelease] = []
        for (code, pageViews) in seen where !known.contains(code) {
            guard let index = pageViews.firstIndex(where: { $0 > 0 }) else { continue }
            let end = index + 1 < buckets.count ? buckets[index + 1] : range.to
            found.append(
                FirstRelease(
                    site: context.text(site, .site),
                    release: context.text(code, .release),
                    at: try minute(of: code, from: max(range.from, buckets[index]), to: end)
                )
            )
        }
        return found
    }

    /// The first minute of a bucket with a page view of the release.
    private func minute(of release: UInt32, from: Int64, to: Int64) throws(ReportError) -> Int64 {
        let minutes = range.zone.bucketStarts(from: from, to: to, .minute)
        let rows = try series(from: from, to: to, minutes, only: [release])
        return rows.first?.pageViews.firstIndex { $0 > 0 }.map { minutes[$0] } ?? from
    }

    /// The page views of releases by bucket; those without a name are excluded.
    private func series(
        from: Int64,
        to: Int64,
        _ edges: [Int64],
        only codes: [UInt32]?
    ) throws(ReportError) -> [(code: UInt32, pageViews: [Int64])] {
        guard from < to else { return [] }
        var scan = context.plainScanQuery(from: from, to: to)
        scan.edges = edges
        scan.withVisitors = false
        scan.totals = .withoutEngagement
        scan.filters.append(ScanQuery.Filter(column: .site, codes: [site]))
        if let codes { scan.filters.append(ScanQuery.Filter(column: .release, codes: Set(codes))) }
        var list = ReportDimension.release.list(limit: FirstRelease.releasesMax)
        (list.withSeries, list.only) = (true, codes)
        scan.lists = [list]
        return try context.run(scan).lists[0].rows
            .filter { $0.code != DimensionDictionaries.none && $0.code != DimensionDictionaries.other }
            .map { (code: $0.code, pageViews: $0.series) }
    }
}
