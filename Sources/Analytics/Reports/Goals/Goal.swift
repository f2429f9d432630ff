/// A goal of the owner: what counts as a conversion.
package struct Goal: Sendable, Equatable {
    /// The most goals of one site, and of those for all sites.
    package static let perSiteMax = 50
    /// The most goals of one report, and goals that filters of one query name.
    package static let perReportMax = 100
    package static let perQueryMax = 10
    /// The most bytes of a name and of a site.
    package static let nameBytesMax = 100
    package static let siteBytesMax = 200

    package var id: String
    /// Nil for all sites.
    package var site: String?
    /// The name that the owner gave; empty for none.
    package var name: String
    package var milestone: Milestone
    /// Microseconds since 1970.
    package var createdAt: Int64

    package init(id: String, site: String?, name: String, milestone: Milestone, createdAt: Int64) {
        (self.id, self.site, self.name) = (id, site, name)
        (self.milestone, self.createdAt) = (milestone, createdAt)
    }

    package var title: String { name.isEmpty ? milestone.title : name }
}

/// A saved funnel.
package struct Funnel: Sendable, Equatable {
    /// The most funnels of one site, and of those for all sites.
    package static let perSiteMax = 30
    package static let steps = 2...8
    static let stepsText = "2 to 8"
    /// The most bytes of the steps as JSON.
    package static let stepsBytesMax = 3000
    /// The seconds that a visitor may take, and the default: 7 days.
    package static let window: ClosedRange<Int64> = 60...90 * 86_400
    package static let windowDefault: Int64 = 7 * 86_400

    package enum Scope: String, CaseIterable, Sendable { case session, visitor }

    package var id: String
    package var site: String?
    package var name: String
    /// The steps as JSON.
    package var steps: String
    package var scope: Scope
    /// Seconds; nil for sessions.
    package var window: Int64?
    package var createdAt: Int64

    package init(id: String, site: String?, name: String, steps: String, scope: Scope, window: Int64?, createdAt: Int64)
    {
        (self.id, self.site, self.name, self.steps) = (id, site, name, steps)
        (self.scope, self.createdAt) = (scope, createdAt)
        self.window = scope == .visitor ? window ?? Self.windowDefault : nil
    }
}
