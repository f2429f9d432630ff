import Storage
import Events
import TestSupport
import Testing

/// The events that writers hand to the rollup worker.
@Suite struct CommittedEventsTests {
    private func event(_ bytes: Int = 1) throws -> Event {
        try Event.parsed(
            #"{"visitor_id":"v","session_id":"s","pageview_id":"p","event_type":"a","payload":{"a":"\#(String(repeating: "x", count: bytes))"}}"#,
            receivedAt: 0
        )
    }

    @Test func `are taken once, by their ids`() throws {
        let committed = CommittedEvents()
        committed.add([try event(), try event()], ids: [5, 6])
        committed.add([try event()], ids: [3])
        #expect(committed.take(after: 3, through: 9).map(\.id) == [5, 6])
        #expect(committed.take(after: 0, through: 9).isEmpty)
    }

    @Test func `stay when they are beyond the range`() throws {
        let committed = CommittedEvents()
        committed.add([try event(), try event()], ids: [1, 4])
        #expect(committed.take(after: 0, through: 3).map(\.id) == [1])
        #expect(committed.take(after: 3, through: 9).map(\.id) == [4])
    }

    @Test func `are dropped with their batch when one of them was stored before`() throws {
        let committed = CommittedEvents()
        committed.add([try event(), try event()], ids: [])
        #expect(committed.take(after: 0, through: 9).isEmpty)
    }

    @Test func `are dropped, the oldest first, when they are too large together`() throws {
        let committed = CommittedEvents()
        let large = try event(200_000)
        for id in 1...200 { committed.add([large], ids: [Int64(id)]) }
        let ids = committed.take(after: 0, through: 1000).map(\.id)
        let most = CommittedEvents.bytesMax / 200_000
        #expect(ids.last == 200 && ids.count <= most && ids.count > most * 9 / 10)
    }
}
