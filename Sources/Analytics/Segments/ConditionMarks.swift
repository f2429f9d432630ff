/// The page views and events of a segment, with the conditions that each meets.
struct ConditionMarks {
    private let rows: SegmentRows
    private let conditions: [Condition]
    /// By condition: whether each index of the dictionary of paths, or each event, meets it.
    private var pages: [[Bool]] = []
    private var events: [[Bool]] = []
    /// By condition: whether each index of the dictionary of sites can meet it; empty when all can.
    private var sites: [[Bool]] = []
    private var paths: SegmentCodes?
    private var siteCodes: SegmentCodes?
    /// Page view of each event.
    let parents: [UInt32]
    /// Seconds from the first time of the segment.
    let times: [UInt32]

    static func columns(_ conditions: [Condition]) -> Set<Column> {
        var columns: Set<Column> = []
        for condition in conditions {
            switch condition.subject {
            case .pages: columns.insert(.path)
            case .events(_, let only):
                columns.formUnion([.eventPageView, .eventTime, .eventKind, .eventName])
                if only != nil { columns.insert(.sessionKey) }
            }
            if condition.sites != nil { columns.insert(.site) }
        }
        return columns
    }

    init(_ rows: SegmentRows, _ columns: SegmentColumns, _ conditions: [Condition]) throws(DamagedSegment) {
        (self.rows, self.conditions) = (rows, conditions)
        let info = columns.info
        let wanted = Self.columns(conditions)
        paths = wanted.contains(.path) ? try rows.load(.path, columns) : nil
        siteCodes = wanted.contains(.site) ? try rows.load(.site, columns) : nil
        let hasEvents = wanted.contains(.eventName) && info.events > 0
        let codes: (dictionary: [UInt32], rows: [UInt16]) = hasEvents ? try columns.codes(.eventName) : ([], [])
        let kinds: [UInt8] = hasEvents ? try columns.numbers(.eventKind, max: EventKind.last.rawValue) : []
        parents = hasEvents ? try columns.numbers(.eventPageView, max: UInt32(info.pageViews - 1)) : []
        times = hasEvents ? try columns.numbers(.eventTime, max: UInt32(info.lastTime - info.firstTime)) : []
        let keys: [UInt64] = wanted.contains(.sessionKey) && hasEvents ? try columns.numbers(.sessionKey) : []
        for condition in conditions {
            sites.append(condition.sites.map { own in siteCodes?.dictionary.map(own.contains) ?? [] } ?? [])
            switch condition.subject {
            case .pages(let wanted):
                pages.append(paths?.dictionary.map(wanted.contains) ?? [])
                events.append([])
            case .events(let name, let only):
                pages.append([])
                let index = name.flatMap { codes.dictionary.firstIndex(of: $0) }.map { UInt16($0) }
                var own = codes.rows.indices.map { codes.rows[$0] == index && kinds[$0] == EventKind.custom.rawValue }
                if let only { choose(only, keys, &own) }
                events.append(own)
            }
        }
    }

    /// Keeps the chosen ones of the events of a name.
    private func choose(_ only: EventKeys, _ keys: [UInt64], _ own: inout [Bool]) {
        // The events of a session are adjacent, in the order of their ids.
        var (session, seen) = (-1, [UInt32: UInt32]())
        for event in own.indices where own[event] {
            let owner = Int(rows.owners[row: Int(parents[event])])
            if owner != session { (session, seen) = (owner, [:]) }
            let key = keys[owner]
            guard only.hasSession(key) else {
                own[event] = false
                continue
            }
            let index = seen[times[event], default: 0]
            seen[times[event]] = index + 1
            let second = rows.info.firstTime + Int64(times[event])
            own[event] = only.contains(session: key, second: second, index: index)
        }
    }

    @inline(__always) private func isOfSite(_ condition: Int, _ session: UInt16) -> Bool {
        guard !sites[condition].isEmpty else { return conditions[condition].sites == nil }
        return siteCodes.map { sites[condition][Int($0.rows[session])] } ?? false
    }

    /// Whether a page view meets a condition.
    @inline(__always) func page(_ row: UInt16, meets condition: Int) -> Bool {
        guard !pages[condition].isEmpty, let paths, rows.counted[row] == 1 else { return false }
        return pages[condition][Int(paths.rows[row])] && isOfSite(condition, rows.owners[row])
    }

    /// Whether an event meets a condition.
    @inline(__always) func event(_ index: Int, meets condition: Int) -> Bool {
        guard index < events[condition].count, events[condition][index] else { return false }
        return isOfSite(condition, rows.owners[row: Int(parents[index])])
    }

    /// Calls the body with the session of each page view or event that meets a condition.
    func forEachSession(_ condition: Int, _ body: (_ session: UInt16) -> Void) {
        if !pages[condition].isEmpty {
            for row in 0..<rows.info.pageViews where page(UInt16(row), meets: condition) {
                body(rows.owners[row: row])
            }
        }
        for index in events[condition].indices where event(index, meets: condition) {
            body(rows.owners[row: Int(parents[index])])
        }
    }
}

extension SegmentRows {
    /// Keeps the sessions that meet one of the conditions, or none of them.
    func filterSessions(_ columns: SegmentColumns, _ filter: ScanQuery.ConditionFilter) throws(DamagedSegment) {
        let marks = try ConditionMarks(self, columns, filter.conditions)
        let has = sessionFlags
        has.fill(info.sessions, 0)
        for index in filter.conditions.indices {
            marks.forEachSession(index) { session in has[session] = 1 }
        }
        let unwanted: UInt8 = filter.isNegated ? 1 : 0
        for session in 0..<info.sessions { passingSessions[row: session] &= has[row: session] ^ unwanted }
    }
}
