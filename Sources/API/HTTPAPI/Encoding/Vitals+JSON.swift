import Reports
import Segments

extension PerformanceReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let weights = ExperienceScore.weights.map { ($0.vital.name, JSONEncodedValue.integer($0.percent)) }
        return .object([
            ("range", range.json),
            (
                "score",
                .object(score.members + [("previous", previousScore.json), ("weights", .object(weights))])
            ),
            ("metrics", .object(metrics.map { ($0.vital.name, Self.json($0)) })),
        ])
    }

    private static func json(_ metric: Metric) -> JSONEncodedValue {
        let vital = metric.vital
        let (good, needsImprovement) = vital.thresholds
        let points = metric.series.map { start, summary in
            JSONEncodedValue.object([
                ("t", .integer(start)), ("count", .integer(summary.count)), ("p50", .vital(summary.p50, vital)),
                ("p75", .vital(summary.p75, vital)), ("p95", .vital(summary.p95, vital)),
            ])
        }
        let distribution = metric.summary.distribution.map { bin in
            JSONEncodedValue.array([
                JSONEncodedValue(vital.inReportUnit(bin.upperBound), digits: 4), .integer(bin.count),
            ])
        }
        return .object([
            ("figures", .summary(metric.summary, vital)), ("previous", .summary(metric.previous, vital)),
            (
                "thresholds",
                .object([
                    ("good", JSONEncodedValue(good, digits: 3)),
                    ("needs_improvement", JSONEncodedValue(needsImprovement, digits: 3)),
                ])
            ),
            ("series", .array(points)), ("distribution", .array(distribution)),
        ])
    }
}

extension ExperienceScore: JSONRepresentable {
    var members: [(String, JSONEncodedValue)] {
        [("value", JSONEncodedValue(value, digits: 1)), ("count", .integer(count))]
    }

    var json: JSONEncodedValue { .object(members) }
}

extension VitalsByReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("range", range.json), ("dimension", .text(dimension.rawValue)), ("sort", .text(order.name)),
            ("min", .integer(sampleMin)), ("count", .integer(count)), ("rows", .array(rows.map(json))),
        ])
    }

    private func json(_ row: Row) -> JSONEncodedValue {
        let vitals = Vital.allCases.map { vital in
            let summary = row.sum.vitals[vital.rawValue] ?? VitalSummary()
            let impact = Impact.of(summary, vital, sampleMin: sampleMin)
            return (vital.name, JSONEncodedValue.object(summary.members(vital) + [("impact", .impact(impact, vital))]))
        }
        return .object(
            [("value", .text(row.value)), ("pageviews", .integer(row.pageViews)), ("score", row.score.json)] + vitals
        )
    }
}

extension VitalsByReport.Order {
    fileprivate var name: String {
        switch self {
        case .pageViews: "pageviews"
        case .impact(let vital): vital.name
        }
    }
}

extension SlowPagesReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let rows = rows.map { row in
            JSONEncodedValue.object([
                ("path", .text(row.path)), ("device", JSONEncodedValue(row.device)),
                ("figures", .summary(row.summary, vital)), ("impact", .impact(row.impact, vital)),
                ("element", Self.json(row.element)), ("part", Self.json(row.part)),
            ])
        }
        return .object([
            ("range", range.json), ("vital", .text(vital.name)), ("min", .integer(sampleMin)), ("rows", .array(rows)),
        ])
    }

    private static func json(_ cause: Cause?) -> JSONEncodedValue {
        guard let cause else { return .null }
        return .object([("value", .text(cause.value)), ("share", .share(cause.count, of: cause.total))])
    }
}

extension JSONEncodedValue {
    /// An impact in the unit of the vital × page views.
    fileprivate static func impact(_ value: Double?, _ vital: Vital) -> JSONEncodedValue {
        JSONEncodedValue(value, digits: vital == .cls ? 3 : 0)
    }
}
