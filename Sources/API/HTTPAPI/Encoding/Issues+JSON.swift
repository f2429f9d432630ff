import Aggregation
import Reports

extension IssuesReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let states = IssueState.allCases.map { ($0.rawValue, JSONEncodedValue.integer(self.states[$0] ?? 0)) }
        return .object(
            [
                ("range", range.json), ("count", .integer(count)), ("total", .integer(total)),
                ("rest", .integer(rest)), ("states", .object(states)), ("issues", .array(rows.map(Self.json))),
            ] + visitorsRefused(visitorsRefusal)
        )
    }

    private static func json(_ row: Row) -> JSONEncodedValue {
        .object(
            [
                ("issue", .text(row.issue)), ("errors", .integer(row.errors)),
                ("visitors", JSONEncodedValue(row.visitors)),
            ] + row.text.members + [
                ("merged", .integer(Int64(row.text.merged.count))), ("trend", .array(row.trend.map { .integer($0) })),
            ]
        )
    }
}

extension IssueReport: JSONRepresentable {
    /// The most releases of a history, the latest first.
    private static let historyMax = 100

    var json: JSONEncodedValue {
        let points = series.map {
            JSONEncodedValue.object([("t", .integer($0.start)), ("errors", .integer($0.errors))])
        }
        let merged = members.map { issue, text in
            JSONEncodedValue.object([
                ("issue", .text(issue)), ("name", .text(text.name)), ("message", .text(text.message)),
                ("culprit", text.culprit.json), ("first_seen", .integer(text.firstSeen)),
                ("last_seen", .integer(text.lastSeen)),
            ])
        }
        let lists = zip(["browsers", "systems", "devices", "paths", "releases"], lists).flatMap(Self.members)
        return .object(
            [
                ("range", range.json), ("issue", .text(issue)), ("errors", .integer(errors)),
                ("visitors", JSONEncodedValue(visitors)),
            ] + text.members + [
                ("merged", .array(merged)),
                ("release_history", JSONEncodedValue(text.releases.reversed().prefix(Self.historyMax))),
                ("series", .array(points)),
            ] + lists + [("samples", JSONEncodedValue(samples))] + visitorsRefused(visitorsRefusal)
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

extension SeenRelease: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("release", .text(name)), ("since", .integer(since)), ("first_seen", .integer(firstSeen)),
            ("last_seen", .integer(lastSeen)),
        ])
    }
}

extension Culprit {
    fileprivate var json: JSONEncodedValue {
        function.isEmpty && file.isEmpty
            ? .null
            : .object([("function", .text(function)), ("file", .text(file)), ("line", .integer(line))])
    }
}

extension IssueText {
    fileprivate var members: [(String, JSONEncodedValue)] {
        [
            ("site", .text(site)), ("kind", .text(kind)), ("name", .text(name)), ("message", .text(message)),
            ("culprit", culprit.json), ("first_seen", .integer(firstSeen)), ("last_seen", .integer(lastSeen)),
            ("state", .text(state.rawValue)), ("decision", decision.map { .object($0.members) } ?? .null),
            ("first_release", JSONEncodedValue(releases.first?.name)),
            ("last_release", JSONEncodedValue(releases.last?.name)), ("regressed_in", JSONEncodedValue(regressedIn)),
            ("noise", JSONEncodedValue(noise)),
        ]
    }
}

extension IssueDecision {
    fileprivate var members: [(String, JSONEncodedValue)] {
        [
            ("state", .text(state.rawValue)), ("changed_at", .integer(changedAt)),
            ("release", JSONEncodedValue(release)), ("in_next", .bool(isNext)),
            ("until_errors", JSONEncodedValue(untilErrors)), ("until_visitors", JSONEncodedValue(untilVisitors)),
        ]
    }
}

/// The owner's decision about an issue.
struct DecidedIssue: JSONRepresentable {
    let issue: String
    let decision: IssueDecision

    var json: JSONEncodedValue { .object([("issue", .text(issue))] + decision.members) }
}

/// The issue as which another one counts.
struct MergedIssue: JSONRepresentable {
    let issue: String
    /// Nil for an issue that counts as itself.
    let target: String?

    var json: JSONEncodedValue { .object([("issue", .text(issue)), ("into", JSONEncodedValue(target))]) }
}

extension IssueOccurrences: JSONRepresentable {
    var json: JSONEncodedValue {
        let occurrences = events.map { event in
            JSONEncodedValue.object([
                ("event", event.json), ("frames", JSONEncodedValue(event.frames(site: event.site))),
            ])
        }
        return .object([("occurrences", .array(occurrences)), ("next", JSONEncodedValue(next))])
    }
}

extension ReportedFrame: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("function", .text(function)), ("file", .text(file)), ("line", .integer(line)),
            ("column", .integer(column)), ("in_app", .bool(isInApp)),
        ])
    }
}

extension IssueProperties: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([("errors", .integer(errors)), ("properties", JSONEncodedValue(properties))])
    }
}

extension IssueProperties.Property: JSONRepresentable {
    var json: JSONEncodedValue {
        let rows = rows.map { JSONEncodedValue.object([("value", .text($0.value)), ("count", .integer($0.errors))]) }
        return .object([
            ("name", .text(name)), ("rows", .array(rows)), ("count", .integer(count)), ("rest", .integer(rest)),
        ])
    }
}
