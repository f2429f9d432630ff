/// How often a goal was reached, and by which sessions and visitors.
package struct GoalFigures: Equatable, Sendable {
    /// Values of one currency in units of 1/10,000.
    package struct Value: Equatable, Sendable {
        package var sum: Int128 = 0
        package var count: Int64 = 0

        package init(sum: Int128 = 0, count: Int64 = 0) { (self.sum, self.count) = (sum, count) }
    }

    /// Page views and events within the range that meet the condition, in all and by bucket.
    package var conversions: Int64 = 0
    package var conversionSeries: [Int64]
    /// Sessions of the range that meet it at any time, in all and by the bucket in which they began.
    package var sessions: Int64 = 0
    package var sessionSeries: [Int64]
    /// Distinct visitors of the range with such a session; nil when there are too many to count.
    package var visitors: Int64? = 0
    /// By code of the currency.
    package var values: [UInt32: Value] = [:]

    init(buckets: Int) {
        conversionSeries = Array(repeating: 0, count: buckets)
        sessionSeries = Array(repeating: 0, count: buckets)
    }
}

/// The result of a scan for goals.
package struct GoalScanResult: Sendable {
    /// All sessions and visitors of the range.
    package var sessions: Int64 = 0
    package var visitors: Int64? = 0
    package var sessionSeries: [Int64]
    /// In the order of the conditions.
    package var goals: [GoalFigures]
    package var damagedSegments = 0

    /// Whether visitor counts are missing because some visitors share a number.
    package var hasTooManyVisitors: Bool { visitors == nil || goals.contains { $0.visitors == nil } }
}

/// Counts goals in the page views and sessions that a query selects.
///
/// One pass, and further ones for visitors where their bits need more memory than one pass may take.
package func scanGoals<Source: SegmentSource>(
    _ query: ScanQuery,
    _ conditions: [Condition],
    _ source: Source
) throws(Source.Failure) -> GoalScanResult {
    var work = GoalScan(query, conditions)
    var columns = ConditionMarks.columns(conditions)
    if columns.contains(.eventName) { columns.formUnion([.eventValue, .eventCurrency]) }
    var damaged = 0
    repeat {
        damaged += try walk(query, source, columns) { rows, columns throws(DamagedSegment) in
            try work.add(rows, columns)
        }
        work.finishPass()
    } while !work.isDone && damaged == 0
    work.result.damagedSegments = damaged
    return work.result
}

private struct GoalScan {
    private let query: ScanQuery
    private let conditions: [Condition]
    var result: GoalScanResult
    /// Group 0 has the visitors of the range, the others those of goals.
    private var bits: VisitorBits
    private var counts: [Int64?] = []
    private var isFirstPass = true

    init(_ query: ScanQuery, _ conditions: [Condition]) {
        (self.query, self.conditions) = (query, conditions)
        let goal = GoalFigures(buckets: query.edges.count)
        result = GoalScanResult(
            sessionSeries: goal.sessionSeries,
            goals: Array(repeating: goal, count: conditions.count)
        )
        bits = VisitorBits(groups: 0..<conditions.count + 1, bytesMax: ScanLimits().visitorBytes)
    }

    var isDone: Bool { counts.count == conditions.count + 1 }

    mutating func finishPass() {
        for group in bits.groups { counts.append(bits.count(group)) }
        bits = VisitorBits(groups: counts.count..<conditions.count + 1, bytesMax: ScanLimits().visitorBytes)
        isFirstPass = false
        guard isDone else { return }
        result.visitors = counts[0]
        for index in conditions.indices { result.goals[index].visitors = counts[index + 1] }
    }

    mutating func add(_ rows: SegmentRows, _ columns: SegmentColumns) throws(DamagedSegment) {
        let marks = try ConditionMarks(rows, columns, conditions)
        let table = bits.reserve(visitors: rows.visitorsEnd)
        rows.forEachActive { session in
            if rows.hasPageView(session: session) { table.insert(rows.visitors[session], 0) }
        }
        if isFirstPass {
            for session in 0..<rows.info.sessions where rows.isCounted(session: session) {
                result.sessions += 1
                result.sessionSeries[Int(rows.sessionBuckets[row: session])] += 1
            }
            try addConversions(rows, columns, marks)
        }
        var reached = [Bool](repeating: false, count: rows.info.sessions)
        for index in conditions.indices {
            for session in reached.indices { reached[session] = false }
            marks.forEachSession(index) { session in reached[Int(session)] = true }
            for session in reached.indices where reached[session] {
                if isFirstPass, rows.isCounted(session: session) {
                    result.goals[index].sessions += 1
                    result.goals[index].sessionSeries[Int(rows.sessionBuckets[row: session])] += 1
                }
                if rows.hasPageView(session: UInt16(session)) { table.insert(rows.visitors[row: session], index + 1) }
            }
        }
    }

    private mutating func addConversions(
        _ rows: SegmentRows,
        _ columns: SegmentColumns,
        _ marks: ConditionMarks
    ) throws(DamagedSegment) {
        for index in conditions.indices {
            guard case .pages = conditions[index].subject else { continue }
            rows.forEachInRange { row in
                guard marks.page(row, meets: index) else { return }
                result.goals[index].conversions += 1
                result.goals[index].conversionSeries[Int(rows.buckets[row])] += 1
            }
        }
        guard !marks.parents.isEmpty else { return }
        let values: [UInt64] = try columns.numbers(.eventValue)
        let currencies = try columns.codes(.eventCurrency)
        var finder = BucketFinder(query, rows.info)
        for event in marks.parents.indices
        where rows.passes(Int(marks.parents[event])) && finder.isInRange(marks.times[event]) {
            for index in conditions.indices where marks.event(event, meets: index) {
                result.goals[index].conversions += 1
                result.goals[index].conversionSeries[finder.bucket(marks.times[event])] += 1
                guard let value = EventValue.decode(values[event]) else { continue }
                let currency = currencies.dictionary[Int(currencies.rows[event])]
                result.goals[index].values[currency, default: .init()].sum += Int128(value)
                result.goals[index].values[currency, default: .init()].count += 1
            }
        }
    }
}
