import Segments
import Storage
import Testing

@testable import Reports
@testable import Rollups
@testable import TimeZones

/// Reports that add what earlier ones have counted, beside those that count all segments.
@Suite struct `Figures of repeated reports` {
    /// The same questions again and again, as an open page asks them: of all days, of some, and with a filter.
    private func questions(_ events: RandomEvents) throws -> [ReportQuery] {
        let zone = try #require(ZoneCache.system.zone("Europe/Berlin"))
        let ranges = [(-86_400, 6 * 86_400), (-86_400, 2 * 86_400), (3600, 4 * 86_400)]
        return try ranges.flatMap { from, to in
            let range = try ReportRange(
                from: events.start + Int64(from),
                to: events.start + Int64(to),
                zone: zone,
                interval: .day
            )
            return try [[], [ReportFilter("is", "browser", ["Chrome", "Firefox"])]].map { filters in
                ReportQuery(range: range, filters: filters, includesBots: true, isComparing: true)
            }
        }
    }

    private func check(_ cached: Reports, _ plain: Reports, _ events: RandomEvents, _ step: String) throws {
        for (number, query) in try questions(events).enumerated() {
            let comment: Comment = "\(step), question \(number)"
            let one = try cached.overview(query, now: events.end)
            let other = try plain.overview(query, now: events.end)
            #expect(one.totals == other.totals, comment)
            #expect(one.series.map(\.sum) == other.series.map(\.sum), comment)
            #expect(one.previous == other.previous, comment)
            #expect("\(try cached.performance(query))" == "\(try plain.performance(query))", comment)
        }
    }

    @Test(arguments: Engine.allCases)
    func `are the same while events come late, and after the rollups are built again`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.shareHashKey()
        let events = RandomEvents(seed: 31, sessions: 240)
        // In an order in which all parts have events of all days.
        let sent = try events.events()
        let parts = (0..<6).map { part in sent.enumerated().filter { $0.offset % 6 == part }.map(\.element) }
        let rollups = try Rollups(store.makeDatabase())
        let scans = ScanCache(ageMin: 0, pageViewsMin: 1, bytesMax: 1 << 24)
        let cached = Reports(try store.makeDatabase(), DictionaryCache(), scans: scans)
        let plain = Reports(try store.makeDatabase(), DictionaryCache())
        for (number, part) in parts.enumerated() {
            try RandomDatabase.append(part[...], store)
            while try rollups.advance() > 0 {}
            // The second time, all segments have been counted before.
            for round in 1...2 { try check(cached, plain, events, "part \(number), round \(round)") }
        }
        #expect(scans.count > 0)
        _ = try rollups.clear()
        try check(cached, plain, events, "cleared")
        while try rollups.advance() > 0 { try check(cached, plain, events, "building") }
        try check(cached, plain, events, "built again")
    }
}
