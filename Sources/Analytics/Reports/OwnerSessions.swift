package import Storage

/// A session of the owner as it is listed.
package struct OwnerSession: Sendable, Equatable {
    package var id: String
    /// Seconds since 1970.
    package var createdAt: Int64
    /// At most `ShareTables.useSeconds` older than the last request.
    package var seenAt: Int64
    package var expiresAt: Int64
    /// The browser and system at sign-in; nil when they are unknown.
    package var browser: String?

    package init(id: String, createdAt: Int64, seenAt: Int64, expiresAt: Int64, browser: String?) {
        self.id = id
        self.createdAt = createdAt
        self.seenAt = seenAt
        self.expiresAt = expiresAt
        self.browser = browser
    }
}

/// Stores the sessions of the owner that have been used, for their list; it does not decide whether they are valid.
package struct OwnerSessions: Sendable {
    /// The most sessions in the list; another one removes the one that was used least recently, which stays valid.
    package static let sessionsMax: Int64 = 200

    private let database: any Database

    package init(_ database: any Database) { self.database = database }

    private static let columns = "id, created_at, seen_at, expires_at, browser"

    private static func session(_ row: [SQLValue]) -> OwnerSession? {
        guard let id = row[0].text, let created = row[1].integer, let seen = row[2].integer,
            let expires = row[3].integer
        else { return nil }
        return OwnerSession(id: id, createdAt: created, seenAt: seen, expiresAt: expires, browser: row[4].text)
    }

    /// The sessions that have neither expired nor been ended, the last used first.
    package func all(now: Int64) throws(StoreError) -> [OwnerSession] {
        let sql = """
            select \(Self.columns)
            from owner_sessions
            where expires_at > ?1
                and not exists (select 1 from insight_ended_sessions as ended where ended.id = owner_sessions.id)
            order by seen_at desc, id
            limit \(Self.sessionsMax)
            """
        return try database.briefRows(sql, [.integer(now)]).compactMap(Self.session)
    }

    /// Notes the use of sessions that have not been ended, unless it is known well enough.
    package func use(_ sessions: [OwnerSession]) throws(StoreError) {
        guard !sessions.isEmpty else { return }
        let names = database.padded(sessions.map { .text($0.id) })
        let list = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
        let known = try database.briefRows("select \(Self.columns) from owner_sessions where id in (\(list))", names)
            .compactMap(Self.session)
        for session in sessions {
            let stored = known.first { $0.id == session.id }
            let isFresh = (stored?.seenAt ?? 0) >= session.seenAt - ShareTables.useSeconds
            if stored != nil, isFresh, session.browser == nil || session.browser == stored?.browser { continue }
            try store(session)
        }
    }

    private func store(_ session: OwnerSession) throws(StoreError) {
        let upsert = """
            insert into owner_sessions (\(Self.columns)) values (?1, ?2, ?3, ?4, ?5)
            on conflict (id) do update
            set seen_at = excluded.seen_at, browser = coalesce(excluded.browser, owner_sessions.browser)
            """
        let surplus = """
            delete from owner_sessions
            where expires_at <= ?1
                or id in (select id from owner_sessions order by seen_at desc, id limit 1000 offset \(Self.sessionsMax))
            """
        let values: [SQLValue] = [
            .text(session.id), .integer(session.createdAt), .integer(session.seenAt), .integer(session.expiresAt),
            SQLValue(session.browser),
        ]
        _ = try database.briefRows(upsert, values)
        _ = try database.briefRows(surplus, [.integer(session.seenAt)])
    }
}
