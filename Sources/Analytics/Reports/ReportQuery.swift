/// A query for a report: a range, filters and traffic.
package struct ReportQuery: Sendable, Equatable {
    /// The most filters of a query.
    package static let filtersMax = 12

    package var range: ReportRange
    /// Nil for all sites.
    package var site: String?
    /// All filters must match.
    package var filters: [ReportFilter]
    package var includesBots: Bool
    /// Whether the previous period is computed as well.
    package var isComparing: Bool
    /// What the sender may read; `range` and `site` are within it.
    package var scope: ReportScope

    package init(
        range: ReportRange,
        site: String? = nil,
        filters: [ReportFilter] = [],
        includesBots: Bool = false,
        isComparing: Bool = true,
        scope: ReportScope = ReportScope()
    ) {
        self.range = range
        self.site = site
        self.filters = filters
        self.includesBots = includesBots
        self.isComparing = isComparing
        self.scope = scope
    }
}
