import Segments

extension RandomSessions {
    /// A question about sessions within some hours from `start` on.
    mutating func query(_ sessions: [SessionRow], start: Int64) -> ScanQuery {
        var from = start + Int64(code(20_000)) - 5000
        var to = from + 1 + Int64(code(50_000))
        if chance(20) { (from, to) = (start - 60, start + 100_000) }
        var edges = [from]
        while let last = edges.last, chance(70) {
            let next = (last / 60 + 1 + Int64(code(150))) * 60
            guard next < to else { break }
            edges.append(next)
        }
        var query = ScanQuery(from: from, to: to, edges: edges)
        for _ in 0..<code(3) {
            let columns = Self.listed.filter { $0.scope != .resource }
            let column = columns[Int(code(UInt32(columns.count)))]
            let codes = Set((0...code(4)).map { _ in code(8) })
            query.filters.append(ScanQuery.Filter(column: column, codes: codes))
        }
        if chance(20) { query.sessionKeys = Set(sessions.filter { _ in chance(50) }.map(\.key)) }
        if chance(30) { query.issues = Set((0..<3).map { _ in code(6) }) }
        query.vitals = Vital.allCases.filter { _ in chance(50) }
        query.seriesVitals = Vital.allCases.filter { _ in chance(30) }
        (query.withVisitors, query.withSeriesVisitors) = (chance(80), chance(50))
        query.lists = (0..<code(4)).map { _ in list() }
        if chance(30) { query.totals = .withoutEngagement }
        if chance(30) {
            query.lists.removeAll { $0.column.scope == .session || $0.column.scope == .pageView }
            query.totals = .none
        }
        return query
    }

    /// Columns of dimensions; the currency is one of a value only.
    private static let listed = Column.allCases.filter { $0.dictionary != nil && $0 != .eventCurrency }

    private mutating func list() -> ScanQuery.List {
        let columns = Self.listed
        let column = columns[Int(code(UInt32(columns.count)))]
        let measures: [ScanQuery.Measure] =
            switch column.scope {
            case .session, .pageView: [.pageViews, .sessions, .errors, .events, .vitals, .slowVitals]
            case .event: [.events]
            case .resource: [.requests]
            }
        let measure = measures[Int(code(UInt32(measures.count)))]
        var list = ScanQuery.List(column: column, measure: measure, limit: Int(1 + code(6)))
        list.eventKinds = Set((0...code(2)).compactMap { _ in EventKind(rawValue: UInt8(code(4))) })
        if chance(50) { list.resourceKind = chance(50) ? .slow : .thirdParty }
        if chance(20) { list.only = [2, 5, 3] }
        if chance(20) { list.offset = Int(code(4)) }
        if list.only == nil, chance(20) { list.among = [0, 1, 2, 5] }
        list.skipsNone = chance(20)
        list.vitals = Vital.allCases.filter { _ in chance(30) }
        (list.withVisitors, list.withSeries) = (chance(50), chance(40))
        return list
    }
}
