import Segments

/// Questions that a seed repeats, about values that are in the tables of the recomputation, and some that are not.
struct RandomQueries {
    private var random: SeededRandom
    private let start: Int64
    private let end: Int64
    /// Values by column, as the tables hold them.
    private let values: [Column: [String]]

    private static let columns = (RawTables.sessionColumns + RawTables.pageViewColumns).map(\.0)

    init(seed: UInt64, from: Int64, to: Int64, _ connection: RawConnection) throws {
        random = SeededRandom(seed: seed ^ 0xABCD)
        (start, end) = (from, to)
        var values: [Column: [String]] = [:]
        func read(_ column: Column, _ name: String, _ from: String) throws {
            values[column] = try connection.rows("select distinct \(name) from \(from) order by 1").map { $0[0] ?? "" }
        }
        for (column, name) in RawTables.sessionColumns { try read(column, name, "ss") }
        for (column, name) in RawTables.pageViewColumns { try read(column, name, "pv") }
        try read(.eventName, "name", "xe where kind = 0")
        try read(.eventIssue, "issue", "xe where kind = 1")
        try read(.resourceName, "name", "xr where kind = 0")
        self.values = values
    }

    mutating func next() -> FigureQuery {
        var (from, to) = (start, end)
        if random.chance(70) {
            let length = random.pick([30, 3600, 43_200, 86_400, 200_000])
            from += Int64(random.number(-3600, RandomEvents.days * 86_400))
            to = from + Int64(random.number(1, length))
        }
        var query = FigureQuery(from: from, to: to, edges: edges(from, to))
        query.filters = filters()
        query.vitals = random.chance(50) ? random.some(Vital.allCases, max: 5) : []
        query.seriesVitals = random.chance(25) ? random.some(Vital.allCases, max: 2) : []
        query.withSeriesVisitors = random.chance(50)
        if random.chance(15) { query.issues = random.some(values[.eventIssue] ?? [], max: 3) }
        query.lists = (0..<random.number(0, 4)).map { _ in list() }
        return query
    }

    /// Buckets of equal or different lengths whose edges after the first are whole minutes.
    private mutating func edges(_ from: Int64, _ to: Int64) -> [Int64] {
        let step = Int64(random.pick([900, 3600, 2700, 86_400, 5400]))
        var edges = [from - Int64(random.number(0, 59))]
        var next = (from / 60 + 1) * 60 + Int64(random.number(0, 90)) * 60
        while next < to, edges.count < 40 {
            edges.append(next)
            next += step + (random.chance(10) ? 1800 : 0)
        }
        return edges
    }

    private mutating func filters() -> [FigureQuery.Filter] {
        var filters: [FigureQuery.Filter] = []
        if random.chance(60) { filters.append(.init(column: .traffic, values: ["human"])) }
        for _ in 0..<random.pick([0, 0, 1, 1, 2, 3]) {
            let column = random.pick(Self.columns + [.path, .browser, .eventName, .eventIssue])
            // Types and invalid values that have rows among the events, but select no session.
            let others: [Column: [String]] = [.eventName: ["error", "webvitals"], .eventIssue: ["LCP", "engagedMs"]]
            let all = (values[column] ?? []) + (others[column] ?? [])
            guard !all.isEmpty else { continue }
            var chosen = random.some(all, max: 3)
            // What is not one of them, too.
            if random.chance(35) { chosen = all.filter { !chosen.contains($0) } }
            if random.chance(5) { chosen.append("not there") }
            guard !chosen.isEmpty else { continue }
            filters.append(.init(column: column, values: chosen))
        }
        return filters
    }

    private mutating func list() -> FigureQuery.List {
        var list: FigureQuery.List
        switch random.number(0, 9) {
        case 0...2:
            list = .init(
                column: random.pick(RawTables.sessionColumns).0,
                measure: random.pick([.sessions, .sessions, .pageViews])
            )
        case 3...5:
            list = .init(
                column: random.pick(RawTables.pageViewColumns).0,
                measure: random.pick([.pageViews, .sessions])
            )
        case 6:
            let kinds: [(Column, EventKind)] = [
                (.eventName, .custom), (.eventName, .custom), (.eventIssue, .invalid), (.eventPath, .notFound),
            ]
            let (column, kind) = random.pick(kinds)
            list = .init(column: column, measure: .events)
            list.kinds = [kind]
        case 7:
            list = .init(column: .eventIssue, measure: .errors)
            list.kinds = random.pick([[.error], [.noise], [.error, .noise]])
        case 8:
            list = .init(column: .resourceName, measure: .requests)
            list.resourceKind = random.pick([.slow, .thirdParty])
        default:
            list = .init(column: random.pick([.path, .browser, .country]), measure: .errors)
        }
        list.limit = random.pick([3, 10, 100])
        let known = values[list.column] ?? []
        if list.column != .eventIssue, list.column.scope != .resource, !known.isEmpty, random.chance(10) {
            list.only = random.some(known.filter { !$0.isEmpty } + ["not there"], max: 4)
        }
        list.withVisitors = random.chance(50)
        let isPlain = list.column.scope == .session || list.column.scope == .pageView
        if isPlain, random.chance(40) { list.vitals = random.some(Vital.allCases, max: 2) }
        list.withSeries = list.column.scope != .resource && random.chance(30)
        return list
    }
}
