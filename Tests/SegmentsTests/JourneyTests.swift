@testable import Segments
import TestSupport
import Testing

@Suite struct `A funnel's chain` {
    private func times(_ steps: Int, window: Int64? = nil, _ occurrences: [(Int64, UInt8)]) -> [Int64] {
        var chain = FunnelChain(steps: steps, window: window)
        for (time, mask) in occurrences { chain.add(time: time, meets: mask) }
        return chain.times
    }

    @Test func `needs its steps in their order`() {
        #expect(times(3, [(1, 0b001), (2, 0b010), (3, 0b100)]) == [1, 2, 3])
        #expect(times(3, [(1, 0b100), (2, 0b010), (3, 0b001)]) == [3])
        #expect(times(2, [(1, 0b10), (2, 0b10)]) == [])
        #expect(times(3, [(1, 0b001), (2, 0b100), (3, 0b010)]) == [1, 3])
    }

    @Test func `uses an occurrence once, also when it meets several steps`() {
        #expect(times(2, [(5, 0b11)]) == [5])
        #expect(times(2, [(5, 0b11), (9, 0b11)]) == [5, 9])
        #expect(times(3, [(5, 0b111), (9, 0b111)]) == [5, 9])
    }

    @Test func `accepts occurrences of one second in their order`() {
        #expect(times(2, [(7, 0b01), (7, 0b10)]) == [7, 7])
        #expect(times(2, [(7, 0b10), (7, 0b01)]) == [7])
    }

    @Test func `starts at the latest first step before the next, and keeps the first chain that got furthest`() {
        #expect(times(2, [(1, 0b01), (5, 0b01), (8, 0b10), (9, 0b01), (99, 0b10)]) == [5, 8])
    }

    @Test func `ends with its window, measured from its first step`() {
        #expect(times(3, window: 10, [(0, 0b001), (6, 0b010), (10, 0b100)]) == [0, 6, 10])
        #expect(times(3, window: 10, [(0, 0b001), (6, 0b010), (11, 0b100)]) == [0, 6])
        // The first start is too early, the second one is not.
        #expect(times(3, window: 10, [(0, 0b001), (6, 0b001), (7, 0b010), (15, 0b100)]) == [6, 7, 15])
        // The second start has no second step of its own, so the chain cannot begin there.
        #expect(times(3, window: 10, [(0, 0b001), (5, 0b010), (6, 0b001), (15, 0b100)]) == [0, 5])
    }

    @Test func `takes occurrences of one second in different sessions in no order`() {
        var chain = FunnelChain(steps: 3, window: nil)
        chain.add(time: 7, sessions: [[0b001], [0b010]])
        #expect(chain.times == [7])
        chain.add(time: 8, sessions: [[0b100], [0b010, 0b001], [0b010]])
        #expect(chain.times == [7, 8])
        chain.add(time: 8, sessions: [[0b100], [0b001]])
        #expect(chain.times == [7, 8, 8])
    }

    @Test func `is the same for every order of the sessions of a second, and as long as the longest chain of all`() {
        var random = SplitMix64(seed: 11)
        var lengths: Set<Int> = []
        for _ in 0..<3000 {
            let steps = Int.random(in: 2...4, using: &random)
            let window = ([nil, 1, 3] as [Int64?]).randomElement(using: &random) ?? nil
            let seconds = (0..<Int.random(in: 1...4, using: &random)).map { second in
                let sessions = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    (0..<Int.random(in: 1...3, using: &random)).map { _ in
                        UInt8.random(in: 1..<(1 << UInt8(steps)), using: &random)
                    }
                }
                return (time: Int64(second), sessions: sessions)
            }
            var (one, other) = (FunnelChain(steps: steps, window: window), FunnelChain(steps: steps, window: window))
            for (time, sessions) in seconds {
                one.add(time: time, sessions: sessions)
                other.add(time: time, sessions: sessions.reversed())
            }
            #expect(one.times == other.times)
            #expect(one.times.count == Self.longest(steps, window, seconds), "\(seconds) \(String(describing: window))")
            lengths.insert(one.times.count)
        }
        #expect(lengths.count > 3)
    }

    /// The steps of the longest chain, by trying all.
    private static func longest(_ steps: Int, _ window: Int64?, _ seconds: [(time: Int64, sessions: [[UInt8]])]) -> Int
    {
        struct Occurrence {
            let time: Int64
            let session: Int
            let index: Int
            let mask: UInt8
        }
        let all = seconds.flatMap { second in
            second.sessions.enumerated().flatMap { session, masks in
                masks.enumerated().map { Occurrence(time: second.time, session: session, index: $0, mask: $1) }
            }
        }
        func length(_ step: Int, _ start: Int64, _ last: Occurrence) -> Int {
            let next = all.filter { one in
                let isInSession = one.time == last.time && one.session == last.session
                let isAfter = one.time > last.time || isInSession && one.index > last.index
                let meets = step < steps && one.mask >> UInt8(step) & 1 == 1
                return isAfter && meets && one.time - start <= window ?? .max
            }
            return 1 + (next.map { length(step + 1, start, $0) }.max() ?? 0)
        }
        return all.filter { $0.mask & 1 == 1 }.map { length(1, $0.time, $0) }.max() ?? 0
    }

    @Test func `has percentiles of the seconds between steps`() {
        var figures = FunnelFigures(steps: 2)
        for seconds in [10, 20, 30, 50] { figures.add([100, 100 + Int64(seconds)]) }
        figures.add([100])
        figures.add([])
        #expect(figures.counts == [5, 4])
        #expect(figures.percentile(0.5, step: 1) == 25)
        #expect(figures.percentile(0.75, step: 1) == 35)
        #expect(figures.percentile(0.5, step: 0) == nil)
    }
}

