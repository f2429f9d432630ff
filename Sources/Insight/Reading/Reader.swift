import Sketches
package import Storage

/// Answers the questions of the owner's pages; every answer is the same from either store.
package struct Reader {
    let database: any Database
    package let question: Question
    private let cache: SampleCache?
    private let samplingTime: Duration

    /// Rows of a ranking, at most.
    package static let limitMax = 500

    /// After this time a sample takes no further events.
    package static let samplingTime = Duration.milliseconds(40)

    package init(
        _ database: any Database,
        _ question: Question,
        cache: SampleCache? = nil,
        samplingTime: Duration = Self.samplingTime
    ) {
        self.database = database
        self.question = question
        self.cache = cache
        self.samplingTime = samplingTime
    }

    /// Cells for a question about all of these dimensions: kept ones where one value decides, else those of events.
    ///
    /// Parts of hours are kept for all events together only, by the minute; other dimensions of such a range are answered by its events.
    func cells(_ question: Question, _ dimensions: [Dimension]) throws(StoreError) -> (any Cells, Dimension, String) {
        let rollups = RollupCells(database: database, question: question)
        let isForAll = dimensions.allSatisfy { $0 == .all }
        if question.isExact, !question.partialHours.isEmpty {
            if question.filters.isEmpty, isForAll, let exact = try ExactCells(database: database, question: question) {
                return (exact, .all, "")
            }
            return (try sampled(question), .all, "")
        }
        guard let filter = question.filters.first else { return (rollups, .all, "") }
        if question.filters.count == 1, isForAll { return (rollups, filter.dimension, filter.value) }
        return (try sampled(question), .all, "")
    }

    private func sampled(_ question: Question) throws(StoreError) -> EventCells {
        if let known = cache?[question] { return known }
        let cells = try Sampling(database: database, question: question, time: samplingTime).cells()
        cache?[question] = cells
        return cells
    }

    private func total(_ series: [Int64: Sum]) -> Sum {
        var total = Sum()
        for sum in series.values { total.add(sum) }
        return total
    }

    /// The range as it was answered.
    var range: JSONOut {
        .object([
            ("from", .integer(question.from)), ("to", .integer(question.to)),
            ("interval", .text(question.interval == .hour ? "hour" : "day")),
            ("previous_from", .integer(question.previous.from)), ("previous_to", .integer(question.previous.to)),
        ])
    }

    // MARK: - Overview

    /// Totals and their series, of the range and of the previous period; `processing` is the build of the rollups under way.
    ///
    /// `now` is in seconds since 1970.
    package func overview(now: Int64, processing: JSONOut = .null) throws(StoreError) -> JSONOut {
        let (cells, dimension, value) = try cells(question, [.all])
        let current = try cells.series(dimension, value)
        let then = try previous()
        return .object([
            ("range", range), ("sampled", Figures.of(cells.sample)), ("processing", processing),
            ("totals", .object(Figures.of(total(current)))),
            ("previous", then.isEmpty ? .null : .object(Figures.of(total(then)))),
            ("series", series(current, question)),
            ("previous_series", then.isEmpty ? .array([]) : series(then, question.previous)),
            ("updated", .integer(try lastMinute(now))),
        ])
    }

    private func series(_ sums: [Int64: Sum], _ question: Question) -> JSONOut {
        .array(
            question.buckets.map { bucket in
                .object([("t", .integer(bucket))] + Figures.of(sums[bucket] ?? Sum()))
            }
        )
    }

    /// The series of the time before; nothing where not all of it is known, since then there is nothing to compare with.
    private func previous() throws(StoreError) -> [Int64: Sum] {
        guard try firstDay() <= question.previous.from else { return [:] }
        let (cells, dimension, value) = try cells(question.previous, [.all])
        return try cells.series(dimension, value)
    }

    /// The start of the first day that has cells, seconds since 1970.
    private func firstDay() throws(StoreError) -> Int64 {
        try database.rows("select min(bucket) from insight_counts where dimension = 'all' and grain = 2").first?.first?
            .integer ?? .max
    }

    /// The start of the last minute up to a moment that has cells, seconds since 1970; 0 for none.
    private func lastMinute(_ now: Int64) throws(StoreError) -> Int64 {
        try database.rows(
            "select max(bucket) from insight_counts where dimension = 'all' and grain = 0 and bucket <= ?1",
            [.integer(now)]
        ).first?.first?.integer ?? 0
    }

    /// Visitors with an event in the last minutes, whatever other events are dated ahead of the clock.
    package func live(now: Int64, minutes: Int64 = 5) throws(StoreError) -> JSONOut {
        let end = Grain.minute.bucket(now) + Grain.minute.seconds
        var range = question.exactly(from: end - minutes * Grain.minute.seconds, to: end)
        (range.includesRobots, range.filters) = (false, [])
        var sum = Sum()
        for part in range.partialHours {
            sum.add(try ExactCells.sum(database, range.exactly(from: part.from, to: part.to)) ?? Sum())
        }
        return .object([("visitors", .integer(sum.visitors)), ("minutes", .integer(minutes))])
    }

    /// Sites that there are events of.
    package func sites() throws(StoreError) -> JSONOut {
        let rows = try database.rows(
            """
            select site, \(database.dialect.sum("views", "")) from insight_counts
            where dimension = 'all' and grain = 2 group by site order by 2 desc, 1 limit 200
            """
        )
        return .object([
            (
                "sites",
                .array(rows.map { .object([("site", JSONOut($0[0].text)), ("views", JSONOut($0[1].integer))]) })
            )
        ])
    }

    // MARK: - Rankings

    /// The values of dimensions with the largest numbers.
    ///
    /// With `countsOnly` they come without visitors and percentiles, which cost most of the time.
    package func breakdowns(
        _ dimensions: [Dimension],
        limit: Int,
        countsOnly: Bool = false
    ) throws(StoreError) -> JSONOut {
        let (cells, _, _) = try cells(question, dimensions)
        var result: [(String, JSONOut)] = []
        for dimension in dimensions {
            let ranked = try cells.ranking(
                dimension,
                by: dimension.ranking,
                limit: min(limit, Self.limitMax),
                sketches: countsOnly ? .none : dimension == .resource || dimension == .thirdParty ? .loads : .figures
            )
            let values = ranked.rows.map { row in
                let figures =
                    countsOnly
                    ? Figures.counts(row.sum)
                    : Figures.of(row.sum, metrics: [.lcp, .inp]) + self.more(row.sum, dimension)
                return JSONOut.object([("value", .text(row.value))] + figures)
            }
            result.append(
                (
                    dimension.rawValue,
                    .object([
                        ("by", .text(dimension.ranking.rawValue)), ("total", .integer(ranked.total)),
                        ("count", .integer(ranked.count)), ("rows", .array(values)),
                    ])
                )
            )
        }
        return .object([("range", range), ("sampled", Figures.of(cells.sample)), ("dimensions", .object(result))])
    }

    private func more(_ sum: Sum, _ dimension: Dimension) -> [(String, JSONOut)] {
        switch dimension {
        case .resource, .thirdParty:
            [("bytes", .integer(sum.counters.amount)), ("duration", Figures.of(sum.histogram(.duration), .duration))]
        case .lcpElement, .lcpPart, .inpElement, .inpPart, .clsElement: [("slow_views", .integer(sum.counters.events))]
        default: []
        }
    }

    // MARK: - Performance

    /// Percentiles and shares of each metric, over time and as a distribution.
    package func performance() throws(StoreError) -> JSONOut {
        let (cells, dimension, value) = try cells(question, [.all])
        let series = try cells.series(dimension, value)
        let previous = total(try previous())
        let total = total(series)
        let metrics = Metric.vitals.map { metric in
            let histogram = total.histogram(metric)
            let points = question.buckets.map { bucket in
                let sum = series[bucket]?.histogram(metric) ?? .init()
                return JSONOut.object([
                    ("t", .integer(bucket)), ("count", .integer(Int64(sum.count))),
                    ("p50", Figures.value(sum.quantile(0.5), metric)),
                    ("p75", Figures.value(sum.quantile(0.75), metric)),
                    ("p95", Figures.value(sum.quantile(0.95), metric)),
                ])
            }
            let (good, fair) = Figures.thresholds(metric)
            return (
                metric.rawValue,
                JSONOut.object([
                    ("figures", Figures.of(histogram, metric)),
                    ("previous", Figures.of(previous.histogram(metric), metric)),
                    ("good", JSONOut(good, digits: 3)), ("fair", JSONOut(fair, digits: 3)), ("series", .array(points)),
                    (
                        "distribution",
                        .array(
                            histogram.buckets.map {
                                .array([JSONOut($0.upperBound, digits: 4), .integer(Int64($0.count))])
                            }
                        )
                    ),
                ])
            )
        }
        return .object([("range", range), ("sampled", Figures.of(cells.sample)), ("metrics", .object(metrics))])
    }

    /// Each metric by the values of a dimension: the pages, browsers and so on that have most page views.
    package func slowest(_ dimension: Dimension, limit: Int) throws(StoreError) -> JSONOut {
        let (cells, _, _) = try cells(question, [dimension])
        let ranked = try cells.ranking(
            dimension,
            by: dimension.ranking,
            limit: min(limit, Self.limitMax),
            sketches: .vitals
        )
        let values = ranked.rows.map { row in
            // Dimensions of vitals count a page view by its event of vitals, not by the event of the page view.
            let counters = row.sum.counters
            let views = dimension.ranking == .events ? counters.events : counters.views
            return JSONOut.object(
                [("value", .text(row.value)), ("views", .integer(views))]
                    + Metric.vitals.map { ($0.rawValue, Figures.of(row.sum.histogram($0), $0)) }
            )
        }
        return .object([
            ("range", range), ("sampled", Figures.of(cells.sample)), ("dimension", .text(dimension.rawValue)),
            ("count", .integer(ranked.count)), ("rows", .array(values)),
        ])
    }
}

extension Dimension {
    /// What its values are ranked by.
    var ranking: Ranking {
        switch self {
        case .entry, .exit: .sessions
        case .issue, .noise: .errors
        case .event, .resource, .thirdParty, .navigation, .lcpElement, .lcpPart, .inpElement, .inpPart, .clsElement,
            .invalid:
            .events
        default: .views
        }
    }
}
