/// The figures that lists, buckets and ranges have in common; one lane for each.
typealias Sums = SIMD8<Int64>

enum Lane {
    static let pageViews = 0, sessions = 1, bounces = 2, errors = 3, customEvents = 4
    static let engagedPageViews = 5, engagedMilliseconds = 6, received = 7
}

/// One list while segments are scanned: first the measure of each value, then all figures of the rows that were chosen.
struct ListWork {
    let list: ScanQuery.List
    private let dictionary: Column.Dictionary
    private let bucketsCount: Int
    private(set) var measures: [Int64]
    /// Codes of the rows, and by code: its row, -1 without one.
    private(set) var codes: [UInt32] = []
    private var rowsByCode: [Int32] = []
    var sums: [Sums] = []
    var requests: [Int64] = []
    var bytes: [Int64] = []
    /// By vital, durations last, and row.
    var values: [[ValueGroup]] = []
    var series: [[Int64]] = []
    static let durations = Vital.allCases.count

    /// Nil for a column without texts.
    init?(_ list: ScanQuery.List, _ dictionaries: DimensionDictionaries, bucketsCount: Int) {
        guard let dictionary = list.column.dictionary else { return nil }
        (self.list, self.dictionary, self.bucketsCount) = (list, dictionary, bucketsCount)
        measures = Array(repeating: 0, count: dictionaries.count(dictionary))
    }

    var scope: Scope { list.column.scope }

    /// Whether the code stands for nothing here: good values have no element and no part.
    private func isLeftOut(_ code: UInt32) -> Bool {
        code == 0 && (dictionary == .element || dictionary == .part)
    }

    /// The codes of a segment as the query's dictionaries know them.
    private func known(_ code: UInt32) -> Int {
        Int(code) < measures.count ? Int(code) : Int(DimensionDictionaries.other)
    }

    // MARK: - First pass

    mutating func addMeasures(_ rows: SegmentRows) {
        guard let codes = rows.codes[list.column] else { return }
        var local = [Int64](repeating: 0, count: codes.dictionary.count)
        forEachAmount(rows, codes.rows, codes.dictionary.count) { index, _, amount in local[index] &+= amount }
        for (index, code) in codes.dictionary.enumerated() where !isLeftOut(code) {
            measures[known(code)] &+= local[index]
        }
    }

    /// What the list sums, by the index of its code and the bucket.
    @inline(__always)
    private func forEachAmount(
        _ rows: SegmentRows,
        _ indexes: [UInt16],
        _ count: Int,
        _ body: (_ index: Int, _ bucket: Int, _ amount: Int64) -> Void
    ) {
        let isSession = scope == .session
        switch (scope, list.measure) {
        case (.event, _):
            for event in rows.events where list.eventKinds.contains(event.kind) {
                body(Int(indexes[event.index]), event.bucket, event.count)
            }
        case (.resource, let measure):
            for resource in rows.resources where list.resourceKind == nil || list.resourceKind == resource.kind {
                let bucket = Int(rows.buckets[resource.row])
                body(Int(indexes[resource.index]), bucket, measure == .bytes ? resource.bytes : 1)
            }
        case (_, .sessions):
            forEachSession(rows, indexes, count) { index, session in
                body(index, Int(rows.sessionBuckets[session]), 1)
            }
        case (_, .errors), (_, .events):
            let kind: EventKind = list.measure == .errors ? .error : .custom
            for event in rows.events where event.kind == kind {
                body(Int(indexes[isSession ? event.session : event.row]), event.bucket, event.count)
            }
        case (_, .vitals):
            for row in rows.inRange.indices where rows.inRange[row] {
                guard list.vitals.contains(where: { rows.vitals[$0.rawValue][row] != VitalCode.none }) else { continue }
                body(Int(indexes[isSession ? Int(rows.owners[row]) : row]), Int(rows.buckets[row]), 1)
            }
        default:
            for row in rows.views.indices where rows.views[row] {
                body(Int(indexes[isSession ? Int(rows.owners[row]) : row]), Int(rows.buckets[row]), 1)
            }
        }
    }

    /// Sessions that count, once for each of their values.
    @inline(__always)
    private func forEachSession(
        _ rows: SegmentRows,
        _ indexes: [UInt16],
        _ count: Int,
        _ body: (_ index: Int, _ session: Int) -> Void
    ) {
        if scope == .session {
            for session in indexes.indices where rows.sessionBuckets[session] >= 0 {
                body(Int(indexes[session]), session)
            }
            return
        }
        var seen = [Int32](repeating: -1, count: count)
        for session in rows.sessionBuckets.indices where rows.sessionBuckets[session] >= 0 {
            for row in rows.starts[session]..<rows.starts[session + 1] where rows.passing[row] {
                let index = Int(indexes[row])
                guard seen[index] != Int32(session) else { continue }
                seen[index] = Int32(session)
                body(index, session)
            }
        }
    }

