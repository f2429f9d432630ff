/// State of one list during a scan: first the measure of each value, then all sums of the selected rows.
struct ListWork {
    let list: ScanQuery.List
    private let dictionary: Column.Dictionary
    private let codesCount: Int
    private let bucketsCount: Int
    /// Whether `sums` covers all values of the column, so that rows need no second pass for their sums.
    let isWide: Bool
    /// Measures by code; empty when they can be derived from `sums`.
    private var measures: [Int64] = []
    /// Sums by code if `isWide`, otherwise by row.
    private var sums: [Sums] = []
    /// Codes of the selected rows.
    private(set) var codes: [UInt32] = []
    /// Row by code; -1 for a code without a row.
    private var rowsByCode: [Int32] = []
    private(set) var series: [[Int64]] = []

    /// Slot of a dictionary index whose value has no row.
    static let noRow: UInt16 = .max

    /// Nil for a column without a dictionary; memory used for sums is subtracted from `bytes`.
    init?(_ list: ScanQuery.List, _ dictionaries: DimensionDictionaries, bucketsCount: Int, bytes: inout Int) {
        guard let dictionary = list.column.dictionary else { return nil }
        (self.list, self.dictionary, self.bucketsCount) = (list, dictionary, bucketsCount)
        codesCount = dictionaries.count(dictionary)
        let needed = codesCount * MemoryLayout<Sums>.stride
        isWide = list.withSums && needed <= bytes
        if isWide {
            bytes -= needed
            sums = Array(repeating: Sums(), count: codesCount)
        }
        if !isWide || isCountedByVitals { measures = Array(repeating: 0, count: codesCount) }
    }

    var scope: Scope { list.column.scope }
    private var isCountedByVitals: Bool {
        list.measure.readsVitals && (scope == .session || scope == .pageView)
    }

    /// Whether the code means "not applicable": good values have no element and no part.
    private func isLeftOut(_ code: UInt32) -> Bool {
        code == 0 && (list.skipsNone || dictionary == .element || dictionary == .part)
    }

    /// The measure of a value of the list; 0 for any other.
    private func listed(_ code: Int) -> Int64 {
        guard let among = list.among, !among.contains(UInt32(code)) else { return measure(code) }
        return 0
    }

    /// Maps a code of a segment to one known to the query's dictionaries.
    private func known(_ code: UInt32) -> Int {
        Int(code) < codesCount ? Int(code) : Int(DimensionDictionaries.other)
    }

    // MARK: - First pass

    /// The memory that it uses in the first pass, in bytes.
    var bytes: Int { sums.count * MemoryLayout<Sums>.stride + measures.count * MemoryLayout<Int64>.stride }

    /// Adds what the first pass has counted in other segments, with dictionaries that have at most as many texts.
    mutating func add(_ other: ListWork) {
        // Codes are never changed.
        for code in 0..<min(sums.count, other.sums.count) { sums[code] &+= other.sums[code] }
        for code in 0..<min(measures.count, other.measures.count) { measures[code] &+= other.measures[code] }
    }

    mutating func addFirst(_ rows: SegmentRows) {
        if isWide { addSums(rows) }
        guard !measures.isEmpty, let dictionary = rows.dictionary(list.column) else { return }
        let amounts = rows.amounts(list, count: dictionary.count)
        for (index, code) in dictionary.enumerated() where !isLeftOut(code) {
            measures[known(code)] &+= Int64(amounts[row: index])
        }
    }

    private func measure(_ code: Int) -> Int64 {
        guard measures.isEmpty else { return measures[code] }
        let sums = sums[code]
        switch (scope, list.measure) {
        case (.event, _): return sums[Lane.errors] &+ sums[Lane.customEvents]
        case (.resource, _): return sums[Lane.requests]
        case (_, .sessions): return sums[Lane.sessions]
        case (_, .errors): return sums[Lane.errors]
        case (_, .events): return sums[Lane.customEvents]
        default: return sums[Lane.pageViews]
        }
    }

    /// Number of values with a measure above zero, and the sum of all measures.
    var whole: (count: Int64, total: Int64) {
        (0..<codesCount).reduce(into: (0, 0)) { whole, code in
            let measure = listed(code)
            if measure > 0 { whole.0 += 1 }
            whole.1 &+= measure
        }
    }

