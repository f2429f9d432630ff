import Sketches
import Storage
import Telemetry

/// Answers questions that no cells are kept for, from events that are spread evenly over the range.
struct Sampling {
    let database: any Database
    let question: Question
    /// After this time no further slice is read.
    let time: Duration
    /// Events up to which all are looked at; beyond that, those of a slice.
    static let allMax: Int64 = 4000
    static let sliceEvents: Int64 = 50
    /// Slices at least, so that no part of the range is left out, and at most.
    static let slicesMin: Int64 = 24
    static let slicesMax: Int64 = 256

    func cells() throws(StoreError) -> EventCells {
        let hours = try hours()
        let total = hours.reduce(0) { $0 + $1.events }
        if total <= Self.allMax, let changes = try all() {
            return EventCells(changes, interval: question.interval, sample: nil)
        }
        var fold = try fold()
        var seen: Set<Int64> = []
        let start = ContinuousClock.now
        let slices = max(Self.slicesMin, total / Self.sliceEvents)
        for number in 0..<min(Self.slicesMax, slices) {
            try read(from: Self.moment(Self.spread(number) * Double(total), hours), &fold, &seen)
            if number >= Self.slicesMin, start.duration(to: .now) > time { break }
        }
        let read = Int64(seen.count)
        let sample = Sample(share: min(1, Double(read) / Double(max(total, read, 1))), events: read)
        return EventCells(fold.take(), interval: question.interval, sample: sample)
    }

    private func fold() throws(StoreError) -> Fold {
        var fold = Fold(hashes: try KeyedHashes(database))
        fold.countsRobots = question.includesRobots
        fold.filters = question.filters.map { Fact(dimension: $0.dimension, value: $0.value) }
        return fold
    }

    /// How many events each hour of the range has, in order; of an hour that is cut its share of the time.
    private func hours() throws(StoreError) -> [(from: Int64, to: Int64, events: Int64)] {
        let rows = try database.rows(
            """
            select bucket, cast(sum(events) as bigint) from insight_counts
            where dimension = 'all' and grain = 1 and bucket > ?1 and bucket < ?2
            group by bucket order by bucket
            """,
            [.integer(question.from - Grain.hour.seconds), .integer(question.to)],
            milliseconds: RollupCells.milliseconds
        )
        return rows.compactMap { row in
            guard let bucket = row[0].integer, let events = row[1].integer else { return nil }
            let (from, to) = (max(bucket, question.from), min(bucket + Grain.hour.seconds, question.to))
            let share = Double(to - from) / Double(Grain.hour.seconds)
            return (from, to, Int64(saturating: (Double(events) * share).rounded(.up)))
        }
    }

    /// The moment by which so many events of the range have come.
    private static func moment(_ rank: Double, _ hours: [(from: Int64, to: Int64, events: Int64)]) -> Int64 {
        var left = rank
        for hour in hours {
            if left < Double(hour.events) {
                return hour.from + Int64(saturating: Double(hour.to - hour.from) * left / Double(hour.events))
            }
            left -= Double(hour.events)
        }
        return hours.last?.from ?? 0
    }

    /// All events of the range; nil when there are more than was thought.
    private func all() throws(StoreError) -> Changes? {
        var fold = try fold()
        var search = EventReader.Search()
        (search.from, search.to) = (question.from, question.to)
        var cursor: EventCursor?
        var count = 0
        repeat {
            let page = try EventReader(database: database)
                .page(search, .ascending, from: cursor, limit: Self.allMax / 4)
            count += page.events.count
            guard count <= 2 * Self.allMax else { return nil }
            for event in page.events where question.site == nil || event.site == question.site { fold.add(event) }
            cursor = page.next
        } while cursor != nil
        return fold.take()
    }

    /// Numbers from 0 to below 1 of which any first few are spread evenly (van der Corput).
    private static func spread(_ number: Int64) -> Double {
        var (result, weight, rest) = (0.0, 0.5, number)
        while rest > 0 {
            if rest & 1 == 1 { result += weight }
            weight /= 2
            rest >>= 1
        }
        return result
    }

    /// Reads a slice that begins at a moment.
    private func read(from moment: Int64, _ fold: inout Fold, _ seen: inout Set<Int64>) throws(StoreError) {
        var search = EventReader.Search()
        (search.from, search.to) = (moment, question.to)
        let page = try EventReader(database: database)
            .page(search, .ascending, from: nil, limit: Self.sliceEvents)
        for event in page.events where seen.insert(event.id).inserted {
            if question.site == nil || event.site == question.site { fold.add(event) }
        }
    }
}