    /// The number of values above zero, and the sum over all.
    var whole: (count: Int64, total: Int64) {
        measures.reduce(into: (0, 0)) { whole, measure in
            if measure > 0 { whole.0 += 1 }
            whole.1 &+= measure
        }
    }

    /// Chooses the rows.
    mutating func choose(_ dictionaries: DimensionDictionaries) {
        if let only = list.only {
            codes = only
        } else {
            let values = measures.indices.filter { measures[$0] > 0 }
            let limit = max(0, list.limit)
            let sorted = values.map { measures[$0] }.sorted(by: >)
            let least = sorted.count > limit && limit > 0 ? sorted[limit - 1] : 0
            let candidates = values.filter { measures[$0] >= least }.sorted { one, other in
                guard measures[one] == measures[other] else { return measures[one] > measures[other] }
                let texts = (dictionaries.text(UInt32(one), dictionary), dictionaries.text(UInt32(other), dictionary))
                return texts.0.utf8.lexicographicallyPrecedes(texts.1.utf8)
            }
            codes = candidates.prefix(limit).map { UInt32($0) }
        }
        rowsByCode = Array(repeating: -1, count: measures.count)
        for (row, code) in codes.enumerated() where Int(code) < measures.count && !isLeftOut(code) {
            rowsByCode[Int(code)] = Int32(row)
        }
        sums = Array(repeating: Sums(), count: codes.count)
        (requests, bytes) = (Array(repeating: 0, count: codes.count), Array(repeating: 0, count: codes.count))
        let groups = Array(repeating: ValueGroup(), count: codes.count)
        values = Array(repeating: groups, count: Self.durations + 1)
        if list.withSeries {
            series = Array(repeating: Array(repeating: 0, count: bucketsCount), count: codes.count)
        }
    }

    // MARK: - Later passes

    /// By the index of a code: its row; -1 without one.
    func rowsByIndex(_ codes: SegmentCodes) -> [Int] { codes.dictionary.map { Int(rowsByCode[known($0)]) } }

    mutating func addSums(_ rows: SegmentRows, _ sessionSums: [Sums]) {
        // Without rows its columns may not have been read.
        guard !self.codes.isEmpty, let codes = rows.codes[list.column] else { return }
        let slots = rowsByIndex(codes)
        if list.withSeries {
            var series = series
            self.series = []
            forEachAmount(rows, codes.rows, codes.dictionary.count) { index, bucket, amount in
                if slots[index] >= 0 { series[slots[index]][bucket] &+= amount }
            }
            self.series = series
        }
        switch scope {
        case .session:
            for session in codes.rows.indices {
                let slot = slots[Int(codes.rows[session])]
                if slot >= 0 { sums[slot] &+= sessionSums[session] }
            }
        case .pageView: addPageViews(rows, codes, slots)
        case .event:
            for event in rows.events where list.eventKinds.contains(event.kind) {
                let slot = slots[Int(codes.rows[event.index])]
                if slot >= 0 { sums[slot][event.kind == .custom ? Lane.customEvents : Lane.errors] &+= event.count }
            }
        case .resource:
            for resource in rows.resources where list.resourceKind == nil || list.resourceKind == resource.kind {
                let slot = slots[Int(codes.rows[resource.index])]
                guard slot >= 0 else { continue }
                requests[slot] &+= 1
                bytes[slot] &+= resource.bytes
            }
        }
    }

    private mutating func addPageViews(_ rows: SegmentRows, _ codes: SegmentCodes, _ slots: [Int]) {
        for row in codes.rows.indices where rows.inRange[row] {
            let slot = slots[Int(codes.rows[row])]
            if slot >= 0 { sums[slot] &+= rows.sums(row) }
        }
        for event in rows.events {
            let slot = slots[Int(codes.rows[event.row])]
            guard slot >= 0, let lane = event.lane else { continue }
            sums[slot][lane] &+= event.count
        }
        var sums = sums
        self.sums = []
        forEachSession(rows, codes.rows, codes.dictionary.count) { index, session in
            guard slots[index] >= 0 else { return }
            sums[slots[index]][Lane.sessions] &+= 1
            if rows.bounces[session] { sums[slots[index]][Lane.bounces] &+= 1 }
        }
        self.sums = sums
    }