    /// Selects the rows of the list: those of `only`, or the values with the largest measures.
    mutating func choose(_ dictionaries: DimensionDictionaries) {
        if let only = list.only {
            codes = only
        } else {
            let values = (0..<codesCount).map { (code: $0, measure: listed($0)) }.filter { $0.measure > 0 }
            let (offset, limit) = (max(0, list.offset), max(0, list.limit))
            let sorted = values.map(\.measure).sorted(by: >)
            let end = offset + limit
            let least = sorted.count > end && end > 0 ? sorted[end - 1] : 0
            let candidates = values.filter { $0.measure >= least }.sorted { one, other in
                guard one.measure == other.measure else { return one.measure > other.measure }
                let texts = (one.code, other.code)
                return dictionaries.text(UInt32(texts.0), dictionary).utf8
                    .lexicographicallyPrecedes(dictionaries.text(UInt32(texts.1), dictionary).utf8)
            }
            codes = candidates.dropFirst(offset).prefix(limit).map { UInt32($0.code) }
        }
        rowsByCode = Array(repeating: -1, count: codesCount)
        for (row, code) in codes.enumerated() where Int(code) < codesCount && !isLeftOut(code) {
            rowsByCode[Int(code)] = Int32(row)
        }
        if !isWide, list.withSums { sums = Array(repeating: Sums(), count: codes.count) }
        if list.withSeries {
            series = Array(repeating: Array(repeating: 0, count: bucketsCount), count: codes.count)
        }
    }

    /// Whether the rows need another pass.
    var needsDetails: Bool { !codes.isEmpty && (!isWide && list.withSums || list.withSeries) }

    // MARK: - Sums

    /// Adds the sums of a segment for all values, or for the selected rows.
    mutating func addSums(_ rows: SegmentRows) {
        guard let dictionary = rows.dictionary(list.column) else { return }
        switch scope {
        case .session, .pageView:
            rows.sum(list.column)
            let scratch = rows.scratch
            for (index, code) in dictionary.enumerated() {
                guard let slot = slot(code) else { continue }
                var sum = Sums(scratch.even[row: index] &+ scratch.odd[row: index])
                sum[Lane.errors] = scratch.errors[row: index]
                sum[Lane.customEvents] = scratch.customEvents[row: index]
                sum[Lane.sessions] &+= Int64(scratch.sessions[row: index] & 0xffff_ffff)
                sum[Lane.bounces] &+= Int64(scratch.sessions[row: index] >> 32)
                sums[slot] &+= sum
            }
        case .event:
            rows.forEachEvent(list) { index, event in
                guard let slot = slot(dictionary[index]) else { return }
                sums[slot][event.kind == .custom ? Lane.customEvents : Lane.errors] &+= Int64(event.count)
            }
        case .resource:
            rows.forEachResource(list) { index, resource in
                guard let slot = slot(dictionary[index]) else { return }
                sums[slot][Lane.requests] &+= 1
                sums[slot][Lane.bytes] &+= resource.bytes
            }
        }
    }

    /// Index in `sums` for a code; nil when the code has none.
    private func slot(_ code: UInt32) -> Int? {
        guard !isLeftOut(code) else { return nil }
        let code = known(code)
        if isWide { return code }
        return rowsByCode.isEmpty || rowsByCode[code] < 0 ? nil : Int(rowsByCode[code])
    }

    // MARK: - Later passes

    mutating func addDetails(_ rows: SegmentRows) {
        if !isWide, list.withSums { addSums(rows) }
        guard list.withSeries, prepareSlots(rows) else { return }
        let slots = rows.scratch.slots
        var series = series
        self.series = []
        rows.forEachAmount(list) { index, bucket, amount in
            let slot = slots[row: index]
            if slot != Self.noRow { series[Int(slot)][bucket] &+= amount }
        }
        self.series = series
    }

    /// Writes the list row for each dictionary index of the column; false when no index has a row.
    func prepareSlots(_ rows: SegmentRows) -> Bool {
        guard !codes.isEmpty, let dictionary = rows.dictionary(list.column) else { return false }
        var has = false
        for (index, code) in dictionary.enumerated() {
            let row = rowsByCode[known(code)]
            rows.scratch.slots[row: index] = row < 0 ? Self.noRow : UInt16(clamping: row)
            if row >= 0 { has = true }
        }
        return has
    }

    func aggregate(_ row: Int) -> Aggregate {
        let index = isWide ? Int(codes[row]) : row
        let sums = index < sums.count ? sums[index] : Sums()
        guard scope == .resource else { return Aggregate(sums) }
        var aggregate = Aggregate()
        (aggregate.requests, aggregate.bytes) = (sums[Lane.requests], sums[Lane.bytes])
        return aggregate
    }
}
