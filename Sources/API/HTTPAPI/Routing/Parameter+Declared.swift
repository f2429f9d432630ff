import Reports
import TimeZones

/// The parameters of the owner's API.
extension Parameter {
    // MARK: - Ranges, filters and parameters of series

    private static let range = [
        Parameter("range", .word(RangeName.allCases.map(\.rawValue))), Parameter("from"), Parameter("to"),
        Parameter("zone"),
    ]
    private static let bots = Parameter("bots", .word(["include", "exclude"]))
    static let site = Parameter("site")
    /// The parameters of every report that covers one kind of traffic or both.
    static let filteredTraffic = range + [site, Parameter("filters")] + Parameters.filters.map { Parameter($0) }
    static let filtered = filteredTraffic + [bots]
    static let series = filtered + [Parameter("interval", .word(Interval.allCases.map(\.rawValue)))]
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
    static let only = Parameter("only", .word(["counts"]))

    // MARK: - Issues and fingerprints

    static let state = Parameter("state", .word(IssueState.allCases.map(\.rawValue)))
    static let noise = Parameter("noise", .word(["include"]))
    static let signals = Parameter("signals", isRequired: true)

    // MARK: - Events

    static let search =
        range + [site] + ["visitor", "session", "pageview", "type", "path", "key", "value"].map { Parameter($0) }
    static let before = Parameter("before", .integer(1...Int64.max))
    static let after = Parameter("after", .integer(0...Int64.max))
    static let events = Parameter("limit", .integer(1...EventQueries.limitMax))
    static let format = Parameter("format", .word(ExportFormat.allCases.map(\.rawValue)))
}
