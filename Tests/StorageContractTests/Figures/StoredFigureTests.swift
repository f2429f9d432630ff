import Reports
import Rollups
import Segments
import Storage
import Events
import TestSupport
import Testing

/// Figures of segments that rollup workers wrote, whatever happened meanwhile.
@Suite struct `Figures of stored segments` {
    /// One database with its events, read as the server reads it.
    private struct Bench {
        let database: Database
        let store: any Store
        let events: [Event]

        init(_ engine: Engine, seed: UInt64) throws {
            database = try Database(engine)
            store = try database.migrated()
            try database.shareHashKey()
            events = try RandomEvents(seed: seed, sessions: 200).events()
        }

        func catchUp(limit: Int) throws {
            let rollups = try Rollups(store.makeDatabase())
            while try rollups.advance(limit: limit) > 0 {}
        }

        /// Issues by the messages of their errors.
        func issues() throws -> IssueTexts {
            var texts = IssueTexts()
            for row in try database.rows("select distinct issue, message from insight_issues order by 1") {
                texts.add(row[0] ?? "", row[1] ?? "")
            }
            return texts
        }

        /// Figures of queries as the segments have them.
        func scanned(_ queries: [FigureQuery]) throws -> [Figures] {
            let reading = try store.makeDatabase()
            let issues = try issues()
            var result: [Figures] = []
            try reading.snapshot { () throws(StoreError) in
                let dictionaries = try DictionaryCache().current(reading)
                let source = SegmentReader(reading)
                let scanned = ScannedFigures(source: source, dictionaries: dictionaries, issues: issues)
                for query in queries { result.append(try scanned.figures(query)) }
            }
            return result
        }

        func queries(_ count: Int, seed: UInt64) throws -> [FigureQuery] {
            let random = RandomEvents(seed: seed, sessions: 0)
            let connection = try database.connection()
            try RawTables(connection: connection).make()
            var queries = try RandomQueries(seed: seed, from: random.start, to: random.end, connection)
            return (0..<count).map { _ in queries.next() }
        }

        /// Compares every figure of queries with SQL over the events that there are.
        @discardableResult
        func check(_ count: Int, seed: UInt64, _ moment: String) throws -> [Figures] {
            let connection = try database.connection()
            try RawTables(connection: connection).make()
            let random = RandomEvents(seed: seed, sessions: 0)
            var made = try RandomQueries(seed: seed, from: random.start, to: random.end, connection)
            let queries = (0..<count).map { _ in made.next() }
            let raw = RawFigures(connection: connection, issues: try issues())
            let figures = try scanned(queries)
            for (number, query) in queries.enumerated() {
                let differences = figures[number].differences(try raw.figures(query))
                #expect(differences.isEmpty, "\(moment), question \(number): \(differences.prefix(5)) \(query)")
            }
            return figures
        }
    }

    private static let questions = 60

    @Test(arguments: Engine.allCases, [11] as [UInt64])
    func `hold while events come in portions, workers end in the middle, and two work at once`(
        engine: Engine,
        seed: UInt64
    ) throws {
        let bench = try Bench(engine, seed: seed)
        let parts = (0..<6).map { part in
            bench.events[bench.events.count * part / 6..<bench.events.count * (part + 1) / 6]
        }
        var first = try Rollups(bench.store.makeDatabase())
        for (number, part) in parts.enumerated() {
            try RandomDatabase.append(part, bench.store)
            let second = try Rollups(bench.store.makeDatabase())
            // One portion of each in turn; then the first one is gone, as after a kill.
            while try first.advance(limit: 97) + second.advance(limit: 211) > 0 {}
            if number % 2 == 1 { first = try Rollups(bench.store.makeDatabase()) }
            // A worker that stops while it reads has written nothing.
            _ = try Rollups(bench.store.makeDatabase()).advance(limit: 50, while: { false })
        }
        try bench.check(Self.questions, seed: seed, "after portions")
        #expect(try Rollups(bench.store.makeDatabase()).differences().map(\.table) == [])
    }

    @Test(arguments: Engine.allCases)
    func `hold when rows of before are drained after an outage, and after a rebuild`(engine: Engine) throws {
        let seed: UInt64 = 12
        let bench = try Bench(engine, seed: seed)
        // What was received in the middle comes last.
        let count = bench.events.count
        let outage = bench.events[count / 3..<count / 2]
        try RandomDatabase.append(bench.events[..<(count / 3)] + bench.events[(count / 2)...], bench.store)
        try bench.catchUp(limit: 500)
        try bench.check(Self.questions, seed: seed, "before the drain")
        try RandomDatabase.append(outage, bench.store)
        try bench.catchUp(limit: 300)
        try bench.check(Self.questions, seed: seed, "after the drain")
        try Rollups(bench.store.makeDatabase()).clear()
        try bench.catchUp(limit: 10_000)
        try bench.check(Self.questions, seed: seed, "after a rebuild")
    }

    @Test func `are equal byte for byte on both stores`() throws {
        let seed: UInt64 = 13
        let benches = try Engine.allCases.map { try Bench($0, seed: seed) }
        for (bench, limit) in zip(benches, [200, 1500]) {
            try RandomDatabase.append(bench.events[...], bench.store)
            try bench.catchUp(limit: limit)
        }
        let queries = try benches[0].queries(150, seed: seed)
        let figures = try benches.map { try $0.scanned(queries) }
        for (number, query) in queries.enumerated() {
            let isSame = figures[0][number].isIdentical(to: figures[1][number])
            #expect(isSame, "\(figures[0][number].differences(figures[1][number]).prefix(5)) \(query)")
        }
    }
}
