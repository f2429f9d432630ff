import Aggregation
import Rollups
import Segments
import Storage
import Texts

/// Finds visitors by what an owner knows of them.
struct VisitorSearch {
    /// The most visitors that a search may find, and the most bytes of its text.
    static let visitorsMax = 50
    static let bytesMax = 256

    private let context: ReportContext
    private var database: any Database { context.database }

    init(_ context: ReportContext) { self.context = context }

    /// The sessions within the range of the visitor with this id.
    ///
    /// Without one, of visitors whose id begins or ends with the text; without those, of the visitors that the site
    /// identified by it.
    func sessions(_ text: String) throws(ReportError) -> Set<UInt64> {
        guard !text.isEmpty, text.utf8.count <= Self.bytesMax else {
            throw .refused("find must have 1 to \(Self.bytesMax) bytes")
        }
        var visitors = try withID(text)
        if visitors.isEmpty { visitors = try identified(text) }
        guard visitors.count <= Self.visitorsMax else {
            throw .refused("More than \(Self.visitorsMax) visitors match: enter more of the id")
        }
        guard !visitors.isEmpty else { return [] }
        let range = context.query.range
        let keys = SessionKeys(
            database: database,
            hashes: try context.hashes(),
            from: range.from,
            to: range.to,
            sites: context.sites
        )
        return try keys.visitors(visitors.sorted().map(\.text))
    }

    private func withID(_ text: String) throws(ReportError) -> Set<ByteText> {
        let exact = try database.reportRows(
            "select visitor_id from collector_events where visitor_id = ?1 limit 1",
            [.text(text)]
        )
        guard exact.isEmpty else { return [ByteText(text)] }
        // Both engines count Unicode scalars, and read nothing but the index of visitors.
        let length = text.unicodeScalars.count
        let rows = try database.reportRows(
            """
            select distinct visitor_id from collector_events
            where substr(visitor_id, 1, \(length)) = ?1
                or length(visitor_id) > \(length) and substr(visitor_id, length(visitor_id) - \(length - 1)) = ?1
            limit \(Self.visitorsMax + 1)
            """,
            [.text(text)]
        )
        return Set(rows.compactMap { $0[0].text.map { ByteText($0) } })
    }

    private func identified(_ text: String) throws(ReportError) -> Set<ByteText> {
        let dialect = database.dialect
        let range = context.query.range
        var visitors: Set<ByteText> = []
        try database.reportStream(
            """
            select visitor_id, \(dialect.json("payload")) from collector_events
            where received_at >= \(dialect.time("?1")) and received_at < \(dialect.time("?2"))
                and event_type = '\(VisitorNames.identify)'
            """,
            [.integer(range.from), .integer(range.to)]
        ) { row in
            let name = VisitorNames.name(row[1].text, of: VisitorNames.identify)
            guard let visitor = row[0].text, haveSameBytes(name, text) else { return true }
            visitors.insert(ByteText(visitor))
            return visitors.count <= Self.visitorsMax
        }
        return visitors
    }
}

/// Finds the ids of scanned visitors, which segments do not contain, and the ids that the site gave them.
struct VisitorNames {
    static let identify = "identify"
    private static let pageView = "pageview"
    /// The most events that are searched for names.
    private static let eventsMax = 5000
    /// The most characters of a name.
    private static let charactersMax = 200

    private let context: ReportContext
    private var database: any Database { context.database }

    init(_ context: ReportContext) { self.context = context }

    /// The id that the payload of an event gives the visitor; nil without one.
    static func name(_ payload: String?, of type: String) -> String? {
        guard let payload, payload.utf8.count <= ReadBudget.valueCharactersMax else { return nil }
        let tree = LazyJSON(payload)
        let id = type == identify ? tree["id"] : tree["user"]["id"]
        guard let text = id.text ?? id.literal, !text.isEmpty, text != "null" else { return nil }
        return String(text.prefix(charactersMax))
    }

    /// By key of the session of the last page view; a visitor whose events were deleted is left out.
    func names(_ visitors: [ScannedVisitor]) throws(ReportError) -> [UInt64: (visitor: String, name: String?)] {
        var result: [UInt64: (visitor: String, name: String?)] = [:]
        let views = try lastPageViews(visitors)
        for (key, view) in views { result[key] = (view.visitor, nil) }
        guard !views.isEmpty else { return result }
        let ids = database.padded(views.values.map { .text($0.pageView) })
        var keys: [ByteText: [UInt64]] = [:]
        for (key, view) in views { keys[ByteText(view.pageView), default: []].append(key) }
        var newest: [UInt64: Int64] = [:]
        var events = 0
        try database.reportStream(
            """
            select pageview_id, visitor_id, id, event_type, \(database.dialect.json("payload")) from collector_events
            where pageview_id in (\((1...ids.count).map { "?\($0)" }.joined(separator: ", ")))
                and event_type in ('\(Self.pageView)', '\(Self.identify)')
            """,
            ids
        ) { row in
            events += 1
            guard let id = row[2].integer, let name = Self.name(row[4].text, of: row[3].text ?? "") else {
                return events < Self.eventsMax
            }
            for key in keys[ByteText(row[0].text ?? "")] ?? [] where haveSameBytes(views[key]?.visitor, row[1].text) {
                guard id > newest[key] ?? 0 else { continue }
                newest[key] = id
                result[key]?.name = name
            }
            return events < Self.eventsMax
        }
        return result
    }

    /// The last page view of each visitor, by the key of its session.
    ///
    /// The events of the second in which it was received have the ids.
    private func lastPageViews(
        _ visitors: [ScannedVisitor]
    ) throws(ReportError) -> [UInt64: (visitor: String, pageView: String)] {
        let hashes = try context.hashes()
        let time = database.dialect.time
        var found: [UInt64: (visitor: String, pageView: String)] = [:]
        for (second, own) in Dictionary(grouping: visitors, by: \.lastSeen).sorted(by: { $0.key < $1.key }) {
            var missing = Set(own.map(\.sessionKey))
            try database.reportStream(
                """
                select \(Rollups.namedSite) as named_site, visitor_id, session_id, pageview_id
                from collector_events as own
                where received_at >= \(time("?1")) and received_at < \(time("?2")) and event_type = '\(Self.pageView)'
                """,
                [.integer(second), .integer(second + 1)]
            ) { row in
                let (visitor, pageView) = (row[1].text ?? "", row[3].text ?? "")
                let key = hashes.sessionKey(site: row[0].text ?? "", visitor: visitor, session: row[2].text ?? "")
                if missing.remove(key) != nil { found[key] = (visitor, pageView) }
                return !missing.isEmpty
            }
        }
        return found
    }
}
