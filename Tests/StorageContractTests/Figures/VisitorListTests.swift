import Events
import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// The list of visitors of either store, beside SQL over raw rows.
@Suite struct `The list of visitors` {
    private static let questions = 12
    private static let columns: [(ReportDimension, String)] = [
        (.browser, "browser"), (.country, "country"), (.referrer, "referrer"), (.campaign, "campaign"),
    ]

    private func pages(
        _ reports: Reports,
        _ query: ReportQuery,
        _ sort: VisitorsReport.Sort,
        find: String? = nil
    ) throws -> [VisitorsReport.Row] {
        var (rows, cursor): ([VisitorsReport.Row], VisitorsReport.Cursor?) = ([], nil)
        while true {
            let page = try reports.visitors(query, sort, after: cursor, limit: 40, find: find)
            rows += page.rows
            guard let next = page.next else {
                #expect(page.count == Int64(rows.count))
                return rows
            }
            #expect(VisitorsReport.Cursor(next.text) == next)
            cursor = next
        }
    }

    @Test(arguments: Engine.allCases, [31, 32] as [UInt64])
    func `has the figures of each visitor, for any range, filter and order`(engine: Engine, seed: UInt64) throws {
        let database = try Database(engine)
        let events = RandomEvents(seed: seed, sessions: 200)
        let store = try RandomDatabase.fill(database, events)
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
        let connection = try database.connection()
        try RawTables(connection: connection).make()
        let raw = RawFigures(connection: connection)
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        var random = SeededRandom(seed: seed)
        for number in 0..<Self.questions {
            let from = events.start + Int64(random.number(-86_400, 2 * 86_400))
            let to = from + Int64(random.number(3600, 5 * 86_400))
            var figures = FigureQuery(from: from, to: to, edges: [from])
            var filters: [ReportFilter] = []
            let includesBots = random.chance(40)
            if !includesBots { figures.filters.append(.init(column: .traffic, values: ["human"])) }
            if random.chance(50) {
                let browser = random.pick(try connection.rows("select distinct browser from ss").map { $0[0] ?? "" })
                figures.filters.append(.init(column: .browser, values: [browser]))
                filters.append(try ReportFilter("is", "browser", [browser]))
            }
            _ = try raw.figures(figures)
            let range = try ReportRange(from: from, to: to)
            let query = ReportQuery(range: range, filters: filters, includesBots: includesBots, isComparing: false)
            let sort = random.pick(VisitorsReport.Sort.allCases)
            let rows = try pages(reports, query, sort)
            try check(rows, connection, from, to, "\(number) \(query)")
            let measures = rows.map { row in
                switch sort {
                case .lastSeen: row.figures.lastSeen
                case .pageViews: row.figures.pageViews
                case .sessions: row.figures.sessions
                case .errors: row.figures.errors
                }
            }
            #expect(measures == measures.sorted(by: >), "\(number)")
        }
    }

