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
        let rows = list.rows.indices.map { index in
            let row = list.rows[index]
            let previous = row.previous.map { [("previous", JSONEncodedValue.object(members($0, list.dimension)))] }
            return JSONEncodedValue.object(
                [("value", .text(row.value))] + members(row.sum, list.dimension)
                    + Self.conversions(list, index) + (previous ?? [])
            )
        }
        return .object([
            ("by", .text(list.measure.name)), ("total", .integer(list.total)), ("rest", .integer(list.rest)),
            ("count", .integer(list.count)), ("rows", .array(rows)),
        ])
    }

    private func members(_ sum: Aggregate, _ dimension: ReportDimension) -> [(String, JSONEncodedValue)] {
        countsOnly ? Self.counts(sum, dimension) : Self.members(sum, dimension)
    }

    /// The members of a row about the goal; none without a goal.
    private static func conversions(_ list: List, _ index: Int) -> [(String, JSONEncodedValue)] {
        guard let converted = list.conversions?[index] else { return [] }
        return [
            ("converted_sessions", .integer(converted)),
            ("conversion_rate", .share(converted, of: list.rows[index].sum.sessions)),
        ]
    }

    /// The rows of the first list as a file; without columns of nested values.
    var csv: [UInt8] {
        guard let list = lists.first else { return [] }
        func members(_ sum: Aggregate) -> [(String, JSONEncodedValue)] {
            self.members(sum, list.dimension).filter { if case .object = $0.1 { false } else { true } }
        }
        let names = members(Aggregate()).map(\.0)
        let withPrevious = list.rows.contains { $0.previous != nil }
        let goal = list.conversions == nil ? [] : ["converted_sessions", "conversion_rate"]
        let previous = withPrevious ? names.map { "previous_\($0)" } : []
        let header = [list.dimension.rawValue] + names + goal + previous
        return list.rows.indices.reduce(into: ExportFormat.csv.header(header)) { bytes, index in
            let row = list.rows[index]
            let past = withPrevious ? members(row.previous ?? Aggregate()) : []
            let cells = members(row.sum) + Self.conversions(list, index) + past
            bytes += CSV.row([.text(row.value)] + cells.map { $0.1.cell })
        }
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

extension JSONEncodedValue {
    fileprivate var cell: ExportCell {
        switch self {
        case .integer(let value): .number(value)
        case .number(let value): .decimal(value)
        case .text(let text): .text(text)
        default: .missing
        }
    }
}

extension ScanQuery.Measure {
    /// The member of a row by which a list is ranked.
    var name: String {
        switch self {
        case .pageViews: "pageviews"
        case .sessions: "sessions"
        case .errors: "errors"
        case .events, .requests, .vitals, .slowVitals: "events"
        }
    }
}
