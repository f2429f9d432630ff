import Testing

@testable import Aggregation
@testable import Aggregation

/// Sessions that the rollup worker keeps in memory.
@Suite struct SessionCacheTests {
    @Test func `a session that goes in and out drives no other one out`() throws {
        let large = try SessionBench((1...1000).map { TestEvent(Int64($0), "pageview") })
        var cache = SessionCache()
        let (one, other) = (try id("one"), try id("other"))
        let session = CachedSession(try #require(large.state), key: 1)
        cache.put(other, session)
        let turns = 3 * SessionCache.bytesMax / session.state.size
        for _ in 0..<turns {
            cache.put(one, session)
            #expect(cache.take(one) != nil)
        }
        #expect(cache.take(other) != nil)
    }

    private func id(_ session: String) throws -> SessionID {
        var event = TestEvent(1, "pageview").stored()
        event.sessionID = session
        return SessionID(event)
    }
}