    /// Compares rows with those of the raw tables, whose page views and sessions are selected.
    private func check(
        _ rows: [VisitorsReport.Row],
        _ connection: RawConnection,
        _ from: Int64,
        _ to: Int64,
        _ comment: String
    ) throws {
        let names = Self.columns.map { "max(ss.\($0.1)), min(ss.\($0.1))" }.joined(separator: ", ")
        let right = try connection.rows(
            """
            select a.v, a.first, a.last, a.n,
              (select count(*) from q_s q where q.visitor = a.v and q.is_within = 1),
              (select coalesce(sum(xe.count), 0) from xe join q_r using (rid) join pv using (rid)
                where pv.v = a.v and xe.kind = 1 and xe.time >= \(from) and xe.time < \(to)), \(names)
            from (select pv.v, min(pv.time) as first, max(pv.time) as last, count(*) as n
              from q_r r join pv using (rid) where r.is_within = 1 and pv.is_counted group by pv.v) a
            join pv w on w.v = a.v and w.time = a.last and w.is_counted
            join q_r x on x.rid = w.rid join ss on ss.sid = w.sid
            group by a.v, a.first, a.last, a.n
            """
        )
        let byVisitor = Dictionary(uniqueKeysWithValues: right.map { ($0[0] ?? "", $0) })
        #expect(Set(rows.map(\.visitor)) == Set(byVisitor.keys.map { $0 }), "\(comment)")
        #expect(rows.count == right.count, "\(comment)")
        for row in rows {
            let visitor = try #require(row.visitor)
            let own = try #require(byVisitor[visitor])
            let figures = row.figures
            let numbers = [figures.firstSeen, figures.lastSeen, figures.pageViews, figures.sessions, figures.errors]
            #expect(numbers.map { "\($0)" } == own[1...5].map { $0 ?? "" }, "\(visitor) \(comment)")
            for (index, column) in Self.columns.enumerated() {
                let values = own[(6 + 2 * index)...(7 + 2 * index)].map { $0 == "" ? ReportFilter.none : $0 }
                // Sessions of the same second cannot be compared.
                if values[0] == values[1] { #expect(row.values[column.0] == values[0], "\(visitor) \(comment)") }
            }
        }
    }

    // MARK: - Search and names

    private static let start: Int64 = 1_795_456_784

    private func event(
        _ visitor: String,
        _ type: String,
        _ payload: String,
        session: String,
        at seconds: Int64
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"\(visitor)","session_id":"\(session)","pageview_id":"p_\(session)","event_type":"\(type)",\
            "path":"/","payload":\(payload)}
            """,
            receivedAt: (Self.start + seconds) * 1_000_000
        )
    }

    @Test(arguments: Engine.allCases)
    func `is searched by ids, their beginnings and ends, and identified ids`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        var events: [Event] = []
        for (index, visitor) in ["v_aé_one", "v_aé_two", "v_b_one"].enumerated() {
            events.append(try event(visitor, "pageview", "{}", session: "s_\(index)", at: Int64(index)))
        }
        events.append(try event("v_b_one", "identify", #"{"id":"customer-7"}"#, session: "s_2", at: 2))
        events.append(try event("v_b_one", "buy", #"{"id":"customer-8"}"#, session: "s_2", at: 3))
        events.append(try event("v_aé_two", "pageview", #"{"user":{"id":42}}"#, session: "s_9", at: 9))
        try store.append(events)
        try store.catchUp()
        let range = try ReportRange(from: Self.start - 60, to: Self.start + 60)
        let query = ReportQuery(range: range, includesBots: true)
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        func found(_ text: String) throws -> Set<String?> {
            Set(try pages(reports, query, .lastSeen, find: text).map(\.visitor))
        }
        #expect(try found("v_aé_one") == ["v_aé_one"])
        #expect(try found("v_aé") == ["v_aé_one", "v_aé_two"])
        #expect(try found("é_two") == ["v_aé_two"])
        #expect(try found("_one") == ["v_aé_one", "v_b_one"])
        #expect(try found("customer-7") == ["v_b_one"])
        for text in ["customer-8", "V_B", "aé", "%", "_b_", "x"] { #expect(try found(text) == [], "\(text)") }
        let names = try pages(reports, query, .lastSeen).map { "\($0.visitor ?? "") \($0.name ?? "")" }
        #expect(names == ["v_aé_two 42", "v_b_one customer-7", "v_aé_one "])
        #expect(throws: ReportError.self) { try found(String(repeating: "x", count: 257)) }
    }

    @Test(arguments: Engine.allCases)
    func `refuses a search that finds too many, and keeps visitors whose events were deleted`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append((0..<51).map { try event("v_\($0)", "pageview", "{}", session: "s_\($0)", at: Int64($0)) })
        try store.catchUp()
        let range = try ReportRange(from: Self.start - 60, to: Self.start + 60)
        let query = ReportQuery(range: range, includesBots: true)
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        #expect(throws: ReportError.refused("More than 50 visitors match: enter more of the id")) {
            try reports.visitors(query, .lastSeen, after: nil, limit: 5, find: "v_")
        }
        try database.connection().rows("delete from collector_events where visitor_id = 'v_50'")
        let page = try reports.visitors(query, .lastSeen, after: nil, limit: 2, find: nil)
        #expect(page.rows.map(\.visitor) == [nil, "v_49"] && page.count == 51)
    }
}
