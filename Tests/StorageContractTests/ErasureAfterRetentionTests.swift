import Events
import Segments
import Storage
import TestSupport
import Testing

@testable import Erasure
@testable import Reports
@testable import Rollups

/// The erasure of a visitor whose events retention has removed in part or as a whole.
@Suite struct `Erasure after retention` {
    private static let day: Int64 = 86_400
    /// 2026-11-23, 17:59:44 UTC.
    private static let start: Int64 = 1_795_456_784

    private static func event(_ visitor: String, at seconds: Int64, site: String = "shop.example") throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"\(visitor)","session_id":"s_\(visitor)_\(site)_\(seconds)",\
            "pageview_id":"p_\(visitor)_\(site)_\(seconds)","event_type":"pageview","seq":1,"path":"/of/\(visitor)",\
            "site":"\(site)","payload":{}}
            """,
            receivedAt: (start + seconds) * 1_000_000
        )
    }

    /// A store without the events of the first minute, whose figures it keeps.
    private static func store(_ home: Database, _ events: [Event]) throws -> any Store {
        let store = try home.migrated()
        try store.append(events)
        try store.catchUp()
        let retention = try Retention(store.makeDatabase())
        while try !retention.removeEvents(before: start + 60, now: start + 60).isLast {}
        return store
    }

    private static func erase(_ store: any Store, _ visitor: String, site: String? = nil) throws -> Erasure {
        let database = try store.makeDatabase()
        let rollups = try Rollups(store.makeDatabase())
        let work = Eraser.Work(aggregate: { _ throws(StoreError) in
            _ = try rollups.advance()
            return true
        })
        let eraser = Eraser(store, database, journal: nil, holder: "test", work)
        let scope = try VisitorScope(visitor: visitor, site: site)
        let request = try ErasureLog(database).request(scope, .command, mayBeElsewhere: false)
        let done = try eraser.run(eraser.claim([request]))
        return try #require(done.first)
    }

    private static func paths(_ store: any Store) throws -> [String: Int64] {
        try StoredFigures(store).rows(.path).mapValues(\.pageViews)
    }

    @Test(arguments: Engine.allCases)
    func `removes the sessions without events from the figures, too`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try Self.store(
            home,
            [
                try Self.event("visitor_a", at: 0), try Self.event("visitor_b", at: 1),
                try Self.event("visitor_a", at: 4 * Self.day), try Self.event("visitor_b", at: 4 * Self.day),
            ]
        )
        #expect(try Self.paths(store) == ["/of/visitor_a": 2, "/of/visitor_b": 2])
        let done = try Self.erase(store, "visitor_a")
        #expect(done.counts == ["collector_events": 1] && done.proof?.remaining == 0)
        #expect(try Self.paths(store) == ["/of/visitor_b": 2])
        #expect(try store.differences() == [])
        try Rollups(store.makeDatabase()).clear()
        try store.catchUp()
        #expect(try Self.paths(store) == ["/of/visitor_b": 2])
        #expect(throws: ErasureError.notFound) { try Self.erase(store, "visitor_a") }
    }

    @Test(arguments: Engine.allCases)
    func `finds a visitor of whom only figures are left, on one site or on all`(engine: Engine) throws {
        let home = try Database(engine)
        let store = try Self.store(
            home,
            [
                try Self.event("visitor_a", at: 0), try Self.event("visitor_a", at: 2, site: "blog.example"),
                try Self.event("visitor_b", at: 4 * Self.day),
            ]
        )
        #expect(try home.rows("select 1 from collector_events where visitor_id = 'visitor_a'").isEmpty)
        _ = try Self.erase(store, "visitor_a", site: "blog.example")
        #expect(try Self.paths(store) == ["/of/visitor_a": 1, "/of/visitor_b": 1])
        _ = try Self.erase(store, "visitor_a")
        #expect(try Self.paths(store) == ["/of/visitor_b": 1])
        #expect(throws: ErasureError.notFound) { try Self.erase(store, "visitor_a") }
    }
}
