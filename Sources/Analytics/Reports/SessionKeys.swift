import Storage
import Aggregation
import Rollups

/// Finds the sessions that filters on visitors and payloads select, in the events of the range.
struct SessionKeys {
    /// The most sessions that such a filter may select.
    static let sessionsMax = 100_000

    let database: any Database
    let hashes: KeyedHashes
    let from: Int64
    let to: Int64

    private static let tooMany = ReportError.refused(
        "More than \(sessionsMax) sessions match a filter on visitors or properties: narrow the range or the filter"
    )

    /// The sessions of some visitors.
    func visitors(_ visitors: [String]) throws(ReportError) -> Set<UInt64> {
        let ids = database.padded(visitors.map { .text($0) })
        let names = (1...ids.count).map { "?\($0 + 2)" }.joined(separator: ", ")
        // Materialized, so that no planner scans the index of times through the events of all visitors.
        return try keys(
            """
            with own as materialized (
                select id, site, visitor_id, session_id, received_at from collector_events where visitor_id in (\(names))
            )
            select distinct \(Rollups.namedSite) as named_site, visitor_id, session_id from own where \(bounds)
            """,
            ids
        ) { _ in true }
    }

    /// The sessions with a custom event whose payload has a member with one of the values; `a.b` is also the member b of the member a.
    func property(_ name: String, _ values: [String]) throws(ReportError) -> Set<UInt64> {
        let wanted = Set(values)
        let path = name.split(separator: ".").map(String.init)
        let own = OwnEventType.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try keys(
            """
            select \(Rollups.namedSite) as named_site, visitor_id, session_id, \(database.dialect.json("payload"))
            from collector_events as own
            where \(bounds) and event_type not in (\(own))
            """,
            []
        ) { row in
            guard row.count > 3, let payload = row[3].text else { return false }
            guard payload.utf8.count <= ReadBudget.valueCharactersMax else { return false }
            let tree = LazyJSON(payload)
            let named = tree[name]
            let member = named.isNull ? path.reduce(tree) { $0[$1] } : named
            guard let text = member.text ?? member.literal else { return false }
            return wanted.contains(text)
        }
    }

    private var bounds: String {
        let time = database.dialect.time
        return "received_at >= \(time("?1")) and received_at < \(time("?2"))"
    }

    private func keys(
        _ sql: String,
        _ parameters: [SQLValue],
        where isWanted: ([SQLValue]) -> Bool
    ) throws(ReportError) -> Set<UInt64> {
        var keys: Set<UInt64> = []
        do throws(StoreError) {
            try database.stream(
                sql,
                [.integer(from), .integer(to)] + parameters,
                milliseconds: ReadLimits.statementMilliseconds
            ) { row in
                if isWanted(row) {
                    keys.insert(
                        hashes.sessionKey(
                            site: row[0].text ?? "",
                            visitor: row[1].text ?? "",
                            session: row[2].text ?? ""
                        )
                    )
                }
                return keys.count <= Self.sessionsMax
            }
        } catch {
            throw .store(error)
        }
        guard keys.count <= Self.sessionsMax else { throw Self.tooMany }
        return keys
    }
}
