import Events
import HTTPServer
import JSON
import Log
import Reports
import Storage

/// Writes each change of the owner's data to the audit log before its response is sent.
///
/// The response of the handler is held until the entry is stored. If the entry cannot be stored, the response is sent anyway, since the change
/// has been made, and the log of the server has a warning.
struct AuditTrail: Sendable {
    let registry: SessionRegistry
    let log: Log

    /// Runs the handler of a change, and adds an entry if it succeeds.
    ///
    /// `action` has the method and the path of the route, `object` the id of what is changed unless the response has it.
    func record(
        _ call: Call,
        action: String,
        object: String?,
        _ handle: () -> HandlerResult
    ) -> HandlerResult {
        guard let actor = Self.actor(call.identity) else { return handle() }
        let ticket = call.ticket
        registry.hold(ticket) { response in
            guard let entry = Self.entry(actor, action, object, response) else {
                return registry.answer(ticket, response)
            }
            store(entry, response, ticket)
        }
        guard case .now(let response) = handle() else { return .later }
        registry.release(ticket)
        guard let entry = Self.entry(actor, action, object, response) else { return .now(response) }
        store(entry, response, ticket)
        return .later
    }

    private static func actor(_ identity: SessionRoutes.Identity) -> AuditEntry.Actor? {
        switch identity.access {
        case .everything: .owner
        case .token(let token): .token(name: token.name)
        case .reading, .nothing: nil
        }
    }

    private func store(_ entry: AuditEntry, _ response: ServerResponse, _ ticket: Ticket) {
        let isTaken = registry.perform { database throws(StoreError) in
            try AuditLog(database).add(entry)
            registry.answer(ticket, response)
        } failed: { error in
            log.warning("change is not in the audit log", ["action": entry.action, "reason": error.reason])
            registry.answer(ticket, response)
        }
        guard !isTaken else { return }
        log.warning("change is not in the audit log", ["action": entry.action, "reason": "too many requests"])
        registry.answer(ticket, response)
    }

    // MARK: - Entries

    /// The members of a response that name what was changed or its new state; others may be secrets.
    private static let nameMembers = ["name", "label", "text", "state", "time_zone", "mode"]
    /// The members of a response with ages of a site, and what they are ages of.
    private static let ageMembers = [("retention_events", "events"), ("retention_pageviews", "page views")]

    /// The entry of a response; nil when nothing was changed.
    static func entry(
        _ actor: AuditEntry.Actor,
        _ action: String,
        _ object: String?,
        _ response: ServerResponse
    ) -> AuditEntry? {
        guard case .response(let response) = response, (200..<300).contains(response.status) else { return nil }
        var texts: [String: String] = [:]
        if case .bytes(let bytes) = response.body { texts = members(bytes) }
        return AuditEntry(
            at: WallClock.seconds,
            actor: actor,
            action: action,
            object: texts["id"] ?? object,
            name: nameMembers.lazy.compactMap { texts[$0] }.first ?? ages(texts)
        )
    }

    /// The ages of a site, such as `events 30d, page views keep`; nil without any.
    private static func ages(_ texts: [String: String]) -> String? {
        let parts = ageMembers.compactMap { member, rows in texts[member].map { "\(rows) \($0)" } }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func isWanted(_ name: String) -> Bool {
        name == "id" || nameMembers.contains(name) || ageMembers.contains { $0.0 == name }
    }

    /// The texts of a response that may be in an entry.
    private static func members(_ bytes: [UInt8]) -> [String: String] {
        var found: [String: String] = [:]
        do throws(JSONError) {
            var cursor = try ObjectCursor(bytes.span, in: 0..<bytes.count)
            while let member = try cursor.next(bytes.span) {
                let name = String(decoding: bytes[member.name], as: UTF8.self)
                guard member.value.kind == .string, isWanted(name) else { continue }
                var text = Array(bytes[member.value.content])
                if member.value.hasEscapes {
                    let count = text.count
                    appendUnescaped(0..<count, to: &text)
                    text.removeFirst(count)
                }
                found[name] = String(decoding: text, as: UTF8.self)
            }
        } catch { return [:] }
        return found
    }
}
