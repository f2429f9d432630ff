import Dispatch
import Segments
import Testing

/// Large scans, which count on a second thread.
@Suite struct `A scan on two threads` {
    private static let start: Int64 = 1_700_000_040

    private let dictionaries: DimensionDictionaries = {
        var dictionaries = DimensionDictionaries()
        for dictionary in Column.Dictionary.allCases {
            for code in 2..<40 { _ = dictionaries.code(dictionary, "v\(code)", site: UInt32(code), day: 0) }
        }
        return dictionaries
    }()

    private func limits(_ threads: ScanThreads, pageViewsMin: Int = 0) -> ScanLimits {
        var limits = ScanLimits()
        (limits.threads, limits.secondThreadPageViewsMin) = (threads, pageViewsMin)
        return limits
    }

    private func source(_ random: inout RandomSessions, segments: Int) -> MemorySource {
        MemorySource(
            (0..<segments).map { _ in
                random.sessions(Int(1 + random.code(40)), start: Self.start, seconds: 40_000, visitors: 60)
            }
        )
    }

    private func damage(_ source: inout MemorySource, _ random: inout RandomSessions) {
        for index in source.segments.indices where random.chance(25) {
            let columns = source.segments[index].columns.keys.sorted { $0.rawValue < $1.rawValue }
            let column = columns[Int(random.code(UInt32(columns.count)))]
            switch random.code(4) {
            case 0: source.segments[index].columns[column] = nil
            case 1: source.segments[index].columns[column]?.removeLast()
            case 2: source.segments[index].info.pageViews = 0
            default: source.segments[index].columns[column]?[Int(random.code(6))] ^= UInt8(1 + random.code(255))
            }
        }
    }

    @Test(arguments: 0..<16) func `gives the same figures as on one, of damaged segments, too`(seed: Int) {
        var random = RandomSessions(seed: UInt64(100 + seed))
        var source = source(&random, segments: 8)
        if seed % 2 == 1 { damage(&source, &random) }
        for round in 0..<8 {
            var query = random.query([], start: Self.start)
            (query.sessionKeys, query.selection) = (nil, random.chance(30) ? .sessions : nil)
            var (one, two) = (limits(ScanThreads(max: 0)), limits(ScanThreads(max: 1)))
            if round % 4 == 0 {
                // Many passes.
                for (bytes, values) in [(0, 0), (3000, 700_000)].prefix(1 + round % 8 / 4) {
                    (one.visitorBytes, one.listBytes, one.valueBytes) = (bytes, bytes, values)
                    (two.visitorBytes, two.listBytes, two.valueBytes) = (bytes, bytes, values)
                }
            }
            let expected = scan(query, source, dictionaries, one)
            expectEqual(scan(query, source, dictionaries, two), expected, "\(query)")
            #expect(two.threads.count == 0)
        }
    }

    @Test func `starts a thread for many page views, and none for few`() throws {
        var random = RandomSessions(seed: 200)
        let source = source(&random, segments: 4)
        let pageViews = source.segments.reduce(0) { $0 + $1.info.pageViews }
        let query = ScanQuery(from: Self.start, to: Self.start + 100_000, edges: [Self.start])
        for (least, expected) in [(pageViews, 1), (pageViews + 1, 0)] {
            let threads = ScanThreads(max: 1)
            let watched = WatchedSource(source) { #expect(threads.count == expected) }
            _ = try scan(query, watched, dictionaries, limits(threads, pageViewsMin: least))
            #expect(threads.count == 0)
        }
    }

    @Test func `ends its thread when the segments cannot be read`() {
        var random = RandomSessions(seed: 201)
        let source = source(&random, segments: 6)
        let query = ScanQuery(from: Self.start, to: Self.start + 100_000, edges: [Self.start])
        for failing in 1...6 {
            let threads = ScanThreads(max: 1)
            let failingSource = WatchedSource(source, failingAt: failing) {}
            #expect(throws: WatchedSource.ReadError.self) {
                try scan(query, failingSource, dictionaries, limits(threads))
            }
            #expect(threads.count == 0)
        }
    }

    @Test func `gives the same figures while others have all threads`() {
        var random = RandomSessions(seed: 202)
        let source = source(&random, segments: 6)
        var query = ScanQuery(from: Self.start, to: Self.start + 100_000, edges: [Self.start, Self.start + 6000])
        (query.vitals, query.seriesVitals, query.withSeriesVisitors) = (Vital.allCases, [.lcp], true)
        let expected = scan(query, source, dictionaries, limits(ScanThreads(max: 0)))
        let (threads, asked) = (ScanThreads(max: 1), query)
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            let result = scan(asked, source, dictionaries, limits(threads))
            expectEqual(result, expected, "at the same time")
            #expect(threads.count <= 1)
        }
        #expect(threads.count == 0)
    }
}

/// Segments in memory; calls a function before each one, and can fail at one.
private struct WatchedSource: SegmentSource {
    struct ReadError: Error {}

    private let source: MemorySource
    private let failingAt: Int?
    private let watch: () -> Void

    init(_ source: MemorySource, failingAt: Int? = nil, _ watch: @escaping () -> Void) {
        (self.source, self.failingAt, self.watch) = (source, failingAt, watch)
    }

    func segments(from: Int64, to: Int64) throws(ReadError) -> [SegmentInfo] { source.segments(from: from, to: to) }

    func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(ReadError) {
        for (index, id) in ids.enumerated() {
            if index + 1 == failingAt { throw ReadError() }
            watch()
            source.read([id], columns, take)
        }
    }
}
