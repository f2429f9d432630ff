import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import HTTPAPI
@testable import Reports
@testable import Rollups
import TimeZones

/// Reports of segments that a test has written: exact figures, the same from both stores.
@Suite struct ReportsTests {
    /// 2026-11-24, 00:00 UTC.
    private static let day: Int64 = 1_795_478_400

    private func filled(_ engine: Engine) throws -> (database: Database, store: any Store) {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.shareHashKey()
        var fixture = SegmentFixture()
        // Each hour h has h + 1 page views of one session each; even ones use Chrome, every third comes from a search.
        for hour in 0..<24 {
            for number in 0...hour {
                let time = Self.day + Int64(hour) * 3600 + Int64(number) * 120 + 17
                fixture.add(
                    visitor: "v_\(number)",
                    session: "s_\(hour)_\(number)",
                    browser: number % 2 == 0 ? "Chrome" : "Firefox",
                    referrer: number % 3 == 0 ? "search.example" : "(direct)",
                    paths: number % 2 == 0 ? ["/"] : ["/", "/pricing"],
                    at: time,
                    lcp: Float(1000 + 100 * number),
                    error: number == 5,
                    delivery: (hour, number) == (5, 3) ? PageDelivery(emitted: 5, dropped: 1, lost: 2) : nil
                )
            }
        }
        fixture.add(visitor: "v_bot", session: "s_bot", traffic: "bot", paths: ["/"], at: Self.day + 60)
        try fixture.write(store.makeDatabase())
        let events = [
            ("pageview", "p_1", 1, "{}"), ("signup", "p_1", 2, #"{"plan":"pro","deep":{"n":7}}"#),
            ("pageview", "p_2", 1, "{}"), ("signup", "p_2", 2, #"{"plan":"free"}"#),
        ]
        let parsed = try events.map { type, view, seq, payload in
            try Event.parsed(
                """
                {"visitor_id":"v_\(view == "p_1" ? 3 : 4)","session_id":"s_5_\(view == "p_1" ? 3 : 4)","pageview_id":"\(view)",\
                "event_type":"\(type)","seq":\(seq),"path":"/","site":"shop.example","payload":\(payload)}
                """,
                receivedAt: (Self.day + 6 * 3600) * 1_000_000
            )
        }
        _ = try store.makeWriter().append(Batch(events: parsed))
        try database.rows(
            """
            insert into delivery_reports (pageview_id, visitor_id, session_id, site, emitted, dropped, drop_reasons, first_received_at,
                last_received_at)
            values ('p_1', 'v_3', 's_5_3', 'shop.example', 5, 1, '{}', '2026-11-24T06:00:00.000000Z', '2026-11-24T06:00:00.000000Z')
            """
        )
        return (database, store)
    }

    private static func query(
        from: Int64 = day,
        to: Int64 = day + 86_400,
        zone: Zone = .utc,
        interval: Interval? = nil,
        _ filters: [ReportFilter] = [],
        bots: Bool = false
    ) throws -> ReportQuery {
        ReportQuery(
            range: try ReportRange(from: from, to: to, zone: zone, interval: interval),
            filters: filters,
            includesBots: bots
        )
    }

    private static func queries() throws -> [ReportQuery] {
        let zone = try #require(ZoneCache.system.zone("Asia/Kathmandu"))
        return [
            try query(), try query(bots: true), try query(from: day + 10_017, to: day + 10_077),
            try query(zone: zone, interval: .hour, [ReportFilter("is_not", "browser", ["Chrome"])]),
            try query(from: day - 86_400, to: day + 2 * 86_400, zone: zone, interval: .day),
            try query([ReportFilter("matches", "path", ["/p*"]), ReportFilter("contains", "referrer", ["search"])]),
            try query([ReportFilter("is", "property:plan", ["pro"])]),
            try query([ReportFilter("is", "visitor", ["v_3", "v_4"])]),
        ]
    }

    private static var counts: ListSelection {
        var selection = ListSelection(limit: 1)
        selection.countsOnly = true
        return selection
    }

    private let tracker = TrackerAddresses(scripts: ["collector.js"], endpoints: ["/events"], host: nil)

    private func answers(_ store: any Store, _ query: ReportQuery) throws -> [String: String] {
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let now = Self.day + 86_000
        let found: [String: (any JSONRepresentable)?] = [
            "overview": try reports.overview(query, now: now).json(processing: nil),
            "performance": try reports.performance(query),
            "breakdowns": try reports.breakdowns(query, ReportDimension.allCases, ListSelection(limit: 5)),
            "counts": try reports.breakdowns(query, [.path, .browser], Self.counts),
            "vitals by": try reports.vitals(query, by: .browser, limit: 5),
            "vitals by impact": try reports.vitals(query, by: .path, limit: 5, order: .impact(.lcp), sampleMin: 1),
            "slow pages": try reports.slowPages(query, .lcp, limit: 5, sampleMin: 1),
            "issues": try reports.issues(query),
            "issue": try reports.issue(query, "00000000000000aa"), "data quality": try reports.dataQuality(query),
            "fingerprints": try reports.fingerprints(query, isAllTime: true),
            "population": try reports.fingerprints(query, isAllTime: false),
            "live": try reports.live(site: nil, now: now),
            "sites": try reports.sites(),
            "tracking": try reports.tracking(query, now: now, version: "1.0", server: nil, tracker: tracker),
        ]
        return found.mapValues { String(decoding: ($0?.json ?? .null).encoded, as: UTF8.self) }
    }

    @Test func `both engines give the same answers to every query`() throws {
        let (sqlite, postgres) = try (filled(.sqlite), filled(.postgresql))
        for query in try Self.queries() {
            let (one, other) = try (answers(sqlite.store, query), answers(postgres.store, query))
            for (name, answer) in one { #expect(answer == other[name], "\(name)") }
        }
        withExtendedLifetime((sqlite.database, postgres.database)) {}
    }

    @Test func `the hours of a whole day have their own figures, and a minute has no more than its own`() throws {
        let (database, store) = try filled(.sqlite)
        defer { withExtendedLifetime(database) {} }
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let overview = try reports.overview(Self.query(), now: Self.day + 86_400)
        #expect(overview.series.map(\.sum.sessions) == Array(1...24))
        #expect(overview.totals.sessions == 300)
        #expect(overview.totals.errors == 19)
        let minute = try reports.overview(
            Self.query(from: Self.day + 36_017, to: Self.day + 36_077),
            now: Self.day + 86_400
        )
        #expect(minute.totals.sessions == 1)
        #expect(minute.totals.pageViews == 1)
        let first = try Self.query(from: Self.day, to: Self.day + 9000)
        let morning = try reports.overview(first, now: Self.day + 86_400)
        #expect(morning.previous == nil, "nothing is known of the hours before the first event")
    }

    @Test(arguments: Engine.allCases)
    func `lists come to their totals, and bounce rates are those of what a session begins with`(engine: Engine) throws {
        let (database, store) = try filled(engine)
        defer { withExtendedLifetime(database) {} }
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let report = try reports.breakdowns(Self.query(), ReportDimension.allCases, ListSelection(limit: 1))
        let lists = Dictionary(uniqueKeysWithValues: report.lists.map { ($0.dimension, $0) })
        let json = LazyJSON(String(decoding: report.json.encoded, as: UTF8.self))["dimensions"]
        #expect(lists[.referrer]?.total == 300)
        #expect(lists[.referrer]?.rest != 0)
        #expect(lists[.campaign]?.rows.map(\.value) == ["(none)"])
        for dimension in [
            "site", "referrer", "campaign", "entry", "browser", "system", "device", "language", "screen", "country",
        ] {
            #expect(!json[dimension]["rows"].elements[0]["bounce_rate"].isNull, "\(dimension)")
        }
        for dimension in ["exit", "path", "release", "connection", "navigation"] {
            #expect(json[dimension]["rows"].elements[0]["bounce_rate"].isNull, "\(dimension)")
        }
    }

    @Test(arguments: Engine.allCases)
    func `a list is read in pages, sorted by another measure, searched, and compared`(engine: Engine) throws {
        let (database, store) = try filled(engine)
        defer { withExtendedLifetime(database) {} }
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        func list(
            _ dimension: ReportDimension,
            _ query: ReportQuery,
            _ change: (inout ListSelection) -> Void
        ) throws -> BreakdownsReport.List {
            var selection = ListSelection(limit: 10)
            change(&selection)
            return try #require(reports.breakdowns(query, [dimension], selection).lists.first)
        }
        let day = try Self.query()
        let paths = try list(.path, day) { _ in }
        #expect(paths.rows.map(\.value) == ["/", "/pricing"])
        let second = try list(.path, day) { $0.offset = 1 }
        #expect(second.rows.map(\.value) == ["/pricing"] && second.count == 2 && second.total == paths.total)
        #expect(second.rest == paths.rows[0].sum.pageViews)
        let errors = try list(.browser, day) { $0.sort = .errors }
        #expect(errors.rows.map(\.value) == ["Firefox"] && errors.total == 19)
        #expect(throws: ReportError.self) { try list(.event, day) { $0.sort = .errors } }
        let found = try list(.path, day) { $0.contains = "PRIC" }
        #expect(
            found.rows.map(\.value) == ["/pricing"] && found.count == 1 && found.total == second.rows[0].sum.pageViews
        )
        #expect(try list(.campaign, day) { $0.contains = "(none" }.rows.map(\.value) == ["(none)"])
        // The day begins with the first event: noon has a previous period, which is the morning.
        let noon = try Self.query(from: Self.day + 12 * 3600, to: Self.day + 18 * 3600)
        for row in try list(.browser, noon, { _ in }).rows {
            let before = try Self.query(from: Self.day + 6 * 3600, to: Self.day + 12 * 3600)
            let past = try list(.browser, before) { _ in }.rows.first { $0.value == row.value }
            #expect(row.previous == past?.sum)
        }
        #expect(paths.rows[0].previous == nil, "the day before is not known")
    }

    @Test(arguments: Engine.allCases)
    func `silence is judged by the weeks before the last event, however long the range is`(engine: Engine) throws {
        let (database, store) = try filled(engine)
        defer { withExtendedLifetime(database) {} }
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let known: [(first: Int64, last: Int64, conclusion: TrackingChecks.Conclusion)] = [
            (0, 60, .notReceiving), (20, 40, .notReceiving), (40, 60, .unknown),
        ]
        for (first, last, conclusion) in known {
            let end = Self.day + last * 86_400
            let query = try Self.query(from: Self.day + first * 86_400, to: end)
            let report = try reports.tracking(query, now: end, version: "1.0", server: nil, tracker: tracker)
            #expect(report.checks.conclusion == conclusion, "\(first) to \(last)")
        }
    }

    @Test(arguments: Engine.allCases)
    func `saved segments have unique names, a limit, and are replaced by id`(engine: Engine) throws {
        let database = try Database(engine)
        let segments = SavedSegments(try database.migrated().makeDatabase())
        func segment(_ id: String, _ name: String) -> SavedSegment {
            SavedSegment(id: id, name: name, filters: #"[["is","device",["Mobile"]]]"#, updatedAt: 7)
        }
        #expect(try segments.save(segment("a", "é"), isNew: true) == nil)
        #expect(try segments.save(segment("b", "Zebra"), isNew: true) == nil)
        #expect(try segments.all().map(\.name) == ["Zebra", "é"])
        #expect(try segments.save(segment("c", "é"), isNew: true) == .sameName)
        #expect(try segments.save(segment("b", "é"), isNew: false) == .sameName)
        #expect(try segments.save(segment("c", "other"), isNew: false) == .unknown)
        #expect(try segments.save(segment("b", "'; drop table saved_segments; --"), isNew: false) == nil)
        #expect(try segments.all().count == 2)
        #expect(try segments.remove("a") && !segments.remove("a"))
        for number in 1..<SavedSegments.segmentsMax {
            #expect(try segments.save(segment("n\(number)", "\(number)"), isNew: true) == nil)
        }
        #expect(try segments.save(segment("more", "more"), isNew: true) == .tooMany)
    }

    @Test(arguments: Engine.allCases)
    func `properties and visitors select sessions, and delivery reports are those of the range`(engine: Engine) throws {
        let (database, store) = try filled(engine)
        defer { withExtendedLifetime(database) {} }
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        func sessions(_ filter: ReportFilter) throws -> Int64 {
            try reports.overview(Self.query([filter]), now: Self.day).totals.sessions
        }
        #expect(try sessions(ReportFilter("is", "property:plan", ["pro", "none"])) == 1)
        #expect(try sessions(ReportFilter("is", "property:deep.n", ["7"])) == 1)
        #expect(try sessions(ReportFilter("is", "property:plan", ["gold"])) == 0)
        #expect(try sessions(ReportFilter("is", "visitor", ["v_3", "v_4"])) == 2)
        let delivery = try #require(reports.dataQuality(Self.query()).delivery)
        #expect(
            [delivery.pageViews, delivery.emitted, delivery.dropped, delivery.received, delivery.lost]
                == [1, 5, 1, 2, 2]
        )
        for (visitor, pageViews) in [("v_3", Int64(1)), ("v_4", 0)] {
            let filter = try ReportFilter("is", "visitor", [visitor])
            #expect(try reports.dataQuality(Self.query([filter])).delivery?.pageViews == pageViews)
        }
        let other = try reports.dataQuality(Self.query(from: Self.day - 86_400, to: Self.day))
        #expect(other.delivery?.pageViews == 0)
    }

    @Test(arguments: Engine.allCases)
    func `visitors without a number of their own are left out with a sentence, and nothing else is`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        var fixture = SegmentFixture()
        let last = UInt32(VisitorBits.visitorsMax - 1)
        fixture.add(visitor: "v_1", session: "s_1", paths: ["/"], at: Self.day + 60, error: true)
        fixture.add(visitor: "v_2", session: "s_2", paths: ["/"], at: Self.day + 7200, error: true, number: last)
        try fixture.write(store.makeDatabase())
        let now = Self.day + 7300
        let reports = Reports(try store.makeDatabase(), DictionaryCache())
        let overview = try reports.overview(Self.query(), now: now)
        #expect(overview.totals.visitors == nil && overview.totals.sessions == 2)
        #expect(overview.series[0].sum.visitors == 1)
        let others = [
            overview.visitorsRefusal,
            try reports.breakdowns(Self.query(), [.path], ListSelection(limit: 5)).visitorsRefusal,
            try reports.issues(Self.query()).visitorsRefusal,
            try reports.issue(Self.query(), "00000000000000aa")?.visitorsRefusal,
            try reports.live(site: nil, now: now).visitorsRefusal,
        ]
        for sentence in others { #expect(sentence?.hasPrefix("Cannot count") == true) }
        let morning = try Self.query(to: Self.day + 3600)
        let alone = try reports.overview(morning, now: now)
        #expect(alone.totals.visitors == 1 && alone.visitorsRefusal == nil)
    }
}

/// Sessions that become one segment.
struct SegmentFixture {
    private let hashes = KeyedHashes(secret: String(repeating: "5a", count: 32))
    private var dictionaries = DimensionDictionaries()
    private var sessions: [SessionRow] = []
    private var visitors: [String: UInt32] = [:]

    mutating func add(
        visitor: String,
        session: String,
        traffic: String = "human",
        browser: String = "Chrome",
        device: String = "",
        referrer: String = "(direct)",
        paths: [String],
        at time: Int64,
        lcp: Float? = nil,
        error: Bool = false,
        number: UInt32? = nil,
        delivery: PageDelivery? = nil
    ) {
        guard let hashes else { return }
        let site = dictionaries.code(.site, "shop.example", site: 0, day: 0)
        func code(_ dictionary: Column.Dictionary, _ text: String) -> UInt32 {
            dictionaries.code(dictionary, text, site: site, day: 0)
        }
        let number = number ?? visitors[visitor] ?? UInt32(visitors.count)
        visitors[visitor] = number
        let rows = paths.enumerated().map { index, path in
            var row = PageViewRow(time: time + Int64(index))
            (row.isCounted, row.path, row.eventsReceived) = (true, code(.path, path), 2)
            if index == 0 {
                row.delivery = delivery
                row.vitals[Vital.lcp.rawValue] = lcp
                if let lcp, lcp > Vital.lcp.bounds.good {
                    (row.lcpElement, row.lcpPart) = (code(.element, "img#hero"), code(.part, "resourceLoadDelay"))
                }
            }
            return row
        }
        let key = hashes.sessionKey(site: "shop.example", visitor: visitor, session: session)
        var own = SessionRow(key: key, visitor: number, pageViews: rows)
        (own.site, own.traffic) = (site, code(.traffic, traffic))
        (own.browser, own.referrer) = (code(.browser, browser), code(.referrer, referrer))
        own.device = code(.device, device)
        if traffic == "bot" { own.botReasons = code(.botReasons, "headless browser") }
        if error {
            let issue = code(.issue, "00000000000000aa")
            own.events = [
                EventRow(pageView: 0, time: time, kind: .error, name: code(.eventName, "error"), issue: issue, count: 1)
            ]
        }
        sessions.append(own)
    }

    func write(_ database: any Storage.Database) throws {
        let segment = SegmentEncoder.encode(sessions)
        let info = segment.info
        let numbers =
            [1, info.firstTime, info.lastTime]
            + [info.sessions, info.pageViews, info.events, info.resources].map { Int64($0) }
        try database.insert(
            "insert into segments (id, first_time, last_time, sessions, page_views, events, resources)",
            [numbers.map { .integer($0) }]
        )
        try database.insert(
            "insert into segment_columns (segment_id, column_id, data)",
            segment.columns.map { [.integer(1), .integer(Int64($0.column.rawValue)), .blob($0.data)] }
        )
        try database.insert(
            "insert into dimension_values (dictionary, code, value, site, day, event_id)",
            dictionaries.pending.map { entry in
                [
                    .integer(Int64(entry.dictionary.rawValue)), .integer(Int64(entry.code)), .text(entry.text),
                    .integer(Int64(entry.site)), .integer(entry.day), .integer(1),
                ]
            }
        )
        try database.insert(
            "insert into rollup_sites (site, first_event_id, day)",
            [[.text("shop.example"), .integer(1), .integer(0)]]
        )
        try database.insert(
            "insert into insight_issues (site, issue, kind, name, message, first_seen, last_seen, last_event_id)",
            [
                [
                    .text("shop.example"), .text("00000000000000aa"), .text("error"), .text("TypeError"),
                    .text("x is null"),
                ]
                    + [.integer(1), .integer(2), .integer(0)]
            ]
        )
    }
}
