import Sketches
import Storage

/// What cells come to.
struct Sum: Sendable {
    var counters = Counters()
    var sketches = CellSketches()
    /// How many visitors each that was seen stands for.
    var weight = 1.0

    /// Different visitors, about.
    var visitors: Int64 { Int64(saturating: min(Double(Int64.sumMax), sketches.visitors.estimate * weight).rounded()) }

    mutating func add(_ other: Sum) {
        weight = max(weight, other.weight)
        counters.add(other.counters)
        sketches.merge(other.sketches)
    }

    func histogram(_ metric: Metric) -> LogHistogram { sketches.histograms[metric] ?? LogHistogram() }
}

/// Which sketches are read: reading them costs more than all else.
struct SketchColumns: Equatable {
    private let wanted: Set<String>

    static let none = SketchColumns(wanted: [])
    static let all = SketchColumns(wanted: Set(["visitors"] + Metric.allCases.map(\.rawValue)))
    /// What a row of a ranking shows.
    static let figures = SketchColumns(wanted: ["visitors", "lcp", "inp"])
    static let visitors = SketchColumns(wanted: ["visitors"])
    static let loads = SketchColumns(wanted: ["visitors", "duration"])
    static let vitals = SketchColumns(wanted: Set(Metric.vitals.map(\.rawValue)))

    /// The columns of the table in its order, with nothing in place of those that are not wanted.
    var list: String {
        (["visitors"] + Metric.allCases.map(\.rawValue)).map { wanted.contains($0) ? $0 : "null as \($0)" }
            .joined(separator: ", ")
    }
}

/// By what the values of a dimension are ranked.
package enum Ranking: String, Sendable {
    case views, sessions, errors, events, amount
}

/// The first values of a dimension, how many there are in all, and the sum of what they are ranked by.
struct Ranked {
    var rows: [(value: String, sum: Sum)] = []
    var count: Int64 = 0
    var total: Int64 = 0
}

/// Where figures come from: cells that are kept, or events that are added up for the question.
protocol Cells {
    /// Of one value, by bucket of the question's interval.
    func series(_ dimension: Dimension, _ value: String) throws(StoreError) -> [Int64: Sum]
    /// The values with the largest numbers, largest first.
    func ranking(
        _ dimension: Dimension,
        by ranking: Ranking,
        limit: Int,
        sketches columns: SketchColumns
    ) throws(StoreError) -> Ranked
    /// How many errors of each of some values there were, by bucket of the question's interval.
    func trends(_ dimension: Dimension, _ values: [String]) throws(StoreError) -> [String: [Int64: Int64]]
    /// How much of the events was looked at; nil when it was all of them.
    var sample: Sample? { get }
}

/// A part of the events that stands for all of them.
package struct Sample: Sendable, Equatable {
    /// Of all, 0 to 1.
    package var share: Double
    package var events: Int64
}

/// Cells of the tables.
struct RollupCells: Cells {
    let database: any Database
    let question: Question
    /// Milliseconds of one query.
    static let milliseconds: Int32 = 5000
    let sample: Sample? = nil

    /// Cells that make up the range: days where they are whole, hours at its ends, or hours alone.
    private var spans: [(grain: Grain, from: Int64, to: Int64)] {
        let (from, to) = (question.from, question.to)
        let firstDay = Grain.day.bucket(from + Grain.day.seconds - 1)
        let lastDay = Grain.day.bucket(to)
        guard lastDay > firstDay else { return [(.hour, from, to)] }
        return [(.hour, from, firstDay), (.day, firstDay, lastDay), (.hour, lastDay, to)].filter { $0.1 < $0.2 }
    }

    /// A query over the spans; the dimension is `?1`, and what follows in `more` may name parameters that are there already.
    private func source(
        _ table: String,
        _ columns: String,
        _ parameters: inout [SQLValue],
        _ more: String = ""
    ) -> String {
        spans.map { span in
            let first = parameters.count + 1
            parameters += [.integer(span.grain.rawValue), .integer(span.from), .integer(span.to)]
            var condition =
                "dimension = ?1 and grain = ?\(first) and bucket >= ?\(first + 1) and bucket < ?\(first + 2)"
            if !question.includesRobots { condition += " and audience = 0" }
            if let site = question.site {
                parameters.append(.text(site))
                condition += " and site = ?\(first + 3)"
            }
            return "select \(columns) from \(table) where \(condition)\(more)"
        }.joined(separator: " union all ")
    }

    private static let counterColumns = Counters.columns.joined(separator: ", ")

    func series(_ dimension: Dimension, _ value: String) throws(StoreError) -> [Int64: Sum] {
        var result: [Int64: Sum] = [:]
        var parameters: [SQLValue] = [.text(dimension.rawValue), .text(value)]
        let counts = source("insight_counts", "bucket, \(Self.counterColumns)", &parameters, " and value = ?2")
        for row in try database.rows(counts, parameters, milliseconds: Self.milliseconds) {
            guard let bucket = row[0].integer.map(question.interval.bucket) else { continue }
            result[bucket, default: Sum()].counters.add(Counters(row[1...]))
        }
        parameters = [.text(dimension.rawValue), .text(value)]
        let sketches = source("insight_sketches", "bucket, \(SketchColumns.all.list)", &parameters, " and value = ?2")
        for row in try database.rows(sketches, parameters, milliseconds: Self.milliseconds) {
            guard let bucket = row[0].integer.map(question.interval.bucket) else { continue }
            result[bucket, default: Sum()].sketches.merge(CellSketches(row[1...]))
        }
        return result
    }

