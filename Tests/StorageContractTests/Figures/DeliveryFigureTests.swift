import Events
import Storage
import TestSupport
import Testing
import TimeZones

@testable import Reports
@testable import Rollups

/// The figures of delivery, compared with what SQL computes from the stored events and delivery reports.
@Suite struct `Figures of delivery` {
    /// 2026-11-24, 00:00 UTC.
    private static let day: Int64 = 1_795_478_400

    private static func query(
        from: Int64 = day,
        to: Int64 = day + 86_400,
        _ filters: [ReportFilter] = []
    ) throws -> ReportQuery {
        ReportQuery(
            range: try ReportRange(from: from, to: to, zone: .utc, interval: nil),
            filters: filters,
            includesBots: true
        )
    }

    private func event(
        _ type: String = "pageview",
        view: String = "p_1",
        session: String = "s_1",
        seq: Int = 1,
        at seconds: Int64 = 10
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v_1","session_id":"\(session)","pageview_id":"\(view)","event_type":"\(type)","seq":\(seq),\
            "path":"/","site":"shop.example","payload":{}}
            """,
            receivedAt: (Self.day + seconds) * 1_000_000
        )
    }

    private func report(_ emitted: Int, _ dropped: String? = nil) throws -> DeliveryReport {
        try DeliveryReport.sample(site: "shop.example", emitted: emitted, dropped: dropped)
    }

    /// The numbers of page views, and of events emitted, dropped, received and lost.
    private func sums(_ store: any Store, _ query: ReportQuery? = nil) throws -> [Int64] {
        let query = try query ?? Self.query()
        let report = try Reports(store.makeDatabase(), DictionaryCache()).dataQuality(query)
        let delivery = try #require(report.delivery)
        return [delivery.pageViews, delivery.emitted, delivery.dropped, delivery.received, delivery.lost]
    }

    @Test(arguments: Engine.allCases)
    func `follow a report that comes alone, before or after its events`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        _ = try writer.append(Batch(reports: [report(2)]))
        try store.catchUp()
        #expect(try sums(store) == [0, 0, 0, 0, 0])
        _ = try writer.append(Batch(events: [event()]))
        try store.catchUp()
        #expect(try sums(store) == [1, 2, 0, 1, 1])
        _ = try writer.append(Batch(reports: [report(5, #"{"queue_full":1}"#)]))
        try store.catchUp()
        #expect(try sums(store) == [1, 5, 1, 1, 3])
        // One that says nothing new.
        _ = try writer.append(Batch(reports: [report(2)]))
        try store.catchUp()
        #expect(try sums(store) == [1, 5, 1, 1, 3])
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `count the events that a page sends in a later session`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        _ = try writer.append(Batch(events: [event(), event("webvitals", seq: 2)], reports: [report(2)]))
        try store.catchUp()
        #expect(try sums(store) == [1, 2, 0, 2, 0])
        _ = try writer.append(
            Batch(events: [event("engagement", session: "s_2", seq: 4, at: 4000)], reports: [report(4)])
        )
        try store.catchUp()
        #expect(try sums(store) == [1, 4, 0, 3, 1])
        // Without a report, by a process that knows no session.
        _ = try writer.append(Batch(events: [event("error", session: "s_2", seq: 3, at: 4001)]))
        try store.catchUp()
        #expect(try sums(store) == [1, 4, 0, 4, 0])
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `stay when retention removes events and reports, and when the rollups are rebuilt`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        _ = try writer.append(Batch(events: [event(), event("webvitals", seq: 2)], reports: [report(4)]))
        try store.catchUp()
        let retention = try Retention(store.makeDatabase())
        let late = Self.day + 40 * 86_400
        // The events need it.
        #expect(try retention.removeDeliveryReports(before: late).rows == 0)
        while try !retention.removeEvents(before: Self.day + 86_400, now: late).isLast {}
        #expect(try database.count("collector_events") == 0)
        #expect(try sums(store) == [1, 4, 0, 2, 2])
        #expect(try retention.removeDeliveryReports(before: late).rows == 1)
        for _ in 0..<2 {
            #expect(try sums(store) == [1, 4, 0, 2, 2])
            #expect(try store.differences() == [])
            try Rollups(store.makeDatabase()).clear()
            try store.catchUp()
        }
    }

    // MARK: - Random

    @Test(arguments: Engine.allCases, [1, 2, 3, 4] as [UInt64])
    func `are those of the rows, in whatever order and portions they come`(engine: Engine, seed: UInt64) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        var visits = RandomDeliveries(seed: seed, start: Self.day)
        let records = try visits.records()
        var random = SeededRandom(seed: seed &+ 100)
        var rollups = try Rollups(store.makeDatabase())
        var index = 0
        while index < records.count {
            let batch = records[index..<min(records.count, index + random.number(1, 25))]
            index += batch.count
            _ = try writer.append(Batch(events: batch.compactMap(\.event), reports: batch.compactMap(\.report)))
            // A process that starts knows no session.
            if random.chance(10) { rollups = try Rollups(store.makeDatabase()) }
            if random.chance(60) { _ = try rollups.advance(limit: random.number(1, 40)) }
        }
        try store.catchUp()
        for _ in 0..<2 {
            try compare(store, &random)
            #expect(try store.differences() == [])
            try Rollups(store.makeDatabase()).clear()
            try store.catchUp()
        }
    }

    private func compare(_ store: any Store, _ random: inout SeededRandom) throws {
        let rows = try RawDelivery(store.makeDatabase())
        for number in 0..<12 {
            let (one, other) = (random.number(0, 7200), random.number(0, 7200))
            let (from, to) = number == 0 ? (0, 86_400) : (min(one, other), max(one, other) + 1)
            let site = random.chance(30) ? "a.example" : nil
            let path = random.chance(50) ? random.pick(RandomDeliveries.paths) : nil
            var filters: [ReportFilter] = []
            if let site { filters.append(try ReportFilter("is", "site", [site])) }
            if let path { filters.append(try ReportFilter("is", "path", [path])) }
            let (from64, to64) = (Self.day + Int64(from), Self.day + Int64(to))
            #expect(
                try sums(store, Self.query(from: from64, to: to64, filters)) == rows.sums(from64, to64, site, path),
                "\(from) to \(to), \(site ?? "all sites"), \(path ?? "all pages")"
            )
        }
    }
}

/// Events and delivery reports of page views, some of which are lost, late, alone or in a later session.
private struct RandomDeliveries {
    static let paths = ["/", "/blog", "/pricing"]

    var random: SeededRandom
    let start: Int64

    init(seed: UInt64, start: Int64) { (random, self.start) = (SeededRandom(seed: seed), start) }

    mutating func records() throws -> [(event: Event?, report: DeliveryReport?)] {
        var records: [(order: Int, event: Event?, report: DeliveryReport?)] = []
        for visitor in 0..<12 {
            for view in 0..<random.number(2, 12) {
                let opened = random.number(0, 7200)
                let session = "s_\(visitor)_\(view / 3)"
                let site = visitor % 3 == 0 ? "b.example" : "a.example"
                let (emitted, path) = (random.number(1, 9), random.pick(Self.paths))
                for seq in 1...emitted where !random.chance(10) {
                    let time = opened + (seq - 1) * random.number(0, 300)
                    let isLater = seq > 1 && random.chance(15)
                    let event = try Event.parsed(
                        """
                        {"visitor_id":"v_\(visitor)","session_id":"\(isLater ? session + "_later" : session)",\
                        "pageview_id":"p_\(visitor)_\(view)","event_type":"\(seq == 1 ? "pageview" : "webvitals")",\
                        "seq":\(random.chance(5) ? 0 : seq),"path":"\(path)","site":"\(site)","payload":{"LCP":1000}}
                        """,
                        receivedAt: (start + Int64(time)) * 1_000_000
                    )
                    records.append((time + (random.chance(20) ? random.number(-900, 900) : 0), event, nil))
                }
                for _ in 0..<random.number(0, 3) {
                    let reported = random.chance(4) ? 100_001 : random.number(1, emitted)
                    let dropped = random.chance(20) ? #"{"queue_full":\#(random.number(1, reported))}"# : nil
                    let report = try DeliveryReport.sample(
                        pageview: "p_\(visitor)_\(view)",
                        visitor: "v_\(visitor)",
                        session: session,
                        site: random.chance(10) ? nil : site,
                        emitted: reported,
                        dropped: dropped
                    )
                    records.append((opened + random.number(-600, 1800), nil, report))
                }
            }
        }
        return records.sorted { $0.order < $1.order }.map { ($0.event, $0.report) }
    }
}

/// Page views with their delivery reports, read with SQL.
private struct RawDelivery {
    private let rows: [[SQLValue]]

    init(_ database: any Storage.Database) throws {
        rows = try database.rows(
            """
            select opening.site, opening.path, \(database.dialect.microseconds("opening.received_at")),
                report.emitted, report.dropped, (
                    select count(*) from collector_events as event
                    where event.pageview_id = report.pageview_id and event.visitor_id = report.visitor_id
                        and event.seq > 0
                )
            from collector_events as opening
            join delivery_reports as report on report.pageview_id = opening.pageview_id
                and report.visitor_id = opening.visitor_id and report.session_id = opening.session_id
            where opening.event_type = 'pageview'
            """
        )
    }

    func sums(_ from: Int64, _ to: Int64, _ site: String?, _ path: String?) -> [Int64] {
        var sums: [Int64] = [0, 0, 0, 0, 0]
        for row in rows {
            let time = (row[2].integer ?? 0) / 1_000_000
            guard time >= from, time < to, site == nil || row[0].text == site, path == nil || row[1].text == path else {
                continue
            }
            let (emitted, dropped, stored) = (row[3].integer ?? 0, row[4].integer ?? 0, row[5].integer ?? 0)
            guard emitted <= 100_000 else { continue }
            let sent = max(0, emitted - dropped)
            let numbers = [1, emitted, emitted - sent, min(stored, sent), max(0, sent - stored)]
            for index in sums.indices { sums[index] += numbers[index] }
        }
        return sums
    }
}
