/// Limits of a scan for visitors.
package enum VisitorScanLimits {
    /// The most visitors of a page.
    package static let visitorsMax = 100
    /// Visitor numbers that one pass covers: 16 MB.
    static let visitorsOfPass = 4_194_304
}

/// The visitors after a position, in order, with their figures and columns of their latest sessions.
///
/// One pass finds the visitors, several if there are very many, and another one their figures.
package func scanVisitors<Source: SegmentSource>(
    _ query: ScanQuery,
    _ source: Source,
    by order: VisitorOrder,
    after position: VisitorPosition?,
    limit: Int,
    columns: [Column],
    visitorsOfPass: Int = VisitorScanLimits.visitorsOfPass
) throws(Source.Failure) -> VisitorScanResult {
    precondition(columns.allSatisfy { $0.scope == .session })
    var result = VisitorScanResult()
    var top = TopVisitors(limit: min(limit, VisitorScanLimits.visitorsMax) + 1, after: position)
    var (first, end) = (0, 1)
    while first < end {
        var measures = VisitorMeasures(order, query, first..<first + visitorsOfPass)
        let extra = order == .errors ? eventColumns : []
        result.damagedSegments = try walk(query, source, extra) { rows, columns throws(DamagedSegment) in
            end = max(end, rows.visitorsEnd)
            try measures.add(rows, columns)
        }
        result.hasTooManyVisitors = end >= VisitorBits.visitorsMax
        guard result.damagedSegments == 0, !result.hasTooManyVisitors else { return result }
        measures.forEach { position in
            result.count += 1
            top.insert(position)
        }
        first += visitorsOfPass
    }
    let positions = top.sorted
    result.hasMore = positions.count > limit
    guard !positions.isEmpty else { return result }
    var details = VisitorDetails(query, positions.prefix(limit), columns)
    let extra = Set(columns + [.sessionKey]).union(eventColumns)
    result.damagedSegments = try walk(query, source, extra) { rows, columns throws(DamagedSegment) in
        try details.add(rows, columns)
    }
    result.visitors = details.visitors
    return result
}

private let eventColumns: Set<Column> = [.eventPageView, .eventTime, .eventKind, .eventCount]

extension SegmentRows {
    /// Calls the body with the errors within the range of page views that pass.
    fileprivate func forEachError(
        _ columns: SegmentColumns,
        _ query: ScanQuery,
        _ body: (_ visitor: UInt32, _ count: UInt32) -> Void
    ) throws(DamagedSegment) {
        guard info.events > 0 else { return }
        let kinds: [UInt8] = try columns.numbers(.eventKind, max: EventKind.last.rawValue)
        guard kinds.contains(EventKind.error.rawValue) else { return }
        let owning: [UInt32] = try columns.numbers(.eventPageView, max: UInt32(info.pageViews - 1))
        let times: [UInt32] = try columns.numbers(.eventTime, max: UInt32(info.lastTime - info.firstTime))
        let counts: [UInt32] = try columns.numbers(.eventCount)
        for (index, kind) in kinds.enumerated() where kind == EventKind.error.rawValue {
            let (row, time) = (Int(owning[index]), info.firstTime + Int64(times[index]))
            guard passes(row), time >= query.from, time < query.to else { continue }
            body(visitors[owners[row: row]], counts[index])
        }
    }
}

/// The measures of the visitors of one pass.
private struct VisitorMeasures {
    /// Set in the measure of each visitor with a matching page view.
    private static let present: UInt32 = 1 << 31

    private let order: VisitorOrder
    private let query: ScanQuery
    private let numbers: Range<Int>
    /// By number; those of times count from the start of the range.
    private var measures: [UInt32] = []

    init(_ order: VisitorOrder, _ query: ScanQuery, _ numbers: Range<Int>) {
        (self.order, self.query, self.numbers) = (order, query, numbers)
    }

    mutating func add(_ rows: SegmentRows, _ columns: SegmentColumns) throws(DamagedSegment) {
        rows.forEachInRange { row in
            guard rows.counted[row] == 1, let index = index(rows.visitors[rows.owners[row]]) else { return }
            measures[index] |= Self.present
            switch order {
            case .lastSeen:
                let seconds = UInt32(clamping: rows.info.firstTime + Int64(rows.times[row]) - query.from)
                measures[index] = max(measures[index], Self.present | seconds)
            case .pageViews: add(1, index)
            case .sessions, .errors: break
            }
        }
        if order == .sessions {
            for session in 0..<rows.info.sessions where rows.isCounted(session: session) {
                if let index = index(rows.visitors[row: session]) { add(1, index) }
            }
        }
        if order == .errors {
            try rows.forEachError(columns, query) { visitor, count in
                if let index = index(visitor) { add(count, index) }
            }
        }
    }

