import Events
import Rollups
import Segments
import Storage
import TestSupport
import Testing
import TimeZones

@testable import Reports
@testable import Rollups

/// The counts of fingerprints by range, site and filters: as counted from the raw rows.
@Suite struct `Fingerprints of a range` {
    /// 2026-11-24, 00:00 UTC.
    private static let day: Int64 = 1_795_478_400
    private static let sites = ["a.example", "b.example"]

    /// An event as it was sent.
    private struct Sent {
        var visitor: String
        var site: String
        var seconds: Int64
        /// Nil for a page view.
        var signals: [String: String]?
    }

    private final class Bench {
        let database: Database
        let store: any Store
        /// By `pageview_id`, which each event has for itself.
        var sent: [String: Sent] = [:]

        init(_ engine: Engine) throws {
            database = try Database(engine)
            store = try database.migrated()
        }

        func append(_ random: inout SeededRandom, count: Int) throws {
            var events: [Event] = []
            for _ in 0..<count {
                let isView = random.next() % 3 == 0
                let visitor = "v_\(random.next() % 60)"
                // Times are not in the order of ids, as those of events that waited in a journal.
                var own = Sent(
                    visitor: visitor,
                    site: sites[Int(random.next() % 2)],
                    seconds: day + Int64(random.next() % 20) * 3600
                )
                var parts: [String: String] = [:]
                for signal in ["fonts", "canvas", "audio"] where random.next() % 4 > 0 {
                    parts[signal] = "h\(random.next() % (signal == "fonts" ? 4 : 30))"
                }
                if !isView { own.signals = parts }
                let view = "p_\(sent.count)"
                sent[view] = own
                let text = parts.map { #""\#($0)":{"hash":"\#($1)","stable":true}"# }.joined(separator: ",")
                let payload = isView ? "{}" : #"{"fingerprints":{"parts":{\#(text)}}}"#
                events.append(
                    try Event.parsed(
                        """
                        {"visitor_id":"\(visitor)","session_id":"s_\(visitor)_\(own.seconds / 7200)","pageview_id":"\(view)",\
                        "event_type":"\(isView ? "pageview" : "fingerprint_ready")","path":"/","site":"\(own.site)","payload":\(payload)}
                        """,
                        userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                        receivedAt: own.seconds * 1_000_000
                    )
                )
            }
            try store.append(events)
        }

        /// Aggregates in small portions that move nearly all changes into blocks.
        func catchUp() throws {
            let rollups = try Rollups(store.makeDatabase())
            rollups.fingerprintLimits = FingerprintBlocks.Limits(changesMin: 6, changesMax: 6, unchecked: 3)
            while try rollups.advance(limit: 23) > 0 {}
        }

        /// Visitors by signal and value, of all time without a range: from the order of the raw rows.
        func expected(_ range: Range<Int64>?, site: String?) throws -> [String: [String: Int64]] {
            var last: [String: [String: (seen: Int64, signals: [String: String])]] = [:]
            var selected: Set<String> = []
            for view in try database.column("select pageview_id from collector_events order by id") {
                let own = try #require(view.flatMap { sent[$0] })
                guard site == nil || site == own.site else { continue }
                guard let signals = own.signals else {
                    if range?.contains(own.seconds) == true { selected.insert(own.visitor) }
                    continue
                }
                guard !signals.isEmpty else { continue }
                let seen = max(own.seconds, last[own.visitor]?[own.site]?.seen ?? 0)
                last[own.visitor, default: [:]][own.site] = (seen, signals)
            }
            var counts: [String: [String: Int64]] = [:]
            for visitor in range == nil ? Set(last.keys) : selected {
                let own = (last[visitor] ?? [:]).max { ($0.value.seen, $1.key) < ($1.value.seen, $0.key) }
                for (signal, hash) in own?.value.signals ?? [:] { counts[signal, default: [:]][hash, default: 0] += 1 }
            }
            return counts
        }

        func expectEqual(_ range: Range<Int64>?, site: String?) throws {
            let (from, to) = (range?.lowerBound ?? day, range?.upperBound ?? day + 1)
            var query = ReportQuery(range: try ReportRange(from: from, to: to, zone: .utc), filters: [])
            query.site = site
            let reports = Reports(try store.makeDatabase(), DictionaryCache())
            let report = try reports.fingerprints(query, isAllTime: range == nil)
            let expected = try expected(range, site: site)
            #expect(Set(report.signals.map(\.name)) == Set(expected.keys))
            for signal in report.signals {
                let values = expected[signal.name] ?? [:]
                let sizes = Dictionary(grouping: values.values) { $0 }.mapValues { Int64($0.count) }
                #expect(
                    Dictionary(uniqueKeysWithValues: signal.sizes.map { ($0.visitors, $0.values) }) == sizes,
                    "\(signal.name)"
                )
                let shared = values.filter { $0.value > 1 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
                #expect(signal.shared.map { "\($0.hash) \($0.visitors)" } == shared.map { "\($0.key) \($0.value)" })
            }
        }
    }

