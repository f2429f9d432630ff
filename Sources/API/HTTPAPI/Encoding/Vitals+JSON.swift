import Reports
import Segments

extension PerformanceReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([("range", range.json), ("metrics", .object(metrics.map { ($0.vital.name, Self.json($0)) }))])
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

extension VitalsByReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let rows = rows.map { row in
            JSONEncodedValue.object(
                [("value", .text(row.value)), ("pageviews", .integer(row.pageViews))]
                    + Vital.allCases.map {
                        ($0.name, .summary(row.sum.vitals[$0.rawValue] ?? VitalSummary(), $0))
                    }
            )
        }
        return .object([
            ("range", range.json), ("dimension", .text(dimension.rawValue)), ("count", .integer(count)),
            ("rows", .array(rows)),
        ])
    }
}