    /// The index of a visitor's measure; nil for one that another pass covers.
    private mutating func index(_ visitor: UInt32) -> Int? {
        guard numbers.contains(Int(visitor)) else { return nil }
        let index = Int(visitor) - numbers.lowerBound
        if index >= measures.count {
            let count = min(max(index + 1, 2 * measures.count), numbers.count)
            measures += [UInt32](repeating: 0, count: count - measures.count)
        }
        return index
    }

    private mutating func add(_ amount: UInt32, _ index: Int) {
        let (bit, sum) = (measures[index] & Self.present, UInt64(measures[index] & ~Self.present) + UInt64(amount))
        measures[index] = bit | UInt32(min(sum, UInt64(Self.present - 1)))
    }

    /// Calls the body with each visitor that has a matching page view.
    func forEach(_ body: (VisitorPosition) -> Void) {
        let base = order == .lastSeen ? query.from : 0
        for (index, measure) in measures.enumerated() where measure & Self.present != 0 {
            body(
                VisitorPosition(
                    measure: base + Int64(measure & ~Self.present),
                    number: UInt32(numbers.lowerBound + index)
                )
            )
        }
    }
}

/// The first visitors after a position.
private struct TopVisitors {
    private let limit: Int
    private let position: VisitorPosition?
    /// Up to twice the limit, so that sorting is rare.
    private var kept: [VisitorPosition] = []
    /// The smallest one that can still be among the first.
    private var least: VisitorPosition?

    init(limit: Int, after position: VisitorPosition?) { (self.limit, self.position) = (limit, position) }

    mutating func insert(_ one: VisitorPosition) {
        if let position, one >= position { return }
        if let least, one < least { return }
        kept.append(one)
        guard kept.count >= 2 * limit else { return }
        kept = sorted
        least = kept.last
    }

    var sorted: [VisitorPosition] { Array(kept.sorted(by: >).prefix(limit)) }
}

/// The figures of chosen visitors.
private struct VisitorDetails {
    private let query: ScanQuery
    private let columns: [Column]
    private var indexes: [UInt32: Int] = [:]
    private(set) var visitors: [ScannedVisitor] = []
    /// Whether a chosen visitor's number ends with these bits: most others need no lookup.
    private var hints = [Bool](repeating: false, count: 4096)

    init(_ query: ScanQuery, _ positions: ArraySlice<VisitorPosition>, _ columns: [Column]) {
        (self.query, self.columns) = (query, columns)
        for (index, position) in positions.enumerated() {
            indexes[position.number] = index
            hints[Int(position.number & 4095)] = true
            visitors.append(ScannedVisitor(position))
        }
    }

    private func index(_ visitor: UInt32) -> Int? { hints[Int(visitor & 4095)] ? indexes[visitor] : nil }

    mutating func add(_ rows: SegmentRows, _ columns: SegmentColumns) throws(DamagedSegment) {
        var latest: [Int: UInt16] = [:]
        rows.forEachInRange { row in
            let session = rows.owners[row]
            guard rows.counted[row] == 1, let index = index(rows.visitors[session]) else { return }
            let time = rows.info.firstTime + Int64(rows.times[row])
            visitors[index].pageViews += 1
            visitors[index].firstSeen = min(visitors[index].firstSeen, time)
            guard time >= visitors[index].lastSeen else { return }
            visitors[index].lastSeen = time
            latest[index] = session
        }
        guard !latest.isEmpty || rows.info.events > 0 else { return }
        for session in 0..<rows.info.sessions where rows.isCounted(session: session) {
            if let index = index(rows.visitors[row: session]) { visitors[index].sessions += 1 }
        }
        try rows.forEachError(columns, query) { visitor, count in
            if let index = index(visitor) { visitors[index].errors += Int64(count) }
        }
        guard !latest.isEmpty else { return }
        let keys: [UInt64] = try columns.numbers(.sessionKey)
        for (index, session) in latest { visitors[index].sessionKey = keys[Int(session)] }
        for column in self.columns {
            let codes = try rows.load(column, columns)
            for (index, session) in latest {
                visitors[index].codes[column] = codes.dictionary[Int(codes.rows[session])]
            }
        }
    }
}
