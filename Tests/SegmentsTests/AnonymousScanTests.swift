@testable import Segments
import Testing

/// Sessions of sites that do not count visitors.
@Suite struct `A scan of sessions without visitors` {
    private static let start: Int64 = 1_700_000_040

    private func query() -> ScanQuery {
        var query = ScanQuery(
            from: Self.start,
            to: Self.start + 100_000,
            edges: [Self.start, Self.start + 3000, Self.start + 6000]
        )
        query.withSeriesVisitors = true
        return query
    }

    private func sessions(_ seed: UInt64) -> [SessionRow] {
        var random = RandomSessions(seed: seed)
        return random.sessions(60, start: Self.start, seconds: 9000, visitors: 50)
    }

    private func anonymous(_ sessions: [SessionRow]) -> [SessionRow] {
        sessions.map { session in
            var own = session
            own.visitor = VisitorBits.anonymousNumber
            return own
        }
    }

    @Test(arguments: 1..<8) func `their page views and events count, they and their visitors do not`(seed: UInt64) {
        let (known, others) = (sessions(seed), sessions(seed + 100))
        let dictionaries = DimensionDictionaries()
        let alone = scan(query(), MemorySource([known]), dictionaries)
        let all = scan(query(), MemorySource([known, others]), dictionaries)
        for source in [MemorySource([known, anonymous(others)]), MemorySource([known + anonymous(others)])] {
            let mixed = scan(query(), source, dictionaries)
            #expect(mixed.total.visitors == alone.total.visitors && mixed.total.sessions == alone.total.sessions)
            #expect(mixed.total.bounces == alone.total.bounces)
            #expect(mixed.total.pageViews == all.total.pageViews && mixed.total.customEvents == all.total.customEvents)
            #expect(mixed.total.errors == all.total.errors && !mixed.hasTooManyVisitors)
            #expect(mixed.total.anonymousPageViews == all.total.pageViews - alone.total.pageViews)
            #expect(alone.total.anonymousPageViews == 0)
            for (bucket, own) in mixed.buckets.enumerated() {
                #expect(own.visitors == alone.buckets[bucket].visitors)
                #expect(own.sessions == alone.buckets[bucket].sessions)
                #expect(own.pageViews == all.buckets[bucket].pageViews)
            }
        }
    }

    @Test func `a range with only such sessions has no visitors and no sessions`() {
        let total = scan(query(), MemorySource([anonymous(sessions(1))]), DimensionDictionaries()).total
        #expect(total.visitors == 0 && total.sessions == 0 && total.bounces == 0 && total.pageViews > 0)
    }

    @Test func `they are in no list of visitors, in no retention and in no funnel`() {
        let own = anonymous(sessions(1))
        let source = MemorySource([own])
        let listed = scanVisitors(query(), source, by: .lastSeen, after: nil, limit: 5, columns: [])
        #expect(listed.count == 0 && listed.visitors.isEmpty)
        let steps = [Condition(.pages(Set(0..<40)))]
        for scope in [FunnelScope.session, FunnelScope.visitor(window: 86_400)] {
            #expect(scanFunnel(query(), steps, scope, source).figures.counts.allSatisfy { $0 == 0 })
        }
        #expect(scanGoals(query(), steps, source).visitors == 0)
        #expect(scanGoals(query(), steps, source).sessions == 0)
    }
}
