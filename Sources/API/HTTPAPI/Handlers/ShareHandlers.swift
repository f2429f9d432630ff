import HTTPServer
import Reports

/// Handlers of `/api/shares`.
enum ShareHandlers {
    static func list(_ site: Site, _ call: Call) -> HandlerResult { site.sessions.shares(call.ticket) }

    /// `POST` with `{"days":…,"label":…}` and limits.
    static func add(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let body = try JSONBody(
            call.request,
            names: ["days", "label", "site", "from", "to", "range_days", "views"]
        )
        let days = try body.integer("days", in: SessionRoutes.shareDays) ?? SessionRoutes.shareDaysDefault
        let label = try body.text("label", bytesMax: SessionRoutes.labelBytesMax) ?? ""
        let limits = ShareLimits(site: try shownSite(body), period: try period(body), views: try views(body))
        return site.sessions.addShare(days: days, label: label, limits, call.ticket)
    }

    private static func shownSite(_ body: JSONBody) throws(QueryError) -> String? {
        guard let name = try body.text("site", bytesMax: SiteSettings.siteBytesMax) else { return nil }
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw QueryError(message: "site must be the name of a site")
        }
        return name
    }

    private static func period(_ body: JSONBody) throws(QueryError) -> ShareLimits.Period? {
        let times = Parameters.enteredTimes
        let (from, to) = (try body.integer("from", in: times), try body.integer("to", in: times))
        if let days = try body.integer("range_days", in: ShareLimits.days) {
            guard from == nil, to == nil else {
                throw QueryError(message: "range_days cannot be combined with from and to")
            }
            return .days(days)
        }
        guard from != nil || to != nil else { return nil }
        if let from, let to, from >= to { throw QueryError(message: "from must be before to") }
        return .fixed(from: from, to: to)
    }

    private static func views(_ body: JSONBody) throws(QueryError) -> [OwnerView]? {
        let known = OwnerView.allCases
        let bytesMax = known.map { $0.rawValue.utf8.count }.max() ?? 0
        guard let names = try body.texts("views", countMax: known.count, bytesMax: bytesMax) else { return nil }
        let views = names.compactMap { OwnerView(rawValue: $0) }
        guard !views.isEmpty, views.count == names.count, Set(views).count == views.count else {
            let list = known.map(\.rawValue).joined(separator: ", ")
            throw QueryError(message: "views must be a list of \(list), each once")
        }
        return views
    }

    static func revoke(_ site: Site, _ call: Call) -> HandlerResult {
        site.sessions.revokeShare(call.path["id"] ?? "", call.ticket)
    }
}
