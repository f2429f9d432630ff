/// Visitors by the period in which they were first seen and the later ones in which they came back.
package struct RetentionFigures: Equatable, Sendable {
    /// `counts[first][later]`: visitors of a cohort seen in `first + later`; `later` 0 has the size of the cohort.
    package private(set) var counts: [[Int64]]

    init(periods: Int) { counts = (0..<periods).map { Array(repeating: 0, count: periods - $0) } }

    /// Adds a visitor with a bit for each period in which they were seen.
    mutating func add(_ seen: UInt64) {
        guard seen != 0 else { return }
        let first = seen.trailingZeroBitCount
        var rest = seen >> UInt64(first)
        while rest != 0 {
            counts[first][rest.trailingZeroBitCount] += 1
            rest &= rest - 1
        }
    }
}

/// The result of a scan for retention.
package struct RetentionScanResult: Sendable {
    package var figures: RetentionFigures
    package var damagedSegments = 0
    /// Whether some visitors share a number, so that they cannot be counted.
    package var hasTooManyVisitors = false
}

/// Limits of a scan for retention.
package enum RetentionLimits {
    /// Periods at most: one bit each.
    package static let periodsMax = 60
    /// Visitor numbers that one pass covers: 32 MB.
    static let visitorsOfPass = 4_194_304
}

/// Counts in which buckets of a query its visitors were seen.
package func scanRetention<Source: SegmentSource>(
    _ query: ScanQuery,
    _ source: Source,
    visitorsOfPass: Int = RetentionLimits.visitorsOfPass
) throws(Source.Failure) -> RetentionScanResult {
    precondition(query.edges.count <= RetentionLimits.periodsMax)
    var result = RetentionScanResult(figures: RetentionFigures(periods: query.edges.count))
    var (first, end) = (0, 1)
    while first < end {
        let pass = first..<first + visitorsOfPass
        var seen: [UInt64] = []
        result.damagedSegments = try walk(query, source, []) { rows, _ in
            end = max(end, rows.visitorsEnd)
            rows.forEachInRange { row in
                guard rows.counted[row] == 1 else { return }
                let visitor = Int(rows.visitors[rows.owners[row]])
                guard pass.contains(visitor) else { return }
                let index = visitor - first
                if index >= seen.count {
                    seen += Array(repeating: 0, count: max(index + 1, 2 * seen.count) - seen.count)
                }
                seen[index] |= 1 << UInt64(rows.buckets[row])
            }
        }
        guard result.damagedSegments == 0 else { return result }
        result.hasTooManyVisitors = end >= VisitorBits.visitorsMax
        guard !result.hasTooManyVisitors else { return result }
        for mask in seen { result.figures.add(mask) }
        first += visitorsOfPass
    }
    return result
}
