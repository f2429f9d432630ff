/// What moves through a funnel.
package enum FunnelScope: Equatable, Sendable {
    /// Sessions of the range, each from its beginning to its end.
    case session
    /// Visitors, through all of their sessions, with occurrences within the range at most this many seconds after the first step.
    case visitor(window: Int64)
}

/// The result of a scan for a funnel.
package struct FunnelScanResult: Sendable {
    package var figures: FunnelFigures
    package var damagedSegments = 0
    /// Whether some visitors share a number, so that they cannot be counted.
    package var hasTooManyVisitors = false
    /// Whether there are more occurrences than `FunnelScan.occurrencesMax`, so that nothing was counted.
    package var hasTooManyOccurrences = false
}

/// Limits of a scan for a funnel.
package enum FunnelLimits {
    /// The most page views and events that meet a step, for a funnel of visitors: about 32 MB.
    package static let occurrencesMax = 1_000_000
}

/// Counts the sessions or visitors that reach each step, in the sessions that a query selects.
package func scanFunnel<Source: SegmentSource>(
    _ query: ScanQuery,
    _ steps: [Condition],
    _ scope: FunnelScope,
    _ source: Source,
    occurrencesMax: Int = FunnelLimits.occurrencesMax
) throws(Source.Failure) -> FunnelScanResult {
    precondition((1...FunnelChain.stepsMax).contains(steps.count))
    var result = FunnelScanResult(figures: FunnelFigures(steps: steps.count))
    var chain = FunnelChain(steps: steps.count, window: nil)
    var occurrences: [FunnelOccurrence] = []
    var columns = ConditionMarks.columns(steps)
    if scope != .session { columns.insert(.sessionKey) }
    result.damagedSegments = try walk(query, source, columns) { rows, columns throws(DamagedSegment) in
        guard occurrences.count <= occurrencesMax else { return }
        let found = FunnelOccurrence.all(rows, try ConditionMarks(rows, columns, steps), steps.count)
        switch scope {
        case .session: result.figures.addSessions(found, rows, &chain)
        case .visitor:
            let keys: [UInt64] = try columns.numbers(.sessionKey)
            let finder = BucketFinder(query, rows.info)
            for one in found where finder.isInRange(one.offset) && rows.passingSessions[row: Int(one.session)] == 1 {
                let visitor = rows.visitors[row: Int(one.session)]
                guard visitor != VisitorBits.anonymousNumber else { continue }
                if visitor == UInt32(VisitorBits.visitorsMax - 1) { result.hasTooManyVisitors = true }
                occurrences.append(one.of(visitor, key: keys[Int(one.session)], rows.info.firstTime))
            }
        }
    }
    guard case .visitor(let window) = scope else { return result }
    guard occurrences.count <= occurrencesMax else {
        result.hasTooManyOccurrences = true
        return result
    }
    result.figures.addVisitors(&occurrences, steps.count, window)
    return result
}

/// A page view or event that meets steps.
private struct FunnelOccurrence {
    /// A bit for each step.
    var mask: UInt8
    var isEvent: Bool
    var session: UInt32
    var row: UInt32
    /// Seconds from the start of the segment, and since 1970 for occurrences of visitors.
    var offset: UInt32
    /// Position of the event in its segment, which orders the events of one second.
    var index: UInt32
    var key: UInt64 = 0

    /// The same with the number of its visitor instead of that of its session.
    func of(_ visitor: UInt32, key: UInt64, _ firstTime: Int64) -> FunnelOccurrence {
        var own = self
        (own.session, own.key, own.offset) = (visitor, key, UInt32(clamping: firstTime + Int64(offset)))
        return own
    }

    /// By session or visitor, then in the order in which they happened: of one second, by session, whose order means nothing, then by
    /// page view, then the page view itself, then its events.
    static func < (one: FunnelOccurrence, other: FunnelOccurrence) -> Bool {
        if one.session != other.session { return one.session < other.session }
        if one.offset != other.offset { return one.offset < other.offset }
        if one.key != other.key { return one.key < other.key }
        if one.row != other.row { return one.row < other.row }
        if one.isEvent != other.isEvent { return other.isEvent }
        return one.index < other.index
    }

    static func all(_ rows: SegmentRows, _ marks: ConditionMarks, _ steps: Int) -> [FunnelOccurrence] {
        var found: [FunnelOccurrence] = []
        func add(_ row: UInt16, _ offset: UInt32, event: Int?) {
            var mask: UInt8 = 0
            for step in 0..<steps {
                let meets = event.map { marks.event($0, meets: step) } ?? marks.page(row, meets: step)
                mask |= meets ? 1 << UInt8(step) : 0
            }
            guard mask != 0 else { return }
            found.append(
                FunnelOccurrence(
                    mask: mask,
                    isEvent: event != nil,
                    session: UInt32(rows.owners[row]),
                    row: UInt32(row),
                    offset: offset,
                    index: UInt32(event ?? 0)
                )
            )
        }
        for row in 0..<rows.info.pageViews { add(UInt16(row), rows.times[row: row], event: nil) }
        for event in marks.parents.indices { add(UInt16(marks.parents[event]), marks.times[event], event: event) }
        found.sort(by: <)
        return found
    }
}

extension FunnelFigures {
    /// Adds the sessions of a segment, whose occurrences are sorted.
    fileprivate mutating func addSessions(
        _ found: [FunnelOccurrence],
        _ rows: SegmentRows,
        _ chain: inout FunnelChain
    ) {
        for group in found.indices.split(whereSeparator: { !rows.isCounted(session: Int(found[$0].session)) }) {
            addGroups(found[group], &chain)
        }
    }

    fileprivate mutating func addVisitors(_ occurrences: inout [FunnelOccurrence], _ steps: Int, _ window: Int64) {
        occurrences.sort(by: <)
        var chain = FunnelChain(steps: steps, window: window)
        addGroups(occurrences[...], &chain)
    }

    private mutating func addGroups(_ sorted: ArraySlice<FunnelOccurrence>, _ chain: inout FunnelChain) {
        var start = sorted.startIndex
        while start < sorted.endIndex {
            let first = sorted[start]
            var (end, isOneSession) = (start + 1, true)
            while end < sorted.endIndex, sorted[end].session == first.session, sorted[end].offset == first.offset {
                if sorted[end].key != first.key { isOneSession = false }
                end += 1
            }
            if isOneSession {
                for one in sorted[start..<end] { chain.add(time: Int64(one.offset), meets: one.mask) }
            } else {
                chain.add(time: Int64(first.offset), sessions: sorted[start..<end].masks)
            }
            if end == sorted.endIndex || sorted[end].session != first.session {
                add(chain.times)
                chain.reset()
            }
            start = end
        }
    }
}

extension ArraySlice<FunnelOccurrence> {
    /// The bits of occurrences that are sorted by session, by session.
    fileprivate var masks: [[UInt8]] {
        var (masks, key): ([[UInt8]], UInt64?) = ([], nil)
        for one in self {
            if one.key != key { masks.append([]) }
            key = one.key
            masks[masks.endIndex - 1].append(one.mask)
        }
        return masks
    }
}
