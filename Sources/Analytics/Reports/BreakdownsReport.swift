import Segments

/// The values of dimensions with the largest numbers.
struct BreakdownsReport {
    struct List {
        var dimension: ReportDimension
        var rows: [(value: String, sum: Aggregate)] = []
        /// Values above zero, the sum of the measure over all of them, and what is in no row.
        var count: Int64 = 0
        var total: Int64 = 0
        var rest: Int64 = 0
    }

    let range: ReportRange
    let lists: [List]
    let countsOnly: Bool
    private let refusal: [(String, JSONOut)]

    static let vitals: [Vital] = [.lcp, .inp]

    /// With `countsOnly`, visitors and percentiles are left out: they take most of the time.
    init(
        _ context: ReportContext,
        _ dimensions: [ReportDimension],
        limit: Int,
        countsOnly: Bool
    ) throws(ReportError) {
        range = context.query.range
        self.countsOnly = countsOnly
        var scan = try context.scanQuery(range, withSeries: false)
        scan.withVisitors = false
        if countsOnly { scan.totals = .withoutEngagement }
        scan.lists = dimensions.map { dimension in
            var list = dimension.list(limit: dimension.skipsNone ? limit + 1 : limit)
            guard !countsOnly else { return list }
            list.withVisitors = true
            if dimension.measure == .sessions || dimension.measure == .pageViews { list.vitals = Self.vitals }
            return list
        }
        // How much of a list is without a value, wherever that ranks.
        let skipping = dimensions.filter(\.skipsNone)
        scan.lists += skipping.map { dimension in
            var list = dimension.list(limit: 1)
            list.only = [DimensionDictionaries.none]
            return list
        }
        let result = try context.run(scan)
        refusal = result.visitorsRefusal
        var none: [ReportDimension: Int64] = [:]
        for (dimension, list) in zip(skipping, result.lists.dropFirst(dimensions.count)) {
            none[dimension] = list.rows.first.map { dimension.measure.value($0.sum, dimension) } ?? 0
        }
        lists = zip(dimensions, result.lists).map { dimension, list in
            Self.list(context, dimension, list, limit: limit, none: none[dimension] ?? 0)
        }
    }

    private static func list(
        _ context: ReportContext,
        _ dimension: ReportDimension,
        _ found: ListResult,
        limit: Int,
        none: Int64
    ) -> List {
        let rows = found.rows.filter { !(dimension.skipsNone && $0.code == DimensionDictionaries.none) }.prefix(limit)
        var list = List(dimension: dimension)
        list.rows = rows.map { (context.text($0.code, dimension.column), $0.sum) }
        list.count = found.count - (none > 0 ? 1 : 0)
        list.total = found.total - none
        list.rest = list.rows.reduce(list.total) { $0 - dimension.measure.value($1.sum, dimension) }
        return list
    }

    var json: JSONOut {
        .object(
            [
                ("range", range.json),
                (
                    "dimensions",
                    .object(lists.map { ($0.dimension.rawValue, $0.json(countsOnly: countsOnly)) })
                ),
            ] + refusal
        )
    }
}

extension BreakdownsReport.List {
    func json(countsOnly: Bool) -> JSONOut {
        .object([
            ("by", .text(dimension.measure.name)), ("total", .integer(total)), ("rest", .integer(rest)),
            ("count", .integer(count)),
            (
                "rows",
                .array(
                    rows.map { row in
                        .object([("value", .text(row.value))] + (countsOnly ? counts(row.sum) : members(row.sum)))
                    }
                )
            ),
        ])
    }

    private func counts(_ sum: Aggregate) -> [(String, JSONOut)] {
        let measure = dimension.measure
        let events = measure.name == "events" ? measure.value(sum, dimension) : sum.eventsReceived
        return [
            ("sessions", .integer(sum.sessions)), ("views", .integer(sum.pageViews)), ("events", .integer(events)),
            ("errors", .integer(sum.errors)),
        ]
    }

    private func members(_ sum: Aggregate) -> [(String, JSONOut)] {
        let value = JSONOut.integer(dimension.measure.value(sum, dimension))
        switch dimension.measure {
        case .sessions, .pageViews:
            return sum.members(vitals: BreakdownsReport.vitals, withBounceRate: dimension.hasBounceRate)
        case .errors, .events: return [("visitors", JSONOut(sum.visitors)), (dimension.measure.name, value)]
        case .requests:
            return [
                ("visitors", JSONOut(sum.visitors)), ("events", value), ("bytes", .integer(sum.bytes)),
                ("duration", FigureJSON.figures(sum.durations) { JSONOut($0, digits: 0) }),
            ]
        case .vitals: return [("visitors", JSONOut(sum.visitors)), ("events", value), ("slow_views", value)]
        }
    }
}

extension Reports {
    /// Rows of a list, at most.
    package static let limitMax = 500

    package func breakdowns(
        _ query: ReportQuery,
        _ dimensions: [ReportDimension],
        limit: Int,
        countsOnly: Bool = false
    ) throws(ReportError) -> JSONOut {
        try computed(query) { context throws(ReportError) in
            try BreakdownsReport(
                context,
                dimensions,
                limit: min(limit, Self.limitMax),
                countsOnly: countsOnly
            )
        }.json
    }
}
