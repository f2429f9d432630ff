/// The rows of a segment, and the selection of those that a query counts.
///
/// One object is reused for many segments of a scan, one after the other.
// Unchecked: one thread at a time uses it: first the one that loads a segment, then the one that counts it.
final class SegmentRows: @unchecked Sendable {
    private(set) var info = SegmentInfo(
        id: 0,
        firstTime: 0,
        lastTime: 0,
        sessions: 0,
        pageViews: 0,
        events: 0,
        resources: 0
    )
    /// By session: its first page view, and the number of its page views.
    let starts = RowBuffer<UInt16>()
    let counts = RowBuffer<UInt32>()
    /// By page view: its session.
    let owners = RowBuffer<UInt16>()
    let visitors = RowBuffer<UInt32>()
    /// The number after the highest one of a visitor.
    private(set) var visitorsEnd = 0
    /// Whether some sessions have no visitor.
    private(set) var hasAnonymous = false
    let times = RowBuffer<UInt32>()
    let counted = RowBuffer<UInt8>()
    private var isAllCounted = false
    /// By session: whether it passes the filters.
    let passingSessions = RowBuffer<UInt8>()
    /// By page view: whether it and its session pass; and whether it is within the range, too.
    private let passing = RowBuffer<UInt8>()
    private let inRange = RowBuffer<UInt8>()
    /// Numbers of the page views that pass, and of those that are within the range, too.
    private let passingNumbers = RowBuffer<UInt16>()
    private var passingCount = 0
    private let inRangeNumbers = RowBuffer<UInt16>()
    private var inRangeCount = 0
    private var isWhole = false
    /// By page view: its bucket, if it is within the range.
    let buckets = RowBuffer<UInt16>()
    private(set) var segmentBuckets = 0...0
    /// By session: 1 when it counts, 2 more when it has one page view.
    let sessionFlags = RowBuffer<UInt8>()
    let sessionBuckets = RowBuffer<UInt16>()
    /// By session: the figures of its page views within the range, and its own.
    let figures = RowBuffer<Figures>()
    /// Numbers of the sessions that have figures.
    private let activeNumbers = RowBuffer<UInt16>()
    private var activeCount = 0

    let received = RowBuffer<UInt32>()
    let engagement = RowBuffer<UInt64>()
    /// By page view, if they are needed: the codes of its emitted events, and its dropped and lost ones.
    let emitted = RowBuffer<UInt32>()
    let dropped = RowBuffer<UInt32>()
    let lost = RowBuffer<UInt32>()
    var codes: [Column: SegmentCodes] = [:]
    /// Codes of events and resources.
    var eventCodes: [Column: (dictionary: [UInt32], rows: [UInt16])] = [:]
    private var codeBuffers: [Column: RowBuffer<UInt16>] = [:]
    var vitals: [SegmentValues?] = Array(repeating: nil, count: Vital.allCases.count)
    var valueBuffers: [Column: RowBuffer<UInt16>] = [:]
    /// By session, if they are needed.
    private(set) var sessionKeys: [UInt64] = []
    var events: [Event] = []
    /// By event: its time after the first time of the segment in seconds, if the latest errors are wanted.
    var eventTimes: [UInt32] = []
    var resources: [Resource] = []
    private let pass = RowBuffer<UInt8>()
    /// By index of a dictionary: memory for counting; the owner of this object deallocates it.
    let scratch: ListScratch
    private var finder: BucketFinder?

    /// An event that counts.
    struct Event {
        var index: UInt32
        var count: UInt32
        var row: UInt16
        var session: UInt16
        var bucket: UInt16
        var kind: EventKind
    }

    /// A resource whose page view counts.
    struct Resource {
        var index: UInt32
        var row: UInt16
        var duration: UInt16
        var remainder: UInt32
        var bytes: Int64
        var kind: ResourceKind
    }

    init(_ scratch: ListScratch) { self.scratch = scratch }

