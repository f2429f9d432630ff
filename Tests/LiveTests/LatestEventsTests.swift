import Reports
import Testing

@testable import Live

@Suite struct LatestEventsTests {
    private static func frames(_ ids: ClosedRange<Int64>, bytes: Int = 1) -> [Frame] {
        ids.map { Frame(id: $0, bytes: [UInt8](repeating: UInt8($0 % 256), count: bytes)) }
    }

    private func latest(_ ids: ClosedRange<Int64>, eventsMax: Int = 100, bytesMax: Int = 1000) -> LatestEvents {
        var latest = LatestEvents(eventsMax: eventsMax, bytesMax: bytesMax)
        latest.begin(after: ids.lowerBound - 1)
        latest.append(Self.frames(ids), upTo: ids.upperBound)
        return latest
    }

    @Test func `nothing is known before the first read`() {
        let latest = LatestEvents(eventsMax: 10, bytesMax: 10)
        #expect(latest.last == nil && latest.after(0, bytesMax: 10) == nil)
    }

    @Test func `events after an id come in their order, up to the last that was read`() throws {
        var latest = latest(11...13)
        // The ids 14 and 15 were read, and have no event.
        latest.append([], upTo: 15)
        let found = try #require(latest.after(11, bytesMax: 100))
        #expect(found.bytes == [12, 13] && found.last == 15)
        let none = try #require(latest.after(15, bytesMax: 100))
        #expect(none.bytes.isEmpty && none.last == 15)
        let all = try #require(latest.after(10, bytesMax: 100))
        #expect(all.bytes == [11, 12, 13])
    }

    @Test func `a scope has the events of its site and time alone, and goes on behind the others`() throws {
        var latest = LatestEvents(eventsMax: 10, bytesMax: 1000)
        latest.begin(after: 0)
        let events: [(site: String, seconds: Int64)] = [("a", 5), ("b", 6), ("a", 7), ("b", 8), ("a", 9), ("b", 9)]
        let frames = events.enumerated().map { index, event in
            Frame(id: Int64(index) + 1, bytes: [UInt8(index) + 1], site: event.site, seconds: event.seconds)
        }
        latest.append(frames, upTo: 6)
        func found(_ id: Int64, bytesMax: Int, _ scope: ReportScope) throws -> (bytes: [UInt8], last: Int64) {
            try #require(latest.after(id, bytesMax: bytesMax, scope: scope))
        }
        #expect(try found(0, bytesMax: 9, ReportScope(site: "a")) == ([1, 3, 5], 6))
        #expect(try found(0, bytesMax: 9, ReportScope(times: 6..<9)) == ([2, 3, 4], 6))
        #expect(try found(0, bytesMax: 9, ReportScope(site: "c")) == ([], 6))
        // A part that is full ends before the next event of the scope.
        #expect(try found(0, bytesMax: 1, ReportScope(site: "a")) == ([1], 2))
        #expect(try found(2, bytesMax: 1, ReportScope(site: "a")) == ([3], 4))
    }

    @Test func `an id before the kept events is not known`() {
        #expect(latest(11...13).after(9, bytesMax: 100) == nil)
    }

    @Test func `a part ends before its limit, but has at least one event`() throws {
        var latest = LatestEvents(eventsMax: 10, bytesMax: 1000)
        latest.begin(after: 0)
        latest.append(Self.frames(1...3, bytes: 10), upTo: 3)
        let two = try #require(latest.after(0, bytesMax: 29))
        #expect(two.bytes.count == 20 && two.last == 2)
        let one = try #require(latest.after(2, bytesMax: 5))
        #expect(one.bytes.count == 10 && one.last == 3)
    }

    @Test func `the oldest events are dropped beyond the limit of events`() throws {
        let latest = latest(1...5, eventsMax: 3)
        #expect(latest.after(1, bytesMax: 100) == nil)
        #expect(try #require(latest.after(2, bytesMax: 100)).bytes == [3, 4, 5])
    }

    @Test func `the oldest events are dropped beyond the limit of bytes`() throws {
        let latest = latest(1...5, bytesMax: 2)
        #expect(latest.after(2, bytesMax: 100) == nil)
        #expect(try #require(latest.after(3, bytesMax: 100)).bytes == [4, 5])
    }

    @Test func `a new beginning drops all events`() throws {
        var latest = latest(1...5)
        latest.begin(after: 9)
        #expect(latest.after(4, bytesMax: 100) == nil)
        #expect(try #require(latest.after(9, bytesMax: 100)).bytes.isEmpty)
        latest.begin(after: nil)
        #expect(latest.last == nil)
    }
}
