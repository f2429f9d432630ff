package import Segments
import Storage

/// How often the goals were reached in the range and in the previous period.
package struct ConversionsReport: Sendable {
    package struct Row: Sendable {
        package let goal: Goal
        package let figures: GoalFigures
        /// Nil without a previous period.
        package let previous: GoalFigures?
        /// Texts of the currencies of values in both, in alphabetical order; the empty text for values without one.
        package let currencies: [(code: UInt32, text: String)]
    }

    package let range: ReportRange
    package let starts: [Int64]
    package let current: GoalScanResult
    package let previous: GoalScanResult?
    package let rows: [Row]
    package let visitorsRefusal: String?

    init(_ context: ReportContext) throws(ReportError) {
        range = context.query.range
        starts = range.buckets
        let goals = try GoalTables(context.database).goals(site: context.query.site)
        guard goals.count <= Goal.perReportMax else {
            throw .refused("A report has \(Goal.perReportMax) goals at most: choose a site")
        }
        let current = try Self.scan(context, goals, range)
        let isComparing = try context.comparesPrevious(context.bounds())
        let previous = isComparing ? try Self.scan(context, goals, range.previous) : nil
        (self.current, self.previous) = (current, previous)
        rows = goals.indices.map { index in
            let (figures, past) = (current.goals[index], previous?.goals[index])
            let codes = Set(figures.values.keys).union(past.map { Set($0.values.keys) } ?? [])
            let currencies = codes.map { (code: $0, text: context.dictionaries.text($0, .currency)) }
            return Row(
                goal: goals[index],
                figures: figures,
                previous: past,
                currencies: currencies.sorted { $0.text < $1.text }
            )
        }
        let hasTooMany = current.hasTooManyVisitors || previous?.hasTooManyVisitors == true
        visitorsRefusal = hasTooMany ? ScanResult.visitorsSentence : nil
    }

    private static func scan(
        _ context: ReportContext,
        _ goals: [Goal],
        _ range: ReportRange
    ) throws(ReportError) -> GoalScanResult {
        let query = try context.scanQuery(range)
        var conditions: [Condition] = []
        for goal in goals { conditions.append(try context.condition(goal, range)) }
        let result = try context.scanning { reader throws(StoreError) in try scanGoals(query, conditions, reader) }
        try context.checkDamage(result.damagedSegments)
        return result
    }
}

extension Reports {
    package func conversions(_ query: ReportQuery) throws(ReportError) -> ConversionsReport {
        try computed(query) { context throws(ReportError) in try ConversionsReport(context) }
    }

    /// Goals and saved funnels.
    package var goalTables: GoalTables { GoalTables(database) }
}
