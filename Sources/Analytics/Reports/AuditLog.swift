package import Storage

/// A change in the audit log.
package struct AuditEntry: Sendable, Equatable {
    /// Who made a change.
    package enum Actor: Sendable, Equatable {
        case owner
        /// An API token, by its name at that time.
        case token(name: String)
        /// A command of the program, such as `rebuild`.
        case command(name: String)

        package var kind: String {
            switch self {
            case .owner: "owner"
            case .token: "token"
            case .command: "command"
            }
        }

        package var name: String? {
            switch self {
            case .owner: nil
            case .token(let name), .command(let name): name
            }
        }

        init?(kind: String, name: String?) {
            switch (kind, name) {
            case ("owner", _): self = .owner
            case ("token", let name?): self = .token(name: name)
            case ("command", let name?): self = .command(name: name)
            default: return nil
            }
        }
    }

    /// Seconds since 1970.
    package var at: Int64
    package var actor: Actor
    /// The method and the path of the route, such as `POST /api/goals`, or the name of the command.
    package var action: String
    /// The id of what was changed.
    package var object: String?
    /// Its name at that time.
    package var name: String?

    package init(at: Int64, actor: Actor, action: String, object: String? = nil, name: String? = nil) {
        self.at = at
        self.actor = actor
        self.action = action
        self.object = object
        self.name = name
    }
}

/// Stores who changed what and when.
///
/// Entries have no secrets and no visitors.
package struct AuditLog: Sendable {
    /// The most entries, and the days for which they are kept.
    package static let entriesMax: Int64 = 10_000
    package static let daysMax: Int64 = 400
    /// The most entries of one response.
    package static let limitMax: Int64 = 200
    /// The most bytes of an object's id or name; longer ones are not stored.
    package static let textBytesMax = 256

    private let database: any Database

    package init(_ database: any Database) { self.database = database }

    /// Adds an entry and removes those beyond the limits.
    package func add(_ entry: AuditEntry) throws(StoreError) {
        let values: [SQLValue] = [
            .integer(entry.at), .text(entry.actor.kind), SQLValue(Self.limited(entry.actor.name)),
            .text(entry.action), SQLValue(Self.limited(entry.object)), SQLValue(Self.limited(entry.name)),
        ]
        _ = try database.briefRows(
            "insert into audit_log (at, actor, actor_name, action, object, name) values (?1, ?2, ?3, ?4, ?5, ?6)",
            values
        )
        _ = try database.briefRows(
            "delete from audit_log where at < ?1 or id <= (select max(id) from audit_log) - \(Self.entriesMax)",
            [.integer(entry.at - Self.daysMax * 86_400)]
        )
    }

    private static func limited(_ text: String?) -> String? {
        text.flatMap { $0.utf8.count <= textBytesMax && !$0.utf8.contains(0) ? $0 : nil }
    }

    /// Entries with ids below `before`, or the newest ones if it is nil; at most `limit`, the newest first.
    package func latest(before: Int64?, limit: Int64) throws(StoreError) -> [(id: Int64, entry: AuditEntry)] {
        let sql = """
            select id, at, actor, actor_name, action, object, name
            from audit_log
            where id < ?1
            order by id desc
            limit ?2
            """
        let rows = try database.briefRows(sql, [.integer(before ?? .max), .integer(limit)])
        return rows.compactMap { row in
            guard let id = row[0].integer, let at = row[1].integer, let action = row[4].text,
                let actor = AuditEntry.Actor(kind: row[2].text ?? "", name: row[3].text)
            else { return nil }
            let entry = AuditEntry(at: at, actor: actor, action: action, object: row[5].text, name: row[6].text)
            return (id, entry)
        }
    }
}
