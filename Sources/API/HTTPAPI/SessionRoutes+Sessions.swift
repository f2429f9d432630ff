import Events
import HTTPServer
import HTTPWire
import Reports
import Storage
import UserAgents

/// The list of the owner's sessions, and their ends.
extension SessionRoutes {
    /// The browser and the system of a sign-in, such as `Firefox on Linux`.
    static func browser(_ request: borrowing Request) -> String {
        let agent = UserAgentParser.shared.parse(request.text(.userAgent))
        return "\(agent.browser) on \(agent.system)"
    }

    func ownSessions(_ identity: Identity, _ ticket: Ticket) -> HandlerResult {
        let current = identity.credential?.session?.id
        return perform(ticket) { database throws(StoreError) in
            let sessions = try OwnerSessions(database).all(now: WallClock.seconds)
            return Responses.json(
                .object([("sessions", .array(sessions.map { $0.json(isCurrent: $0.id == current) }))])
            )
        }
    }

    /// Ends one session, or all sessions but that of the request.
    func endSessions(_ id: String?, _ identity: Identity, _ ticket: Ticket) -> HandlerResult {
        let current = identity.credential?.session?.id
        let isTaken = registry.perform { [registry] database throws(StoreError) in
            let all = try OwnerSessions(database).all(now: WallClock.seconds)
            let chosen = all.filter { session in id.map { $0 == session.id } ?? (session.id != current) }
            guard id == nil || !chosen.isEmpty else {
                return registry.answer(ticket, Self.refuse(404, "No such session"))
            }
            let ended = chosen.map { SignedSession(id: $0.id, linkID: nil, expiry: $0.expiresAt) }
            registry.end(ended) { isWritten in
                let done = Responses.json(.object([("ended", .array(ended.map { .text($0.id) }))]))
                registry.answer(ticket, isWritten ? done : .response(Responses.unavailable()))
            }
        } failed: { [registry] _ in
            registry.answer(ticket, .response(Responses.unavailable()))
        }
        return isTaken ? .later : .now(.response(Responses.unavailable()))
    }
}

extension OwnerSession {
    fileprivate func json(isCurrent: Bool) -> JSONEncodedValue {
        .object([
            ("id", .text(id)), ("created", .integer(createdAt)), ("last_seen", .integer(seenAt)),
            ("expires", .integer(expiresAt)), ("browser", JSONEncodedValue(browser)), ("current", .bool(isCurrent)),
        ])
    }
}
