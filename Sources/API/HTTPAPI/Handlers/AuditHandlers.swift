import HTTPServer
import Reports
import Storage

/// The handler of `/api/audit-log`.
enum AuditHandlers {
    static func list(_ site: Site, _ call: Call) -> HandlerResult {
        let before = call.parameters.integer("before")
        return site.reports.read(call) { database throws(StoreError) in
            let entries = try AuditLog(database).latest(before: before, limit: AuditLog.limitMax)
            let next = entries.count < AuditLog.limitMax ? nil : entries.last?.id
            return JSONEncodedValue.object([
                ("entries", .array(entries.map { $0.entry.json(id: $0.id) })), ("next", JSONEncodedValue(next)),
            ])
        }
    }
}

extension AuditEntry {
    fileprivate func json(id: Int64) -> JSONEncodedValue {
        .object([
            ("id", .integer(id)), ("t", .integer(at)), ("actor", .text(actor.kind)),
            ("actor_name", JSONEncodedValue(actor.name)), ("action", .text(action)),
            ("object", JSONEncodedValue(object)), ("name", JSONEncodedValue(name)),
        ])
    }
}
