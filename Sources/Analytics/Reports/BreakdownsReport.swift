package import Segments

/// The top values of dimensions.
package struct BreakdownsReport: Sendable {
    package struct List: Sendable {
        package let dimension: ReportDimension
        package fileprivate(set) var rows: [(value: String, sum: Aggregate)] = []
        /// By row: its sessions that reached the goal; nil without a goal, and for values that belong to no session.
        package fileprivate(set) var conversions: [Int64]?
        /// The number of values above zero, the sum of the measure over all of them, and the sum over values without a row.
        package fileprivate(set) var count: Int64 = 0
        package fileprivate(set) var total: Int64 = 0
        package fileprivate(set) var rest: Int64 = 0
    }

    package let range: ReportRange
    package let lists: [List]
    /// Whether visitors and percentiles were left out.
    package let countsOnly: Bool
    package let visitorsRefusal: String?

    static let vitals: [Vital] = [.lcp, .inp]

    /// Creates the report; with `countsOnly`, without visitors and percentiles, which take most of the time.
    init(
        _ context: ReportContext,
        _ dimensions: [ReportDimension],
        limit: Int,
        countsOnly: Bool,
        goal: String? = nil
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
        // The part of a list without a value, at any rank.
        let skipping = dimensions.filter(\.skipsNone)
        scan.lists += skipping.map { dimension in
            var list = dimension.list(limit: 1)
            list.only = [DimensionDictionaries.none]
            return list
        }
        let result = try context.run(scan)
        visitorsRefusal = result.visitorsRefusal
        var none: [ReportDimension: Int64] = [:]
        for (dimension, list) in zip(skipping, result.lists.dropFirst(dimensions.count)) {
            none[dimension] = list.rows.first.map { dimension.measure.value($0.sum, dimension) } ?? 0
        }
        var lists = zip(dimensions, result.lists).map { dimension, list in
            Self.list(context, dimension, list, limit: limit, none: none[dimension] ?? 0)
        }
        if let goal { try Self.convert(context, goal, result.lists, &lists) }
        self.lists = lists
    }

    /// Adds the sessions of each row that reached a goal.
    private static func convert(
        _ context: ReportContext,
        _ id: String,
        _ found: [ListResult],
        _ lists: inout [List]
    ) throws(ReportError) {
        let range = context.query.range
        let goal = try ReportContext.goal(id, GoalTables(context.database).goals())
        var scan = try context.scanQuery(range, withSeries: false)
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        scan.conditions.append(ScanQuery.ConditionFilter([try context.condition(goal, range)]))
        let indices = lists.indices.filter { lists[$0].dimension.hasVitals }
        scan.lists = indices.map { index in
            var list = lists[index].dimension.list(limit: max(1, found[index].rows.count))
            list.only = found[index].rows.map(\.code)
            return list
        }
        let result = try context.run(scan)
        for (number, index) in indices.enumerated() {
            let column = lists[index].dimension.column
            var sessions: [String: Int64] = [:]
            for row in result.lists[number].rows { sessions[context.text(row.code, column)] = row.sum.sessions }
            lists[index].conversions = lists[index].rows.map { sessions[$0.value] ?? 0 }
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
}

extension Reports {
    /// The most rows of a list.
    package static let limitMax = 500

    package func breakdowns(
        _ query: ReportQuery,
        _ dimensions: [ReportDimension],
        limit: Int,
        countsOnly: Bool = false,
        goal: String? = nil
    ) throws(ReportError) -> BreakdownsReport {
        try computed(query) { context throws(ReportError) in
            try BreakdownsReport(
                context,
                dimensions,
                limit: min(limit, Self.limitMax),
                countsOnly: countsOnly,
                goal: goal
            )
        }
    }
}
