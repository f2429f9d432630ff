package import Segments

/// Each vital by the values of a dimension, such as pages or browsers.
package struct VitalsByReport: Sendable {
    /// The order of the rows, the largest first.
    package enum Order: Sendable, Equatable {
        case pageViews
        /// By impact on a vital; values without an impact follow by page views.
        case impact(Vital)
    }

    package struct Row: Sendable {
        package let value: String
        package let pageViews: Int64
        package let sum: Aggregate
        package let score: ExperienceScore
    }

    package let range: ReportRange
    package let dimension: ReportDimension
    package let order: Order
    /// The fewest values of a vital of which its impact is known.
    package let sampleMin: Int64
    package let rows: [Row]
    /// The number of all values.
    package let count: Int64

    init(
        _ context: ReportContext,
        _ dimension: ReportDimension,
        limit: Int,
        order: Order = .pageViews,
        sampleMin: Int64 = Impact.sampleMin
    ) throws(ReportError) {
        (range, self.dimension) = (context.query.range, dimension)
        (self.order, self.sampleMin) = (order, sampleMin)
        var list = dimension.list(limit: dimension.skipsNone ? limit + 1 : limit)
        list.vitals = Vital.allCases
        // Vitals belong to page views, so lists are ranked by page views; entry and exit pages are ranked by sessions.
        if list.measure == .sessions, dimension != .entry, dimension != .exit { list.measure = .pageViews }
        let found: ListResult
        var ranked: [(code: UInt32, sum: Aggregate)] = []
        switch order {
        case .pageViews: found = try Self.lists(context, [list])[0]
        case .impact(let vital):
            var ranking = list
            // The rows get their vitals from another scan, when they are known.
            if list.measure != .vitals { ranking.vitals = [] }
            let results = try Self.lists(context, [ranking, context.slowList(dimension, vital)])
            found = results[0]
            let slow = try context.slowValues(results[1], vital, sampleMin: sampleMin).map(\.code)
            var codes: [UInt32] = []
            for code in slow + found.rows.map(\.code) where !Self.isSkipped(code, dimension) && codes.count < limit {
                if !codes.contains(code) { codes.append(code) }
            }
            ranked = try Self.rows(context, list, codes)
        }
        let known = found.rows.filter { !Self.isSkipped($0.code, dimension) }
        if order == .pageViews { ranked = known.map { ($0.code, $0.sum) } }
        let measure = list.measure
        rows = ranked.prefix(limit).map { code, sum in
            Row(
                value: context.text(code, dimension.column),
                pageViews: measure == .vitals ? measure.value(sum, dimension) : sum.pageViews,
                sum: sum,
                score: ExperienceScore(sum.vitals)
            )
        }
        count = found.count - (known.count < found.rows.count ? 1 : 0)
    }

    private static func isSkipped(_ code: UInt32, _ dimension: ReportDimension) -> Bool {
        dimension.skipsNone && code == DimensionDictionaries.none
    }

    private static func lists(
        _ context: ReportContext,
        _ lists: [ScanQuery.List]
    ) throws(ReportError) -> [ListResult] {
        var scan = try context.scanQuery(context.query.range, withSeries: false)
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        scan.lists = lists
        return try context.run(scan).lists
    }

    /// The sums of some values, in their order.
    private static func rows(
        _ context: ReportContext,
        _ list: ScanQuery.List,
        _ codes: [UInt32]
    ) throws(ReportError) -> [(code: UInt32, sum: Aggregate)] {
        guard !codes.isEmpty else { return [] }
        var list = list
        list.only = codes
        return try lists(context, [list])[0].rows.map { ($0.code, $0.sum) }
    }
}

extension Reports {
    package func vitals(
        _ query: ReportQuery,
        by dimension: ReportDimension,
        limit: Int,
        order: VitalsByReport.Order = .pageViews,
        sampleMin: Int64 = Impact.sampleMin
    ) throws(ReportError) -> VitalsByReport {
        try computed(query) { context throws(ReportError) in
            try VitalsByReport(
                context,
                dimension,
                limit: min(limit, Self.limitMax),
                order: order,
                sampleMin: sampleMin
            )
        }
    }
}
