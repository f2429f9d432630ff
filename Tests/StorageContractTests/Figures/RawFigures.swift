import Segments

/// Figures of a query by plain SQL from the tables of `RawTables`.
struct RawFigures {
    let connection: RawConnection
    /// Of issues: lists are ordered by their ids where numbers are equal.
    var issues = IssueTexts()
    private var d: RawDialect { RawDialect(engine: connection.engine) }

    /// Sums that a group of page views, sessions and events has, in the order of the columns that `sums` selects.
    private static let sums = [
        "pageViews", "eventsReceived", "engaged", "engagedMs", "visitors", "sessions", "bounces", "errors",
        "customEvents",
    ]

    func figures(_ query: FigureQuery) throws -> Figures {
        try select(query)
        var figures = Figures()
        let total = try sums("0", "0", "0", query).first?.dropFirst()
        addSums("total", total, query.withVisitors, &figures)
        for vital in query.vitals { addVital("total", "\(vital)", try summaries(vital, "0")["0"], &figures) }
        let buckets = try grouped(sums("r.bucket", "q.first_bucket", "x.bucket", query))
        let seriesVitals = try query.seriesVitals.map { ($0, try summaries($0, "r.bucket")) }
        for bucket in query.edges.indices {
            let key = String(bucket)
            addSums(key, buckets[key], query.withSeriesVisitors, &figures)
            for (vital, values) in seriesVitals { addVital(key, "\(vital)", values[key], &figures) }
        }
        for (number, list) in query.lists.enumerated() {
            try addList("list \(number) \(list.column)", list, query, &figures)
        }
        return figures
    }

    // MARK: - Selection

    /// Sessions and page views that pass, in `q_s` and `q_r`.
    func select(_ query: FigureQuery) throws {
        for table in ["q_s", "q_r", "q_e"] { try connection.rows(d.clear(table)) }
        let edges = query.edges.enumerated().map { "(\($0), \($1))" }.joined(separator: ", ")
        try connection.rows("insert into q_e values \(edges)")
        var ofSessions = ["true"]
        var ofPageViews = ["true"]
        for filter in query.filters {
            let values = filter.values.map(RawDialect.literal).joined(separator: ", ")
            switch filter.column {
            case .eventName, .eventIssue:
                // Custom events have names, errors and noise have issues.
                let isOfKind = filter.column == .eventName ? "kind = 0 and name" : "kind in (1, 2) and issue"
                ofSessions.append("ss.sid in (select sid from xe where \(isOfKind) in (\(values)))")
            default:
                let name = RawTables.name(filter.column)
                if filter.column.scope == .session {
                    ofSessions.append("ss.\(name) in (\(values))")
                } else {
                    ofPageViews.append("pv.\(name) in (\(values))")
                }
            }
        }
        let (from, to) = (query.from, query.to)
        try connection.rows(
            """
            insert into q_s select sid, v, first_time, case when first_time >= \(from) and first_time < \(to) then 1 else 0 end,
            case when counted = 1 then 1 else 0 end, \(bucket("first_time")) from ss where \(ofSessions.joined(separator: " and "))
            """
        )
        try connection.rows(
            """
            insert into q_r select pv.rid, pv.sid, \(bucket("pv.time")), case when pv.time >= \(from) and pv.time < \(to) then 1 else 0 end
            from pv join q_s q using (sid) where \(ofPageViews.joined(separator: " and "))
            """
        )
        guard ofPageViews.count > 1 else { return }
        try connection.rows(
            "delete from q_s where sid not in (select r.sid from q_r r join pv using (rid) where pv.is_counted)"
        )
    }

    private func bucket(_ time: String) -> String { "(select max(number) from q_e where low <= \(time))" }

    // MARK: - Sums

