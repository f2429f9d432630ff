import HTTPServer

/// Handlers of `/api/shares`.
enum ShareHandlers {
    static func list(_ site: Site, _ call: Call) -> HandlerResult { site.sessions.shares(call.ticket) }

    /// `POST` with `{"days":…,"label":…}`.
    static func add(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let body = try JSONBody(call.request, names: ["days", "label"])
        let days = try body.integer("days", in: SessionRoutes.shareDays) ?? SessionRoutes.shareDaysDefault
        let label = try body.text("label", bytesMax: SessionRoutes.labelBytesMax) ?? ""
        return site.sessions.addShare(days: days, label: label, call.ticket)
    }

    static func revoke(_ site: Site, _ call: Call) -> HandlerResult {
        site.sessions.revokeShare(call.path["id"] ?? "", call.ticket)
    }
}
