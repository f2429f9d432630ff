import Locks
import Segments
import Testing

/// Scans that add what earlier ones have counted.
@Suite struct `A scan with a cache` {
    private static let start: Int64 = 1_700_000_040

    private static func dictionaries(_ count: Int) -> DimensionDictionaries {
        var dictionaries = DimensionDictionaries()
        for dictionary in Column.Dictionary.allCases {
            for code in 2..<count { _ = dictionaries.code(dictionary, "v\(code * 7 % 41)", site: UInt32(code), day: 0) }
        }
        return dictionaries
    }

    private let dictionaries = dictionaries(40)
    private let all = ScanQuery(from: start - 60, to: start + 100_000, edges: [start - 60, start + 6000])

    private func cache(ageMin: Int64 = 0, pageViewsMin: Int = 0, bytesMax: Int = 1 << 30) -> ScanCache {
        ScanCache(ageMin: ageMin, pageViewsMin: pageViewsMin, bytesMax: bytesMax)
    }

    /// The ids of the segments that a scan reads in its first pass.
    private func read(
        _ query: ScanQuery,
        _ source: MemorySource,
        _ cache: ScanCache,
        generation: Int64 = 1
    ) -> [Int64] {
        let recorded = RecordingSource(source: source)
        let result = scan(query, recorded, dictionaries, cache: (cache, generation: generation))
        expectEqual(result, scan(query, source, dictionaries), "\(query)")
        return recorded.ids
    }

    private func source(_ random: inout RandomSessions, segments: Int) -> MemorySource {
        MemorySource((0..<segments).map { _ in sessions(&random) })
    }

    private func sessions(_ random: inout RandomSessions) -> [SessionRow] {
        random.sessions(Int(1 + random.code(40)), start: Self.start, seconds: 40_000, visitors: 60)
    }

    /// Adds a segment, removes one, or marks some of its sessions as replaced.
    private func change(_ source: inout MemorySource, _ random: inout RandomSessions, nextID: inout Int64) {
        let index = Int(random.code(UInt32(source.segments.count)))
        switch random.code(4) {
        case 0 where source.segments.count > 2: source.segments.remove(at: index)
        case 1:
            let info = source.segments[index].info
            var dead = info.dead.isEmpty ? [UInt8](repeating: 0, count: (info.sessions + 7) / 8) : info.dead
            let session = Int(random.code(UInt32(info.sessions)))
            dead[session / 8] |= 1 << (session % 8)
            source.segments[index].info.dead = dead
        default:
            var added = MemorySource([sessions(&random)]).segments[0]
            added.info.id = nextID
            nextID += 1
            source.segments.append(added)
        }
    }

    @Test(arguments: 0..<24) func `gives the same figures as one without, whatever changes between`(seed: Int) {
        var random = RandomSessions(seed: UInt64(300 + seed))
        var source = source(&random, segments: 6)
        var nextID: Int64 = 7
        let cache = cache(ageMin: [0, 20_000][seed % 2], pageViewsMin: [0, 40][seed / 2 % 2])
        var limits = ScanLimits()
        if seed % 3 == 0 { (limits.visitorBytes, limits.listBytes, limits.valueBytes) = (0, 3000, 700_000) }
        var questions = (0..<5).map { _ in random.query([], start: Self.start) }
        for index in questions.indices where index % 2 == 0 {
            (questions[index].from, questions[index].to) = (Self.start - 60, Self.start + 100_000)
            questions[index].edges[0] = Self.start - 60
        }
        for round in 0..<12 {
            // New texts come while old segments stay.
            let dictionaries = Self.dictionaries(40 + round / 4)
            for question in questions {
                var query = question
                if random.chance(30) { query.to -= Int64(random.code(3000)) }
                if random.chance(20) { query.withDelivery = true }
                if random.chance(20) { query.withSquaredErrors = true }
                guard query.to > query.from, query.edges.allSatisfy({ $0 < query.to }) else { continue }
                let expected = scan(query, source, dictionaries, limits)
                let result = scan(query, source, dictionaries, limits, cache: (cache, generation: 1))
                expectEqual(result, expected, "\(query)")
                #expect(result.delivery == expected.delivery)
                #expect(result.squaredErrors == expected.squaredErrors)
            }
            change(&source, &random, nextID: &nextID)
        }
    }

