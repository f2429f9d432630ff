import Testing

@testable import Segments

@Suite struct `A scan for visitors` {
    private static let start: Int64 = 1_700_000_040
    private static let orders: [VisitorOrder] = [.lastSeen, .pageViews, .sessions, .errors]

    private struct Expected: Equatable {
        var firstSeen = Int64.max
        var lastSeen = Int64.min
        var sessions: Int64 = 0
        var pageViews: Int64 = 0
        var errors: Int64 = 0
    }

    /// The definitions, visitor by visitor.
    private func expected(_ sessions: [SessionRow], _ query: ScanQuery) -> [UInt32: Expected] {
        var all: [UInt32: Expected] = [:]
        func isInRange(_ time: Int64) -> Bool { time >= query.from && time < query.to }
        for session in sessions {
            let counted = session.pageViews.filter(\.isCounted)
            var own = all[session.visitor] ?? Expected()
            if let first = counted.first, isInRange(first.time) { own.sessions += 1 }
            for view in counted where isInRange(view.time) {
                own.pageViews += 1
                (own.firstSeen, own.lastSeen) = (min(own.firstSeen, view.time), max(own.lastSeen, view.time))
            }
            own.errors += session.events.filter { $0.kind == .error && isInRange($0.time) }
                .reduce(0) { $0 + Int64($1.count) }
            all[session.visitor] = own
        }
        return all.filter { $0.value.pageViews > 0 }
    }

    private func measure(_ order: VisitorOrder, _ visitor: Expected) -> Int64 {
        switch order {
        case .lastSeen: visitor.lastSeen
        case .pageViews: visitor.pageViews
        case .sessions: visitor.sessions
        case .errors: visitor.errors
        }
    }

    private func sessions(_ random: inout RandomSessions) -> [[SessionRow]] {
        (0..<3).map { _ in
            random.sessions(Int(1 + random.code(60)), start: Self.start, seconds: 40_000, visitors: 50)
        }
    }

    @Test(arguments: 0..<12) func `lists each visitor once with its figures, page by page`(seed: Int) {
        var random = RandomSessions(seed: UInt64(seed))
        let parts = sessions(&random)
        let (from, to) = (Self.start + 5000, Self.start + 30_000)
        let query = ScanQuery(from: from, to: to, edges: [from])
        let right = expected(parts.flatMap { $0 }, query)
        for order in Self.orders {
            let sorted = right.map { VisitorPosition(measure: measure(order, $0.value), number: $0.key) }.sorted(by: >)
            var (found, position): ([ScannedVisitor], VisitorPosition?) = ([], nil)
            while true {
                let page = scanVisitors(
                    query,
                    MemorySource(parts),
                    by: order,
                    after: position,
                    limit: 7,
                    columns: [.browser],
                    visitorsOfPass: seed % 2 == 0 ? 16 : VisitorScanLimits.visitorsOfPass
                )
                #expect(page.count == Int64(right.count) && page.damagedSegments == 0 && !page.hasTooManyVisitors)
                found += page.visitors
                position = page.visitors.last?.position
                guard page.hasMore else { break }
            }
            #expect(found.map(\.position) == sorted, "\(order)")
            for visitor in found {
                let own = Expected(
                    firstSeen: visitor.firstSeen,
                    lastSeen: visitor.lastSeen,
                    sessions: visitor.sessions,
                    pageViews: visitor.pageViews,
                    errors: visitor.errors
                )
                #expect(own == right[visitor.position.number])
            }
        }
    }

    @Test func `has the columns of the session with the last page view`() {
        var random = RandomSessions(seed: 7)
        var all = sessions(&random).flatMap { $0 }
        for index in all.indices {
            for view in all[index].pageViews.indices { all[index].pageViews[view].isCounted = true }
        }
        var query = ScanQuery(from: Self.start, to: Self.start + 100_000, edges: [Self.start])
        query.filters = [ScanQuery.Filter(column: .browser, codes: [1, 2, 3, 4])]
        let result = scanVisitors(
            query,
            MemorySource([all]),
            by: .lastSeen,
            after: nil,
            limit: 100,
            columns: [.browser, .country]
        )
        #expect(!result.visitors.isEmpty)
        for visitor in result.visitors {
            let latest = all.filter { session in
                session.visitor == visitor.position.number && session.browser != 0
                    && session.pageViews.contains { $0.time == visitor.lastSeen }
            }
            #expect(
                latest.contains { session in
                    session.key == visitor.sessionKey && session.browser == visitor.codes[.browser]
                        && session.country == visitor.codes[.country]
                }
            )
        }
    }

    @Test func `lists nobody when some visitors share a number`() {
        var random = RandomSessions(seed: 3)
        var parts = sessions(&random)
        parts[0][0].visitor = UInt32(VisitorBits.visitorsMax - 1)
        let query = ScanQuery(from: Self.start, to: Self.start + 100_000, edges: [Self.start])
        let result = scanVisitors(query, MemorySource(parts), by: .errors, after: nil, limit: 5, columns: [])
        #expect(result.hasTooManyVisitors && result.visitors.isEmpty)
    }

    @Test func `counts nothing of a damaged segment, and that it is damaged`() {
        var random = RandomSessions(seed: 4)
        var source = MemorySource(sessions(&random))
        source.segments[1].columns[.sessionKey] = []
        let query = ScanQuery(from: Self.start, to: Self.start + 100_000, edges: [Self.start])
        let result = scanVisitors(query, source, by: .lastSeen, after: nil, limit: 50, columns: [])
        #expect(result.damagedSegments == 1)
    }
}
