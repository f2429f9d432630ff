import Reports
import Segments

extension OverviewReport {
    /// The report, with the current build of rollups.
    func json(processing: RollupProgress.Processing?) -> JSONEncodedValue {
        .object(
            [
                ("range", range.json), ("processing", processing?.json ?? .null), ("totals", .object(totals.totals)),
                ("previous", previous.map { .object($0.totals) } ?? .null), ("series", Self.json(series)),
                ("previous_series", Self.json(previousSeries)), ("updated", .integer(updated)),
            ] + visitorsRefused(visitorsRefusal)
        )
    }

    private static func json(_ series: [Bucket]) -> JSONEncodedValue {
        .array(series.map { .object([("t", .integer($0.start))] + $0.sum.members(vitals: vitals)) })
    }
}

extension LiveReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object(
            [
                ("visitors", JSONEncodedValue(visitors)), ("minutes", .integer(Self.minutes)),
                ("last_event", JSONEncodedValue(lastEvent)),
            ] + visitorsRefused(visitorsRefusal)
        )
    }
}

extension SitesReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let rows = sites.map { site, pageViews in
            JSONEncodedValue.object([("site", .text(site)), ("pageviews", .integer(pageViews))])
        }
        return .object([("sites", .array(rows))])
    }
}

extension DataQualityReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("range", range.json), ("events", .integer(events)), ("bot_events", .integer(botEvents)),
            ("pageviews", JSONEncodedValue(delivery?.pageViews)), ("emitted", JSONEncodedValue(delivery?.emitted)),
            ("received", JSONEncodedValue(delivery?.received)), ("dropped", JSONEncodedValue(delivery?.dropped)),
            ("lost", JSONEncodedValue(delivery?.lost)), ("invalid_values", .integer(invalidValues)),
            ("refused", JSONEncodedValue(refusal)),
        ])
    }
}