    deinit {
        for buffer in [starts, owners, passingNumbers, inRangeNumbers, buckets, sessionBuckets, activeNumbers] {
            buffer.deallocate()
        }
        for buffer in [counted, passingSessions, passing, inRange, sessionFlags, pass] { buffer.deallocate() }
        for buffer in [counts, visitors, times, received, emitted, dropped, lost] { buffer.deallocate() }
        for buffer in codeBuffers.values { buffer.deallocate() }
        for buffer in valueBuffers.values { buffer.deallocate() }
        figures.deallocate()
        engagement.deallocate()
    }

    // MARK: - Loops

    func passes(_ row: Int) -> Bool { passing[row: row] == 1 }
    func isInRange(_ row: Int) -> Bool { isWhole ? passing[row: row] == 1 : inRange[row: row] == 1 }

    /// Calls the body with page views within the range that pass.
    @inline(__always) func forEachInRange(_ body: (_ row: UInt16) -> Void) {
        let (numbers, count) = (inRangeNumbers, inRangeCount)
        for index in 0..<count { body(numbers[row: index]) }
    }

    /// Calls the body with page views that pass, at any time.
    @inline(__always) func forEachPassing(_ body: (_ row: UInt16) -> Void) {
        let (numbers, count) = (passingNumbers, passingCount)
        for index in 0..<count { body(numbers[row: index]) }
    }

    /// Calls the body with sessions that have figures.
    @inline(__always) func forEachActive(_ body: (_ session: UInt16) -> Void) {
        let (numbers, count) = (activeNumbers, activeCount)
        for index in 0..<count { body(numbers[row: index]) }
    }

    /// Whether all counted rows are in one bucket.
    var isOneBucket: Bool { segmentBuckets.count == 1 }

    // MARK: - Loading

    /// Loads a segment; returns false when nothing of it counts.
    func load(_ columns: SegmentColumns, _ query: ScanQuery, _ needs: ScanNeeds) throws(DamagedSegment) -> Bool {
        info = columns.info
        (codes, events, resources, sessionKeys) = ([:], [], [], [])
        eventTimes = []
        for vital in vitals.indices { vitals[vital] = nil }
        for filter in query.filters {
            // Most segments of a rare value end here.
            guard try columns.dictionary(filter.column).contains(where: filter.codes.contains) else { return false }
        }
        try readStructure(columns, needs)
        try filterSessions(columns, query)
        try filterPageViews(columns, query)
        guard passingCount > 0 else { return false }
        var finder = BucketFinder(query, info)
        selectRange(&finder)
        self.finder = needs.figures ? finder : nil
        if needs.sums {
            try columns.read(.eventsReceived, into: received)
        } else if needs.figures {
            received.fill(info.pageViews, 0)
        }
        if needs.engagement {
            try columns.read(.engagement, into: engagement, max: UInt64(UInt32.max) + 1)
        } else if needs.sums || needs.figures {
            engagement.fill(info.pageViews, 0)
        }
        if needs.sessionKeys { sessionKeys = try columns.numbers(.sessionKey) }
        try readDetails(columns, query, needs, finder)
        return true
    }

    /// Computes which sessions count, and the figures of each, if they are needed.
    ///
    /// `load` leaves this to the thread that counts.
    func prepareFigures() {
        guard let finder else { return }
        selectSessions(finder)
        if hasAnonymous {
            for session in 0..<info.sessions where visitors[row: session] == VisitorBits.anonymousNumber {
                sessionFlags[row: session] = 0
            }
        }
        sumFigures()
    }

    private func readStructure(_ columns: SegmentColumns, _ needs: ScanNeeds) throws(DamagedSegment) {
        (visitorsEnd, hasAnonymous) = (0, false)
        if needs.readsVisitors {
            visitorsEnd = Int(try columns.read(.visitor, into: visitors, max: VisitorBits.anonymousNumber).max) + 1
            hasAnonymous = visitorsEnd > VisitorBits.visitorsMax
        }
        if hasAnonymous {
            visitorsEnd = (0..<info.sessions).reduce(0) { end, session in
                let visitor = visitors[row: session]
                return visitor == VisitorBits.anonymousNumber ? end : max(end, Int(visitor) + 1)
            }
        }
        try columns.read(.time, into: times, max: UInt32(info.lastTime - info.firstTime))
        try columns.read(.counted, into: counted, max: 1)
        isAllCounted = (0..<info.pageViews).reduce(1) { $0 & counted[row: $1] } == 1
        try columns.read(.pageViewRows, into: counts, max: UInt32(info.pageViews))
        var row = 0
        for session in 0..<info.sessions {
            let count = Int(counts[row: session])
            guard count > 0, row + count <= info.pageViews else { throw DamagedSegment() }
            starts[row: session] = UInt16(row)
            owners.storeRun(row, row + count, UInt16(session))
            row += count
        }
        guard row == info.pageViews else { throw DamagedSegment() }
    }

