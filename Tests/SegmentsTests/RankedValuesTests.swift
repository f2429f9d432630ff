import Segments
import Testing

@Suite struct `Values by rank` {
    private static let start: Int64 = 1_700_000_040

    private static func result(_ count: Int) -> (ScanResult, [Float]) {
        var random = RandomSessions(seed: UInt64(count))
        let sessions = random.sessions(count, start: start, seconds: 40_000, visitors: 60)
        var query = ScanQuery(from: 0, to: Int64.max / 2, edges: [0])
        (query.vitals, query.withRanks, query.withSquaredErrors) = ([.lcp], true, true)
        let values = sessions.flatMap(\.pageViews).compactMap { $0.vitals[Vital.lcp.rawValue] }
        return (scan(query, MemorySource([sessions]), DimensionDictionaries()), values.sorted())
    }

    @Test(arguments: [1, 10, 40, 3000]) func `are within a thousandth of the sorted values`(sessions: Int) throws {
        let (result, values) = Self.result(sessions)
        let summary = try #require(result.total.vitals[Vital.lcp.rawValue])
        guard let ranked = summary.ranked else { return #expect(values.isEmpty) }
        #expect(ranked.count == values.count)
        #expect(ranked.percentile(0.75) == summary.p75 && ranked.percentile(0.95) == summary.p95)
        for (rank, value) in values.enumerated() {
            let found = ranked.value(rank)
            let isExact = values.count <= VitalSummary.exactCountMax
            #expect(isExact ? found == Double(value) : abs(found - Double(value)) <= Double(value) * 0.001 + 0.001)
        }
    }

    @Test func `come only if they are requested`() {
        var random = RandomSessions(seed: 1)
        let sessions = random.sessions(50, start: Self.start, seconds: 40_000, visitors: 60)
        var query = ScanQuery(from: 0, to: Int64.max / 2, edges: [0])
        query.vitals = [.lcp]
        let result = scan(query, MemorySource([sessions]), DimensionDictionaries())
        #expect(result.total.vitals[Vital.lcp.rawValue]?.ranked == nil)
        #expect(result.squaredErrors == 0)
    }

    @Test func `squares of errors are those of the errors of each page view`() {
        var random = RandomSessions(seed: 7)
        let sessions = random.sessions(500, start: Self.start, seconds: 40_000, visitors: 60)
        var query = ScanQuery(from: 0, to: Int64.max / 2, edges: [0])
        query.withSquaredErrors = true
        let result = scan(query, MemorySource([sessions]), DimensionDictionaries())
        var expected = 0.0
        for session in sessions {
            for index in session.pageViews.indices {
                let own = session.events.filter { $0.kind == .error && Int($0.pageView) == index }
                let count = own.reduce(0.0) { $0 + Double($1.count) }
                expected += count * count
            }
        }
        #expect(expected > 0 && result.squaredErrors == expected)
    }
}
