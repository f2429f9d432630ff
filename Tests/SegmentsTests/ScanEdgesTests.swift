@testable import Segments
import Testing

/// Damaged segments, times at the ends of what numbers hold, and sessions without a page view that counts.
@Suite struct `A scan of unusual segments` {
    private static let start: Int64 = 1_700_000_040

    private func query(_ from: Int64 = start, _ to: Int64 = start + 100_000) -> ScanQuery {
        var query = ScanQuery(from: from, to: to, edges: [min(from, Self.start), Self.start + 3000, Self.start + 6000])
        (query.vitals, query.seriesVitals, query.withSeriesVisitors) = (Vital.allCases, [.lcp], true)
        query.filters = [
            ScanQuery.Filter(column: .browser, codes: [0, 1, 2, 3]),
            ScanQuery.Filter(column: .path, codes: Set(0..<11)),
        ]
        query.lists = [Column.country, .path, .eventIssue, .resourceName].map { column in
            var list = ScanQuery.List(column: column, measure: .sessions, limit: 4)
            list.eventKinds = [.error]
            (list.withVisitors, list.withSeries, list.vitals) = (true, true, [.inp])
            return list
        }
        return query
    }

    private func sessions(_ seed: UInt64, _ count: Int = 60) -> [SessionRow] {
        var random = RandomSessions(seed: seed)
        return random.sessions(count, start: Self.start, seconds: 9000, visitors: 50)
    }

    private let dictionaries: DimensionDictionaries = {
        var dictionaries = DimensionDictionaries()
        for dictionary in Column.Dictionary.allCases {
            for code in 2..<40 { _ = dictionaries.code(dictionary, "v\(code)", site: UInt32(code), day: 0) }
        }
        return dictionaries
    }()

    @Test func `counts nothing of a damaged segment, and that it is damaged`() {
        var random = RandomSessions(seed: 21)
        let whole = MemorySource([sessions(1), sessions(2)])
        let alone = scan(query(), MemorySource([sessions(1)]), dictionaries)
        var damaged = 0
        for _ in 0..<150 {
            var source = whole
            let columns = source.segments[1].columns.keys.sorted { $0.rawValue < $1.rawValue }
            let column = columns[Int(random.code(UInt32(columns.count)))]
            var bytes = source.segments[1].columns[column] ?? []
            let byte = Int(random.code(UInt32(bytes.count)))
            switch random.code(5) {
            case 0: bytes.removeLast(bytes.count - byte)
            case 1: bytes.append(1)
            case 2: bytes[Int(random.code(6))] ^= UInt8(1 + random.code(255))
            default: bytes[byte] ^= UInt8(1 + random.code(255))
            }
            source.segments[1].columns[column] = bytes
            let result = scan(query(), source, dictionaries)
            #expect(result.damagedSegments <= 1)
            guard result.damagedSegments == 1 else { continue }
            damaged += 1
            #expect(result.total == alone.total && result.buckets == alone.buckets)
            #expect(result.lists.map(\.total) == alone.lists.map(\.total))
            #expect(result.lists.map { $0.rows.map(\.sum) } == alone.lists.map { $0.rows.map(\.sum) })
        }
        // Columns that the query does not read may be damaged, and most numbers are possible ones.
        #expect(damaged > 30)
    }

    @Test func `counts a segment as damaged whose column or numbers of rows are impossible`() {
        let whole = MemorySource([sessions(1), sessions(2)])
        let alone = scan(query(), MemorySource([sessions(1)]), dictionaries)
        let changes: [(inout MemorySource) -> Void] = [
            { $0.segments[1].columns[.visitor] = nil }, { $0.segments[1].columns[.lcpRemainder] = nil },
            { $0.segments[1].columns[.resourceDurationRemainder] = [] }, { $0.segments[1].info.sessions += 1 },
            { $0.segments[1].info.pageViews = 0 }, { $0.segments[1].info.pageViews = .max },
            { $0.segments[1].info.events -= 1 }, { $0.segments[1].info.resources = -1 },
            { $0.segments[1].info.firstTime = -1 }, { $0.segments[1].info.lastTime = .max },
        ]
        for (index, change) in changes.enumerated() {
            var source = whole
            change(&source)
            let result = scan(query(), source, dictionaries)
            #expect(result.damagedSegments == 1, "change \(index)")
            #expect(result.total == alone.total, "change \(index)")
        }
    }

    @Test func `reads ranges that begin and end beyond all times`() {
        let source = MemorySource([sessions(3)])
        let expected = scan(query(), source, dictionaries)
        let whole: [(Int64, Int64)] = [(.min, .max), (-1, Self.start + 1_000_000), (0, .max)]
        for (from, to) in whole {
            let result = scan(query(from, to), source, dictionaries)
            #expect(result.total == expected.total && result.buckets == expected.buckets)
        }
        let empty: [(Int64, Int64)] = [(.min, -1), (.min, .min), (.max, .min), (.max, .max), (Self.start, 0)]
        for (from, to) in empty {
            #expect(scan(query(from, to), source, dictionaries).total.pageViews == 0)
        }
    }

    @Test func `counts times near the latest that a segment holds`() {
        let last = Int64(UInt32.max) - 1
        var sessions = sessions(4, 20)
        for session in sessions.indices {
            for row in sessions[session].pageViews.indices {
                sessions[session].pageViews[row].time += last - Self.start - 200_000
            }
            for row in sessions[session].events.indices {
                sessions[session].events[row].time += last - Self.start - 200_000
            }
        }
        let views = sessions.flatMap(\.pageViews).count(where: \.isCounted)
        for edges in [[0], [0] + (1..<40).map { last / 60 * 60 - 200_040 + $0 * 300 }] {
            let query = ScanQuery(from: 0, to: .max, edges: edges)
            let result = scan(query, MemorySource([sessions]), dictionaries)
            #expect(result.total.pageViews == Int64(views) && result.damagedSegments == 0)
        }
    }