    private func filterSessions(_ columns: SegmentColumns, _ query: ScanQuery) throws(DamagedSegment) {
        passingSessions.fill(info.sessions, 1)
        for (byte, bits) in info.dead.enumerated() where bits != 0 {
            for bit in 0..<8 where bits & 1 << UInt8(bit) != 0 && byte * 8 + bit < info.sessions {
                passingSessions[row: byte * 8 + bit] = 0
            }
        }
        if let keys = query.sessionKeys {
            let own: [UInt64] = try columns.numbers(.sessionKey)
            for (session, key) in own.enumerated() where !keys.contains(key) { passingSessions[row: session] = 0 }
        }
        for filter in query.filters where filter.column.scope == .session {
            let codes = try load(filter.column, columns)
            guard preparePass(codes, filter) else { continue }
            let (rows, pass) = (codes.rows, pass)
            for session in 0..<info.sessions { passingSessions[row: session] &= pass[rows[row: session]] }
        }
        for filter in query.filters where filter.column.scope == .event {
            let has = sessionFlags
            has.fill(info.sessions, 0)
            let codes = try columns.codes(filter.column)
            let parents: [UInt32] = try columns.numbers(.eventPageView, max: UInt32(info.pageViews - 1))
            let kinds: [UInt8] = try columns.numbers(.eventKind, max: EventKind.last.rawValue)
            let wanted = codes.dictionary.map { filter.codes.contains($0) }
            for (index, code) in codes.rows.enumerated()
            where wanted[Int(code)] && filter.selects(EventKind(rawValue: kinds[index])) {
                has[owners[row: Int(parents[index])]] = 1
            }
            for session in 0..<info.sessions { passingSessions[row: session] &= has[row: session] }
        }
        for filter in query.conditions { try filterSessions(columns, filter) }
    }

    /// Fills `pass` by the indexes of a column; returns false when all rows pass.
    private func preparePass(_ codes: SegmentCodes, _ filter: ScanQuery.Filter) -> Bool {
        var all = true
        for (index, code) in codes.dictionary.enumerated() {
            let passes = filter.codes.contains(code)
            pass[row: index] = passes ? 1 : 0
            if !passes { all = false }
        }
        return !all
    }

    private func filterPageViews(_ columns: SegmentColumns, _ query: ScanQuery) throws(DamagedSegment) {
        let count = info.pageViews
        for row in 0..<count { passing[row: row] = passingSessions[owners[row: row]] }
        var hasFilter = false
        for filter in query.filters where filter.column.scope == .pageView {
            let codes = try load(filter.column, columns)
            guard preparePass(codes, filter) else { continue }
            hasFilter = true
            let (rows, pass) = (codes.rows, pass)
            for row in 0..<count { passing[row: row] &= pass[rows[row: row]] }
        }
        passingCount = passingNumbers.select(passing, count)
        guard hasFilter else { return }
        // A session passes when one of its page views does that counts.
        passingSessions.fill(info.sessions, 0)
        forEachPassing { row in passingSessions[owners[row]] |= counted[row] }
    }

    private func selectRange(_ finder: inout BucketFinder) {
        let count = info.pageViews
        segmentBuckets = finder.buckets
        finder.write(buckets, times, count)
        isWhole = finder.isWhole(info)
        if isWhole {
            inRangeCount = passingCount
            for index in 0..<passingCount { inRangeNumbers[row: index] = passingNumbers[row: index] }
        } else {
            for row in 0..<count { inRange[row: row] = passing[row: row] }
            finder.mark(inRange, times, count)
            inRangeCount = inRangeNumbers.select(inRange, count)
        }
    }

