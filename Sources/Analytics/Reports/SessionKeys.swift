import Segments
import Storage
import Texts
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
    /// The sites to which the question is limited; nil for all.
    let sites: Set<ByteText>?

    private static let tooMany = ReportError.refused(
        "More than \(sessionsMax) sessions match a filter on visitors or properties: narrow the range or the filter"
    )

    /// The sessions of some visitors.
    func visitors(_ visitors: [String]) throws(ReportError) -> Set<UInt64> {
        try database.requireEvents(from: from, of: sites, "Filters on visitors")
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

    /// The sessions with a custom event whose payload has a member with one of the values.
    func property(_ name: String, _ values: [String]) throws(ReportError) -> Set<UInt64> {
        try database.requireEvents(from: from, of: sites, "Filters on event properties")
        let wanted = PropertyValues(values)
        let own = OwnEventType.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try keys(
            """
            select \(Rollups.namedSite) as named_site, visitor_id, session_id, \(database.dialect.json("payload"))
            from collector_events as own
            where \(bounds) and event_type not in (\(own))
            """,
            []
        ) { row in
            row.count > 3 && Self.has(row[3].text, name, wanted)
        }
    }

    /// The most events of one name that are read for a goal or step with a property.
    static let eventsMax = 200_000

    /// The custom events of a name whose payload has a member with a value.
    func events(_ name: String, _ property: Milestone.Property) throws(ReportError) -> EventKeys {
        try database.requireEvents(from: from, of: sites, "Goals and steps with event properties")
        let wanted = PropertyValues([property.value])
        var found: [(session: UInt64, second: Int64, id: Int64, isWanted: Bool)] = []
        try database.reportStream(
            """
            select \(Rollups.namedSite) as named_site, visitor_id, session_id, \(database.dialect.json("payload")), id,
                \(database.dialect.microseconds("received_at"))
            from collector_events as own
            where \(bounds) and event_type = ?3 and id not in (select event_id from rollup_dead_letters)
            """,
            [.integer(from), .integer(to), .text(name)]
        ) { row in
            let key = hashes.sessionKey(
                site: row[0].text ?? "",
                visitor: row[1].text ?? "",
                session: row[2].text ?? ""
            )
            let isWanted = Self.has(row[3].text, property.name, wanted)
            found.append((key, (row[5].integer ?? 0) / 1_000_000, row[4].integer ?? 0, isWanted))
            return found.count <= Self.eventsMax
        }
        guard found.count <= Self.eventsMax else {
            throw .refused(
                "There are more than \(Self.eventsMax) events named \(name): narrow the range, or leave out the property"
            )
        }
        // Events of one second and session have the order of their ids, as in segments.
        found.sort { ($0.session, $0.second, $0.id) < ($1.session, $1.second, $1.id) }
        var (keys, index) = (EventKeys(), UInt32(0))
        for (number, event) in found.enumerated() {
            let before = number > 0 ? found[number - 1] : nil
            index = before?.session == event.session && before?.second == event.second ? index + 1 : 0
            if event.isWanted { keys.insert(session: event.session, second: event.second, index: index) }
        }
        return keys
    }

    /// Whether a payload has a member with one of some values.
    private static func has(_ payload: String?, _ name: String, _ wanted: PropertyValues) -> Bool {
        guard let payload, payload.utf8.count <= ReadBudget.valueCharactersMax else { return false }
        return wanted.contains(LazyJSON(payload).member(named: name))
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
