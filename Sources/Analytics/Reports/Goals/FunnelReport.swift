import Segments
import Storage

/// How many sessions or visitors reached each step of a funnel.
package struct FunnelReport: Sendable {
    package struct Step: Sendable {
        package let milestone: Milestone
        /// The name of a goal; nil for a page or event.
        package let goal: String?
        package let count: Int64
        /// Seconds from the step before; nil for the first step and without a value.
        package let p50: Double?
        package let p75: Double?
    }

    /// The name of a goal of a site that the sender may not read.
    private static let otherSite = "Goal of another site"

    package let range: ReportRange
    package let scope: Funnel.Scope
    package let window: Int64?
    package let steps: [Step]

    init(
        _ context: ReportContext,
        _ milestones: [Milestone],
        site: String?,
        scope: Funnel.Scope,
        window: Int64?
    ) throws(ReportError) {
        (range, self.scope) = (context.query.range, scope)
        self.window = scope == .visitor ? window ?? Funnel.windowDefault : nil
        let query = try context.scanQuery(range, withSeries: false)
        let goals = try GoalTables(context.database).goals(site: context.query.scope.site)
        var conditions: [Condition] = []
        for milestone in milestones {
            conditions.append(try context.condition(milestone, site: site, range))
        }
        let scanScope: FunnelScope = self.window.map { .visitor(window: $0) } ?? .session
        let result = try context.scanning { reader throws(StoreError) in
            try scanFunnel(query, conditions, scanScope, reader)
        }
        try context.checkDamage(result.damagedSegments)
        guard !result.hasTooManyVisitors else { throw .refused(ScanResult.visitorsSentence) }
        guard !result.hasTooManyOccurrences else {
            throw .refused(
                "More than \(FunnelLimits.occurrencesMax) page views and events meet a step: narrow the range or the filters, or follow sessions"
            )
        }
        steps = milestones.enumerated().map { index, milestone in
            var name: String?
            if case .goal(let id) = milestone {
                // A guest of one site does not learn what another one calls its goals.
                name = goals.first { $0.id == id }?.title ?? Self.otherSite
            }
            return Step(
                milestone: milestone,
                goal: name,
                count: result.figures.counts[index],
                p50: result.figures.percentile(0.5, step: index),
                p75: result.figures.percentile(0.75, step: index)
            )
        }
    }
}

extension Reports {
    package func funnel(
        _ query: ReportQuery,
        _ steps: [Milestone],
        site: String? = nil,
        scope: Funnel.Scope,
        window: Int64?
    ) throws(ReportError) -> FunnelReport {
        try computed(query) { context throws(ReportError) in
            try FunnelReport(context, steps, site: site, scope: scope, window: window)
        }
    }

    /// The report of a saved funnel; nil when there is none with this id that the sender may read.
    package func funnel(_ query: ReportQuery, id: String) throws(ReportError) -> FunnelReport? {
        try computed(query) { context throws(ReportError) in
            guard
                let funnel = try GoalTables(context.database).funnels(site: query.scope.site).first(where: {
                    $0.id == id
                })
            else {
                return nil
            }
            let steps = try Milestone.steps(funnel.steps)
            return try FunnelReport(context, steps, site: funnel.site, scope: funnel.scope, window: funnel.window)
        }
    }
}
