import Reports
import Rollups
import Segments
import Storage
import Events
import TestSupport
import Testing

/// Every figure is that of an independent computation from the raw rows.
@Suite struct `Figures of random events` {
    private static let seeds: [UInt64] = Array(1...8)
    private static let questions = 160

    @Test(arguments: Engine.allCases, seeds)
    func `are those of SQL over raw rows, whatever is asked`(engine: Engine, seed: UInt64) throws {
        let clock = ContinuousClock()
        let start = clock.now
        let database = try Database(engine)
        let events = RandomEvents(seed: seed, sessions: 250)
        let store = try RandomDatabase.fill(database, events)
        let connection = try database.connection()
        try RawTables(connection: connection).make()
        let filled = clock.now
        let segments = try MemorySegments(store.makeDatabase(), backwards: seed % 2 == 0, sessionsOfSegment: 90)
        let scanned = ScannedFigures(source: segments, dictionaries: segments.dictionaries, issues: segments.issues)
        let raw = RawFigures(connection: connection, issues: segments.issues)
        var queries = try RandomQueries(seed: seed, from: events.start, to: events.end, connection)
        var (count, wrong) = (0, 0)
        var times = (raw: Duration.zero, scan: Duration.zero)
        for number in 0..<Self.questions {
            let query = queries.next()
            let before = clock.now
            let right = try raw.figures(query)
            let between = clock.now
            let figures = scanned.figures(query)
            times.raw += between - before
            times.scan += clock.now - between
            count += right.values.count
            let differences = figures.differences(right)
            wrong += differences.count
            if !differences.isEmpty, wrong < 200 {
                Issue.record("question \(number): \(differences.prefix(5).joined(separator: "; "))\n\(query)")
            }
        }
        print(
            "\(engine) \(seed): \(count) figures of \(Self.questions) questions, \(wrong) wrong; tables \(filled - start), \(times)"
        )
    }
}
