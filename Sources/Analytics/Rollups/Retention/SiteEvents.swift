import Storage

/// Stored events by the site that they have in the table, searched in the order of their time.
///
/// Figures may attribute them to `(other)` instead. The conditions compare the site and the time as one value, and the order begins with the
/// site: PostgreSQL would otherwise expect to find the next events of a frequent site soon in the index by time alone, and read all older
/// events of other sites.
enum SiteEvents: Hashable, Sendable {
    case all
    /// Those of a site; nil for those without one.
    case site(String?)

    /// The position after an event: its time as a key of the engine, and its id.
    struct Cursor {
        var time: SQLValue
        var id: Int64
    }

    /// The events that figures may attribute to a site: those of sites without a name of their own can be any.
    static func attributed(to site: String) -> [SiteEvents] {
        switch site {
        case "": [.site(nil), .site("")]
        case Rollups.otherSite: [.all]
        default: [.site(site)]
        }
    }

    /// A condition for all of them, with the parameter `name`.
    func condition(_ name: String) -> String {
        switch self {
        case .all: "true"
        case .site(nil): "site is null"
        case .site: "site >= \(name) and site <= \(name)"
        }
    }

    /// The parameter of the condition, if it has one.
    var parameters: [SQLValue] {
        guard case .site(let name?) = self else { return [] }
        return [.text(name)]
    }

    var order: String { self == .all ? "received_at, id" : "site, received_at, id" }

    /// Events received before a time in seconds since 1970, after a cursor, with ids up to `last`: at most `limit` rows of some columns.
    ///
    /// The first columns are the id and the time as a key of the engine.
    func rows(
        _ columns: String,
        _ database: any Database,
        before end: Int64,
        after cursor: Cursor?,
        through last: Int64 = .max,
        limit: Int64
    ) throws(StoreError) -> [[SQLValue]] {
        let dialect = database.dialect
        var values: [SQLValue] = [.integer(end), .integer(last), .integer(limit)] + parameters
        let site = "?4"
        let isNamed = !parameters.isEmpty
        // Bounds of the site alone would replace those of site and time.
        var conditions = isNamed && cursor != nil ? [] : [isNamed ? "site >= \(site)" : condition(site)]
        conditions.append(
            isNamed
                ? "(site, received_at) < (\(site), \(dialect.time("?1")))" : "received_at < \(dialect.time("?1"))"
        )
        conditions.append("id <= ?2")
        if let cursor {
            let (time, id) = (dialect.timeOfKey("?\(values.count + 1)"), "?\(values.count + 2)")
            values += [cursor.time, .integer(cursor.id)]
            conditions.append(
                isNamed
                    ? "(site, received_at, id) > (\(site), \(time), \(id))" : "(received_at, id) > (\(time), \(id))"
            )
        }
        return try database.rows(
            """
            select id, \(dialect.timeKey("received_at")), \(columns)
            from collector_events as own
            where \(conditions.joined(separator: " and "))
            order by \(order)
            limit ?3
            """,
            values
        )
    }
}
