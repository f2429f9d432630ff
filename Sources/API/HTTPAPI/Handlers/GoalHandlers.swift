import Events
import HTTPServer
import Reports
import Segments

/// Handlers of goals, funnels, retention and paths.
enum GoalHandlers {
    // MARK: - Goals

    static func goals(_ site: Site, _ call: Call) -> HandlerResult {
        let name = call.parameters["site"]
        return site.reports.report(call) { reports throws(ReportError) in
            NamedAnswer(name: "goals", value: JSONEncodedValue(try reports.goalTables.goals(site: name)))
        }
    }

    /// `POST` with a goal.
    static func addGoal(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let goal = try goal(call, id: Owner.makeID())
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.goalTables.add(goal)
            return goal
        }
    }

    /// `PUT` with a goal.
    static func changeGoal(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let goal = try goal(call, id: call.path["id"] ?? "")
        return site.reports.report(call, missing: "No such goal") { reports throws(ReportError) in
            try reports.goalTables.update(goal) ? goal : nil
        }
    }

    static func removeGoal(_ site: Site, _ call: Call) -> HandlerResult {
        let id = call.path["id"] ?? ""
        return site.reports.report(call, missing: "No such goal") { reports throws(ReportError) in
            try reports.goalTables.removeGoal(id) ? NamedAnswer(name: "removed", value: .text(id)) : nil
        }
    }

    private static func goal(_ call: Call, id: String) throws(QueryError) -> Goal {
        let body = try JSONBody(
            call.request,
            names: ["site", "name", "type", "match", "property", "property_value"]
        )
        let type = try body.text("type", bytesMax: 20) ?? ""
        let match = try body.text("match", bytesMax: Operation.jsonBodyBytesMax) ?? ""
        let property = try body.text("property", bytesMax: Operation.jsonBodyBytesMax)
        let value = try body.text("property_value", bytesMax: Operation.jsonBodyBytesMax)
        let milestone = try QueryError.parsing { () throws(ReportError) in
            try Milestone(type, match, property: property, value: value)
        }
        return Goal(
            id: id,
            site: try body.text("site", bytesMax: Goal.siteBytesMax),
            name: try body.text("name", bytesMax: Goal.nameBytesMax) ?? "",
            milestone: milestone,
            createdAt: WallClock.microseconds()
        )
    }

    static func conversions(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        return site.reports.report(call) { reports throws(ReportError) in try reports.conversions(query) }
    }

    // MARK: - Funnels

    static func funnels(_ site: Site, _ call: Call) -> HandlerResult {
        let name = call.parameters["site"]
        return site.reports.report(call) { reports throws(ReportError) in
            NamedAnswer(name: "funnels", value: JSONEncodedValue(try reports.goalTables.funnels(site: name)))
        }
    }

    /// `POST` with a funnel.
    static func addFunnel(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let funnel = try funnel(call, id: Owner.makeID())
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.goalTables.add(funnel)
            return funnel
        }
    }

    /// `PUT` with a funnel.
    static func changeFunnel(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let funnel = try funnel(call, id: call.path["id"] ?? "")
        return site.reports.report(call, missing: "No such funnel") { reports throws(ReportError) in
            try reports.goalTables.update(funnel) ? funnel : nil
        }
    }

    static func removeFunnel(_ site: Site, _ call: Call) -> HandlerResult {
        let id = call.path["id"] ?? ""
        return site.reports.report(call, missing: "No such funnel") { reports throws(ReportError) in
            try reports.goalTables.removeFunnel(id) ? NamedAnswer(name: "removed", value: .text(id)) : nil
        }
    }

    private static func funnel(_ call: Call, id: String) throws(QueryError) -> Funnel {
        let body = try JSONBody(call.request, names: ["site", "name", "steps", "by", "window"])
        guard let name = try body.text("name", bytesMax: Goal.nameBytesMax), !name.isEmpty else {
            throw QueryError(message: "name is missing")
        }
        let steps = try body.array("steps") ?? ""
        _ = try QueryError.parsing { () throws(ReportError) in try Milestone.steps(steps) }
        let by = try body.text("by", bytesMax: 20) ?? Funnel.Scope.session.rawValue
        guard let scope = Funnel.Scope(rawValue: by) else { throw QueryError(message: "by must be session or visitor") }
        return Funnel(
            id: id,
            site: try body.text("site", bytesMax: Goal.siteBytesMax),
            name: name,
            steps: steps,
            scope: scope,
            window: try body.integer("window", in: Funnel.window),
            createdAt: WallClock.microseconds()
        )
    }

    /// `GET /api/funnels/{id}`: the report of a saved funnel.
    static func savedFunnel(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let id = call.path["id"] ?? ""
        return site.reports.report(call, missing: "No such funnel") { reports throws(ReportError) in
            try reports.funnel(query, id: id)
        }
    }

    /// `GET /api/funnel-report` of any steps.
    static func funnel(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let text = call.parameters["steps"] ?? ""
        let scope = call.parameters["by"].flatMap { Funnel.Scope(rawValue: $0) } ?? .session
        let window = call.parameters.integer("window")
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.funnel(query, Milestone.steps(text), scope: scope, window: window)
        }
    }

    // MARK: - Retention and paths

    static func retention(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let period = call.parameters["period"].flatMap { RetentionReport.Period(rawValue: $0) } ?? .week
        return site.reports.report(call) { reports throws(ReportError) in
            try reports.retention(query, by: period)
        }
    }

    static func paths(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let query = try call.parameters.report(now: WallClock.seconds)
        let via = try QueryError.parsing { () throws(ReportError) in
            try call.parameters["via"].map { json throws(ReportError) in try PathsReport.Request.via(json) } ?? []
        }
        let request = PathsReport.Request(
            call.parameters["direction"] == "backward" ? .backward : .forward,
            page: call.parameters["page"],
            via: via,
            steps: call.parameters.integer("steps").map { Int($0) } ?? Self.pathStepsDefault,
            rows: call.parameters.integer("limit").map { Int($0) } ?? Self.pathRowsDefault
        )
        return site.reports.report(call) { reports throws(ReportError) in try reports.paths(query, request) }
    }

    /// The steps of the report on paths, and the pages of a step, unless the query has others.
    private static let pathStepsDefault = 3
    private static let pathRowsDefault = 8
}
