package import Storage

/// A share link as listed for the owner.
package struct ShareLink: Sendable, Equatable {
    /// The id of the link, not its secret, which is signed with the owner's token and not stored.
    package var id: String
    package var label: String
    /// Seconds since 1970.
    package var createdAt: Int64
    package var expiresAt: Int64
    package var lastUsedAt: Int64?
    package var limits: ShareLimits

    package init(
        id: String,
        label: String,
        createdAt: Int64,
        expiresAt: Int64,
        lastUsedAt: Int64? = nil,
        limits: ShareLimits = ShareLimits()
    ) {
        self.id = id
        self.label = label
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.limits = limits
    }
}

/// Stores share links, the sessions created from them, and ended sessions of the owner.
///
/// A guest's session is valid while its row and its link's row exist; the owner's is valid unless a row marks it as ended. Times are seconds
/// since 1970. Rows are removed by number, never by age: a clock that was wrong for a while must not end or revive anything.
package struct ShareTables {
    /// The most links at the same time.
    package static let linksMax = 100
    /// The most sessions of one link; another one ends the oldest.
    package static let sessionsPerLinkMax: Int64 = 500
    /// The most ended sessions of the owner that are kept: those that expire last.
    package static let endedMax: Int64 = 10_000
    /// The seconds between two updates of the last use of a link.
    package static let useSeconds: Int64 = 60

    private let database: any Database

    package init(_ database: any Database) { self.database = database }

    // MARK: - Links

    /// All links, the newest first, including expired ones.
    package func links() throws(StoreError) -> [ShareLink] {
        let sql = """
            select id, label, created_at, expires_at, last_used_at, \(ShareLimits.columns)
            from insight_share_links
            order by created_at desc, id
            """
        return try database.briefRows(sql, []).compactMap { row in
            guard let id = row[0].text, let created = row[2].integer, let expires = row[3].integer else { return nil }
            return ShareLink(
                id: id,
                label: row[1].text ?? "",
                createdAt: created,
                expiresAt: expires,
                lastUsedAt: row[4].integer,
                limits: ShareLimits(row)
            )
        }
    }

    /// Adds a link; when there are too many, it removes expired ones.
    ///
    /// - Returns: false when there are too many links that have not expired.
    package func add(_ link: ShareLink) throws(StoreError) -> Bool {
        let known = try links()
        for expired in known where known.count >= Self.linksMax && expired.expiresAt <= link.createdAt {
            _ = try revoke(expired.id)
        }
        return try database.add(
            to: "insight_share_links",
            "id, label, created_at, expires_at, \(ShareLimits.columns)",
            [.text(link.id), .text(link.label), .integer(link.createdAt), .integer(link.expiresAt)]
                + link.limits.values,
            max: Int64(Self.linksMax)
        )
    }

    /// Removes a link with all sessions created from it.
    ///
    /// - Returns: false when there is no such link.
    package func revoke(_ id: String) throws(StoreError) -> Bool {
        var isKnown = false
        try database.transaction { () throws(StoreError) in isKnown = try remove(id) }
        return isKnown
    }

    private func remove(_ id: String) throws(StoreError) -> Bool {
        _ = try database.briefRows("delete from insight_share_sessions where link_id = ?1", [.text(id)])
        return try !database.briefRows("delete from insight_share_links where id = ?1 returning id", [.text(id)])
            .isEmpty
    }

    // MARK: - Sessions

    /// Starts a guest's session.
    ///
    /// - Returns: What the guest may read; nil when the link was revoked or has expired.
    package func begin(_ session: String, of link: String, now: Int64) throws(StoreError) -> ShareLimits? {
        var limits: ShareLimits?
        try database.transaction { () throws(StoreError) in
            let sql = """
                update insight_share_links
                set last_used_at = ?2
                where id = ?1 and expires_at > ?2
                returning \(ShareLimits.columns)
                """
            limits = try database.briefRows(sql, [.text(link), .integer(now)]).first.map { ShareLimits($0) }
            guard limits != nil else { return }
            _ = try database.briefRows(
                "insert into insight_share_sessions (id, link_id, created_at) values (?1, ?2, ?3)",
                [.text(session), .text(link), .integer(now)]
            )
            let surplus = """
                delete from insight_share_sessions
                where link_id = ?1 and id in (
                    select id
                    from insight_share_sessions
                    where link_id = ?1 and id <> ?2
                    order by created_at desc, id
                    limit 1000 offset ?3
                )
                """
            _ = try database.briefRows(surplus, [.text(link), .text(session), .integer(Self.sessionsPerLinkMax - 1)])
        }
        return limits
    }

    /// Ends a guest's session.
    package func end(guest session: String) throws(StoreError) {
        _ = try database.briefRows("delete from insight_share_sessions where id = ?1", [.text(session)])
    }

    /// Ends a session of the owner.
    package func end(owner session: String, expiresAt: Int64) throws(StoreError) {
        _ = try database.briefRows(
            "insert into insight_ended_sessions (id, expires_at) values (?1, ?2) on conflict (id) do nothing",
            [.text(session), .integer(expiresAt)]
        )
        let surplus = """
            delete from insight_ended_sessions
            where id in (
                select id
                from insight_ended_sessions
                order by expires_at desc, id
                limit 1000 offset ?1
            )
            """
        _ = try database.briefRows(surplus, [.integer(Self.endedMax)])
    }

    /// The valid ones of some guests' sessions with what each may read; also updates the last use of their links.
    package func active(guests: [String], now: Int64) throws(StoreError) -> [String: ShareLimits] {
        guard !guests.isEmpty else { return [:] }
        let names = database.padded(guests.map { .text($0) })
        let sql = """
            select session.id, link.id, link.last_used_at, \(ShareLimits.columns)
            from insight_share_sessions as session
            join insight_share_links as link on link.id = session.link_id
            where session.id in (\(Self.list(names.count))) and link.expires_at > ?\(names.count + 1)
            """
        let rows = try database.briefRows(sql, names + [.integer(now)])
        let unnoted = Set(rows.filter { ($0[2].integer ?? 0) < now - Self.useSeconds }.compactMap { $0[1].text })
        for link in unnoted {
            _ = try database.briefRows(
                "update insight_share_links set last_used_at = ?2 where id = ?1",
                [.text(link), .integer(now)]
            )
        }
        let found = rows.compactMap { row in row[0].text.map { ($0, ShareLimits(row)) } }
        return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }

    /// The ended ones of some sessions of the owner.
    package func ended(owners: [String]) throws(StoreError) -> Set<String> {
        guard !owners.isEmpty else { return [] }
        let names = database.padded(owners.map { .text($0) })
        let rows = try database.briefRows(
            "select id from insight_ended_sessions where id in (\(Self.list(names.count)))",
            names
        )
        return Set(rows.compactMap { $0[0].text })
    }

    private static func list(_ count: Int) -> String { (1...count).map { "?\($0)" }.joined(separator: ", ") }
}

extension ShareLimits {
    fileprivate static let columns = "site, range_from, range_to, range_days, views"
    fileprivate static let columnsCount = 5

    /// The values of `columns`.
    fileprivate var values: [SQLValue] {
        let (from, to, days) = bounds
        let names = views.map { $0.map(\.rawValue).joined(separator: ",") }
        return [SQLValue(site), SQLValue(from), SQLValue(to), SQLValue(days), SQLValue(names)]
    }

    /// Decodes a row that ends with `columns`; views that this version does not have are not allowed.
    fileprivate init(_ row: [SQLValue]) {
        let row = Array(row.suffix(Self.columnsCount))
        var period: Period?
        if let days = row[3].integer {
            // Whatever another program has stored.
            period = .days(min(max(days, Self.days.lowerBound), Self.days.upperBound))
        } else if row[1].integer != nil || row[2].integer != nil {
            period = .fixed(from: row[1].integer, to: row[2].integer)
        }
        let names = row[4].text?.split(separator: ",").map(String.init)
        self.init(
            site: row[0].text,
            period: period,
            views: names.map { names in names.compactMap { OwnerView(rawValue: $0) } }
        )
    }
}
