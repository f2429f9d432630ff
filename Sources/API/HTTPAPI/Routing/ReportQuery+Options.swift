package import Reports

extension ReportQuery {
    /// The query of a command: the parameters of the API, such as `range` and `zone`, with equal results, and filters.
    ///
    /// `now` is in seconds since 1970.
    package init(parameters values: [String: String], filters: [ReportFilter], now: Int64) throws(ReportError) {
        do throws(QueryError) {
            let parameters = try Parameters(values, Parameter.filtered)
            self = try parameters.report(now: now, isComparedByDefault: false)
        } catch {
            throw .refused(error.message)
        }
        guard filters.count <= Self.filtersMax else {
            throw .refused("A query must have at most \(Self.filtersMax) filters")
        }
        self.filters = filters
    }
}
