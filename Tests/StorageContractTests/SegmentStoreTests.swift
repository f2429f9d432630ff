import Segments
import Storage
import Telemetry
import TestSupport
import Testing

@testable import Insight

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
}