    func ranking(
        _ dimension: Dimension,
        by ranking: Ranking,
        limit: Int,
        sketches columns: SketchColumns
    ) throws(StoreError) -> Ranked {
        var parameters: [SQLValue] = [.text(dimension.rawValue)]
        let cells = source("insight_counts", "value, \(Self.counterColumns)", &parameters)
        parameters.append(.integer(Int64(limit)))
        let sum = database.dialect.sum
        let columnSums = Counters.columns.map { sum($0, "") }.joined(separator: ", ")
        let rank = sum(ranking.rawValue, "")
        let rows = try database.rows(
            """
            select value, \(columnSums), count(*) over (), \(sum(rank, " over ()")) from (\(cells)) as cells
            group by value
            having \(rank) > 0
            order by \(rank) desc, \(database.dialect.bytewise("value"))
            limit ?\(parameters.count)
            """,
            parameters,
            milliseconds: Self.milliseconds
        )
        var sums: [(value: String, sum: Sum)] = rows.map { row in
            (row[0].text ?? "", Sum(counters: Counters(row[1..<1 + Counters.columns.count])))
        }
        guard !sums.isEmpty else { return Ranked() }
        let last = rows.first?.suffix(2).map { $0.integer ?? 0 } ?? [0, 0]
        guard columns != .none else { return Ranked(rows: sums, count: last[0], total: last[1]) }
        let places = Dictionary(
            sums.enumerated().map { ($0.element.value, $0.offset) },
            uniquingKeysWith: { first, _ in first }
        )
        parameters = [.text(dimension.rawValue)] + sums.map { .text($0.value) }
        let names = (2..<2 + sums.count).map { "?\($0)" }.joined(separator: ", ")
        let sketches = source(
            "insight_sketches",
            "value, \(columns.list)",
            &parameters,
            " and value in (\(names))"
        )
        for row in try database.rows(sketches, parameters, milliseconds: Self.milliseconds) {
            guard let place = row[0].text.flatMap({ places[$0] }) else { continue }
            sums[place].sum.sketches.merge(CellSketches(row[1...]))
        }
        return Ranked(rows: sums, count: last[0], total: last[1])
    }

    func trends(_ dimension: Dimension, _ values: [String]) throws(StoreError) -> [String: [Int64: Int64]] {
        guard !values.isEmpty else { return [:] }
        var parameters: [SQLValue] = [.text(dimension.rawValue)] + values.map { .text($0) }
        let names = (2..<2 + values.count).map { "?\($0)" }.joined(separator: ", ")
        let cells = source("insight_counts", "value, bucket, errors", &parameters, " and value in (\(names))")
        var result: [String: [Int64: Int64]] = [:]
        for row in try database.rows(cells, parameters, milliseconds: Self.milliseconds) {
            guard let value = row[0].text, let bucket = row[1].integer.map(question.interval.bucket) else { continue }
            result[value, default: [:]][bucket, default: 0].add(saturating: row[2].integer ?? 0)
        }
        return result
    }
}

/// Cells added up from events for one question.
struct EventCells: Cells, Sendable {
    let sample: Sample?
    private let interval: Grain
    private let sums: [Dimension: [String: [Int64: Sum]]]

    init(_ changes: Changes, interval: Grain, sample: Sample?) {
        self.sample = sample
        self.interval = interval
        var sums: [Dimension: [String: [Int64: Sum]]] = [:]
        for (key, change) in changes.cells where key.grain == .hour {
            let bucket = interval.bucket(key.bucket)
            sums[key.dimension, default: [:]][key.value, default: [:]][bucket, default: Sum()].add(change)
        }
        self.sums = sums
    }

    func series(_ dimension: Dimension, _ value: String) throws(StoreError) -> [Int64: Sum] {
        (sums[dimension]?[value] ?? [:]).mapValues { $0.scaled(sample) }
    }

    func ranking(
        _ dimension: Dimension,
        by ranking: Ranking,
        limit: Int,
        sketches columns: SketchColumns
    ) throws(StoreError) -> Ranked {
        let all = (sums[dimension] ?? [:]).map { value, buckets in
            var sum = Sum()
            for bucket in buckets.values { sum.add(bucket) }
            return (value: value, sum: sum.scaled(sample))
        }
        let ranked = all.filter { $0.sum.counters[ranking] > 0 }
            .sorted { ($1.sum.counters[ranking], $0.value) < ($0.sum.counters[ranking], $1.value) }
        return Ranked(
            rows: Array(ranked.prefix(limit)),
            count: Int64(ranked.count),
            total: ranked.reduce(0) { $0.adding(saturating: $1.sum.counters[ranking]) }
        )
    }

    func trends(_ dimension: Dimension, _ values: [String]) throws(StoreError) -> [String: [Int64: Int64]] {
        var result: [String: [Int64: Int64]] = [:]
        for value in values {
            result[value] = (sums[dimension]?[value] ?? [:]).mapValues { $0.scaled(sample).counters.errors }
        }
        return result
    }
}

extension Counters {
    subscript(ranking: Ranking) -> Int64 {
        switch ranking {
        case .views: views
        case .sessions: sessions
        case .errors: errors
        case .events: events
        case .amount: amount
        }
    }
}

extension Sum {
    fileprivate mutating func add(_ change: CellChange) {
        counters.add(change.counters)
        sketches.add(change)
    }

    /// As much as there would be of all events.
    fileprivate func scaled(_ sample: Sample?) -> Sum {
        guard let sample, sample.share > 0 else { return self }
        var sum = self
        sum.counters = counters.scaled(1 / sample.share)
        sum.weight = 1 / sample.share
        return sum
    }
}

extension Counters {
    fileprivate func scaled(_ factor: Double) -> Counters {
        let numbers = all.map { Int64(saturating: (Double($0) * factor).rounded()).adding(saturating: 0) }
        return Counters(numbers.map { .integer($0) }[...])
    }
}