    /// Sums by a group: an expression for page views and their sessions (`pv`, `ss`, `r`), one for sessions (`ss`, `q`), nil where each page
    /// view of a session puts it into a group, and one for events (`pv`, `ss`, `x`).
    private func sums(
        _ ofPageViews: String,
        _ ofSessions: String?,
        _ ofEvents: String,
        _ query: FigureQuery
    ) throws -> [[String?]] {
        let sessions =
            ofSessions.map {
                "select \($0) as g, count(*) as n, sum(q.is_bounce) as m from q_s q join ss using (sid) where q.is_within = 1 group by 1"
            }
                ?? """
                select \(ofPageViews) as g, count(distinct q.sid) as n, count(distinct case when q.is_bounce = 1 then q.sid end) as m
                from q_s q join q_r r using (sid) join pv using (rid) where q.is_within = 1 and pv.is_counted group by 1
                """
        return try connection.rows(
            """
            select g, sum(a), sum(b), sum(c), sum(d), sum(e), sum(f), sum(h), sum(i), sum(j) from (
            select \(ofPageViews) as g, sum(case when pv.is_counted then 1 else 0 end) as a, sum(pv.received) as b, count(pv.engagement) as c,
              coalesce(sum(pv.engagement), 0) as d, count(distinct case when pv.is_counted then pv.v end) as e,
              0 as f, 0 as h, 0 as i, 0 as j
              from q_r r join pv using (rid) join ss on ss.sid = r.sid where r.is_within = 1 group by 1
            union all select g, 0, 0, 0, 0, 0, n, m, 0, 0 from (\(sessions)) y
            union all select \(ofEvents) as g, 0, 0, 0, 0, 0, 0, 0, sum(case when x.kind = 1 then x.count else 0 end),
              sum(case when x.kind = 0 then x.count else 0 end)
              from (\(events(query))) x join pv using (rid) join ss on ss.sid = x.sid group by 1
            ) u group by g
            """
        )
    }

    /// Events of the page views that pass, within the range.
    private func events(_ query: FigureQuery) -> String {
        let issues = query.issues.map { $0.map(RawDialect.literal).joined(separator: ", ") }
        let isWanted = issues.map { "and (xe.kind not in (1, 2) or xe.issue in (\($0)))" } ?? ""
        return """
            select xe.*, \(bucket("xe.time")) as bucket from xe join q_r using (rid)
            where xe.time >= \(query.from) and xe.time < \(query.to) \(isWanted)
            """
    }

    private func grouped(_ rows: [[String?]]) -> [String: ArraySlice<String?>] {
        Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", $0.dropFirst()) })
    }

    private func addSums(
        _ name: String,
        _ row: ArraySlice<String?>?,
        _ withVisitors: Bool,
        _ figures: inout Figures,
        leavingOut: Set<String> = []
    ) {
        for (index, sum) in Self.sums.enumerated() where withVisitors || sum != "visitors" {
            guard !leavingOut.contains(sum) else { continue }
            figures.add("\(name) \(sum)", integer(row.flatMap { $0[$0.startIndex + index] }))
        }
    }

    private func integer(_ text: String?) -> Int64 { text.flatMap { Int64($0) ?? Double($0).map { Int64($0) } } ?? 0 }

    // MARK: - Percentiles

    private static func thresholds(_ vital: Vital) -> (good: Int, poor: Int) {
        switch vital {
        case .lcp: (2500, 4000)
        case .inp: (200, 500)
        case .cls: (100, 250)
        case .fcp: (1800, 3000)
        case .ttfb: (800, 1800)
        }
    }

    private func summaries(_ vital: Vital, _ group: String) throws -> [String: ArraySlice<String?>] {
        let (good, poor) = Self.thresholds(vital)
        return try summaries(
            "select \(group) as g, pv.\(vital) as x from q_r r join pv using (rid) join ss on ss.sid = r.sid where r.is_within = 1",
            good: good,
            poor: poor
        )
    }

