import Segments

extension Reports {
    /// The page views of humans in some ranges, each from a time to another one, which is not included, in seconds since 1970.
    ///
    /// Nil for a range that begins before the hour of the first event of the site, for which nothing is known.
    package func pageViews(
        site: String?,
        _ ranges: [(from: Int64, to: Int64)]
    ) throws(ReportError) -> [Int64?] {
        guard let first = ranges.first else { return [] }
        let query = ReportQuery(
            range: try ReportRange(from: first.from, to: first.to),
            site: site,
            isComparing: false
        )
        return try computed(query) { context throws(ReportError) in
            guard let bounds = try context.bounds() else { return ranges.map { _ in nil } }
            let known = max(bounds.first, try context.pageViewsBorder())
            var counts: [Int64?] = []
            for range in ranges {
                guard range.from >= known else {
                    counts.append(nil)
                    continue
                }
                var scan = context.plainScanQuery(from: range.from, to: range.to)
                (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
                counts.append(try context.run(scan).total.pageViews)
            }
            return counts
        }
    }
}
