/// The rows of a segment, and which of them a query counts.
struct SegmentRows {
    let info: SegmentInfo
    /// The first page view of each session, and the end of the last.
    private(set) var starts: [Int] = [0]
    /// The session of each page view.
    private(set) var owners: [UInt32] = []
    private(set) var visitors: [UInt32]
    private(set) var visitorsEnd = 0
    private var times: [UInt32]
    private var counted: [UInt8]
    /// By session: whether it passes the filters.
    private var passingSessions: [Bool] = []
    /// By page view: whether it passes, and its session does; and of those, which are within the range, and which are page views, too.
    private(set) var passing: [Bool] = []
    private(set) var inRange: [Bool] = []
    private(set) var views: [Bool] = []
    /// By page view: its bucket, when it is within the range.
    private(set) var buckets: [UInt16] = []
    /// By session: the bucket it counts in; -1 when it does not count.
    private(set) var sessionBuckets: [Int32] = []
    private(set) var bounces: [Bool] = []
    /// By session: page views that count.
    private(set) var sessionViews: [UInt32] = []

    private(set) var received: [UInt32] = []
    private(set) var engagement: [UInt64] = []
    private(set) var codes: [Column: SegmentCodes] = [:]
    private(set) var vitals: [[UInt16]] = Array(repeating: [], count: Vital.allCases.count)
    private(set) var remainders: [[UInt32]] = Array(repeating: [], count: Vital.allCases.count)
    private(set) var events: [Event] = []
    private(set) var resources: [Resource] = []

    /// An event that counts.
    struct Event {
        var index: Int
        var row: Int
        var session: Int
        var bucket: Int
        var kind: EventKind
        var count: Int64
    }

    /// A resource whose page view counts.
    struct Resource {
        var index: Int
        var row: Int
        var kind: ResourceKind
        var duration: UInt16
        var remainder: UInt32
        var bytes: Int64
    }

    init(_ columns: SegmentColumns, _ query: ScanQuery, _ needs: ScanNeeds) throws(DamagedSegment) {
        info = columns.info
        visitors = try columns.numbers(.visitor, max: UInt32(VisitorBits.visitorsMax - 1))
        times = try columns.numbers(.time, max: UInt32(info.lastTime - info.firstTime))
        counted = try columns.numbers(.counted, max: 1)
        let counts: [UInt32] = try columns.numbers(.pageViewRows, max: UInt32(info.pageViews))
        visitorsEnd = Int(visitors.max() ?? 0) + 1
        starts.reserveCapacity(counts.count + 1)
        owners.reserveCapacity(info.pageViews)
        for (session, count) in counts.enumerated() {
            guard count > 0, owners.count + Int(count) <= info.pageViews else { throw DamagedSegment() }
            owners.append(contentsOf: repeatElement(UInt32(session), count: Int(count)))
            starts.append(owners.count)
        }
        guard owners.count == info.pageViews else { throw DamagedSegment() }
        try filter(columns, query)
        selectRange(query)
        try read(columns, query, needs)
    }

    private mutating func filter(_ columns: SegmentColumns, _ query: ScanQuery) throws(DamagedSegment) {
        passingSessions = Array(repeating: true, count: info.sessions)
        var passing = [Bool](repeating: true, count: info.pageViews)
        var hasPageViewFilter = false
        for (byte, bits) in info.dead.enumerated() where bits != 0 {
            for bit in 0..<8 where bits & 1 << UInt8(bit) != 0 && byte * 8 + bit < info.sessions {
                passingSessions[byte * 8 + bit] = false
            }
        }
        if let keys = query.sessionKeys {
            let own: [UInt64] = try columns.numbers(.sessionKey)
            for (session, key) in own.enumerated() where !keys.contains(key) { passingSessions[session] = false }
        }
        for filter in query.filters {
            let codes = try columns.codes(filter.column)
            let wanted = codes.dictionary.map { filter.codes.contains($0) }
            switch filter.column.scope {
            case .session:
                for (session, code) in codes.rows.enumerated() where !wanted[Int(code)] {
                    passingSessions[session] = false
                }
            case .pageView:
                hasPageViewFilter = true
                for (row, code) in codes.rows.enumerated() where !wanted[Int(code)] { passing[row] = false }
            case .event, .resource:
                let isEvent = filter.column.scope == .event
                let parents: [UInt32] = try columns.numbers(
                    isEvent ? .eventPageView : .resourcePageView,
                    max: UInt32(info.pageViews - 1)
                )
                var has = [Bool](repeating: false, count: isEvent ? info.sessions : info.pageViews)
                for (index, code) in codes.rows.enumerated() where wanted[Int(code)] {
                    let row = Int(parents[index])
                    has[isEvent ? Int(owners[row]) : row] = true
                }
                if isEvent {
                    for session in has.indices where !has[session] { passingSessions[session] = false }
                } else {
                    hasPageViewFilter = true
                    for row in has.indices where !has[row] { passing[row] = false }
                }
            }
        }
        if hasPageViewFilter {
            for session in passingSessions.indices where passingSessions[session] {
                passingSessions[session] = passing[starts[session]..<starts[session + 1]].contains(true)
            }
        }
        for row in passing.indices where !passingSessions[Int(owners[row])] { passing[row] = false }
        self.passing = passing
    }

