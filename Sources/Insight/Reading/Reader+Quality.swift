import Sketches
package import Storage

extension Reader {
    /// Page views whose numbers are looked at.
    static let viewsMax: Int64 = 200

    /// How far the figures can be trusted: what page views emitted, dropped and lost, of the latest ones, and how much came of programs.
    package func quality() throws(StoreError) -> JSONOut {
        let time = database.dialect.time
        var parameters: [SQLValue] = [.integer(question.from), .integer(question.to), .integer(Self.viewsMax)]
        var condition = "received_at >= \(time("?1")) and received_at < \(time("?2")) and event_type = 'pageview'"
        if let site = question.site {
            parameters.append(.text(site))
            condition += " and site = ?4"
        }
        let latest = try database.rows(
            """
            select distinct pageview_id
            from (
                select pageview_id from collector_events
                where \(condition)
                order by received_at desc, id desc
                limit ?3
            ) as latest
            """,
            parameters,
            milliseconds: RollupCells.milliseconds
        )
        var complete = (views: Int64(0), emitted: Int64(0), dropped: Int64(0), received: Int64(0), lost: Int64(0))
        var invalid: Int64 = 0
        if !latest.isEmpty {
            let places = (1...latest.count).map { "?\($0)" }.joined(separator: ", ")
            let valid = "filter (where emitted <= \(ClaimLimits.emittedEventsMax))"
            let row = try database.rows(
                """
                select cast(count(*) \(valid) as bigint), cast(sum(emitted) \(valid) as bigint),
                    cast(sum(dropped) \(valid) as bigint), cast(sum(received) \(valid) as bigint),
                    cast(sum(lost) \(valid) as bigint), cast(count(*) as bigint)
                from pageview_completeness where pageview_id in (\(places))
                """,
                latest.map { $0[0] },
                milliseconds: RollupCells.milliseconds
            ).first
            let numbers = (row ?? []).map { $0.integer ?? 0 }
            if numbers.count == 6 {
                complete = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
                invalid = numbers[5] - numbers[0]
            }
        }
        var everybody = question
        (everybody.includesRobots, everybody.filters) = (true, [])
        var people = everybody
        people.includesRobots = false
        let all = try events(everybody)
        let robots = try all - events(people)
        return .object([
            ("range", range), ("events", .integer(all)), ("robot_events", .integer(robots)),
            ("views", .integer(complete.views)), ("emitted", .integer(complete.emitted)),
            ("received", .integer(complete.received)), ("dropped", .integer(complete.dropped)),
            ("lost", .integer(complete.lost)),
            ("invalid_values", .integer(invalid.adding(saturating: try invalidValues(everybody)))),
        ])
    }

    /// Numbers that events reported out of their range.
    private func invalidValues(_ question: Question) throws(StoreError) -> Int64 {
        try RollupCells(database: database, question: question)
            .ranking(.invalid, by: .events, limit: Claim.allCases.count, sketches: .none).total
    }

    private func events(_ question: Question) throws(StoreError) -> Int64 {
        let series = try RollupCells(database: database, question: question).series(.all, "")
        return series.values.reduce(0) { $0.adding(saturating: $1.counters.events) }
    }
}
