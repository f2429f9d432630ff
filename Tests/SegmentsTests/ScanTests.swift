import Segments
import Testing

@Suite struct `A scan` {
    private static let start: Int64 = 1_700_000_040

    private var dictionaries: DimensionDictionaries {
        var dictionaries = DimensionDictionaries()
        for dictionary in Column.Dictionary.allCases {
            // Texts whose order is not that of their codes.
            for code in 2..<40 { _ = dictionaries.code(dictionary, "v\(code * 7 % 41)", site: UInt32(code), day: 0) }
        }
        return dictionaries
    }

    @Test(arguments: 0..<20) func `gives the figures of the definitions`(seed: Int) {
        var random = RandomSessions(seed: UInt64(seed))
        let parts = (0..<3).map { _ in
            random.sessions(Int(1 + random.code(40)), start: Self.start, seconds: 40_000, visitors: 60)
        }
        let all = parts.flatMap { $0 }
        let dead = Set(all.filter { _ in random.chance(15) }.map(\.key))
        let source = MemorySource(parts, dead: seed % 2 == 0 ? dead : [])
        let living = seed % 2 == 0 ? all.filter { !dead.contains($0.key) } : all
        for _ in 0..<50 { check(random.query(all, start: Self.start), living, source) }
    }

    private func check(_ query: ScanQuery, _ sessions: [SessionRow], _ source: MemorySource) {
        let reference = Reference(query: query, sessions: sessions, dictionaries: dictionaries)
        let result = scan(query, source, dictionaries)
        let total = reference.aggregate(
            vitals: query.vitals,
            withVisitors: query.withVisitors
        )
        #expect(result.total == total.counting(query.totals), "\(query)")
        #expect(result.damagedSegments == 0)
        for bucket in query.edges.indices {
            let expected = reference.aggregate(
                vitals: query.seriesVitals,
                withVisitors: query.withSeriesVisitors,
                inBucket: { reference.bucket($0) == bucket }
            )
            #expect(result.buckets[bucket] == expected.counting(query.totals), "\(query)")
        }
        for (list, rows) in zip(query.lists, result.lists) { check(list, rows, reference) }
    }

    private func check(_ list: ScanQuery.List, _ result: ListResult, _ reference: Reference) {
        let sums = reference.aggregates(list)
        let measures = sums.map { (code: $0.key, measure: reference.measure(list, $0.key, $0.value)) }
        #expect(result.count == Int64(measures.count { $0.measure > 0 }), "\(list)")
        #expect(result.total == measures.reduce(0) { $0 + $1.measure }, "\(list)")
        let dictionary = list.column.dictionary ?? .path
        let sorted = measures.filter { $0.measure > 0 }.sorted { one, other in
            guard one.measure == other.measure else { return one.measure > other.measure }
            let texts = (dictionaries.text(one.code, dictionary), dictionaries.text(other.code, dictionary))
            return Array(texts.0.utf8).lexicographicallyPrecedes(Array(texts.1.utf8))
        }
        #expect(
            result.rows.map(\.code) == list.only ?? sorted.dropFirst(list.offset).prefix(list.limit).map(\.code),
            "\(list)"
        )
        for row in result.rows {
            guard let sum = sums[row.code] else { continue }
            #expect(row.sum == sum.counting(reference.query.totals), "\(list) \(row.code)")
            guard list.withSeries else { continue }
            #expect(row.series.reduce(0, +) == reference.measure(list, row.code, sum), "\(list)")
        }
    }
}

extension Aggregate {
    /// Without the figures that a query does not count.
    fileprivate func counting(_ totals: ScanQuery.Totals) -> Aggregate {
        var counted = self
        if totals != .all { (counted.engagedPageViews, counted.engagedMilliseconds) = (0, 0) }
        if totals == .none {
            (counted.pageViews, counted.sessions, counted.bounces, counted.eventsReceived) = (0, 0, 0, 0)
        }
        return counted
    }
}
