import HTTPAPI
import Reports

/// The results of budgets, as text and JSON, with the exit code.
struct BudgetCheck {
    let site: String?
    let release: String?
    let budgets: [Budget]
    /// In the order of the budgets; without budgets, the figures to compare.
    let figures: BudgetFigures
    /// The release to compare with, and its figures in the same order.
    let earlier: (release: String, figures: BudgetFigures)?
    let samplesMin: Int64
    let isStrict: Bool

    /// The columns of a result and of the name of a metric.
    private static let outcomeColumns = 16
    private static let nameColumns = 12

    private var results: [(budget: Budget, figure: BudgetFigure, outcome: BudgetOutcome)] {
        zip(budgets, figures.figures).map { budget, figure in
            (budget, figure, budget.outcome(figure, samplesMin: samplesMin, isStrict: isStrict))
        }
    }

    var exitCode: ExitCode {
        let outcomes = results.map(\.outcome)
        if outcomes.contains(.fail) { return .failure }
        return outcomes.allSatisfy { $0 == .pass } ? .success : .undecided
    }

    // MARK: - Text

    /// The lines for a terminal, without control characters of sites and releases.
    var lines: [String] {
        var lines = ["\(subject), \(figures.range.text): \(Self.counted(figures.pageViews)) page views", ""]
        lines += results.map { line($0, $1, $2) }
        if let earlier {
            if !budgets.isEmpty { lines.append("") }
            lines.append(
                "Compared with release \(earlier.release), \(Self.counted(earlier.figures.pageViews)) page views:"
            )
            lines += zip(figures.figures, earlier.figures.figures).map { comparison($0, $1) }
        }
        if !budgets.isEmpty { lines += ["", conclusion] }
        return lines.map(\.printable)
    }

    private var subject: String {
        (site.map { "Site \($0)" } ?? "All sites") + (release.map { ", release \($0)" } ?? "")
    }

    private func line(_ budget: Budget, _ figure: BudgetFigure, _ outcome: BudgetOutcome) -> String {
        let word = outcome.rawValue.split(separator: "_").joined(separator: " ")
        let unit = budget.metric.unit
        return word.padding(to: Self.outcomeColumns) + " " + figure.metric.name.padding(to: Self.nameColumns)
            + " \(value(figure, besides: budget.limit)), limit \(unit.text(budget.limit)) \(unit.name)".trimmed
            + " (\(unit.text(figure.interval)), \(samples(figure)))"
    }

    private func value(_ figure: BudgetFigure, besides limit: Double) -> String {
        figure.value.map { "\(figure.metric.unit.text($0, besides: limit)) \(figure.metric.unit.name)".trimmed }
            ?? "no value"
    }

    private func samples(_ figure: BudgetFigure) -> String {
        let count = Self.counted(figure.samples)
        return figure.samples < samplesMin
            ? "\(count) of \(Self.counted(samplesMin)) \(figure.metric.samples)" : "\(count) \(figure.metric.samples)"
    }

    private func comparison(_ figure: BudgetFigure, _ before: BudgetFigure) -> String {
        let unit = figure.metric.unit
        let name = figure.metric.name.padding(to: Self.nameColumns)
        guard let value = figure.value, let old = before.value, let difference = BudgetDifference(figure, since: before)
        else { return "\(name) no value in one of the releases" }
        let sign = difference.value > 0 ? "+" : ""
        return "\(name) \(unit.text(value)) \(unit.name)".trimmed
            + ", before \(unit.text(old)) \(unit.name)".trimmed
            + ": \(sign)\(unit.text(difference.value)) \(unit.name)".trimmed
            + " (\(unit.text(difference.interval))), \(word(figure, before, difference))"
    }

    private func word(_ figure: BudgetFigure, _ before: BudgetFigure, _ difference: BudgetDifference) -> String {
        guard min(figure.samples, before.samples) >= samplesMin else { return "not enough data" }
        return difference.direction.rawValue
    }

    private var conclusion: String {
        let outcomes = results.map(\.outcome)
        let (failed, passed) = (outcomes.count { $0 == .fail }, outcomes.count { $0 == .pass })
        let undecided = outcomes.count - failed - passed
        var parts: [String] = []
        if failed > 0 { parts.append("\(failed) of \(outcomes.count) budgets exceeded") }
        if undecided > 0 { parts.append("\(undecided) of \(outcomes.count) budgets undecided") }
        guard !parts.isEmpty else { return "All budgets are met." }
        let advice = " Wait for more page views, or choose a longer --range."
        return parts.joined(separator: ", ") + "." + (undecided > 0 ? advice : "")
    }

