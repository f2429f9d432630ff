/// The largest permitted value of a figure, such as `LCP.p75<=2500`.
package struct Budget: Sendable, Equatable {
    /// The most budgets of one check.
    package static let budgetsMax = 50
    /// The largest limit: of times in milliseconds, of CLS, and of rates in percent.
    static let limitMax = 1_000_000_000.0

    package let metric: BudgetMetric
    /// In milliseconds, for CLS a score, for rates a share: 0.005 for 0.5 %.
    package let limit: Double

    package init(metric: BudgetMetric, limit: Double) { (self.metric, self.limit) = (metric, limit) }

    /// Parses budgets separated by commas.
    package static func list(_ text: String) throws(ReportError) -> [Budget] {
        var budgets: [Budget] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let budget = try Budget(String(part))
            guard !budgets.contains(where: { $0.metric == budget.metric }) else {
                throw .refused("There are two budgets for \(budget.metric.name)")
            }
            budgets.append(budget)
            guard budgets.count <= budgetsMax else { throw .refused("There must be at most \(budgetsMax) budgets") }
        }
        return budgets
    }

    private init(_ text: String) throws(ReportError) {
        let bytes = Array(text.utf8).filter { $0 != UInt8(ascii: " ") }
        guard let less = bytes.firstIndex(of: UInt8(ascii: "<")), less + 1 < bytes.count,
            bytes[less + 1] == UInt8(ascii: "=")
        else {
            throw .refused("A budget must have the form METRIC<=LIMIT, such as 'LCP.p75<=2500', not '\(text)'")
        }
        metric = try BudgetMetric(String(decoding: bytes[..<less], as: UTF8.self))
        limit = try Self.limit(String(decoding: bytes[(less + 2)...], as: UTF8.self), metric)
    }

    private static func limit(_ text: String, _ metric: BudgetMetric) throws(ReportError) -> Double {
        switch metric.unit {
        case .milliseconds:
            if let number = number(text, unit: "ms") ?? number(text, unit: "") { return number }
            if let seconds = number(text, unit: "s") { return seconds * 1000 }
            throw .refused("The limit of \(metric.name) must be a time, such as 2500, 2500ms or 2.5s, not '\(text)'")
        case .score:
            if let number = number(text, unit: "") { return number }
            throw .refused("The limit of \(metric.name) must be a number, such as 0.1, not '\(text)'")
        case .percent:
            if let number = number(text, unit: "%") { return number / 100 }
            throw .refused("The limit of \(metric.name) must be in percent, such as 0.5%, not '\(text)'")
        }
    }

    /// A decimal number with a unit; nil for anything else.
    private static func number(_ text: String, unit: String) -> Double? {
        guard text.hasSuffix(unit) else { return nil }
        let digits = text.dropLast(unit.count)
        let isPlain = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        guard isPlain, let number = Double(digits), number <= limitMax else { return nil }
        return number
    }
}

/// The result of a budget.
package enum BudgetOutcome: String, Sendable, CaseIterable {
    case pass, fail
    /// The interval contains the limit, so that more samples could lead to another result.
    case uncertain
    case notEnoughData = "not_enough_data"
}

extension Budget {
    /// Compares a figure with the limit.
    ///
    /// A value up to the limit passes. One above fails if its whole interval is above, and is uncertain otherwise. If the check is
    /// strict, only a value whose whole interval is within the limit passes, and each value above the limit fails.
    package func outcome(_ figure: BudgetFigure, samplesMin: Int64, isStrict: Bool) -> BudgetOutcome {
        guard let value = figure.value, figure.samples >= samplesMin else { return .notEnoughData }
        if value > limit {
            let isCertain = figure.interval.lower.map { $0 > limit } ?? false
            return isStrict || isCertain ? .fail : .uncertain
        }
        let isCertain = figure.interval.upper.map { $0 <= limit } ?? false
        return !isStrict || isCertain ? .pass : .uncertain
    }
}