    /// Selects the sessions that count, by their first page view that counts.
    private func selectSessions(_ finder: BucketFinder) {
        guard !isAllCounted else { return selectSessionsByStart(finder) }
        for session in 0..<info.sessions {
            let (start, count) = (Int(starts[row: session]), Int(counts[row: session]))
            sessionFlags[row: session] = 0
            guard passingSessions[row: session] == 1 else { continue }
            var first = start
            while first < start + count, counted[row: first] == 0 { first += 1 }
            guard first < start + count, finder.isInRange(times[row: first]) else { continue }
            var second = first + 1
            while second < start + count, counted[row: second] == 0 { second += 1 }
            sessionFlags[row: session] = second < start + count ? 1 : 3
            sessionBuckets[row: session] = buckets[row: first]
        }
    }

    /// Does the same if all page views count, which is nearly always so, without branches that are often mispredicted.
    private func selectSessionsByStart(_ finder: BucketFinder) {
        for session in 0..<info.sessions {
            let start = starts[row: session]
            let isCounted = passingSessions[row: session] == 1 && finder.isInRange(times[start])
            let flags: UInt8 = counts[row: session] > 1 ? 1 : 3
            sessionFlags[row: session] = isCounted ? flags : 0
            sessionBuckets[row: session] = buckets[start]
        }
    }

    private func sumFigures() {
        let (figures, owners) = (figures, owners)
        figures.fill(info.sessions, Figures())
        // Sums from the first row on, of which the last one of each session stays: a sum that is only written need not
        // wait for the one before, as one that is read again would.
        var sum = Figures()
        forEachInRange { row in
            sum &+= figuresOf(row)
            figures[owners[row]] = sum
        }
        var (active, before) = (0, Figures())
        for session in 0..<info.sessions {
            let found = figures[row: session]
            let after = Self.isZero(found) ? before : found
            let flags = UInt64(sessionFlags[row: session])
            let own = after &- before &+ Figures((flags & 1) << 32, flags >> 1, 0, 0)
            before = after
            figures[row: session] = own
            activeNumbers[row: active] = UInt16(truncatingIfNeeded: session)
            active &+= Self.isZero(own) ? 0 : 1
        }
        activeCount = active
    }

    @inline(__always) private static func isZero(_ figures: Figures) -> Bool {
        figures[0] | figures[1] | figures[2] | figures[3] == 0
    }

    /// The figures of a page view within the range, without its events.
    @inline(__always) func figuresOf(_ row: UInt16) -> Figures {
        let engaged = engagement[row]
        let isEngaged: UInt64 = engaged > 0 ? 1 : 0
        return Figures(UInt64(counted[row]), isEngaged << 32, engaged &- isEngaged, UInt64(received[row]))
    }

    /// Sums the figures of sessions by the indexes of a column of sessions.
    func sumSessions(_ codes: RowBuffer<UInt16>) {
        let (numbers, count, figures) = (activeNumbers, activeCount, figures)
        let (even, odd) = (scratch.even, scratch.odd)
        var index = 0
        while index &+ 1 < count {
            let (one, other) = (numbers[row: index], numbers[row: index &+ 1])
            even[codes[one]] &+= figures[one]
            odd[codes[other]] &+= figures[other]
            index &+= 2
        }
        if index < count {
            let last = numbers[row: index]
            even[codes[last]] &+= figures[last]
        }
    }

    /// Loads a column of codes of sessions or page views, once.
    func load(_ column: Column, _ columns: SegmentColumns) throws(DamagedSegment) -> SegmentCodes {
        if let loaded = codes[column] { return loaded }
        let buffer = codeBuffers[column] ?? RowBuffer()
        codeBuffers[column] = buffer
        let loaded = SegmentCodes(dictionary: try columns.readCodes(column, into: buffer), rows: buffer)
        codes[column] = loaded
        return loaded
    }
}