    @Test(arguments: Engine.allCases, [71, 72] as [UInt64])
    func `are counted as in the raw rows, whatever is in blocks, and verify finds no difference`(
        engine: Engine,
        seed: UInt64
    ) throws {
        let bench = try Bench(engine)
        var random = SeededRandom(seed: seed)
        for _ in 0..<3 {
            try bench.append(&random, count: 200)
            try bench.catchUp()
            #expect(try bench.database.count("fingerprint_blocks") == 1)
            #expect(try bench.database.count("fingerprint_changes") > 0)
            for (from, to) in [(0, 24), (3, 4), (10, 17), (30, 40)] {
                for site in [nil, "a.example", "b.example", "c.example"] {
                    try bench.expectEqual(Self.day + Int64(from) * 3600..<Self.day + Int64(to) * 3600, site: site)
                }
            }
            for site in [nil, "a.example", "b.example", "c.example"] { try bench.expectEqual(nil, site: site) }
            #expect(try bench.store.differences() == [])
        }
        try Rollups(bench.store.makeDatabase()).clear()
        try bench.catchUp()
        try bench.expectEqual(Self.day..<Self.day + 86_400, site: nil)
    }

    @Test(arguments: Engine.allCases)
    func `are refused when a block is damaged, which verify finds and a rebuild repairs`(engine: Engine) throws {
        let bench = try Bench(engine)
        var random = SeededRandom(seed: 73)
        try bench.append(&random, count: 200)
        try bench.catchUp()
        let bytes = engine == .sqlite ? "x'0102'" : #"'\x0102'"#
        try bench.database.rows("update fingerprint_blocks set data = \(bytes)")
        #expect(try bench.store.differences().contains { $0.hasPrefix("fingerprint_blocks") })
        #expect(throws: ReportError.self) { try bench.expectEqual(Self.day..<Self.day + 86_400, site: nil) }
        // The worker goes on: what it cannot read, it leaves.
        try bench.append(&random, count: 100)
        try bench.catchUp()
        try Rollups(bench.store.makeDatabase()).clear()
        try bench.catchUp()
        #expect(try bench.store.differences() == [])
        try bench.expectEqual(Self.day..<Self.day + 86_400, site: nil)
    }

    @Test(arguments: Engine.allCases)
    func `are refused when a change has a number that no visitor can have, and the worker goes on`(
        engine: Engine
    ) throws {
        let bench = try Bench(engine)
        var random = SeededRandom(seed: 75)
        try bench.append(&random, count: 100)
        try bench.catchUp()
        let empty = engine == .sqlite ? "x''" : "''"
        let rows = (0..<20).map { "(\(Int64.max), '\($0).example', 1, \(empty))" }.joined(separator: ", ")
        try bench.database.rows("insert into fingerprint_changes (number, site, seen, data) values \(rows)")
        try bench.append(&random, count: 100)
        try bench.catchUp()
        #expect(throws: ReportError.self) { try bench.expectEqual(Self.day..<Self.day + 86_400, site: nil) }
        try Rollups(bench.store.makeDatabase()).clear()
        try bench.catchUp()
        try bench.expectEqual(Self.day..<Self.day + 86_400, site: nil)
    }

    @Test(arguments: Engine.allCases)
    func `are found by verify when a change or a row of texts differs`(engine: Engine) throws {
        let bench = try Bench(engine)
        var random = SeededRandom(seed: 74)
        try bench.append(&random, count: 100)
        try bench.catchUp()
        let number = try bench.database.column("select min(number) from fingerprint_changes")[0] ?? ""
        try bench.database.rows("delete from fingerprint_changes where number = \(number)")
        #expect(try bench.store.differences().contains { $0.hasPrefix("fingerprint_blocks of") })
    }

    @Test(arguments: Engine.allCases)
    func `get their blocks when a migration finds them as texts, also without their events`(engine: Engine) throws {
        let bench = try Bench(engine)
        var random = SeededRandom(seed: 75)
        try bench.append(&random, count: 300)
        try bench.catchUp()
        let reports = Reports(try bench.store.makeDatabase(), DictionaryCache())
        let query = ReportQuery(range: try ReportRange(from: Self.day, to: Self.day + 86_400, zone: .utc), filters: [])
        let before = try reports.fingerprints(query, isAllTime: false).signals.map { "\($0)" }
        let retention = try Retention(bench.store.makeDatabase())
        let end = Self.day + 3 * 86_400
        while try !retention.removeEvents(before: end, now: end).isLast {}
        for table in ["fingerprint_blocks", "fingerprint_changes"] { try bench.database.rows("delete from \(table)") }
        #expect(try !bench.store.differences().isEmpty)
        try bench.database.rows("update insight_position set rebuild = 1, reason = 'upgrade'")
        try bench.catchUp()
        #expect(try bench.store.differences() == [])
        let after = try Reports(bench.store.makeDatabase(), DictionaryCache()).fingerprints(query, isAllTime: false)
        #expect(after.signals.map { "\($0)" } == before)
    }
}
