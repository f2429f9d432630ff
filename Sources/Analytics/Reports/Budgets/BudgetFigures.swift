import Events
import Segments
import TimeZones

/// A measured figure with its interval.
package struct BudgetFigure: Sendable, Equatable {
    package let metric: BudgetMetric
    /// In the unit of budgets; nil without samples.
    package let value: Double?
    package let interval: ConfidenceInterval
    /// The page views or sessions that have the figure.
    package let samples: Int64

    package init(metric: BudgetMetric, value: Double?, interval: ConfidenceInterval, samples: Int64) {
        (self.metric, self.value, self.interval, self.samples) = (metric, value, interval, samples)
    }
}

/// The figures of budgets of one selection of page views.
package struct BudgetFigures: Sendable {
    package let range: ReportRange
    package let pageViews: Int64
    /// In the order of the requested metrics.
    package let figures: [BudgetFigure]

    package init(range: ReportRange, pageViews: Int64, figures: [BudgetFigure]) {
        (self.range, self.pageViews, self.figures) = (range, pageViews, figures)
    }

    init(_ context: ReportContext, _ metrics: [BudgetMetric]) throws(ReportError) {
        range = context.query.range
        var scan = try context.scanQuery(range, withSeries: false)
        scan.vitals = Vital.allCases.filter { vital in
            metrics.contains { metric in
                if case .percentile(vital, _) = metric { true } else { false }
            }
        }
        (scan.withRanks, scan.withSquaredErrors) = (true, metrics.contains(.errorRate))
        (scan.withVisitors, scan.totals) = (false, .withoutEngagement)
        let result = try context.run(scan)
        pageViews = result.total.pageViews
        figures = metrics.map { Self.figure($0, result) }
    }

    private static func figure(_ metric: BudgetMetric, _ result: ScanResult) -> BudgetFigure {
        let total = result.total
        switch metric {
        case .percentile(let vital, let percentile):
            let ranked = total.vitals[vital.rawValue]?.ranked ?? RankedValues(exact: [])
            let interval = ConfidenceInterval.percentile(ranked, percentile.share)
            return BudgetFigure(
                metric: metric,
                value: ranked.percentile(percentile.share).map { vital.inReportUnit($0) },
                interval: ConfidenceInterval(
                    lower: interval.lower.map { vital.inReportUnit($0) },
                    upper: interval.upper.map { vital.inReportUnit($0) }
                ),
                samples: Int64(ranked.count)
            )
        case .errorRate:
            return BudgetFigure(
                metric: metric,
                value: total.errorsPer1000PageViews.map { $0 / 1000 },
                interval: .rate(total.errors, squares: result.squaredErrors, per: total.pageViews),
                samples: total.pageViews
            )
        case .bounceRate:
            return BudgetFigure(
                metric: metric,
                value: total.sessions > 0 ? Double(total.bounces) / Double(total.sessions) : nil,
                interval: .share(total.bounces, of: total.sessions),
                samples: total.sessions
            )
        }
    }
}

extension ReportRange {
    /// Start and end in the time zone of the range, to the minute, such as `2026-11-23 00:00 to 2026-11-29 10:05 (UTC)`.
    package var text: String {
        func minute(_ seconds: Int64) -> String { TimestampText.minute(zone.local(seconds)) }
        return "\(minute(from)) to \(minute(to)) (\(zone.name))"
    }
}

/// The difference between the figures of two releases.
package struct BudgetDifference: Sendable, Equatable {
    package let value: Double
    package let interval: ConfidenceInterval

    package enum Direction: String, Sendable { case better, worse, unclear }

    /// Nil if one of the figures has no value.
    package init?(_ figure: BudgetFigure, since earlier: BudgetFigure) {
        guard let value = figure.value, let before = earlier.value else { return nil }
        self.value = value - before
        interval = .difference((value, figure.interval), (before, earlier.interval))
    }

    /// Whether the figure has changed with the confidence of its interval; lower is better for all metrics.
    package var direction: Direction {
        if let lower = interval.lower, lower > 0 { return .worse }
        if let upper = interval.upper, upper < 0 { return .better }
        return .unclear
    }
}

extension Reports {
    /// The figures of a query for each of some releases, all from one snapshot; nil stands for page views of all releases.
    package func budgetFigures(
        _ query: ReportQuery,
        _ metrics: [BudgetMetric],
        of releases: [String?]
    ) throws(ReportError) -> [BudgetFigures] {
        try computed(query) { context throws(ReportError) in
            var all: [BudgetFigures] = []
            for release in releases {
                var own = context
                if let release { own.query.filters.append(try ReportFilter("is", "release", [release])) }
                all.append(try BudgetFigures(own, metrics))
            }
            return all
        }
    }
}
