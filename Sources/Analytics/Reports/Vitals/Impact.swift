package import Segments

/// The weight of a slow value of a dimension: page views with the vital × excess of their p75 over the good threshold.
package enum Impact {
    /// The number of values below which a percentile is not used for an order, unless the query has another one.
    package static let sampleMin: Int64 = 30
    package static let sampleMinMax: Int64 = 1_000_000
    /// The most values with slow page views that are compared; a percentile takes much more memory than a count.
    static let candidatesMax = 2000
    static let tooMany = ReportError.refused(
        "More than \(candidatesMax) values are slow: choose a larger min, a shorter range or more filters"
    )

    /// Milliseconds × page views, or score × page views; nil for fewer than `sampleMin` values.
    package static func of(_ summary: VitalSummary, _ vital: Vital, sampleMin: Int64) -> Double? {
        guard summary.count >= sampleMin, let p75 = summary.p75 else { return nil }
        return Double(summary.count) * max(0, vital.inReportUnit(p75) - vital.thresholds.good)
    }

    /// The fewest values that are not good of which the p75 of `count` values can be above the good threshold.
    ///
    /// Percentiles interpolate between the two values around rank 0.75 × (count − 1), so the upper one must be above.
    static func leastSlow(of count: Int64) -> Int64 { (max(1, count) + 3) / 4 }
}

/// A value of a dimension with a vital of its page views.
struct SlowValue {
    let code: UInt32
    let summary: VitalSummary
    let impact: Double
}

extension ReportContext {
    /// A list of the values that can have an impact on a vital, without sums.
    func slowList(_ dimension: ReportDimension, _ vital: Vital) -> ScanQuery.List {
        var list = dimension.list(limit: Impact.candidatesMax)
        (list.measure, list.vitals, list.withSums) = (.slowVitals, [vital], false)
        return list
    }

    /// The values of such a list with an impact, the largest first; ties in the order of the list.
    func slowValues(_ list: ListResult, _ vital: Vital, sampleMin: Int64) throws(ReportError) -> [SlowValue] {
        let summaries = list.rows.map { ($0.code, $0.sum.vitals[vital.rawValue] ?? VitalSummary()) }
        if list.count > Int64(summaries.count), let last = summaries.last?.1,
            last.needsImprovement + last.poor >= Impact.leastSlow(of: sampleMin)
        {
            throw Impact.tooMany
        }
        return summaries.enumerated().compactMap { index, row -> (Int, SlowValue)? in
            guard let impact = Impact.of(row.1, vital, sampleMin: sampleMin), impact > 0 else { return nil }
            return (index, SlowValue(code: row.0, summary: row.1, impact: impact))
        }
        .sorted { $0.1.impact == $1.1.impact ? $0.0 < $1.0 : $0.1.impact > $1.1.impact }
        .map(\.1)
    }
}
