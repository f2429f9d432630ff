import Events
import Segments
import Storage
import StorageSQLite
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Erasure
@testable import Reports
@testable import Rollups

/// The erasure of a visitor on both stores: rows, figures, journal, log.
@Suite struct ErasureTests {
    private static let start: Int64 = 1_795_456_784_000_000
    /// What only the erased visitor has sent.
    private static let marker = "secret-of-the-visitor"

    private static func event(
        _ visitor: String,
        _ number: Int,
        site: String = "shop.example",
        payload: String = "{}",
        path: String = "/"
    ) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"\(visitor)","session_id":"s_\(visitor)","pageview_id":"p_\(visitor)_\(number)",\
            "event_type":"pageview","seq":1,"path":"\(path)","site":"\(site)","payload":\(payload)}
            """,
            receivedAt: start + Int64(number) * 1_000_000
        )
    }

    /// An eraser that aggregates by itself, as the command does.
    private static func eraser(
        _ store: any Store,
        _ journal: (any Journal)? = nil,
        holder: String = "test",
        shouldContinue: @escaping (Erasure) -> Bool = { _ in true }
    ) throws -> Eraser {
        let database = try store.makeDatabase()
        let rollups = try Rollups(store.makeDatabase())
        let work = Eraser.Work(
            aggregate: { _ throws(StoreError) in
                _ = try rollups.advance()
                return true
            },
            shouldContinue: shouldContinue
        )
        return Eraser(store, database, journal: journal, holder: holder, work)
    }

    private static func request(_ store: any Store, _ visitor: String, site: String? = nil) throws -> Erasure {
        try ErasureLog(store.makeDatabase()).request(
            VisitorScope(visitor: visitor, site: site),
            .command,
            mayBeElsewhere: false
        )
    }

    @discardableResult
    private static func erase(
        _ store: any Store,
        _ visitor: String,
        site: String? = nil,
        journal: (any Journal)? = nil
    ) throws -> Erasure {
        let eraser = try eraser(store, journal)
        let done = try eraser.run(eraser.claim([request(store, visitor, site: site)]))
        return try #require(done.first)
    }

    // MARK: - Figures

    /// Derived rows that do not depend on the ids of events.
    private func derived(_ home: Database) throws -> [String: [[String?]]] {
        let columns = [
            "insight_issues": "site, issue, kind, name, message, first_seen, last_seen, noise, culprit_function",
            "insight_releases": "*", "insight_issue_releases": "*", "insight_fingerprints": "*",
            "insight_signals": "site, signal, hash, visitors",
            "insight_signal_sizes": "*", "insight_signal_returns": "*", "rollup_sites": "site, day",
            "rollup_signals": "*",
            "rollup_admissions": "*",
        ]
        return try Dictionary(
            uniqueKeysWithValues: columns.map { table, columns in
                let rows = try home.rows("select \(columns) from \(table)")
                return (table, rows.sorted { "\($0)" < "\($1)" })
            }
        )
    }

    @Test(arguments: Engine.allCases)
    func `figures are the same as if the visitor had never been there`(engine: Engine) throws {
        var data = DemoData(DemoRun(seed: 11, events: 4000, end: Self.start, idPrefix: 1))
        var events: [Event] = []
        while let more = data.next() { events += more }
        let byVisitor = Dictionary(grouping: events) { $0.text($0.visitorID) }
        // One with an error, whose issue others have, too.
        let erased = try #require(
            byVisitor.filter { $0.value.contains { $0.text($0.eventType) == "error" } }
                .max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        )
        let (home, other) = (try Database(engine), try Database(engine))
        let (store, without) = (try home.migrated(), try other.migrated())
        for one in [home, other] { try one.shareHashKey() }
        try store.append(events)
        try without.append(events.filter { $0.text($0.visitorID) != erased.key })
        try store.catchUp(limit: 700)
        try without.catchUp()
        #expect(try derived(home) != derived(other))

        let done = try Self.erase(store, erased.key)
        #expect(done.counts == ["collector_events": Int64(erased.value.count)])
        #expect(done.proof?.remaining == 0)
        #expect(try derived(home) == derived(other))
        let contents = try [store, without].map { try SegmentContent($0.makeDatabase(), prefix: "") }
        #expect(contents[0].sums == contents[1].sums && !contents[0].sums.isEmpty)
        let figures = try [store, without].map { try StoredFigures($0) }
        #expect(try figures[0].totals() == figures[1].totals())
        for column in [Column.path, .browser, .referrer, .release, .language] {
            #expect(try figures[0].rows(column) == figures[1].rows(column), "\(column)")
        }
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a worker with events in memory goes on without those of the visitor`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        let events = try (0..<20).map { try Self.event("visitor_\($0 % 2)", $0, path: "/of-\($0 % 2)") }
        try store.append(events)
        let committed = CommittedEvents()
        committed.add(events, ids: Array(1...20))
        let running = try Rollups(store.makeDatabase(), committed: committed)
        #expect(try running.advance(limit: 5) == 5)
        let work = Eraser.Work(
            aggregate: { _ throws(StoreError) in
                _ = try running.advance(limit: 5)
                return true
            }
        )
        let eraser = try Eraser(store, store.makeDatabase(), journal: nil, holder: "test", work)
        _ = try eraser.run(eraser.claim([Self.request(store, "visitor_1")]))
        #expect(try StoredFigures(store).pageViews(.path) == ["/of-0": 10])
        #expect(try store.differences() == [])
    }

    // MARK: - Rows

    @Test(arguments: Engine.allCases)
    func `every table with a visitor's id is known`(engine: Engine) throws {
        let home = try Database(engine)
        _ = try home.migrated()
        let sql =
            switch engine {
            case .sqlite:
                """
                select own.name from sqlite_master as own join pragma_table_info(own.name) as info
                where own.type = 'table' and info.name = 'visitor_id'
                """
            case .postgresql:
                """
                select table_name from information_schema.columns join information_schema.tables
                    using (table_schema, table_name)
                where column_name = 'visitor_id' and table_type = 'BASE TABLE' and table_schema = current_schema()
                """
            }
        let known = VisitorTable.all.map(\.name) + [VisitorTable.fingerprints, "erasures"]
        // The positions of shards have visitor ids that belong to nobody.
        let positions: Set = ["ingest_positions", "shard_positions"]
        #expect(try Set(home.column(sql).compactMap { $0 }).subtracting(positions) == Set(known))
        #expect(Set(VisitorExport.Table.all.map(\.name)) == Set(known).subtracting(["erasures"]))
    }

    private func fill(_ store: any Store) throws {
        var batch = Batch()
        for number in 0..<4 {
            batch.events.append(try Self.event("visitor_a", number, payload: #"{"note":"\#(Self.marker)"}"#))
            batch.events.append(try Self.event("visitor_a", 10 + number, site: "other.example"))
            batch.events.append(try Self.event("visitor_b", number))
        }
        for visitor in ["visitor_a", "visitor_b"] {
            let body = #"{"visitor_id":"\#(visitor)","browser":{"userAgent":"\#(visitor)"}}"#
            batch.submissions.append(try Submission.sample(body, receivedAt: Self.start))
            batch.reports.append(
                try DeliveryReport.sample(
                    pageview: "p_\(visitor)_0",
                    visitor: visitor,
                    site: "shop.example",
                    receivedAt: Self.start
                )
            )
        }
        // A report whose events were lost.
        batch.reports.append(
            try DeliveryReport.sample(pageview: "p_lost", visitor: "visitor_a", receivedAt: Self.start)
        )
        _ = try store.makeWriter().append(batch)
        try store.catchUp()
    }

    @Test(arguments: Engine.allCases)
    func `all rows of the visitor are removed, and no others`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try fill(store)
        let done = try Self.erase(store, "visitor_a")
        #expect(done.counts == ["collector_events": 8, "debug_data": 1, "delivery_reports": 2])
        for (table, left) in [("collector_events", 4), ("debug_data", 1), ("delivery_reports", 1)] {
            #expect(try home.column("select visitor_id from \(table)") == Array(repeating: "visitor_b", count: left))
        }
        #expect(done.proof?.occurrences == (engine == .sqlite ? 0 : nil))
        if engine == .sqlite {
            #expect(try store.occurrences(of: Array(Self.marker.utf8)) == 0)
            #expect(try store.occurrences(of: Array("visitor_b".utf8)) ?? 0 > 0)
        }
    }

    @Test(arguments: Engine.allCases)
    func `with a site, only its rows are removed`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try fill(store)
        let done = try Self.erase(store, "visitor_a", site: "shop.example")
        // A submission has no site, and neither has the report whose events were lost.
        #expect(done.counts == ["collector_events": 4, "delivery_reports": 1])
        #expect(
            try home.column("select distinct site from collector_events where visitor_id = 'visitor_a'") == [
                "other.example"
            ]
        )
        #expect(try home.count("debug_data") == 2)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `rows that arrive after the request are new data`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try fill(store)
        let later = WallClock.microseconds() + 60_000_000
        try store.append([Event.sample(visitor: "visitor_a", receivedAt: later)])
        let done = try Self.erase(store, "visitor_a")
        #expect(done.counts["collector_events"] == 8 && done.proof?.newer == 1)
        #expect(try home.count("collector_events") == 5)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `the log of a finished erasure has no identity`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try fill(store)
        let requested = try Self.request(store, "visitor_a")
        #expect(try home.column("select visitor_id from erasures") == ["visitor_a"])
        // The same request again is that one.
        #expect(try Self.request(store, "visitor_a") == requested)
        try Self.erase(store, "visitor_a")
        let row = try #require(try home.rows("select * from erasures").first)
        #expect(!row.contains { $0?.contains("visitor_a") ?? false })
        let entry = try #require(try ErasureLog(store.makeDatabase()).latest().first)
        #expect(entry.visitor == nil && entry.step == .done && entry.finishedAt != nil && entry.origin == .command)
        #expect(entry.counts["collector_events"] == 8)
        #expect(throws: ErasureError.notFound) { try Self.request(store, "visitor_a") }
    }

    @Test(arguments: Engine.allCases)
    func `an unknown visitor is refused and changes nothing`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try fill(store)
        #expect(throws: ErasureError.notFound) { try Self.request(store, "visitor_") }
        #expect(throws: ErasureError.notFound) { try Self.request(store, "visitor_a", site: "none.example") }
        #expect(try home.count("erasures") == 0 && home.count("collector_events") == 12)
        // A request that was made because the journal might have had records.
        let log = try ErasureLog(store.makeDatabase())
        let generation = try home.rows("select generation from insight_position")
        let request = try log.request(VisitorScope(visitor: "nobody"), .api, mayBeElsewhere: true)
        let eraser = try Self.eraser(store)
        #expect(try eraser.run(eraser.claim([request])) == [])
        #expect(try home.count("erasures") == 0)
        #expect(try home.rows("select generation from insight_position") == generation)
    }

    @Test(arguments: ["", "a\u{0}b", String(repeating: "x", count: 257)])
    func `an id that no visitor can have is refused`(id: String) {
        #expect(throws: ErasureError.self) { try VisitorScope(visitor: id) }
        #expect(throws: ErasureError.self) { try VisitorScope(visitor: "v", site: id) }
    }

    // MARK: - Interruption

    @Test(arguments: Engine.allCases)
    func `an erasure that is stopped at any point continues`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        let count = Int(VisitorRows.portionMax) * 2 + 1
        try store.append((0..<count).map { try Self.event("visitor_a", $0) } + [Self.event("visitor_b", 0)])
        try store.catchUp()
        _ = try Self.request(store, "visitor_a")
        var runs = 0
        var done: [Erasure] = []
        while done.isEmpty, runs < 20 {
            runs += 1
            var isFirst = true
            // Each run ends after one portion, as if the process was killed there; the next one is another process.
            let eraser = try Self.eraser(store, holder: "run \(runs)") { _ in
                defer { isFirst = false }
                return !isFirst || runs > 8
            }
            done = try eraser.run(eraser.claim(ErasureLog(store.makeDatabase()).pending(), takesOver: true))
        }
        #expect(runs > 3)
        #expect(done.first?.counts == ["collector_events": Int64(count)])
        #expect(try home.count("collector_events") == 1)
        #expect(try StoredFigures(store).totals().pageViews == 1)
        #expect(try store.differences() == [])
    }

    @Test(arguments: Engine.allCases)
    func `of several processes, one works on an erasure until its lease ends`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try fill(store)
        let request = try Self.request(store, "visitor_a")
        let (one, other) = (try Self.eraser(store, holder: "one"), try Self.eraser(store, holder: "other"))
        #expect(try one.claim([request]).count == 1)
        #expect(try other.claim([request]).isEmpty)
        #expect(try one.claim([request]).count == 1)
        try home.rows("update erasures set held_until = 0")
        let claimed = try other.claim([request])
        #expect(claimed.count == 1)
        // The first one was too slow, and must not change anything.
        #expect(try one.run([request]) == [])
        #expect(try home.count("collector_events") == 12)
        #expect(try other.run(claimed).count == 1)
        #expect(try home.count("collector_events") == 4)
    }

    @Test(arguments: Engine.allCases)
    func `several visitors are erased with one computation of the figures`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try store.append((0..<30).map { try Self.event("visitor_\($0 % 3)", $0) })
        try store.catchUp()
        let requests = try [Self.request(store, "visitor_0"), Self.request(store, "visitor_1")]
        let before = Int(try home.column("select generation from insight_position")[0] ?? "") ?? 0
        let eraser = try Self.eraser(store)
        #expect(try eraser.run(eraser.claim(requests)).count == 2)
        #expect(try home.column("select generation from insight_position") == ["\(before + 1)"])
        #expect(try StoredFigures(store).totals().pageViews == 10)
    }

    // MARK: - Journal

    @Test(arguments: Engine.allCases)
    func `records of the journal and dead letters are removed, with their bytes`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try home.migrated()
        try fill(store)
        let folder = try TemporaryFolder()
        let journal = SQLiteJournal(path: folder.file("journal.sqlite"), bytesMax: 64 << 20)
        let records = try (0..<9).map { number in
            let visitor = number % 3 == 0 ? "visitor_b" : "visitor_a"
            return Record.event(try Self.event(visitor, number, payload: #"{"note":"\#(Self.marker) \#(visitor)"}"#))
        }
        try journal.append(records, unconfirmedBatch: nil)
        try journal.moveToDeadLetters(1, reason: "refused")
        try journal.moveToDeadLetters(2, reason: "refused")
        // Some were moved to the database, and their bytes are still in free pages.
        try journal.remove(through: 3)
        let done = try Self.erase(store, "visitor_a", journal: journal)
        #expect(done.counts["journal"] == 4 && done.counts["dead_letters"] == 1)
        #expect(done.proof?.occurrences == (engine == .sqlite ? 0 : nil))
        #expect(try journal.occurrences(of: Array("visitor_a".utf8)) == 0)
        #expect(journal.status.deadLetters == 1)
        let left = try journal.oldest(recordsMax: 100, bytesMax: 1 << 20)
        #expect(left?.items.map(\.number) == [4, 7])
    }

    @Test func `a record that belongs to another visitor with the id in its payload is kept`() throws {
        let home = try Database(.sqlite)
        let store = try home.migrated()
        try fill(store)
        let folder = try TemporaryFolder()
        let journal = SQLiteJournal(path: folder.file("journal.sqlite"), bytesMax: 64 << 20)
        try journal.append(
            [.event(try Self.event("visitor_b", 1, payload: #"{"friend":"visitor_a"}"#))],
            unconfirmedBatch: nil
        )
        let done = try Self.erase(store, "visitor_a", journal: journal)
        withExtendedLifetime(home) {}
        #expect(done.counts["journal"] == nil && journal.status.records == 1)
        #expect(done.proof?.occurrences == 1)
    }
}
