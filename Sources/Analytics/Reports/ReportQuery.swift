/// What the owner asks: a range, filters and which traffic counts.
package struct ReportQuery: Sendable, Equatable {
    /// Filters of a query, at most.
    package static let filtersMax = 12

    package var range: ReportRange
    /// Nil: all of them.
    package var site: String?
    /// All of them must hold.
    package var filters: [ReportFilter]
    package var includesBots: Bool
    /// Whether the previous period is computed, too.
    package var isComparing: Bool

    package init(
        range: ReportRange,
        site: String? = nil,
        filters: [ReportFilter] = [],
        includesBots: Bool = false,
        isComparing: Bool = true
    ) {
        self.range = range
        self.site = site
        self.filters = filters
        self.includesBots = includesBots
        self.isComparing = isComparing
    }
}