@Suite struct `Scans that follow sessions` {
    private static let start: Int64 = 1_700_000_000
    private static let dictionaries: DimensionDictionaries = {
        var dictionaries = DimensionDictionaries()
        for code in 2..<20 { _ = dictionaries.code(.path, "/\(code)", site: UInt32(code), day: 0) }
        return dictionaries
    }()

    private func session(_ key: UInt64, visitor: UInt32 = 0, at offset: Int64 = 0, _ pages: [UInt32]) -> SessionRow {
        var views: [PageViewRow] = []
        for (number, page) in pages.enumerated() {
            var view = PageViewRow(time: Self.start + offset + Int64(number) * 10)
            (view.isCounted, view.path) = (true, page)
            views.append(view)
        }
        return SessionRow(key: key, visitor: visitor, pageViews: views)
    }

    private func event(_ page: UInt16, at offset: Int64, name: UInt32) -> EventRow {
        EventRow(pageView: page, time: Self.start + offset, kind: .custom, name: name, issue: 0, count: 1)
    }

    private func query(from: Int64 = 0, to: Int64 = 10_000) -> ScanQuery {
        ScanQuery(from: Self.start + from, to: Self.start + to, edges: [Self.start + from])
    }

    private func page(_ code: UInt32) -> Condition { Condition(.pages([code])) }

    @Test func `a funnel of sessions does not continue in the next session of the visitor; one of visitors does`() {
        let source = MemorySource([[session(1, at: 0, [2])], [session(2, at: 5000, [3])]])
        let steps = [page(2), page(3)]
        #expect(scanFunnel(query(), steps, .session, source).figures.counts == [1, 0])
        #expect(scanFunnel(query(), steps, .visitor(window: 5000), source).figures.counts == [1, 1])
        #expect(scanFunnel(query(), steps, .visitor(window: 4999), source).figures.counts == [1, 0])
        #expect(scanFunnel(query(to: 5000), steps, .visitor(window: 5000), source).figures.counts == [1, 0])
    }

    @Test(arguments: [[1, 2], [2, 1]] as [[UInt64]])
    func `a step in another session of the visitor is later only when its second is`(keys: [UInt64]) {
        let sessions = [session(keys[0], at: 0, [2, 4]), session(keys[1], at: 10, [3])]
        for source in [MemorySource([sessions]), MemorySource(sessions.map { [$0] })] {
            func counts(_ steps: [UInt32]) -> [Int64] {
                scanFunnel(query(), steps.map(page), .visitor(window: 60), source).figures.counts
            }
            #expect(counts([2, 3]) == [1, 1])
            #expect(counts([4, 3]) == [1, 0])
            #expect(counts([3, 4]) == [1, 0])
        }
    }

    @Test func `the same page twice is two steps only when it was seen twice`() {
        let source = MemorySource([[session(1, [2]), session(2, [2, 3, 2])]])
        #expect(scanFunnel(query(), [page(2), page(2)], .session, source).figures.counts == [2, 1])
    }

    @Test func `an event of a page view is before the next page view of the same second`() {
        var own = session(1, [2, 3])
        own.events = [event(0, at: 10, name: 7)]
        let source = MemorySource([[own]])
        let purchase = Condition(.events(7, only: nil))
        #expect(scanFunnel(query(), [purchase, page(3)], .session, source).figures.counts == [1, 1])
        #expect(scanFunnel(query(), [page(3), purchase], .session, source).figures.counts == [1, 0])
    }

    @Test func `a funnel of visitors with too many occurrences is refused`() {
        let source = MemorySource([[session(1, [2, 3, 2, 3])]])
        let result = scanFunnel(query(), [page(2), page(3)], .visitor(window: 60), source, occurrencesMax: 3)
        #expect(result.hasTooManyOccurrences)
    }

    @Test func `a session that began before the range is in no funnel of sessions`() {
        let source = MemorySource([[session(1, [2, 3])]])
        #expect(scanFunnel(query(from: 5), [page(3)], .session, source).figures.counts == [0])
        #expect(scanFunnel(query(from: 5), [page(3)], .visitor(window: 60), source).figures.counts == [1])
    }