    @Test func `counts events, and no session, of page views that were never received`() {
        var sessions = sessions(5)
        for session in sessions.indices {
            for row in sessions[session].pageViews.indices { sessions[session].pageViews[row].isCounted = false }
        }
        var query = query()
        (query.filters, query.issues) = ([], nil)
        let result = scan(query, MemorySource([sessions]), dictionaries)
        let reference = Reference(query: query, sessions: sessions, dictionaries: dictionaries)
        let expected = reference.aggregate(vitals: [], withVisitors: true)
        #expect((result.total.sessions, result.total.pageViews, result.total.visitors) == (0, 0, 0))
        #expect((result.total.errors, result.total.eventsReceived) == (expected.errors, expected.eventsReceived))
        #expect(result.total.errors > 0)
        #expect(result.lists[0].rows.isEmpty && result.lists[0].total == 0)
    }

    @Test func `counts no visitors where some have no number of their own, and all else`() {
        var sessions = sessions(9)
        let limit = UInt32(VisitorBits.visitorsMax)
        sessions[0].visitor = limit - 1
        sessions[0].pageViews = [PageViewRow(time: Self.start)]
        sessions[0].pageViews[0].isCounted = true
        (sessions[0].events, sessions[0].resources, sessions[0].country) = ([], [], 30)
        var query = query()
        (query.filters, query.lists[0].limit) = ([], 100)
        let result = scan(query, MemorySource([sessions]), dictionaries)
        #expect(result.damagedSegments == 0)
        #expect(result.hasTooManyVisitors)
        #expect(result.total.visitors == nil && result.buckets[0].visitors == nil)
        #expect(result.buckets[1].visitors != nil)
        let views = sessions.flatMap(\.pageViews).count(where: \.isCounted)
        #expect(result.total.pageViews == Int64(views))
        for row in result.lists[0].rows { #expect((row.sum.visitors == nil) == (row.code == 30)) }
        sessions[0].visitor = limit - 2
        let counted = scan(query, MemorySource([sessions]), dictionaries)
        #expect(!counted.hasTooManyVisitors && counted.total.visitors != nil)
        sessions[0].visitor = VisitorBits.anonymousNumber + 1
        #expect(scan(query, MemorySource([sessions]), dictionaries).damagedSegments == 1)
    }

    @Test func `selects sessions by custom events and issues, not by invalid values`() {
        func session(_ key: UInt64, _ kind: EventKind) -> SessionRow {
            var view = PageViewRow(time: Self.start)
            view.isCounted = true
            var session = SessionRow(key: key, visitor: UInt32(key), pageViews: [view])
            let event = EventRow(pageView: 0, time: Self.start, kind: kind, name: 2, issue: 3, count: 1)
            session.events = [event]
            return session
        }
        let sessions = [session(1, .custom), session(2, .error), session(3, .noise), session(4, .invalid)]
        let source = MemorySource([sessions])
        func count(_ column: Column, _ code: UInt32) -> Int64 {
            var query = ScanQuery(from: Self.start, to: Self.start + 60, edges: [Self.start])
            query.filters = [ScanQuery.Filter(column: column, codes: [code])]
            return scan(query, source, dictionaries).total.sessions
        }
        #expect(count(.eventName, 2) == 1)
        #expect(count(.eventIssue, 3) == 2)
    }

    @Test func `gives each bucket of a list's rows its own numbers`() {
        let sessions = sessions(6, 300)
        let measures: [ScanQuery.Measure] = [.pageViews, .sessions, .errors, .events, .vitals]
        for column in [Column.country, .path] {
            for measure in measures {
                var query = query()
                var list = ScanQuery.List(column: column, measure: measure, limit: 30)
                (list.withSeries, list.vitals) = (true, [.inp])
                (query.lists, query.filters) = ([list], [])
                let rows = scan(query, MemorySource([sessions]), dictionaries).lists[0].rows
                for bucket in query.edges.indices {
                    // What is in one bucket alone is what the list has when the range is that bucket.
                    var part = query
                    part.from = query.edges[bucket]
                    part.to = bucket + 1 < query.edges.count ? query.edges[bucket + 1] : query.to
                    part.edges = [part.from]
                    part.lists[0].only = rows.map(\.code)
                    let alone = scan(part, MemorySource([sessions]), dictionaries).lists[0].rows
                    #expect(rows.map { $0.series[bucket] } == alone.map { $0.series[0] }, "\(column) \(measure)")
                }
                #expect(!rows.isEmpty)
            }
        }
    }

    @Test func `finds buckets of segments that are longer than a table of minutes`() {
        var far = sessions(8, 30)
        for session in far.indices {
            for row in far[session].pageViews.indices { far[session].pageViews[row].time += 5_000_040 }
            for row in far[session].events.indices { far[session].events[row].time += 5_000_040 }
        }
        let all = sessions(7, 30) + far
        let edges = (0..<90).map { Self.start + Int64($0) * 60_000 }
        let query = ScanQuery(from: Self.start, to: Self.start + 5_400_000, edges: edges)
        let result = scan(query, MemorySource([all]), dictionaries)
        let reference = Reference(query: query, sessions: all, dictionaries: dictionaries)
        for bucket in edges.indices {
            let expected = reference.aggregate(
                vitals: [],
                withVisitors: false,
                inBucket: { reference.bucket($0) == bucket }
            )
            #expect(result.buckets[bucket] == expected)
        }
    }
}
