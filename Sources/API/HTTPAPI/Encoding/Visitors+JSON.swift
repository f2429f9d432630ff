import Reports
import Segments

extension VisitorsReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("range", range.json), ("count", .integer(count)), ("visitors", .array(rows.map(Self.json))),
            ("next", JSONEncodedValue(next?.text)),
        ])
    }

    private static func json(_ row: Row) -> JSONEncodedValue {
        .object(
            [
                ("visitor", JSONEncodedValue(row.visitor)), ("name", JSONEncodedValue(row.name)),
                ("first_seen", .integer(row.figures.firstSeen)), ("last_seen", .integer(row.figures.lastSeen)),
                ("sessions", .integer(row.figures.sessions)), ("pageviews", .integer(row.figures.pageViews)),
                ("errors", .integer(row.figures.errors)), ("bot", .bool(row.isBot)),
            ] + dimensions.map { ($0.rawValue, .text(row.values[$0] ?? "")) }
        )
    }
}
