/// Goals, funnels, retention and ways by plain SQL, in the sessions and page views that `RawFigures.select` has selected.
struct RawGoals {
    let connection: RawConnection
    private var d: RawDialect { RawDialect(engine: connection.engine) }

    /// What reaches a goal or step, as the recomputation takes it.
    enum Aim {
        case page([String])
        case event(String, plan: String?)
    }

    private func list(_ texts: [String]) -> String { texts.map(RawDialect.literal).joined(separator: ", ") }

    /// All that happened in sessions, in order: `n` counts within a session, `pn` its page views.
    func make() throws {
        try drop()
        try connection.rows(
            """
            create temp table happened as
            with views as (select pv.*, row_number() over (partition by sid order by time, first_id) as pn from pv)
            select y.*, row_number() over (partition by sid order by time, pn, kind, id) as n from (
              select sid, rid, time, pn, 0 as kind, 0 as id, path, '' as name, '' as plan, null as units, '' as currency
              from views where is_counted
              union all
              select views.sid, views.rid, ev.time, views.pn, 1, ev.id, '', ev.t, coalesce(\(d.text("payload", "plan")), ''),
              \(d.integer("round(\(d.number("payload", "value")) * 10000)")),
              case when upper(\(d.text("payload", "currency"))) in ('EUR', 'USD')
              then upper(\(d.text("payload", "currency"))) else '' end
              from ev join views using (site, v, s, p)
              where t not in ('pageview', 'webvitals', 'engagement', 'resources', 'navigation', 'frames', 'fingerprint_ready', 'error')
            ) y
            """
        )
        try connection.rows("create index happened_sid on happened (sid, n)")
        try connection.rows("create index happened_rid on happened (rid)")
    }

    private func drop() throws { try connection.rows("drop table if exists happened") }

    /// The condition on a row of `happened`; events with a plan are those of the range.
    private func condition(_ aim: Aim, _ query: FigureQuery) -> String {
        switch aim {
        case .page(let paths): "(kind = 0 and path in (\(list(paths.isEmpty ? ["none"] : paths))))"
        case .event(let name, nil): "(kind = 1 and name = \(RawDialect.literal(name)))"
        case .event(let name, let plan?):
            """
            (kind = 1 and name = \(RawDialect.literal(name)) and plan = \(RawDialect.literal(plan))
            and time >= \(query.from) and time < \(query.to))
            """
        }
    }

    func passing(_ aim: Aim, _ query: FigureQuery) -> String {
        "ss.sid in (select sid from happened where \(condition(aim, query)))"
    }

    // MARK: - Goals

    /// Conversions, sessions and visitors; then conversions by bucket, and sums of values by currency.
    func goal(_ aim: Aim, _ query: FigureQuery) throws -> [String] {
        let meets = condition(aim, query)
        let within = "time >= \(query.from) and time < \(query.to)"
        let reached = "sid in (select sid from happened where \(meets))"
        let bucket = "(select max(number) from q_e where low <= time)"
        let counts = try [
            "select count(*) from happened join q_r using (rid) where \(meets) and \(within)",
            "select count(*) from q_s where is_within = 1 and \(reached)",
            """
            select count(distinct q_s.visitor) from q_s join q_r using (sid) join pv using (rid)
            where q_r.is_within = 1 and pv.is_counted and q_s.\(reached)
            """,
        ].map { try connection.rows($0).first?[0] ?? "" }
        let series = try connection.rows(
            "select \(bucket) as b, count(*) from happened join q_r using (rid) where \(meets) and \(within) group by 1 order by 1"
        )
        let values = try connection.rows(
            """
            select currency, sum(units), count(*) from happened join q_r using (rid)
            where \(meets) and \(within) and units is not null group by currency order by currency
            """
        )
        return counts + (series + values).map { row in row.map { $0 ?? "" }.joined(separator: " ") }
    }

