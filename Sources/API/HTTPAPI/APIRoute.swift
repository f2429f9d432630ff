import HTTPWire

/// What is below `/api/`.
enum APIRoute: String, CaseIterable {
    case session, shares, sites, overview, breakdowns, performance, slowest, fingerprints, issues, issue, events,
        journey
    case export, submissions, quality, live, stream, status
    /// For everybody: how many browsers seen here have a value.
    case shared
    case openapi = "openapi.json"

    var methods: [Method] {
        switch self {
        case .session: [.get, .head, .post, .delete]
        case .shares: [.get, .head, .post, .delete]
        case .issue: [.get, .head, .put]
        case .sites, .overview, .breakdowns, .performance, .slowest, .fingerprints, .issues, .events, .journey, .export,
            .submissions, .quality, .live, .stream, .status, .shared, .openapi:
            [.get, .head]
        }
    }

    /// Whether it says nothing that only the owner may know.
    var isPublic: Bool { self == .shared || self == .openapi || self == .session }

    /// Names that its query may have.
    func parameters(_ method: Method) -> Set<String> {
        switch self {
        case .shares: method == .delete ? ["id"] : []
        case .session, .openapi, .sites, .submissions, .status: []
        case .shared: ["signals", "site"]
        case .journey: ["visitor", "before"]
        case .live: ["site"]
        case .stream: ["after"]
        case .overview, .performance: Self.report.union(["compare"])
        case .breakdowns: Self.filtered.union(["dimensions", "limit", "only"])
        case .slowest: Self.filtered.union(["dimension", "limit"])
        case .fingerprints: Self.filtered
        case .quality: Self.filtered.subtracting(["bots", "robots"])
        case .issues: Self.report.union(["state", "noise"])
        case .issue: method == .put ? ["issue", "site"] : Self.report.union(["issue"])
        case .events: Self.search.union(["before", "limit"])
        case .export: Self.search.union(["format"])
        }
    }

    private static let range: Set<String> = ["range", "from", "to", "zone"]
    /// What every report with filters takes, and every one with a series.
    static let filtered = range.union(["site", "bots", "robots", "filters"]).union(Query.filters)
    static let report = filtered.union(["interval"])
    private static let search = range.union(["site", "visitor", "session", "pageview", "type", "path", "key", "value"])
}
