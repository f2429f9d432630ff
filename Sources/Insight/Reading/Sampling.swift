import Storage
import Telemetry

/// Answers questions that no cells are kept for, from events that are spread evenly over the range.
struct Sampling {
    let database: any Database
    let question: Question
    /// Events up to which all are looked at; beyond that, those of a slice.
    static let allMax: Int64 = 4000
    static let sliceEvents: Int64 = 50
    /// Milliseconds after which no further slice is read.
    static let milliseconds = 40
    /// Slices at least, so that no part of the range is left out, and at most.
    static let slicesMin: Int64 = 24
    static let slicesMax: Int64 = 256

    func cells() throws(StoreError) -> EventCells {
        let (first, end) = try EventReader(database: database).ids(question)
        var fold = Fold()
        fold.countsRobots = question.includesRobots
        fold.filters = question.filters.map { Fact(dimension: $0.dimension, value: $0.value) }
        let total = max(0, end - first)
        if total <= Self.allMax {
            try read(first, end, &fold)
            return EventCells(fold.take(), interval: question.interval, sample: nil)
        }
        let start = ContinuousClock.now
        let slices = total / Self.sliceEvents
        var read: Int64 = 0
        for number in 0..<min(Self.slicesMax, slices) {
            let place = first + Int64(Double(total - Self.sliceEvents) * Self.spread(number))
            try self.read(place, place + Self.sliceEvents, &fold)
            read += Self.sliceEvents
            if number >= Self.slicesMin, start.duration(to: .now) > .milliseconds(Self.milliseconds) { break }
        }
        let sample = Sample(share: Double(read) / Double(total), events: read)
        return EventCells(fold.take(), interval: question.interval, sample: sample)
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

    private func read(_ first: Int64, _ end: Int64, _ fold: inout Fold) throws(StoreError) {
        let columns = StoredEvent.columns(database.dialect)
        let question = question
        try database.stream(
            "select \(columns) from collector_events where id >= ?1 and id < ?2 order by id",
            [.integer(first), .integer(end)],
            milliseconds: RollupCells.milliseconds
        ) { row in
            if let event = StoredEvent(row), event.seconds >= question.from, event.seconds < question.to,
                question.site == nil || event.site == question.site
            {
                fold.add(event)
            }
            return true
        }
    }
}
