import Postgres
import Segments
import Storage
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups
@testable import TimeZones

/// The overview as the API gives it, beside SQL over raw rows; PostgreSQL says when the days, weeks and months of a zone begin.
@Suite struct `Figures of reports` {
    private static let zones = [
        "UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns",
    ]
    private static let operators = ["is", "is_not"]
    private static let questions = 60

    private func text(_ number: Int64?) -> String? { number.map { "\($0)" } }

    @Test(arguments: Engine.allCases, Array(21...24) as [UInt64])
    func `have totals and series of any zone, range and filter`(engine: Engine, seed: UInt64) throws {
        let database = try Database(engine)
        let events = RandomEvents(seed: seed, sessions: 200)
        let store = try RandomDatabase.fill(database, events)
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
        let connection = try database.connection()
        try RawTables(connection: connection).make()
        let raw = RawFigures(connection: connection)
        let cluster = try Cluster.shared.get()
        let clocks = RawConnection(try .init(url: cluster.url("postgres"), timeoutMilliseconds: 10_000))
        let scans = ScanCache(ageMin: 0, pageViewsMin: 1, bytesMax: 1 << 24)
        let reports = Reports(try store.makeDatabase(), DictionaryCache(), scans: scans)
        var random = SeededRandom(seed: seed)
        for number in 0..<Self.questions {
            let zone = random.pick(Self.zones)
            let interval = random.pick([Interval.day, .day, .week, .month])
            let from = events.start + Int64(random.number(-86_400, 2 * 86_400))
            let to = from + Int64(random.number(1, 5 * 86_400))
            var query = FigureQuery(from: from, to: to, edges: try edges(from, to, zone, interval, clocks))
            query.withSeriesVisitors = true
            let includesBots = random.chance(40)
            if !includesBots { query.filters.append(.init(column: .traffic, values: ["human"])) }
            let filters = try addFilters(to: &query, &random, connection)
            let range = try ReportRange(
                from: from,
                to: to,
                zone: try #require(ZoneCache.system.zone(zone)),
                interval: interval
            )
            let asked = ReportQuery(range: range, filters: filters, includesBots: includesBots, isComparing: false)
            // The second report adds what the first one has counted.
            _ = try reports.overview(asked, now: events.end)
            let report = try reports.overview(asked, now: events.end)
            let right = Dictionary(
                try raw.figures(query).values.map { ($0.name, $0.value) },
                uniquingKeysWith: { first, _ in first }
            )
            let figures: [(String, (Aggregate) -> Int64?)] = [
                ("pageViews", { $0.pageViews }), ("sessions", { $0.sessions }), ("visitors", { $0.visitors }),
                ("errors", { $0.errors }), ("customEvents", { $0.customEvents }),
            ]
            for (name, figure) in figures {
                #expect(text(figure(report.totals)) == right["total \(name)"], "\(number) \(name) \(asked)")
            }
            #expect(report.series.count == query.edges.count, "\(number) \(zone) \(interval) \(query.edges)")
            for (index, bucket) in report.series.enumerated() {
                for (name, figure) in figures.prefix(3) {
                    #expect(
                        text(figure(bucket.sum)) == right["\(index) \(name)"],
                        "\(number) \(index) \(name) \(asked)"
                    )
                }
            }
        }
    }

    /// Up to two filters of the API; the query gets the values that pass them.
    private func addFilters(
        to query: inout FigureQuery,
        _ random: inout SeededRandom,
        _ connection: RawConnection
    ) throws -> [ReportFilter] {
        let dimensions: [(String, Column, String)] = [
            ("browser", .browser, "ss"), ("path", .path, "pv"), ("country", .country, "ss"),
            ("referrer", .referrer, "ss"),
        ]
        var filters: [ReportFilter] = []
        for (name, column, table) in random.some(dimensions, max: 2) where random.chance(60) {
            let all = try connection.rows("select distinct \(RawTables.name(column)) from \(table) order by 1")
                .map { $0[0] ?? "" }
            let chosen = random.some(all, max: 2)
            let operation = random.pick(Self.operators)
            filters.append(try ReportFilter(operation, name, chosen))
            let passing = operation == "is" ? chosen : all.filter { !chosen.contains($0) }
            query.filters.append(.init(column: column, values: passing.isEmpty ? ["none passes"] : passing))
        }
        return filters
    }

    /// Starts of days, weeks or months of a zone, as PostgreSQL knows its clocks.
    private func edges(
        _ from: Int64,
        _ to: Int64,
        _ zone: String,
        _ interval: Interval,
        _ clocks: RawConnection
    ) throws -> [Int64] {
        try clocks.rows(
            """
            select floor(extract(epoch from d at time zone '\(zone)'))::bigint from generate_series(
            date_trunc('\(interval.rawValue)', to_timestamp(\(from)) at time zone '\(zone)'),
            to_timestamp(\(to - 1)) at time zone '\(zone)', interval '1 \(interval.rawValue)') d
            """
        ).compactMap { $0[0].flatMap { Int64($0) } }
    }
}