    private mutating func selectRange(_ query: ScanQuery) {
        let rows = info.pageViews
        let isWhole = info.firstTime >= query.from && info.lastTime < query.to
        var finder = BucketFinder(query, info)
        (inRange, views) = (passing, passing)
        buckets = Array(repeating: 0, count: rows)
        for row in 0..<rows {
            if !isWhole, !finder.isInRange(times[row]) { inRange[row] = false }
            views[row] = inRange[row] && counted[row] == 1
            if inRange[row] { buckets[row] = UInt16(finder.bucket(times[row])) }
        }
        sessionBuckets = Array(repeating: -1, count: info.sessions)
        bounces = Array(repeating: false, count: info.sessions)
        sessionViews = Array(repeating: 0, count: info.sessions)
        for session in 0..<info.sessions where passingSessions[session] {
            var (first, all) = (-1, 0)
            for row in starts[session]..<starts[session + 1] {
                if views[row] { sessionViews[session] &+= 1 }
                guard counted[row] == 1 else { continue }
                if first < 0 { first = row }
                all &+= 1
            }
            guard first >= 0, finder.isInRange(times[first]) else { continue }
            sessionBuckets[session] = Int32(finder.bucket(times[first]))
            bounces[session] = all == 1
        }
    }

    private mutating func read(
        _ columns: SegmentColumns,
        _ query: ScanQuery,
        _ needs: ScanNeeds
    ) throws(DamagedSegment) {
        if needs.sums {
            received = try columns.numbers(.eventsReceived)
            engagement = try columns.numbers(.engagement, max: UInt64(UInt32.max) + 1)
        }
        for list in needs.lists where codes[list.column] == nil { codes[list.column] = try columns.codes(list.column) }
        for vital in needs.vitals {
            vitals[vital.rawValue] = try columns.numbers(vital.column)
            guard needs.remainders else { continue }
            remainders[vital.rawValue] = try columns.numbers(vital.remainderColumn)
            try check(vitals[vital.rawValue], remainders[vital.rawValue], mayBeNone: true)
        }
        if needs.events, info.events > 0 { try readEvents(columns, query) }
        if needs.lists.contains(where: { $0.column.scope == .resource }), info.resources > 0 {
            try readResources(columns, needs)
        }
    }

    private func check(
        _ codes: [UInt16],
        _ remainders: [UInt32],
        mayBeNone: Bool
    ) throws(DamagedSegment) {
        for (code, remainder) in zip(codes, remainders) where code != VitalCode.none || !mayBeNone {
            guard VitalCode.value(code, remainder) != nil else { throw DamagedSegment() }
        }
    }

    private mutating func readEvents(_ columns: SegmentColumns, _ query: ScanQuery) throws(DamagedSegment) {
        let rows: [UInt32] = try columns.numbers(.eventPageView, max: UInt32(info.pageViews - 1))
        let times: [UInt32] = try columns.numbers(.eventTime, max: UInt32(info.lastTime - info.firstTime))
        let kinds: [UInt8] = try columns.numbers(.eventKind, max: EventKind.invalid.rawValue)
        let counts: [UInt32] = try columns.numbers(.eventCount)
        let issues = query.issues == nil ? nil : try columns.codes(.eventIssue)
        let wanted = issues?.dictionary.map { query.issues?.contains($0) ?? true }
        var finder = BucketFinder(query, info)
        for index in rows.indices where passing[Int(rows[index])] && finder.isInRange(times[index]) {
            let kind = EventKind(rawValue: kinds[index]) ?? .invalid
            if let issues, let wanted, kind == .error || kind == .noise, !wanted[Int(issues.rows[index])] { continue }
            let row = Int(rows[index])
            events.append(
                Event(
                    index: index,
                    row: row,
                    session: Int(owners[row]),
                    bucket: finder.bucket(times[index]),
                    kind: kind,
                    count: Int64(counts[index])
                )
            )
        }
    }

    private mutating func readResources(_ columns: SegmentColumns, _ needs: ScanNeeds) throws(DamagedSegment) {
        let rows: [UInt32] = try columns.numbers(.resourcePageView, max: UInt32(info.pageViews - 1))
        let kinds: [UInt8] = try columns.numbers(.resourceKind, max: ResourceKind.thirdParty.rawValue)
        let durations: [UInt16] = try columns.numbers(.resourceDuration)
        var remainders: [UInt32] = []
        if needs.remainders {
            remainders = try columns.numbers(.resourceDurationRemainder)
            try check(durations, remainders, mayBeNone: false)
        }
        let bytes: [UInt64] = try columns.numbers(.resourceBytes)
        for index in rows.indices where inRange[Int(rows[index])] {
            resources.append(
                Resource(
                    index: index,
                    row: Int(rows[index]),
                    kind: ResourceKind(rawValue: kinds[index]) ?? .slow,
                    duration: durations[index],
                    remainder: needs.remainders ? remainders[index] : 0,
                    bytes: Int64(truncatingIfNeeded: bytes[index])
                )
            )
        }
    }
}

/// Finds buckets of times that mostly are near one another.
struct BucketFinder {
    private let edges: [Int64]
    private let base: Int64
    private let low: Int64
    private let high: Int64
    private var last = 0
    private var lastLow: Int64 = 0
    private var lastHigh: Int64 = 0

    init(_ query: ScanQuery, _ info: SegmentInfo) {
        (edges, base) = (query.edges, info.firstTime)
        (low, high) = (query.from - info.firstTime, query.to - info.firstTime)
    }

    func isInRange(_ offset: UInt32) -> Bool { Int64(offset) >= low && Int64(offset) < high }

    mutating func bucket(_ offset: UInt32) -> Int {
        let time = Int64(offset) + base
        if time >= lastLow, time < lastHigh { return last }
        var (from, to) = (0, edges.count)
        while to - from > 1 {
            let middle = (from + to) / 2
            if edges[middle] <= time { from = middle } else { to = middle }
        }
        last = from
        lastLow = edges[from]
        lastHigh = from + 1 < edges.count ? edges[from + 1] : .max
        if time < lastLow { lastLow = time }
        return last
    }
}
