import Segments
import Storage
import Events
import TestSupport
import Testing

@testable import Aggregation
@testable import DemoData
@testable import Reports
@testable import Rollups

/// The list of segments that the rollup worker keeps, and its index of sessions.
@Suite struct SegmentStoreTests {
    private func event(view: Int) throws -> Event {
        try Event.parsed(
            """
            {"visitor_id":"v","session_id":"s","pageview_id":"p_\(view)","event_type":"pageview",\
            "path":"/","site":"shop.example","payload":{}}
            """,
            receivedAt: 1_795_456_784_000_000
        )
    }

    @Test func `segments that are removed take their index with them`() throws {
        let database = try Database(.sqlite)
        let store = SegmentStore(try database.migrated().makeDatabase())
        let rows = (0..<100).map { SessionRow(key: UInt64($0), visitor: 0, pageViews: [PageViewRow(time: $0)]) }
        for round in 0..<3 {
            var changes = SegmentChanges()
            changes.added = SegmentStore.encode(rows, after: Int64(round))
            changes.removed = round == 0 ? [] : [Int64(round)]
            store.apply(changes)
        }
        #expect(store.segments.count == 1)
        #expect(store.indexBytes == 1600)
    }

    @Test(arguments: Engine.allCases)
    func `a segment whose keys are damaged is reported until a rebuild`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try store.append([event(view: 1)])
        try store.catchUp()
        let bytes = engine == .sqlite ? "x'0101'" : "'\\x0101'"
        let key = Column.sessionKey.rawValue
        try database.rows("update segment_columns set data = \(bytes) where column_id = \(key)")
        try store.append([event(view: 2)])
        let rollups = try Rollups(store.makeDatabase())
        while try rollups.advance() > 0 {}
        #expect(rollups.takeNotices().unsearched == [1])
        try store.append([event(view: 3)])
        while try rollups.advance() > 0 {}
        #expect(rollups.takeNotices().unsearched == [1])
        #expect(try !store.differences().isEmpty)
        try Rollups(store.makeDatabase()).clear()
        while try rollups.advance() > 0 {}
        #expect(rollups.takeNotices().unsearched == [])
        #expect(try store.differences() == [])
    }
}
