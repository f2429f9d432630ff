import Events
import HTTPServer
import Reports

/// Handlers of issues: lists, details, and the owner's decisions.
enum IssueHandlers {
    private static let missing = "No such issue"
    /// The most bytes of an id.
    private static let idBytesMax = 64
    /// The most further errors or visitors until ignoring ends.
    private static let untilMax: Int64 = 1_000_000

    static func issues(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        var listing = IssueListing()
        listing.state = call.parameters["state"].flatMap { IssueState(rawValue: $0) }
        listing.includesNoise = call.parameters["noise"] != nil
        listing.search = call.parameters["search"]
        listing.sort = call.parameters["sort"].flatMap { IssueListing.Sort(rawValue: $0) } ?? .events
        listing.limit = call.parameters.integer("limit").map { Int($0) } ?? IssueListing.limitMax
        listing.offset = call.parameters.integer("offset").map { Int($0) } ?? 0
        guard (listing.search?.utf8.count ?? 0) <= IssueListing.searchBytesMax else {
            throw QueryError(message: "search has \(IssueListing.searchBytesMax) bytes at most")
        }
        return site.reports.report(call) { [listing] reports throws(ReportError) in
            try reports.issues(query, listing)
        }
    }

    static func issue(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let issue = call.path["id"] ?? ""
        return site.reports.report(call, missing: missing) { reports throws(ReportError) in
            try reports.issue(query, issue)
        }
    }

    static func occurrences(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let (issue, before) = (call.path["id"] ?? "", call.parameters.integer("before"))
        let limit = call.parameters.integer("limit") ?? IssueOccurrences.limitMax
        return site.reports.report(call, missing: "No such issue or event") { reports throws(ReportError) in
            try reports.occurrences(query, issue, before: before, limit: limit)
        }
    }

    static func properties(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let issue = call.path["id"] ?? ""
        return site.reports.report(call, missing: missing) { reports throws(ReportError) in
            try reports.properties(query, issue)
        }
    }

    /// `PUT` with `{"state":…}` and a condition.
    static func decide(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let request = try decision(call)
        let (issue, name) = (call.path["id"] ?? "", call.parameters["site"])
        let now = WallClock.seconds
        return site.reports.report(call, missing: missing) { reports throws(ReportError) in
            let decision = try reports.decide(issue, site: name, request, now: now)
            return decision.map { DecidedIssue(issue: issue, decision: $0) }
        }
    }

    private static func decision(_ call: Call) throws(QueryError) -> IssueDecisionRequest {
        let body = try JSONBody(call.request, names: ["state", "in_release", "until_errors", "until_visitors"])
        let text = try body.text("state", bytesMax: Operation.jsonBodyBytesMax)
        guard let state = text.flatMap({ IssueState(rawValue: $0) }), state != .regressed else {
            throw QueryError(message: "state must be unresolved, resolved or ignored")
        }
        var request = IssueDecisionRequest(state: state)
        if let text = try body.text("in_release", bytesMax: Operation.jsonBodyBytesMax) {
            request.release = IssueDecisionRequest.Release(rawValue: text)
            guard request.release != nil, state == .resolved else {
                throw QueryError(message: "in_release must be current or next, with the state resolved")
            }
        }
        request.untilErrors = try body.integer("until_errors", in: 1...untilMax)
        request.untilVisitors = try body.integer("until_visitors", in: 1...untilMax)
        guard state == .ignored || request.untilErrors == nil && request.untilVisitors == nil else {
            throw QueryError(message: "until_errors and until_visitors belong to the state ignored")
        }
        return request
    }

    // MARK: - Merges

    /// `PUT` with `{"into":…}`.
    static func merge(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let body = try JSONBody(call.request, names: ["into"])
        guard let target = try body.text("into", bytesMax: idBytesMax), !target.isEmpty else {
            throw QueryError(message: "into must be the id of an issue")
        }
        let (issue, now) = (call.path["id"] ?? "", WallClock.seconds)
        return site.reports.report(call, missing: missing) { reports throws(ReportError) in
            try reports.merge(issue, into: target, now: now).map { MergedIssue(issue: issue, target: $0) }
        }
    }

    static func unmerge(_ site: Site, _ call: Call) -> HandlerResult {
        let issue = call.path["id"] ?? ""
        return site.reports.report(call, missing: "The issue is not merged") { reports throws(ReportError) in
            try reports.unmerge(issue) ? MergedIssue(issue: issue, target: nil) : nil
        }
    }
}