    /// The sessions that count and their distinct visitors.
    func total() throws -> [String] {
        try [
            "select count(*) from q_s where is_within = 1",
            """
            select count(distinct q_s.visitor) from q_s join q_r using (sid) join pv using (rid)
            where q_r.is_within = 1 and pv.is_counted
            """,
        ].map { try connection.rows($0).first?[0] ?? "" }
    }

    // MARK: - Funnels

    func sessionFunnel(_ steps: [Aim], _ query: FigureQuery) throws -> [String] {
        var found = "select sid, min(n) as n from happened where \(condition(steps[0], query)) group by sid"
        var counts: [String] = []
        for index in steps.indices {
            if index > 0 {
                found = """
                    select h.sid, min(h.n) as n from happened h join (\(found)) b on b.sid = h.sid and h.n > b.n
                    where \(condition(steps[index], query)) group by h.sid
                    """
            }
            counts += try connection.rows("select count(*) from q_s join (\(found)) f using (sid) where is_within = 1")
                .map {
                    $0[0] ?? ""
                }
        }
        return counts
    }

    /// From every first step on, the next ones within the window.
    ///
    /// Of one second, only those of the same session are in order.
    func visitorFunnel(_ steps: [Aim], _ window: Int64, _ query: FigureQuery) throws -> [String] {
        try connection.rows("drop table if exists moves")
        try connection.rows(
            """
            create temp table moves as select h.*, q_s.visitor, row_number() over (order by h.time, h.sid, h.n) as m
            from happened h join q_s using (sid) where h.time >= \(query.from) and h.time < \(query.to)
            """
        )
        try connection.rows("create index moves_visitor on moves (visitor, m)")
        var found =
            "select visitor, m as start, time as began, m as last, time as last_time, sid as last_sid from moves where \(condition(steps[0], query))"
        var counts: [String] = []
        for index in steps.indices {
            if index > 0 {
                found = """
                    select distinct b.visitor, b.start, b.began, h.m as last, h.time as last_time, h.sid as last_sid
                    from moves h
                    join (\(found)) b on b.visitor = h.visitor and h.time - b.began <= \(window)
                    and (h.time > b.last_time or h.sid = b.last_sid and h.m > b.last)
                    where \(condition(steps[index], query))
                    """
            }
            counts += try connection.rows("select count(distinct visitor) from (\(found)) f").map { $0[0] ?? "" }
        }
        return counts
    }

    // MARK: - Retention and ways

    /// First period, periods later, visitors.
    func retention() throws -> [String] {
        try connection.rows(
            """
            with seen as (select distinct q_s.visitor, q_r.bucket from q_s join q_r using (sid) join pv using (rid)
              where q_r.is_within = 1 and pv.is_counted),
            firsts as (select visitor, min(bucket) as first from seen group by visitor)
            select first, bucket - first, count(*) from seen join firsts using (visitor) group by 1, 2 order by 1, 2
            """
        ).map { row in row.map { $0 ?? "" }.joined(separator: " ") }
    }

    /// Step, page, sessions of the ways from the first of some pages on; all pages without any.
    func ways(_ start: [String], isBackward: Bool, steps: Int) throws -> [String] {
        let order = isBackward ? "order by n desc" : "order by n"
        let isStart = start.isEmpty ? "true" : "path in (\(list(start)))"
        return try connection.rows(
            """
            with views as (select happened.* from happened join q_s using (sid) where kind = 0 and is_within = 1),
            changed as (select sid, n, path, lag(path) over (partition by sid order by n) as before from views),
            way as (select sid, path, row_number() over (partition by sid \(order)) as k from changed where before is null or before <> path),
            starts as (select sid, min(k) as k from way where \(isStart) group by sid)
            select way.k - starts.k, path, count(*) from way join starts using (sid)
            where way.k >= starts.k and way.k - starts.k <= \(steps) group by 1, 2
            """
        ).map { row in row.map { $0 ?? "" }.joined(separator: " ") }.sorted()
    }
}
