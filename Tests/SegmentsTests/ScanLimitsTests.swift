import Segments
import Testing

/// What does not fit into the memory of one pass, and percentiles of more values than are kept.
@Suite struct `A scan within its limits` {
    private static let start: Int64 = 1_700_000_040

    private func dictionaries() -> DimensionDictionaries {
        var dictionaries = DimensionDictionaries()
        for dictionary in Column.Dictionary.allCases {
            for code in 2..<40 { _ = dictionaries.code(dictionary, "v\(code)", site: UInt32(code), day: 0) }
        }
        return dictionaries
    }

    /// Everything that has groups: buckets, lists of all scopes, visitors, values.
    private func query(buckets: Int64 = 20) -> ScanQuery {
        let edges = (0..<buckets).map { Self.start + $0 * 1800 }
        var query = ScanQuery(from: Self.start, to: Self.start + buckets * 1800, edges: edges)
        (query.vitals, query.seriesVitals) = (Vital.allCases, [.lcp, .cls])
        (query.withDistribution, query.withSeriesVisitors, query.issues) = (true, true, [2, 3])
        let columns: [Column] = [.browser, .referrer, .path, .resourceName, .eventName]
        query.lists = columns.map { column in
            var list = ScanQuery.List(column: column, measure: .pageViews, limit: 6)
            list.eventKinds = [.error, .custom]
            (list.withVisitors, list.withSeries, list.vitals) = (true, true, [.lcp, .inp])
            return list
        }
        return query
    }

    @Test func `gives the same figures in as many passes as its memory needs`() {
        var random = RandomSessions(seed: 11)
        let source = MemorySource(
            (0..<3).map { _ in random.sessions(300, start: Self.start, seconds: 36_000, visitors: 4_000_000) }
        )
        let expected = scan(query(), source, dictionaries())
        var little = ScanLimits()
        (little.visitorBytes, little.valueBytes, little.listBytes) = (0, 0, 0)
        expectEqual(scan(query(), source, dictionaries(), little), expected, "hardly any memory")
        (little.visitorBytes, little.valueBytes, little.listBytes) = (20_000_000, 700_000, 3000)
        expectEqual(scan(query(), source, dictionaries(), little), expected, "a little memory")
    }

    @Test func `finds percentiles of many values within a thousandth, and good or poor counts exactly`() throws {
        var random = RandomSessions(seed: 12)
        let sessions = random.sessions(2500, start: Self.start, seconds: 36_000, visitors: 500)
        let query = query(buckets: 2)
        let result = scan(query, MemorySource([sessions]), dictionaries())
        let reference = Reference(query: query, sessions: sessions, dictionaries: dictionaries())
        let total = reference.aggregate(vitals: Vital.allCases, withVisitors: true)
        try expectNear(result.total, total)
        for bucket in 0..<2 {
            let expected = reference.aggregate(
                vitals: [.lcp, .cls],
                withVisitors: true,
                inBucket: { reference.bucket($0) == bucket }
            )
            try expectNear(result.buckets[bucket], expected)
        }
        for (list, rows) in zip(query.lists, result.lists) {
            let expected = reference.aggregates(list)
            for row in rows.rows { try expectNear(row.sum, #require(expected[row.code])) }
        }
    }

    private func expectNear(_ found: Aggregate, _ expected: Aggregate) throws {
        var (plain, plainExpected) = (found, expected)
        for vital in 0..<5 { (plain.vitals[vital], plainExpected.vitals[vital]) = (nil, nil) }
        (plain.durations, plainExpected.durations) = (nil, nil)
        #expect(plain == plainExpected)
        for (one, other) in zip(found.vitals + [found.durations], expected.vitals + [expected.durations]) {
            guard let other else { continue }
            let one = try #require(one)
            #expect((one.count, one.good) == (other.count, other.good))
            #expect((one.needsImprovement, one.poor) == (other.needsImprovement, other.poor))
            for (found, value) in [(one.p50, other.p50), (one.p75, other.p75), (one.p95, other.p95)] {
                guard let value else { continue }
                // Values of a thousandth of a millisecond and less share one counter.
                #expect(abs(try #require(found) - value) <= max(value / 1000, 0.001), "\(other.count) values")
            }
        }
    }

    @Test func `distributes all values over bins that are a 32nd of a power of two wide`() throws {
        var random = RandomSessions(seed: 13)
        let sessions = random.sessions(800, start: Self.start, seconds: 1800, visitors: 500)
        let result = scan(query(), MemorySource([sessions]), dictionaries())
        let values = sessions.flatMap(\.pageViews)
            .filter { $0.time < Self.start + 36_000 }.compactMap { $0.vitals[Vital.lcp.rawValue] }
        let distribution = try #require(result.total.vitals[Vital.lcp.rawValue]).distribution
        var lower = -1.0
        for bin in distribution {
            let count = values.count { Double($0) > lower && Double($0) <= bin.upperBound }
            #expect(bin.count == Int64(count))
            lower = bin.upperBound
        }
        #expect(distribution.reduce(0) { $0 + $1.count } == Int64(values.count))
        let bounds = distribution.map(\.upperBound).filter { $0 > 1 }
        for (bound, next) in zip(bounds, bounds.dropFirst()) { #expect(next >= bound * 1.015) }
    }
}
