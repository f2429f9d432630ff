import Reports
import Rollups
import Segments
import Storage
import Events
import TestSupport
import Testing

/// A small database of events, the figures that the server's segments give, and those of SQL.
struct AuditBench {
    /// One event of one page view; what is not said is ordinary.
    struct Sent {
        var type = "pageview"
        var at: Int64 = 0
        var view = "p_1"
        var session = "s_1"
        var visitor = "v_1"
        var site = "shop.example"
        var path = "/"
        var referrer: String?
        var seq = 1
        var payload = "{}"
        var agent = KnownTexts.agents[0]
    }

    /// 2026-11-23T00:00:00Z.
    static let start: Int64 = 1_795_392_000
    let database: Database
    let store: any Store

    init(_ engine: Engine, _ sent: [Sent] = []) throws {
        database = try Database(engine)
        store = try database.migrated()
        try database.shareHashKey()
        try add(sent)
    }

    /// Stores events and brings the segments up to them.
    func add(_ sent: [Sent]) throws {
        let events = try sent.map { event in
            var members = [
                ("visitor_id", quoted(event.visitor)), ("session_id", quoted(event.session)),
                ("pageview_id", quoted(event.view)), ("event_type", quoted(event.type)), ("seq", String(event.seq)),
                ("site", quoted(event.site)), ("path", quoted(event.path)), ("payload", event.payload),
            ]
            if let referrer = event.referrer { members.append(("referrer", quoted(referrer))) }
            let time = (Self.start + event.at) * 1_000_000
            return try Event.parsed(object(members), userAgent: event.agent.text, receivedAt: time)
        }
        try RandomDatabase.append(events[...], store)
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
    }

    /// A question about the seconds from the start of the data on.
    static func query(_ from: Int64, _ to: Int64, edges: [Int64] = []) -> FigureQuery {
        FigureQuery(from: start + from, to: start + to, edges: [start + from] + edges.map { start + $0 })
    }

    /// The figures by their names, after every one was compared with SQL over the raw rows.
    func figures(_ query: FigureQuery) throws -> [String: String] {
        var issues = IssueTexts()
        for row in try database.rows("select distinct issue, message from insight_issues order by 1") {
            issues.add(row[0] ?? "", row[1] ?? "")
        }
        let reading = try store.makeDatabase()
        var figures = Figures()
        try reading.snapshot { () throws(StoreError) in
            let dictionaries = try DictionaryCache().current(reading)
            let scanned = ScannedFigures(source: SegmentReader(reading), dictionaries: dictionaries, issues: issues)
            figures = try scanned.figures(query)
        }
        let connection = try database.connection()
        try RawTables(connection: connection).make()
        let right = try RawFigures(connection: connection, issues: issues).figures(query)
        #expect(figures.differences(right) == [])
        return Dictionary(figures.values.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
