import Reports
import Segments
import TimeZones

/// The parameters of the owner's API.
extension Parameter {
    // MARK: - Ranges, filters and parameters of series

    static let range = [
        Parameter("range", .word(NamedRange.allCases.map(\.rawValue))), Parameter("from"), Parameter("to"),
        Parameter("zone"),
    ]
    private static let bots = Parameter("bots", .word(["include", "exclude"]))
    static let site = Parameter("site")
    static let requiredSite = Parameter("site", isRequired: true)
    /// The parameters of every report that covers one kind of traffic or both.
    static let filteredTraffic = range + [site, Parameter("filters")] + Parameters.filters.map { Parameter($0) }
    static let filtered = filteredTraffic + [bots]
    static let series =
        filtered + [
            Parameter("interval", .word(Interval.allCases.map(\.rawValue))),
            weekStart,
        ]
    private static let weekStart = Parameter("week_start", .integer(1...Int64(Weekday.allCases.count)))
    static let compare = Parameter("compare", .word(["previous", "none"]))

    // MARK: - Lists

    static let dimensions = Parameter(
        "dimensions",
        .words(ReportDimension.allCases.map(\.rawValue)),
        isRequired: true
    )
    static let vitalsDimension = Parameter(
        "dimension",
        .word(ReportDimension.allCases.filter(\.hasVitals).map(\.rawValue)),
        isRequired: true
    )
    static let rows = Parameter("limit", .integer(1...Int64(ListSelection.limitMax)))
    /// Exports may have more rows than other lists.
    static let listRows = Parameter("limit", .integer(1...Int64(ListSelection.exportRowsMax)))
    static let list = [
        Parameter("offset", .integer(0...Int64(ListSelection.offsetMax))),
        Parameter("sort", .word(ListSelection.sorts.map(\.name))),
        Parameter("contains"),
        Parameter("format", .word(ListFormat.allCases.map(\.rawValue))),
    ]
    static let vitalsOrder = Parameter("sort", .word(["pageviews"] + Vital.allCases.map(\.name)))
    static let vital = Parameter("vital", .word(Vital.allCases.map(\.name)))
    static let slowPages = Parameter("limit", .integer(1...Int64(SlowPagesReport.limitMax)))
    static let sampleMin = Parameter("min", .integer(1...Impact.sampleMinMax))
    static let only = Parameter("only", .word(["counts"]))
    static let goal = Parameter("goal")

    // MARK: - Funnels, retention and paths

    static let funnel = [
        Parameter("steps", isRequired: true), Parameter("by", .word(Funnel.Scope.allCases.map(\.rawValue))),
        Parameter("window", .integer(Funnel.window)),
    ]
    static let retention = [
        Parameter("period", .word(RetentionReport.Period.allCases.map(\.rawValue))),
        weekStart,
    ]
    static let paths = [
        Parameter("direction", .word(["forward", "backward"])), Parameter("page"), Parameter("via"),
        Parameter("steps", .integer(1...Int64(PathQuery.stepsMax))),
        Parameter("limit", .integer(1...Int64(PathQuery.rowsMax))),
    ]

    // MARK: - Issues and fingerprints

    static let issueListing = [
        Parameter("state", .word(IssueState.allCases.map(\.rawValue))), Parameter("noise", .word(["include"])),
        Parameter("search"), Parameter("sort", .word(IssueListing.Sort.allCases.map(\.rawValue))),
        Parameter("limit", .integer(1...Int64(IssueListing.limitMax))), Parameter("offset", .integer(0...50_000)),
    ]
    static let occurrences = Parameter("limit", .integer(1...IssueOccurrences.limitMax))
    static let signals = Parameter("signals", isRequired: true)

    // MARK: - Visitors

    static let visitorSort = Parameter("sort", .word(VisitorsReport.Sort.allCases.map(\.rawValue)))
    static let find = Parameter("find")
    static let visitors = Parameter("limit", .integer(1...Int64(VisitorsReport.visitorsMax)))
    static let cursor = Parameter("cursor")

    // MARK: - Events

    static let search =
        range + [site] + ["visitor", "session", "pageview", "type", "path", "key"].map { Parameter($0) }
        + [Parameter("value", .emptyOrText)]
    static let before = Parameter("before", .integer(1...Int64.max))
    static let after = Parameter("after", .integer(0...Int64.max))
    static let events = Parameter("limit", .integer(1...EventQueries.limitMax))
    static let format = Parameter("format", .word(ExportFormat.allCases.map(\.rawValue)))
}
