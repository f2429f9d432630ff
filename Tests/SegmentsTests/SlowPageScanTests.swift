import Testing

@testable import Segments

@Suite struct `A scan for slow pages` {
    private static let start: Int64 = 1_700_000_040

    private var dictionaries: DimensionDictionaries {
        var dictionaries = DimensionDictionaries()
        for dictionary in [Column.Dictionary.path, .device] {
            for code in 2..<40 { _ = dictionaries.code(dictionary, "v\(code * 7 % 41)", site: UInt32(code), day: 0) }
        }
        return dictionaries
    }

    /// The same group by the definitions: a scan of its page and device alone.
    private func summary(
        _ group: CauseGroup,
        _ query: ScanQuery,
        _ vital: Vital,
        _ source: MemorySource
    ) -> VitalSummary {
        var own = query
        own.vitals = [vital]
        own.filters.append(ScanQuery.Filter(column: .path, codes: [group.path]))
        if let device = group.device { own.filters.append(ScanQuery.Filter(column: .device, codes: [device])) }
        return scan(own, source, dictionaries).total.vitals[vital.rawValue] ?? VitalSummary()
    }

    @Test(arguments: 0..<12) func `finds each page and device with enough slow values, with its exact summary`(
        seed: Int
    ) {
        var random = RandomSessions(seed: UInt64(seed))
        // Up to 200 values of a group in most runs, and more in some.
        let size = seed % 4 == 0 ? 2500 : 250
        let parts = (0..<3).map { _ in random.sessions(size, start: Self.start, seconds: 40_000, visitors: 50) }
        let source = MemorySource(parts)
        let (from, to) = (Self.start + 3000, Self.start + 38_000)
        var query = ScanQuery(from: from, to: to, edges: [from])
        if seed % 3 == 0 { query.filters = [ScanQuery.Filter(column: .browser, codes: [1, 2, 3])] }
        let vital = Vital.allCases[seed % 5]
        var limits = ScanLimits()
        if seed % 2 == 0 { limits.valueBytes = 1 }
        let slow = SlowPageQuery(vital, devicesMax: 3, groupsMax: 100, valuesMin: 6, slowMin: 3)
        let found = scanSlowPages(query, slow, source, dictionaries, limits)

        var list = ScanQuery.List(column: .device, measure: .pageViews, limit: 3)
        list.skipsNone = false
        var devices = query
        devices.lists = [list]
        let codes = scan(devices, source, dictionaries).lists[0].rows.map(\.code).filter {
            $0 != DimensionDictionaries.none
        }
        var expected: [(group: CauseGroup, summary: VitalSummary)] = []
        for device in [nil] + codes.map({ Optional($0) }) {
            for path in UInt32(0)..<40 where path != DimensionDictionaries.other {
                let group = CauseGroup(path: path, device: device)
                let own = summary(group, query, vital, source)
                if own.count >= 6, own.needsImprovement + own.poor >= 3 { expected.append((group, own)) }
            }
        }
        #expect(found.damagedSegments == 0 && !found.hasTooMany)
        #expect(found.groups.map { "\($0.group)" } == expected.map { "\($0.group)" })
        #expect(found.groups.map(\.summary) == expected.map(\.summary))
        #expect(!expected.isEmpty)
    }

    @Test func `refuses more groups than the limit, and finds damage in both passes`() {
        var random = RandomSessions(seed: 99)
        var source = MemorySource([random.sessions(300, start: Self.start, seconds: 4000, visitors: 50)])
        let query = ScanQuery(from: Self.start, to: Self.start + 9000, edges: [Self.start])
        let few = SlowPageQuery(.lcp, devicesMax: 3, groupsMax: 2, valuesMin: 1, slowMin: 1)
        #expect(scanSlowPages(query, few, source, dictionaries).hasTooMany)
        let all = SlowPageQuery(.lcp, devicesMax: 3, groupsMax: 100, valuesMin: 1, slowMin: 1)
        #expect(scanSlowPages(query, all, source, dictionaries).damagedSegments == 0)
        source.segments[0].columns[.lcpRemainder] = nil
        #expect(scanSlowPages(query, all, source, dictionaries).damagedSegments == 1)
        source.segments[0].columns[.device] = [1, 2]
        #expect(scanSlowPages(query, all, source, dictionaries).damagedSegments == 1)
    }
}
