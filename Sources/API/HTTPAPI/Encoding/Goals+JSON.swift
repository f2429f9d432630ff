import Reports
import Segments

extension Goal: JSONRepresentable {
    var json: JSONEncodedValue {
        var members: [(String, JSONEncodedValue)] = [
            ("id", .text(id)), ("site", JSONEncodedValue(site)), ("name", .text(name)), ("title", .text(title)),
        ]
        switch milestone {
        case .page(let pattern): members += [("type", .text("page")), ("match", .text(pattern))]
        case .event(let event, let property):
            members += [("type", .text("event")), ("match", .text(event))]
            if let property {
                members += [("property", .text(property.name)), ("property_value", .text(property.value))]
            }
        case .goal: break
        }
        return .object(members)
    }
}

extension Milestone: JSONRepresentable {
    /// A step as in the parameter `steps`.
    var json: JSONEncodedValue {
        switch self {
        case .page(let pattern): .array([.text("page"), .text(pattern)])
        case .event(let name, let property):
            .array([.text("event"), .text(name)] + (property.map { [.text($0.name), .text($0.value)] } ?? []))
        case .goal(let id): .array([.text("goal"), .text(id)])
        }
    }
}

extension Funnel: JSONRepresentable {
    var json: JSONEncodedValue {
        // Steps were checked before they were stored.
        let steps = (try? Milestone.steps(steps)) ?? []
        return .object([
            ("id", .text(id)), ("site", JSONEncodedValue(site)), ("name", .text(name)),
            ("steps", JSONEncodedValue(steps)), ("by", .text(scope.rawValue)), ("window", JSONEncodedValue(window)),
        ])
    }
}

/// An answer with one member.
struct NamedAnswer: JSONRepresentable {
    let name: String
    let value: JSONEncodedValue

    var json: JSONEncodedValue { .object([(name, value)]) }
}

extension ConversionsReport: JSONRepresentable {
    var json: JSONEncodedValue {
        .object(
            [
                ("range", range.json), ("sessions", .integer(current.sessions)),
                ("visitors", JSONEncodedValue(current.visitors)),
                (
                    "previous",
                    previous.map {
                        .object([("sessions", .integer($0.sessions)), ("visitors", JSONEncodedValue($0.visitors))])
                    } ?? .null
                ),
                ("goals", .array(rows.map(json))),
            ] + visitorsRefused(visitorsRefusal)
        )
    }

    private func json(_ row: Row) -> JSONEncodedValue {
        let series = starts.indices.map { index in
            JSONEncodedValue.object([
                ("t", .integer(starts[index])), ("conversions", .integer(row.figures.conversionSeries[index])),
                ("converted_sessions", .integer(row.figures.sessionSeries[index])),
                ("sessions", .integer(current.sessionSeries[index])),
            ])
        }
        let past = row.previous.flatMap { figures in
            previous.map { JSONEncodedValue.object(Self.members(figures, $0, row)) }
        }
        return .object(
            [("goal", row.goal.json)] + Self.members(row.figures, current, row)
                + [("previous", past ?? .null), ("series", .array(series))]
        )
    }

    private static func members(
        _ figures: GoalFigures,
        _ all: GoalScanResult,
        _ row: Row
    ) -> [(String, JSONEncodedValue)] {
        let values = row.currencies.compactMap { code, text -> JSONEncodedValue? in
            guard let value = figures.values[code] else { return nil }
            return .object([
                ("currency", text.isEmpty ? .null : .text(text)), ("sum", .text(decimal(value.sum))),
                ("count", .integer(value.count)),
            ])
        }
        let visitorRate = figures.visitors.flatMap { own in all.visitors.map { JSONEncodedValue.share(own, of: $0) } }
        return [
            ("conversions", .integer(figures.conversions)), ("converted_sessions", .integer(figures.sessions)),
            ("converted_visitors", JSONEncodedValue(figures.visitors)),
            ("session_rate", .share(figures.sessions, of: all.sessions)), ("visitor_rate", visitorRate ?? .null),
            ("values", .array(values)),
        ]
    }

    /// The shortest exact decimal of a number of 1/10,000.
    static func decimal(_ units: Int128) -> String {
        let (whole, rest) = units.magnitude.quotientAndRemainder(dividingBy: 10_000)
        var fraction = String(repeating: "0", count: 4 - String(rest).count) + String(rest)
        while fraction.last == "0" { fraction.removeLast() }
        return (units < 0 ? "-" : "") + String(whole) + (fraction.isEmpty ? "" : "." + fraction)
    }
}

extension FunnelReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let first = steps.first?.count ?? 0
        let list = steps.enumerated().map { index, step in
            let before = index > 0 ? steps[index - 1].count : step.count
            return JSONEncodedValue.object([
                ("step", step.milestone.json), ("goal", JSONEncodedValue(step.goal)), ("count", .integer(step.count)),
                ("dropped", .integer(before - step.count)), ("rate", .share(step.count, of: before)),
                ("total_rate", .share(step.count, of: first)), ("seconds_p50", JSONEncodedValue(step.p50)),
                ("seconds_p75", JSONEncodedValue(step.p75)),
            ])
        }
        return .object([
            ("range", range.json), ("by", .text(scope.rawValue)), ("window", JSONEncodedValue(window)),
            ("steps", .array(list)),
        ])
    }
}

extension RetentionReport: JSONRepresentable {
    var json: JSONEncodedValue {
        let cohorts = periods.enumerated().map { index, period in
            JSONEncodedValue.object([
                ("t", .integer(period.start)), ("partial", .bool(period.isPartial)),
                ("visitors", .array(figures.counts[index].map { .integer($0) })),
            ])
        }
        return .object([("range", range.json), ("period", .text(period.rawValue)), ("cohorts", .array(cohorts))])
    }
}

extension PathsReport: JSONRepresentable {
    private static func json(_ link: (from: Int, to: Int, sessions: Int64)) -> JSONEncodedValue {
        .array([.integer(Int64(link.from)), .integer(Int64(link.to)), .integer(link.sessions)])
    }

    var json: JSONEncodedValue {
        let list = steps.map { step in
            JSONEncodedValue.object([
                (
                    "rows",
                    .array(step.rows.map { .object([("page", .text($0.page)), ("sessions", .integer($0.sessions))]) })
                ),
                ("other_pages", .integer(step.otherPages)), ("other", .integer(step.other)),
                ("ended", .integer(step.ended)),
                ("links", .array(step.links.map(Self.json))),
            ])
        }
        return .object([
            ("range", range.json), ("direction", .text(request.direction == .forward ? "forward" : "backward")),
            ("page", JSONEncodedValue(request.page)), ("via", .array(request.via.map { .text($0) })),
            ("steps", .array(list)),
        ])
    }
}