    @Test func `reads old segments once, and new ones each time`() throws {
        var random = RandomSessions(seed: 400)
        var source = source(&random, segments: 3)
        let latest = try #require(source.segments.map(\.info.lastTime).max())
        source.segments[2].info.lastTime = latest + 1000
        let cache = cache(ageMin: 500)
        #expect(read(all, source, cache) == [1, 2, 3])
        #expect(read(all, source, cache) == [3])
        // Another end of the range.
        var shorter = all
        shorter.to = latest + 400
        #expect(read(shorter, source, cache) == [3])
        // Another question.
        var other = all
        other.vitals = [.lcp]
        #expect(read(other, source, cache) == [1, 2, 3])
        #expect(read(all, source, cache) == [3])
        #expect(cache.count == 2)
    }

    @Test func `reads all segments again when one has changed`() {
        var random = RandomSessions(seed: 401)
        var source = source(&random, segments: 3)
        let cache = cache()
        #expect(read(all, source, cache) == [1, 2, 3])
        #expect(read(all, source, cache) == [])
        source.segments[1].info.dead = [1] + [UInt8](repeating: 0, count: (source.segments[1].info.sessions - 1) / 8)
        #expect(read(all, source, cache) == [1, 2, 3])
        #expect(read(all, source, cache) == [])
        source.segments.removeFirst()
        #expect(read(all, source, cache) == [2, 3])
        // Rollups that were built again use the same ids for other segments.
        #expect(read(all, source, cache, generation: 2) == [2, 3])
        #expect(read(all, source, cache, generation: 2) == [])
        #expect(cache.count == 1)
    }

    @Test func `does not add what was counted outside its range`() {
        var random = RandomSessions(seed: 402)
        let source = source(&random, segments: 3)
        let cache = cache()
        #expect(read(all, source, cache) == [1, 2, 3])
        var later = all
        later.from = (source.segments.map(\.info.firstTime).min() ?? 0) + 1
        _ = read(later, source, cache)
        _ = read(all, source, cache)
    }

    @Test func `keeps nothing of a question with keys of sessions or events`() {
        var random = RandomSessions(seed: 405)
        let source = source(&random, segments: 3)
        let cache = cache()
        var question = all
        question.sessionKeys = [1]
        #expect(read(question, source, cache) == [1, 2, 3])
        question.sessionKeys = nil
        question.conditions = [.init([Condition(.events(2, only: EventKeys()))])]
        #expect(read(question, source, cache) == [1, 2, 3])
        #expect(cache.count == 0)
        question.conditions = [.init([Condition(.events(2, only: nil)), Condition(.pages([2, 3]))])]
        #expect(read(question, source, cache) == [1, 2, 3])
        #expect(cache.count == 1)
    }

    @Test func `keeps what fits, and not what is small`() {
        var random = RandomSessions(seed: 403)
        let source = source(&random, segments: 3)
        let pageViews = source.segments.reduce(0) { $0 + $1.info.pageViews }
        let small = cache(pageViewsMin: pageViews + 1)
        #expect(read(all, source, small) == [1, 2, 3])
        #expect(small.count == 0)
        let large = cache(pageViewsMin: pageViews)
        #expect(read(all, source, large) == [1, 2, 3])
        #expect(large.count == 1)
        var question = all
        question.vitals = Vital.allCases
        let tight = cache(bytesMax: 1)
        #expect(read(question, source, tight) == [1, 2, 3])
        #expect(tight.count == 0)
    }

    @Test func `does not keep figures without a damaged segment`() {
        var random = RandomSessions(seed: 404)
        var source = source(&random, segments: 3)
        let whole = source
        source.segments[1].columns[.time]?.removeLast()
        let cache = cache()
        let result = scan(all, source, dictionaries, cache: (cache, generation: 1))
        #expect(result.damagedSegments == 1)
        #expect(cache.count == 0)
        #expect(read(all, whole, cache) == [1, 2, 3])
    }
}

/// Segments in memory; records which ones are read.
private struct RecordingSource: SegmentSource {
    let source: MemorySource
    private let recorded = Locked<[Int64]>([])

    init(source: MemorySource) { self.source = source }

    var ids: [Int64] { recorded.withLock { Array(Set($0)).sorted() } }

    func segments(from: Int64, to: Int64) throws(Never) -> [SegmentInfo] { source.segments(from: from, to: to) }

    func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(Never) {
        recorded.withLock { $0 += ids }
        source.read(ids, columns, take)
    }
}
