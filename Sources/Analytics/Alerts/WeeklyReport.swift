import Events
package import Reports
import Segments
import TimeZones

/// The figures of a week, compared with those of the week before it.
package struct WeeklyReport: Sendable {
    /// Rows of a list.
    static let rowsMax = 10
    static let issuesMax = 5
    /// The hour of Monday, by the clocks of the site, from which on the report is sent.
    static let sentHour: Int64 = 8

    package struct Figure: Sendable {
        package let name: String
        package let value: Double?
        /// That of the week before; nil if its data is incomplete.
        package let previous: Double?
        let unit: String
    }

    package struct Row: Sendable {
        package let name: String
        package let count: Int64
    }

    package let site: String?
    /// The first and the last day, such as 2026-11-23, and the time zone.
    package let firstDay: String
    package let lastDay: String
    package let zone: String
    package let figures: [Figure]
    /// The pages with the most page views, and the sources with the most sessions.
    package let pages: [Row]
    package let sources: [Row]
    /// The number of issues that were seen for the first time in this week and in the one before, and the titles of some.
    package let newIssues: Int64
    package let previousNewIssues: Int64
    package let issues: [String]

    init(_ reports: Reports, site: String?, week: ReportRange, now: Int64) throws(ReportError) {
        let query = ReportQuery(range: week, site: site)
        let overview = try reports.overview(query, now: now)
        let performance = try reports.performance(query)
        let lists = try reports.breakdowns(query, [.path, .referrer], ListSelection(limit: Self.rowsMax)).lists
        let zone = week.zone
        (self.site, self.zone) = (site, zone.name)
        (firstDay, lastDay) = (TimestampText.date(zone.local(week.from)), TimestampText.date(zone.local(week.to - 1)))
        figures = Self.figures(overview, performance)
        pages = lists[0].rows.map { Row(name: $0.value, count: $0.sum.pageViews) }
        sources = lists[1].rows.map { Row(name: $0.value, count: $0.sum.sessions) }
        let current = try Self.newIssues(reports, site, from: week.from, to: week.to)
        newIssues = Int64(current.count)
        issues = Array(current.prefix(Self.issuesMax))
        previousNewIssues = Int64(try Self.newIssues(reports, site, from: week.previousFrom, to: week.previousTo).count)
    }

    private static func figures(_ overview: OverviewReport, _ performance: PerformanceReport) -> [Figure] {
        func figure(_ name: String, _ read: (Aggregate) -> Int64?) -> Figure {
            Figure(
                name: name,
                value: read(overview.totals).map { Double($0) },
                previous: overview.previous.flatMap { read($0) }.map { Double($0) },
                unit: ""
            )
        }
        let counts = [
            figure("visitors") { $0.visitors }, figure("sessions") { $0.sessions },
            figure("page_views") { $0.pageViews }, figure("errors") { $0.errors },
        ]
        return counts
            + performance.metrics.filter { OverviewReport.vitals.contains($0.vital) }.map { metric in
                Figure(
                    name: "\(metric.vital.name)_p75",
                    value: metric.summary.p75.map { metric.vital.inReportUnit($0) },
                    previous: metric.previous.p75.map { metric.vital.inReportUnit($0) },
                    unit: metric.vital == .cls ? "" : " ms"
                )
            }
    }

    /// The titles of issues of a range that were first seen in it, those with the most errors first.
    private static func newIssues(
        _ reports: Reports,
        _ site: String?,
        from: Int64,
        to: Int64
    ) throws(ReportError) -> [String] {
        let query = ReportQuery(range: try ReportRange(from: from, to: to), site: site, isComparing: false)
        return try reports.issues(query).rows.filter { from <= $0.text.firstSeen && $0.text.firstSeen < to }
            .map { AlertText.line("\($0.text.name): \($0.text.message)") + " (\($0.errors))" }
    }

    package var title: String { "Weekly report\(AlertText.scope(site: site)), \(firstDay) to \(lastDay)" }

    private static let names = [
        "visitors": "Visitors", "sessions": "Sessions", "page_views": "Page views", "errors": "Errors",
        "lcp_p75": "LCP p75", "inp_p75": "INP p75", "cls_p75": "CLS p75",
    ]

    var lines: [String] {
        var lines = figures.map { figure in
            let value = figure.value.map { AlertText.number($0) + figure.unit } ?? "–"
            return "\(Self.names[figure.name] ?? figure.name): \(value)\(Self.change(figure))"
        }
        lines.append("New issues: \(newIssues) (week before: \(previousNewIssues))")
        lines += issues.map { "  \($0)" }
        func list(_ title: String, _ rows: [Row]) -> [String] {
            rows.isEmpty ? [] : ["", title] + rows.map { "  \($0.count)  \(AlertText.line($0.name))" }
        }
        lines += list("Top pages (page views)", pages) + list("Sources (sessions)", sources)
        return lines + ["", "Days in the time zone \(zone). Bots do not count."]
    }

    private static func change(_ figure: Figure) -> String {
        guard let value = figure.value, let previous = figure.previous else { return "" }
        let before = AlertText.number(previous) + figure.unit
        guard previous > 0 else { return " (week before: \(before))" }
        let percent = ((value - previous) * 100 / previous).rounded()
        return " (week before: \(before), \(percent < 0 ? "" : "+")\(AlertText.number(percent)) %)"
    }
}

extension AlertMeasurer {
    /// The week whose report was due last, and whether the rule is older than that.
    func lastWeek(_ rule: AlertRule) throws(ReportError) -> (range: ReportRange, isDue: Bool) {
        let zone = try zone(of: rule.site)
        func due(_ monday: Int64) -> Int64 { zone.seconds(local: zone.local(monday) + WeeklyReport.sentHour * 3600) }
        var monday = zone.bucketStart(now, .week)
        if now < due(monday) { monday = zone.bucketStart(monday - 1, .week) }
        let from = zone.bucketStart(monday - 1, .week)
        return (try ReportRange(from: from, to: monday, zone: zone, interval: .day), rule.createdAt <= due(monday))
    }

    package func weeklyReport(_ rule: AlertRule) throws(ReportError) -> WeeklyReport {
        try WeeklyReport(reports, site: rule.site, week: try lastWeek(rule).range, now: now)
    }

    func week(_ rule: AlertRule) throws(ReportError) -> AlertMeasurement {
        let (range, isDue) = try lastWeek(rule)
        let day = TimestampText.date(range.zone.local(range.from))
        guard isDue else { return .measured(.init([])) }
        return .measured(.init([AlertFinding(cause: day, .exceeded, title: "Weekly report of \(day)")]))
    }
}