    /// Count, percentiles and shares of values by their groups: `percentile_cont` where the engine has it, written out where not.
    private func summaries(_ values: String, good: Int, poor: Int) throws -> [String: ArraySlice<String?>] {
        let shares = """
            sum(case when x <= \(good) then 1 else 0 end), sum(case when x > \(good) and x <= \(poor) then 1 else 0 end),
            sum(case when x > \(poor) then 1 else 0 end)
            """
        if connection.engine == .postgresql {
            let percentiles = ["0.5", "0.75", "0.95"].map { "percentile_cont(\($0)) within group (order by x)" }
            return try grouped(
                connection.rows(
                    "select g, count(*), \(percentiles.joined(separator: ", ")), \(shares) from (\(values)) y where x is not null group by g"
                )
            )
        }
        let percentiles = ["0.5", "0.75", "0.95"].map { share in
            // Between the value at the index below the rank and the one after it.
            let below = "cast(\(share) * (n - 1) as integer)"
            let low = "max(case when i = \(below) then x end)"
            let high = "coalesce(max(case when i = \(below) + 1 then x end), \(low))"
            return "\(low) + (\(high) - \(low)) * max(\(share) * (n - 1) - \(below))"
        }
        return try grouped(
            connection.rows(
                """
                select g, count(*), \(percentiles.joined(separator: ", ")), \(shares) from (
                select g, x, row_number() over (partition by g order by x) - 1 as i, count(*) over (partition by g) as n
                from (\(values)) y where x is not null) z group by g
                """
            )
        )
    }

    private func addVital(_ name: String, _ vital: String, _ row: ArraySlice<String?>?, _ figures: inout Figures) {
        let values = row.map(Array.init) ?? ["0", nil, nil, nil, "0", "0", "0"]
        let count = integer(values[0])
        figures.add("\(name) \(vital) count", count)
        for (index, percentile) in ["p50", "p75", "p95"].enumerated() {
            figures.add("\(name) \(vital) \(percentile)", values[index + 1].flatMap { Double($0) }, of: count)
        }
        for (index, share) in ["good", "needsImprovement", "poor"].enumerated() {
            figures.add("\(name) \(vital) \(share)", integer(values[index + 4]))
        }
    }

    // MARK: - Lists

    private func addList(
        _ name: String,
        _ list: FigureQuery.List,
        _ query: FigureQuery,
        _ figures: inout Figures
    ) throws {
        let scope = list.column.scope
        let kinds = list.kinds.map { String($0.rawValue) }.joined(separator: ", ")
        let column = RawTables.name(list.column)
        let group = "\(scope == .session ? "ss" : "pv").\(column)"
        var rows: [(text: String, measure: Int64, sums: ArraySlice<String?>)] = []
        switch scope {
        case .session, .pageView:
            let sums = try sums(group, scope == .session ? group : nil, group, query)
            let index = ["pageViews": 1, "sessions": 6, "errors": 8]["\(list.measure)"] ?? 0
            rows = sums.map { ($0[0] ?? "", integer($0[index]), $0.dropFirst()) }
            if list.measure == .vitals, let vital = list.vitals.first {
                let counts = try summaries(vital, group)
                rows = rows.map { ($0.text, integer(counts[$0.text]?.first ?? nil), $0.sums) }
            }
        case .event:
            rows = try connection.rows(
                """
                select x.\(list.column == .eventName ? "name" : "issue") as g, sum(x.count), count(distinct pv.v)
                from (\(events(query))) x join pv using (rid) where x.kind in (\(kinds)) group by 1
                """
            ).map { ($0[0] ?? "", integer($0[1]), $0[1...]) }
        case .resource:
            rows = try connection.rows(
                """
                select x.name, count(*), sum(x.bytes) from xr x join q_r r using (rid)
                where r.is_within = 1 and x.kind = \(list.resourceKind?.rawValue ?? 0) group by 1
                """
            ).map { ($0[0] ?? "", integer($0[1]), $0[1...]) }
        }
        // Page views without such an element or part are no part of these lists.
        if [.lcpElement, .lcpPart, .inpElement, .inpPart, .clsElement].contains(list.column) {
            rows.removeAll { $0.text.isEmpty }
        }
        func key(_ text: String) -> String {
            list.column == .eventIssue ? issues.idsByMessage[text]?.first ?? text : text
        }
        rows = rows.filter { $0.measure > 0 }.sorted { one, other in
            one.measure != other.measure
                ? one.measure > other.measure : key(one.text).utf8.lexicographicallyPrecedes(key(other.text).utf8)
        }
        figures.add("\(name) count", Int64(rows.count))
        figures.add("\(name) total", rows.reduce(0) { $0 + $1.measure })
        let wanted = list.only.map { only in rows.filter { only.contains($0.text) } } ?? Array(rows.prefix(list.limit))
        try addRows(name, list, wanted, group, query, &figures)
    }

