import Reports
import Segments

extension BreakdownsReport: JSONRepresentable {
    private static let vitals: [Vital] = [.lcp, .inp]

    var json: JSONEncodedValue {
        let lists = lists.map { ($0.dimension.rawValue, json($0)) }
        return .object(
            [("range", range.json), ("dimensions", .object(lists))] + visitorsRefused(visitorsRefusal)
        )
    }

    private func json(_ list: List) -> JSONEncodedValue {
        let rows = list.rows.enumerated().map { index, row in
            var members = countsOnly ? Self.counts(row.sum, list.dimension) : Self.members(row.sum, list.dimension)
            if let converted = list.conversions?[index] {
                members += [
                    ("converted_sessions", .integer(converted)),
                    ("conversion_rate", .share(converted, of: row.sum.sessions)),
                ]
            }
            return JSONEncodedValue.object([("value", .text(row.value))] + members)
        }
        return .object([
            ("by", .text(list.dimension.measure.name)), ("total", .integer(list.total)), ("rest", .integer(list.rest)),
            ("count", .integer(list.count)), ("rows", .array(rows)),
        ])
    }

    private static func counts(_ sum: Aggregate, _ dimension: ReportDimension) -> [(String, JSONEncodedValue)] {
        let measure = dimension.measure
        let events = measure.name == "events" ? measure.value(sum, dimension) : sum.eventsReceived
        return [
            ("sessions", .integer(sum.sessions)), ("pageviews", .integer(sum.pageViews)), ("events", .integer(events)),
            ("errors", .integer(sum.errors)),
        ]
    }

    private static func members(_ sum: Aggregate, _ dimension: ReportDimension) -> [(String, JSONEncodedValue)] {
        let visitors = ("visitors", JSONEncodedValue(sum.visitors))
        let value = JSONEncodedValue.integer(dimension.measure.value(sum, dimension))
        switch dimension.measure {
        case .sessions, .pageViews: return sum.members(vitals: vitals, withBounceRate: dimension.hasBounceRate)
        case .errors, .events: return [visitors, (dimension.measure.name, value)]
        case .requests:
            let duration = JSONEncodedValue.summary(sum.durations ?? VitalSummary()) {
                JSONEncodedValue($0, digits: 0)
            }
            return [visitors, ("events", value), ("bytes", .integer(sum.bytes)), ("duration", duration)]
        case .vitals, .slowVitals: return [visitors, ("events", value), ("slow_pageviews", value)]
        }
    }
}

extension ScanQuery.Measure {
    /// The member of a row by which a list is ranked.
    fileprivate var name: String {
        switch self {
        case .pageViews: "pageviews"
        case .sessions: "sessions"
        case .errors: "errors"
        case .events, .requests, .vitals, .slowVitals: "events"
        }
    }
}
