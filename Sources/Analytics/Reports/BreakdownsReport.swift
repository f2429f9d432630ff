package import Segments
import Texts

/// The part of a list that a report returns.
package struct ListSelection: Sendable {
    /// The most rows of a list, and the most rows before the first.
    package static let limitMax = Reports.limitMax
    package static let offsetMax = 50_000
    /// The most rows of an exported list.
    package static let exportRowsMax = 2000
    /// The most bytes of a searched text.
    package static let containsBytesMax = 200
    /// The measures by which lists of sessions and page views can be sorted.
    package static let sorts: [ScanQuery.Measure] = [.sessions, .pageViews, .errors]

    package var limit: Int
    package var offset = 0
    /// Nil for the measure of the dimension.
    package var sort: ScanQuery.Measure?
    /// Only values with this text in them, in any case; nil for all.
    package var contains: String?
    /// Whether visitors and percentiles are left out, which take most of the time.
    package var countsOnly = false

    package init(limit: Int) { self.limit = limit }

    fileprivate func measure(_ dimension: ReportDimension) throws(ReportError) -> ScanQuery.Measure {
        guard let sort, sort != dimension.measure else { return dimension.measure }
        guard dimension.hasVitals, Self.sorts.contains(dimension.measure) else {
            throw .refused("A list of \(dimension.rawValue) cannot be sorted by another measure")
        }
        return sort
    }
}

/// The top values of dimensions.
package struct BreakdownsReport: Sendable {
    package struct Row: Sendable {
        package let value: String
        package let sum: Aggregate
        /// Nil when the previous period is not requested, and when its data is incomplete.
        package fileprivate(set) var previous: Aggregate?
    }

    package struct List: Sendable {
        package let dimension: ReportDimension
        /// The measure by which the rows are sorted.
        package let measure: ScanQuery.Measure
        package fileprivate(set) var rows: [Row] = []
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

    init(
        _ context: ReportContext,
        _ dimensions: [ReportDimension],
        _ selection: ListSelection,
        goal: String? = nil
    ) throws(ReportError) {
        range = context.query.range
        countsOnly = selection.countsOnly
        var scan = try context.scanQuery(range, withSeries: false)
        scan.withVisitors = false
        if countsOnly { scan.totals = .withoutEngagement }
        var steps = ReportFilter.stepsMax
        for dimension in dimensions {
            scan.lists.append(try Self.list(dimension, selection, context, steps: &steps))
        }
        let result = try context.run(scan)
        var past: ScanResult?
        let bounds = context.query.isComparing ? try context.bounds() : nil
        if try context.comparesPrevious(bounds) {
            var before = try context.scanQuery(range.previous, withSeries: false)
            (before.withVisitors, before.totals, before.lists) = (false, scan.totals, scan.lists)
            for (index, list) in result.lists.enumerated() { before.lists[index].only = list.rows.map(\.code) }
            past = try context.run(before)
        }
        visitorsRefusal = result.visitorsRefusal ?? past?.visitorsRefusal
        var lists: [List] = []
        for (index, dimension) in dimensions.enumerated() {
            let (found, before) = (result.lists[index], past?.lists[index].rows)
            var list = List(dimension: dimension, measure: scan.lists[index].measure)
            list.rows = found.rows.enumerated().map { number, row in
                Row(value: context.text(row.code, dimension.column), sum: row.sum, previous: before?[number].sum)
            }
            (list.count, list.total) = (found.count, found.total)
            list.rest = list.rows.reduce(list.total) { $0 - list.measure.value($1.sum, dimension) }
            lists.append(list)
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
            // By code: a text that was sent may be that of a code without one.
            let sessions = Dictionary(
                result.lists[number].rows.map { ($0.code, $0.sum.sessions) },
                uniquingKeysWith: { first, _ in first }
            )
            lists[index].conversions = found[index].rows.map { sessions[$0.code] ?? 0 }
        }
    }

    private static func list(
        _ dimension: ReportDimension,
        _ selection: ListSelection,
        _ context: ReportContext,
        steps: inout Int
    ) throws(ReportError) -> ScanQuery.List {
        var list = dimension.list(limit: selection.limit)
        list.offset = selection.offset
        list.measure = try selection.measure(dimension)
        if let text = selection.contains {
            list.among = try context.codes(dimension.column, containing: text, steps: &steps)
        }
        guard !selection.countsOnly else { return list }
        list.withVisitors = true
        if dimension.measure == .sessions || dimension.measure == .pageViews { list.vitals = vitals }
        return list
    }
}

extension ReportContext {
    /// The codes of the shown texts of a column that have a text in them, in any case.
    fileprivate func codes(
        _ column: Column,
        containing text: String,
        steps: inout Int
    ) throws(ReportError) -> Set<UInt32> {
        guard let dictionary = column.dictionary else { return [] }
        let shown = dictionaries.texts(dictionary).indices.map { self.text(UInt32($0), column).lowercased() }
        return try ReportFilter("contains", ReportDimension.path.rawValue, [text.lowercased()]).codes(
            shown,
            steps: &steps
        )
    }
}

extension Reports {
    /// The most rows of a list.
    package static let limitMax = 500

    package func breakdowns(
        _ query: ReportQuery,
        _ dimensions: [ReportDimension],
        _ selection: ListSelection,
        goal: String? = nil
    ) throws(ReportError) -> BreakdownsReport {
        try computed(query) { context throws(ReportError) in
            try BreakdownsReport(context, dimensions, selection, goal: goal)
        }
    }
}