    @Test func `a way starts at the first occurrence, repeated pages are one step, and following pages narrow it`() {
        var query = PathQuery(.forward, steps: 3, rows: 5)
        #expect(PathWay.find([2, 2, 3, 2], query) == [2, 3, 2])
        query.start = [3]
        #expect(PathWay.find([2, 3, 3, 4], query) == [3, 4])
        #expect(PathWay.find([2, 4], query) == nil)
        query.via = [4]
        #expect(PathWay.find([3, 4, 5, 6, 7], query) == [3, 4, 5, 6])
        #expect(PathWay.find([3, 5, 3, 4], query) == nil)
        query.via = [nil]
        #expect(PathWay.find([3, 4], query) == nil)
        (query.direction, query.via) = (.backward, [])
        #expect(PathWay.find([2, 3, 4, 3, 5], query) == [3, 4, 3, 2])
        #expect(PathWay.find([], query) == nil)
    }

    @Test func `pages beyond the rows are counted together, and every session continues or ends`() {
        let ways: [[UInt32]] = [[2, 3], [2, 3], [2, 4], [2, 5, 3], [2], [6]]
        let sessions = ways.enumerated().map { session(UInt64($0 + 1), visitor: UInt32($0), at: Int64($0), $1) }
        var paths = PathQuery(.forward, steps: 2, rows: 1)
        paths.start = [2]
        let source = MemorySource([sessions])
        let steps = scanPaths(query(), paths, source, Self.dictionaries).steps
        // Without memory for the ways, a second pass finds them.
        #expect(scanPaths(query(), paths, source, Self.dictionaries, waysMax: 4).steps == steps)
        #expect(steps[0].rows.map(\.sessions) == [5])
        #expect(steps[1].rows.map(\.code) == [3])
        #expect((steps[1].rows[0].sessions, steps[1].other, steps[1].otherPages, steps[1].ended) == (2, 2, 2, 1))
        let links = steps[1].links.map { [Int64($0.from), Int64($0.to), $0.sessions] }
        #expect(links == [[0, 0, 2], [0, 1, 2], [0, 2, 1]])
        #expect((steps[2].rows[0].sessions, steps[2].ended) == (1, 3))
    }

    @Test func `a visitor is in the cohort of the first period, in any number of passes`() {
        let offsets: [(visitor: UInt32, offset: Int64)] = [(0, 0), (1, 100), (2, 200), (0, 200), (1, 300), (2, 400)]
        let rows = offsets.enumerated().map { number, own in
            session(UInt64(number + 1), visitor: own.visitor, at: own.offset, [2])
        }
        var query = query(to: 600)
        query.edges = [0, 200, 400].map { Self.start + $0 }
        for visitorsOfPass in [1, 2, 100] {
            let result = scanRetention(query, MemorySource([rows]), visitorsOfPass: visitorsOfPass)
            #expect(result.figures.counts == [[2, 2, 0], [1, 1], [0]])
        }
    }

    @Test func `values of events are kept exactly, without and with sign`() {
        for value in [nil, 0, 1, -1, 10_000_000_000_000, -10_000_000_000_000] as [Int64?] {
            #expect(EventValue.decode(EventValue.encode(value)) == value)
        }
        var own = session(1, [2])
        own.events = [event(0, at: 1, name: 7), event(0, at: 2, name: 7), event(0, at: 3, name: 7)]
        (own.events[0].value, own.events[0].currency) = (1000, 5)
        (own.events[1].value, own.events[1].currency) = (2000, 5)
        let result = scanGoals(query(), [Condition(.events(7, only: nil))], MemorySource([[own]]))
        #expect(result.goals[0].values == [5: .init(sum: 3000, count: 2)])
        #expect(result.goals[0].conversions == 3)
    }

    @Test func `chosen events are recognized by their index within a second`() {
        var own = session(9, [2, 3])
        own.events = [
            event(0, at: 4, name: 7), event(1, at: 4, name: 8), event(1, at: 4, name: 7), event(1, at: 5, name: 7),
        ]
        var keys = EventKeys()
        keys.insert(session: 9, second: Self.start + 4, index: 1)
        var query = query()
        let condition = Condition(.events(7, only: keys))
        #expect(scanGoals(query, [condition], MemorySource([[own]])).goals[0].conversions == 1)
        query.filters = [ScanQuery.Filter(column: .path, codes: [2])]
        #expect(scanGoals(query, [condition], MemorySource([[own]])).goals[0].conversions == 0)
        query.filters = [ScanQuery.Filter(column: .path, codes: [3])]
        #expect(scanGoals(query, [condition], MemorySource([[own]])).goals[0].conversions == 1)
    }

    @Test func `nothing is counted of a damaged segment, and that it is damaged`() {
        var source = MemorySource([[session(1, [2])]])
        source.segments[0].columns[.path] = [1, 2, 3]
        #expect(scanGoals(query(), [page(2)], source).damagedSegments == 1)
        #expect(scanFunnel(query(), [page(2), page(3)], .session, source).damagedSegments == 1)
        source.segments[0].columns[.visitor] = nil
        #expect(scanRetention(query(), source).damagedSegments == 1)
    }
}
