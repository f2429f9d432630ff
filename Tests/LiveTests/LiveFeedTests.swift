import HTTPServer
import Live
import Testing
import Workers

/// The feed on a database: what a subscriber reads of its stream.
@Suite struct LiveFeedTests {
    @Test func `a subscriber gets the events after its id once and in order`() throws {
        let harness = try LiveHarness()
        try harness.commit(5)
        let reader = TestReader(try #require(harness.subscribe(after: 2)))
        #expect(reader.reads(ids: 3...5))
        for _ in 0..<20 { try harness.commit(3) }
        #expect(reader.reads(ids: 3...65))
    }

    @Test func `a subscriber without an id gets new events only`() throws {
        let harness = try LiveHarness()
        try harness.commit(10)
        let reader = try harness.subscribeToNewEvents()
        #expect(reader.text.hasSuffix("id: 10\n\n"))
        // From its beginning on, a stream has every event, also the very next one.
        try harness.commit(3)
        #expect(reader.reads(ids: 11...13))
    }

    @Test func `a stream that is lost before its first event continues from its beginning`() throws {
        let harness = try LiveHarness()
        try harness.commit(10)
        try harness.subscribeToNewEvents().close()
        try harness.commit(2)
        #expect(TestReader(try #require(harness.subscribe(after: 10))).reads(ids: 11...12))
    }

    @Test func `all subscribers get the same events, wherever they start`() throws {
        let harness = try LiveHarness {
            // Most of the events are read from the database.
            ($0.keptEventsMax, $0.catchUpEventsMax, $0.readEventsMax) = (3, 2, 4)
        }
        try harness.commit(20)
        let readers = try [Int64(0), 10, 19].map { (after: Int64) in
            (after, TestReader(try #require(harness.subscribe(after: after))))
        }
        try harness.commit(10)
        for (after, reader) in readers { #expect(reader.reads(ids: after + 1...30)) }
    }

    @Test func `a subscriber beyond the limit skips to the latest event and gets the number of skipped ones`() throws {
        let harness = try LiveHarness { ($0.behindMax, $0.keptEventsMax) = (10, 3) }
        try harness.commit(1)
        let slow = TestReader(try #require(harness.subscribe(after: 0)))
        #expect(slow.reads(ids: 1...1))
        // It does not read while another one keeps the feed going.
        let other = TestReader(try #require(harness.subscribe(after: 1)))
        for count in 1...10 {
            try harness.commit(2)
            #expect(other.reads(ids: 2...Int64(1 + 2 * count)))
        }
        #expect(slow.reads { $0.contains("event: skipped\ndata: {\"ids\":20}\n\n") })
        try harness.commit(1)
        #expect(slow.reads(ids: [1, 22]))
    }

    @Test func `a subscriber with an id that no event has starts with new events`() throws {
        let harness = try LiveHarness()
        try harness.commit(3)
        let reader = TestReader(try #require(harness.subscribe(after: 1_000_000)))
        #expect(reader.reads { $0.hasPrefix("retry") })
        for _ in 0..<5000 where reader.ids.isEmpty {
            try harness.commit(1)
            _ = reader.reads { _ in true }
        }
        #expect(try #require(reader.ids.first) > 3)
    }

    @Test func `a payload beyond the limit is left out of the stream`() throws {
        let harness = try LiveHarness { $0.payloadBytesMax = 20 }
        try harness.commit(1, payload: #"{"text":"short"}"#)
        try harness.commit(1, payload: #"{"text":"longer than the limit"}"#)
        let reader = TestReader(try #require(harness.subscribe(after: 0)))
        #expect(reader.reads(ids: 1...2))
        #expect(reader.text.contains("id: 1\ndata: {\"id\":1,\"payload\":\"16\"}\n\n"))
        #expect(reader.text.contains("id: 2\ndata: {\"id\":2,\"payload\":\"0\"}\n\n"))
    }

    @Test func `a subscriber that leaves makes room for another`() throws {
        let harness = try LiveHarness { $0.subscribersMax = 2 }
        let first = try #require(harness.subscribe())
        #expect(harness.subscribe() != nil)
        #expect(harness.subscribe() == nil)
        first.close()
        #expect(harness.subscribe() != nil)
        #expect(harness.subscribe() == nil)
    }

    @Test func `a stream without events has a keep-alive`() throws {
        let harness = try LiveHarness { $0.keepAliveMilliseconds = 30 }
        let reader = TestReader(try #require(harness.subscribe()))
        #expect(reader.reads { $0.count(of: ": \n\n") >= 2 })
        #expect(reader.ids.isEmpty)
    }

    @Test func `a feed that is stopping accepts no subscriber`() throws {
        let harness = try LiveHarness()
        harness.feed.worker.stop()
        #expect(harness.subscribe() == nil)
    }

    @Test func `at most half of the connections are subscribers`() {
        #expect(LiveFeedLimits(connectionsMax: 20).subscribersMax == 10)
        #expect(LiveFeedLimits(connectionsMax: 20_000).subscribersMax == 1000)
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
