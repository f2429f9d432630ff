import Reports

extension IssuesReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object(
            [
                ("range", range.json), ("count", .integer(count)), ("total", .integer(total)),
                ("rest", .integer(rest)), ("issues", .array(rows.map(Self.json))),
            ] + visitorsRefused(visitorsRefusal)
        )
    }

    private static func json(_ row: Row) -> JSONEncodedValue {
        .object(
            [
                ("issue", .text(row.issue)), ("errors", .integer(row.errors)),
                ("visitors", JSONEncodedValue(row.visitors)),
            ] + row.text.members + [("trend", .array(row.trend.map { .integer($0) }))]
        )
    }
}

extension IssueReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let points = series.map {
            JSONEncodedValue.object([("t", .integer($0.start)), ("errors", .integer($0.errors))])
        }
        return .object(
            [
                ("range", range.json), ("issue", .text(issue)), ("errors", .integer(errors)),
                ("visitors", JSONEncodedValue(visitors)),
            ] + text.members + [("series", .array(points))] + Self.members("browsers", browsers)
                + Self.members("paths", paths) + Self.members("releases", releases)
                + [("samples", JSONEncodedValue(samples))] + visitorsRefused(visitorsRefusal)
        )
    }

    /// A list by value and count, with the number of values and the number of errors that it omits.
    private static func members(_ name: String, _ list: List) -> [(String, JSONEncodedValue)] {
        let rows = list.rows.map {
            JSONEncodedValue.object([("value", .text($0.value)), ("count", .integer($0.errors))])
        }
        return [
            (name, .array(rows)), ("\(name)_count", .integer(list.count)), ("\(name)_rest", .integer(list.rest)),
        ]
    }
}

extension IssueText {
    fileprivate var members: [(String, JSONEncodedValue)] {
        [
            ("site", .text(site)), ("kind", .text(kind)), ("name", .text(name)), ("message", .text(message)),
            ("first_seen", .integer(firstSeen)), ("last_seen", .integer(lastSeen)), ("state", .text(state.rawValue)),
            ("noise", JSONEncodedValue(noise)),
        ]
    }
}

/// The owner's decision about an issue.
struct IssueDecision: JSONRepresentable {
    let issue: String
    let state: IssueState

    var json: JSONEncodedValue { .object([("issue", .text(issue)), ("state", .text(state.rawValue))]) }
}