    private func addRows(
        _ name: String,
        _ list: FigureQuery.List,
        _ rows: [(text: String, measure: Int64, sums: ArraySlice<String?>)],
        _ group: String,
        _ query: FigureQuery,
        _ figures: inout Figures
    ) throws {
        let scope = list.column.scope
        let vitals =
            try scope == .session || scope == .pageView ? list.vitals.map { ($0, try summaries($0, group)) } : []
        var durations: [String: ArraySlice<String?>] = [:]
        if scope == .resource {
            durations = try summaries(
                """
                select x.name as g, x.duration as x from xr x join q_r r using (rid)
                where r.is_within = 1 and x.kind = \(list.resourceKind?.rawValue ?? 0)
                """,
                good: 500,
                poor: 1000
            )
        }
        let series = try list.withSeries ? self.series(list, group, query) : [:]
        for (index, row) in rows.enumerated() {
            let name = "\(name) row \(index)"
            figures.add(name, "\(row.text) \(row.measure)")
            switch scope {
            case .session: addSums(name, row.sums, list.withVisitors, &figures)
            // Whether a session of one page view is a bounce of that page is asked of entry pages alone.
            case .pageView:
                addSums(name, row.sums, list.withVisitors, &figures, leavingOut: ["bounces"])
            case .event:
                if list.withVisitors { figures.add("\(name) visitors", integer(row.sums.last ?? nil)) }
            case .resource:
                figures.add("\(name) requests", integer(row.sums[row.sums.startIndex]))
                figures.add("\(name) bytes", integer(row.sums.last ?? nil))
                addVital(name, "duration", durations[row.text], &figures)
            }
            for (vital, values) in vitals { addVital(name, "\(vital)", values[row.text], &figures) }
            if list.withSeries {
                let numbers = query.edges.indices.map { String(series["\($0) \(row.text)"] ?? 0) }
                figures.add("\(name) series", numbers.joined(separator: ","))
            }
        }
    }

    /// The measure of each value by bucket.
    private func series(_ list: FigureQuery.List, _ group: String, _ query: FigureQuery) throws -> [String: Int64] {
        let kinds = list.kinds.map { String($0.rawValue) }.joined(separator: ", ")
        let sql: String
        switch (list.column.scope, list.measure) {
        case (.event, _):
            sql = """
                select x.bucket, x.\(list.column == .eventName ? "name" : "issue"), sum(x.count) from (\(events(query))) x
                where x.kind in (\(kinds)) group by 1, 2
                """
        case (_, .errors):
            sql = """
                select x.bucket, \(group), sum(x.count) from (\(events(query))) x join pv using (rid) join ss on ss.sid = x.sid
                where x.kind = 1 group by 1, 2
                """
        case (.session, .sessions):
            sql =
                "select q.first_bucket, \(group), count(*) from q_s q join ss using (sid) where q.is_within = 1 group by 1, 2"
        case (_, .sessions):
            sql = """
                select q.first_bucket, \(group), count(distinct q.sid) from q_s q join q_r r using (sid) join pv using (rid)
                where q.is_within = 1 and pv.is_counted group by 1, 2
                """
        default:
            sql = """
                select r.bucket, \(group), sum(case when pv.is_counted then 1 else 0 end) from q_r r join pv using (rid)
                join ss on ss.sid = r.sid where r.is_within = 1 group by 1, 2
                """
        }
        return Dictionary(
            try connection.rows(sql).map { ("\($0[0] ?? "") \($0[1] ?? "")", integer($0[2])) },
            uniquingKeysWith: +
        )
    }
}