    private static func counted(_ number: Int64) -> String { ProgressMeter.grouped(number) }

    // MARK: - JSON

    var json: JSONEncodedValue {
        let word =
            switch exitCode {
            case .success: "pass"
            case .failure: "fail"
            default: "undecided"
            }
        return .object([
            ("site", site.map { .text($0) } ?? .null), ("release", release.map { .text($0) } ?? .null),
            ("from", .integer(figures.range.from)), ("to", .integer(figures.range.to)),
            ("pageviews", .integer(figures.pageViews)), ("min_samples", .integer(samplesMin)),
            ("strict", .bool(isStrict)), ("conclusion", .text(word)),
            ("budgets", .array(results.map { Self.json($0, $1, $2) })),
            ("comparison", comparisonJSON),
        ])
    }

    private static func json(
        _ budget: Budget,
        _ figure: BudgetFigure,
        _ outcome: BudgetOutcome
    ) -> JSONEncodedValue {
        let unit = budget.metric.unit
        let own: [(String, JSONEncodedValue)] = [
            ("metric", .text(budget.metric.name)), ("unit", .text(unit.name)), ("limit", unit.json(budget.limit)),
            ("outcome", .text(outcome.rawValue)),
        ]
        return .object(own + members(figure))
    }

    private static func members(_ figure: BudgetFigure) -> [(String, JSONEncodedValue)] {
        let unit = figure.metric.unit
        return [
            ("value", unit.json(figure.value)), ("lower", unit.json(figure.interval.lower)),
            ("upper", unit.json(figure.interval.upper)), ("samples", .integer(figure.samples)),
        ]
    }

    private var comparisonJSON: JSONEncodedValue {
        guard let earlier else { return .null }
        let rows = zip(figures.figures, earlier.figures.figures).map { figure, before -> JSONEncodedValue in
            let (unit, difference) = (figure.metric.unit, BudgetDifference(figure, since: before))
            let result = difference.map { word(figure, before, $0) } ?? "not enough data"
            var members: [(String, JSONEncodedValue)] = [
                ("metric", .text(figure.metric.name)), ("unit", .text(unit.name)),
            ]
            members += Self.members(figure)
            members += [
                ("before", .object(Self.members(before))), ("difference", unit.json(difference?.value)),
                ("difference_lower", unit.json(difference?.interval.lower)),
                ("difference_upper", unit.json(difference?.interval.upper)),
                ("outcome", .text(result.split(separator: " ").joined(separator: "_"))),
            ]
            return .object(members)
        }
        return .object([
            ("release", .text(earlier.release)), ("pageviews", .integer(earlier.figures.pageViews)),
            ("figures", .array(rows)),
        ])
    }
}

extension BudgetMetric.Unit {
    /// Empty for a score.
    fileprivate var name: String {
        switch self {
        case .milliseconds: "ms"
        case .score: ""
        case .percent: "%"
        }
    }

    private var digits: Int {
        switch self {
        case .milliseconds: 1
        case .score: 3
        case .percent: 2
        }
    }

    private static let digitsMax = 4

    private func shown(_ value: Double) -> Double { self == .percent ? value * 100 : value }

    /// In the unit, with the digits of the text and one more.
    fileprivate func json(_ value: Double?) -> JSONEncodedValue {
        JSONEncodedValue(value.map(shown), digits: min(digits + 1, Self.digitsMax))
    }

    private func text(_ value: Double, digits: Int) -> String {
        String(decoding: JSONEncodedValue(shown(value), digits: digits).encoded, as: UTF8.self)
    }

    /// Without its unit; with more digits if it would look like another value.
    fileprivate func text(_ value: Double, besides other: Double? = nil) -> String {
        let shortest = text(value, digits: digits)
        guard let other, other != value, text(other, digits: digits) == shortest else { return shortest }
        return text(value, digits: Self.digitsMax)
    }

    fileprivate func text(_ interval: ConfidenceInterval) -> String {
        let bounds = (interval.lower.map { text($0) }, interval.upper.map { text($0) })
        return switch bounds {
        case (let lower?, let upper?): "95 % interval \(lower) to \(upper) \(name)".trimmed
        case (let lower?, nil): "95 % interval from \(lower) \(name)".trimmed
        case (nil, let upper?): "95 % interval up to \(upper) \(name)".trimmed
        case (nil, nil): "no interval"
        }
    }
}

extension String {
    /// Without a space at the end, as of a value without unit.
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
