import Segments
import Testing

@Suite struct `Segments` {
    @Test func `give back the sessions that they were made of`() throws {
        for seed in 0..<50 {
            var random = RandomSessions(seed: UInt64(seed))
            let sessions = random.sessions(1 + seed * 7, start: 1_700_000_000, seconds: 90_000, visitors: 500)
            let segment = SegmentEncoder.encode(sessions)
            let sorted = sessions.sorted { ($0.pageViews[0].time, $0.key) < ($1.pageViews[0].time, $1.key) }
            let columns = segment.columns.map { ($0.column, $0.data) }
            #expect(SegmentDecoder.sessions(segment.info, columns) == sorted)
            let keys = try #require(columns.first { $0.0 == .sessionKey }?.1)
            #expect(SegmentDecoder.sessionKeys(segment.info, keys) == sorted.map(\.key))
        }
    }

    @Test func `keep every bit of a measured value`() {
        let values: [Float] = [
            0, .leastNonzeroMagnitude, 1 / 1024, (1 / 1024 as Float).nextUp, 0.1, 100, 100.00001, 2500, 4_194_303,
            4_194_304, 5e9, .greatestFiniteMagnitude,
        ]
        let rows = values.map { value in
            var row = PageViewRow(time: 1)
            for vital in Vital.allCases { row.vitals[vital.rawValue] = value }
            return row
        }
        let session = SessionRow(key: 1, visitor: 0, pageViews: rows)
        let segment = SegmentEncoder.encode([session])
        #expect(SegmentDecoder.sessions(segment.info, segment.columns.map { ($0.column, $0.data) }) == [session])
    }

    @Test func `need no bytes for the rows of a column whose values are all the same`() {
        let rows = Array(repeating: PageViewRow(time: 1_700_000_000), count: 5000)
        let segment = SegmentEncoder.encode([SessionRow(key: 1, visitor: 9, pageViews: rows)])
        #expect(segment.columns.allSatisfy { $0.data.count <= 14 })
    }

    @Test func `that are damaged give sessions or nil, and never a crash`() {
        var random = RandomSessions(seed: 7)
        let sessions = random.sessions(40, start: 1_700_000_000, seconds: 90_000, visitors: 50)
        let segment = SegmentEncoder.encode(sessions)
        var refused = 0
        for _ in 0..<5000 {
            var columns = segment.columns.map { ($0.column, $0.data) }
            let index = Int(random.code(UInt32(columns.count)))
            let byte = Int(random.code(UInt32(columns[index].1.count)))
            switch random.code(4) {
            case 0: columns[index].1.removeLast(byte)
            case 1: columns[index].1.append(1)
            case 2: columns.remove(at: index)
            default: columns[index].1[byte] ^= UInt8(1 + random.code(255))
            }
            if SegmentDecoder.sessions(segment.info, columns) == nil { refused += 1 }
        }
        #expect(refused > 2500)
    }
}