    /// Passes on the visitors of the rows, and whether each is one with an error that counts.
    func forEachVisitor(_ rows: SegmentRows, _ body: (_ row: Int, _ visitor: UInt32, _ isAffected: Bool) -> Void) {
        guard let codes = rows.codes[list.column] else { return }
        let slots = rowsByIndex(codes)
        func visit(_ index: UInt16, _ session: Int, _ isAffected: Bool) {
            let slot = slots[Int(index)]
            if slot >= 0 { body(slot, rows.visitors[session], isAffected) }
        }
        switch scope {
        case .session:
            for session in codes.rows.indices where rows.sessionViews[session] > 0 {
                visit(codes.rows[session], session, false)
            }
            for event in rows.events where event.kind == .error {
                visit(codes.rows[event.session], event.session, true)
            }
        case .pageView:
            for row in codes.rows.indices where rows.views[row] { visit(codes.rows[row], Int(rows.owners[row]), false) }
            for event in rows.events where event.kind == .error { visit(codes.rows[event.row], event.session, true) }
        case .event:
            for event in rows.events where list.eventKinds.contains(event.kind) {
                visit(codes.rows[event.index], event.session, false)
                if event.kind == .error { visit(codes.rows[event.index], event.session, true) }
            }
        case .resource:
            for resource in rows.resources where list.resourceKind == nil || list.resourceKind == resource.kind {
                visit(codes.rows[resource.index], Int(rows.owners[resource.row]), false)
            }
        }
    }

    mutating func addValues(_ rows: SegmentRows, exactly: Bool) {
        // Without rows its columns may not have been read.
        guard !self.codes.isEmpty, let codes = rows.codes[list.column] else { return }
        let slots = rowsByIndex(codes)
        if scope == .resource {
            for resource in rows.resources where list.resourceKind == nil || list.resourceKind == resource.kind {
                let slot = slots[Int(codes.rows[resource.index])]
                guard slot >= 0 else { continue }
                values[Self.durations][slot].add(resource.duration, resource.remainder, exactly: exactly)
            }
        }
        guard scope == .session || scope == .pageView else { return }
        for vital in list.vitals {
            let numbers = rows.vitals[vital.rawValue]
            let remainders = rows.remainders[vital.rawValue]
            for row in rows.inRange.indices where rows.inRange[row] && numbers[row] != VitalCode.none {
                let slot = slots[Int(codes.rows[scope == .session ? Int(rows.owners[row]) : row])]
                guard slot >= 0 else { continue }
                values[vital.rawValue][slot].add(numbers[row], exactly ? remainders[row] : 0, exactly: exactly)
            }
        }
    }

    var needsExact: Bool { values.contains { $0.contains(where: \.needsExact) } }

    func aggregate(_ row: Int) -> Aggregate {
        var aggregate = Aggregate(sums[row])
        (aggregate.requests, aggregate.bytes) = (requests[row], bytes[row])
        for vital in list.vitals where scope == .session || scope == .pageView {
            aggregate.vitals[vital.rawValue] = values[vital.rawValue][row].summary(
                vital.bounds,
                withDistribution: false
            )
        }
        if scope == .resource {
            aggregate.durations = values[Self.durations][row].summary(Vital.durationBounds, withDistribution: false)
        }
        return aggregate
    }
}

extension ValueGroup {
    mutating func add(_ code: UInt16, _ remainder: UInt32, exactly: Bool) {
        if !exactly {
            add(code)
        } else if needsExact, let value = VitalCode.value(code, remainder) {
            exact.append(value)
        }
    }
}

extension Aggregate {
    init(_ sums: Sums) {
        self.init()
        (pageViews, sessions, bounces) = (sums[Lane.pageViews], sums[Lane.sessions], sums[Lane.bounces])
        (errors, customEvents) = (sums[Lane.errors], sums[Lane.customEvents])
        (engagedPageViews, engagedMilliseconds) = (sums[Lane.engagedPageViews], sums[Lane.engagedMilliseconds])
        eventsReceived = sums[Lane.received]
    }
}

extension SegmentRows {
    /// What a page view within the range counts for, but for its events.
    func sums(_ row: Int) -> Sums {
        let engaged = Int64(engagement[row])
        return Sums(
            views[row] ? 1 : 0,
            0,
            0,
            0,
            0,
            engaged > 0 ? 1 : 0,
            engaged > 0 ? engaged - 1 : 0,
            Int64(received[row])
        )
    }

    /// What each session counts for.
    func sessionSums() -> [Sums] {
        var sums = [Sums](repeating: Sums(), count: info.sessions)
        for row in inRange.indices where inRange[row] { sums[Int(owners[row])] &+= self.sums(row) }
        for session in sums.indices where sessionBuckets[session] >= 0 {
            sums[session] &+= Sums(0, 1, bounces[session] ? 1 : 0, 0, 0, 0, 0, 0)
        }
        for event in events {
            guard let lane = event.lane else { continue }
            sums[event.session][lane] &+= event.count
        }
        return sums
    }
}

extension SegmentRows.Event {
    var lane: Int? {
        switch kind {
        case .error: Lane.errors
        case .custom: Lane.customEvents
        case .noise, .invalid: nil
        }
    }
}
