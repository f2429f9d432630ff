extension SegmentRows {
    /// The codes of a loaded column.
    func dictionary(_ column: Column) -> [UInt32]? { codes[column]?.dictionary ?? eventCodes[column]?.dictionary }

    /// Sums the figures by the indexes of a column of sessions or page views, into `scratch`.
    func sum(_ column: Column) {
        guard let loaded = codes[column] else { return }
        let count = loaded.dictionary.count
        scratch.even.fill(count, Figures())
        scratch.odd.fill(count, Figures())
        for buffer in [scratch.errors, scratch.customEvents] { buffer.fill(count, 0) }
        scratch.sessions.fill(count, 0)
        let isSession = column.scope == .session
        if isSession { sumSessions(loaded.rows) } else { sumPageViews(loaded.rows, count) }
        let (errors, customEvents) = (scratch.errors, scratch.customEvents)
        for event in events {
            let index = loaded.rows[isSession ? event.session : event.row]
            if event.kind == .error { errors[index] &+= Int64(event.count) }
            if event.kind == .custom { customEvents[index] &+= Int64(event.count) }
        }
    }

    private func sumPageViews(_ codes: RowBuffer<UInt16>, _ count: Int) {
        let sums = scratch.even
        forEachInRange { row in sums[codes[row]] &+= figuresOf(row) }
        let sessions = scratch.sessions
        forEachSessionOf(codes, count) { index, session in
            sessions[index] &+= 1 | UInt64(sessionFlags[session] >> 1) << 32
        }
    }

    /// Calls the body with sessions that count, once for each index of their page views that count.
    @inline(__always) private func forEachSessionOf(
        _ codes: RowBuffer<UInt16>,
        _ count: Int,
        _ body: (_ index: UInt16, _ session: UInt16) -> Void
    ) {
        let (seen, owners, flags) = (scratch.seen, owners, sessionFlags)
        seen.fill(count, 0)
        // The page views of a session are adjacent.
        forEachPassing { row in
            let (session, index) = (owners[row], codes[row])
            guard flags[session] & counted[row] != 0, seen[index] != UInt32(session) + 1 else { return }
            seen[index] = UInt32(session) + 1
            body(index, session)
        }
    }

    @inline(__always) func forEachEvent(_ list: ScanQuery.List, _ body: (_ index: Int, _ event: Event) -> Void) {
        guard let rows = eventCodes[list.column]?.rows else { return }
        var kinds: UInt8 = 0
        for kind in list.eventKinds { kinds |= 1 << kind.rawValue }
        for event in events where kinds >> event.kind.rawValue & 1 == 1 { body(Int(rows[Int(event.index)]), event) }
    }

    @inline(__always) func forEachResource(
        _ list: ScanQuery.List,
        _ body: (_ index: Int, _ resource: Resource) -> Void
    ) {
        guard let rows = eventCodes[list.column]?.rows else { return }
        for resource in resources where list.resourceKind == nil || list.resourceKind == resource.kind {
            body(Int(rows[Int(resource.index)]), resource)
        }
    }

    /// Calls the body with the measure by which a list is ranked, the index of the value, and the bucket.
    func forEachAmount(_ list: ScanQuery.List, _ body: (_ index: Int, _ bucket: Int, _ amount: Int64) -> Void) {
        let scope = list.column.scope
        if scope == .event {
            return forEachEvent(list) { index, event in body(index, Int(event.bucket), Int64(event.count)) }
        }
        if scope == .resource {
            return forEachResource(list) { index, resource in body(index, Int(buckets[resource.row]), 1) }
        }
        guard let loaded = codes[list.column] else { return }
        let (isSession, codes) = (scope == .session, loaded.rows)
        switch list.measure {
        case .sessions where isSession:
            forEachActive { session in
                guard sessionFlags[session] != 0 else { return }
                body(Int(codes[session]), Int(sessionBuckets[session]), 1)
            }
        case .sessions:
            forEachSessionOf(codes, loaded.dictionary.count) { index, session in
                body(Int(index), Int(sessionBuckets[session]), 1)
            }
        case .errors, .events:
            let kind: EventKind = list.measure == .errors ? .error : .custom
            for event in events where event.kind == kind {
                body(Int(codes[isSession ? event.session : event.row]), Int(event.bucket), Int64(event.count))
            }
        case .vitals:
            let values = list.vitals.compactMap { vitals[$0.rawValue]?.rows }
            forEachInRange { row in
                guard values.contains(where: { $0[row] != VitalCode.none }) else { return }
                body(Int(codes[isSession ? owners[row] : row]), Int(buckets[row]), 1)
            }
        case .slowVitals:
            let values = list.vitals.compactMap { vital in
                vitals[vital.rawValue].map { (rows: $0.rows, good: VitalCode.encode(vital.bounds.good).code) }
            }
            forEachInRange { row in
                guard values.contains(where: { $0.rows[row] > $0.good }) else { return }
                body(Int(codes[isSession ? owners[row] : row]), Int(buckets[row]), 1)
            }
        case .pageViews, .requests:
            forEachInRange { row in
                guard counted[row] == 1 else { return }
                body(Int(codes[isSession ? owners[row] : row]), Int(buckets[row]), 1)
            }
        }
    }

    /// Sums the measure by which a list is ranked, by index of its dictionary; valid until the next call.
    func amounts(_ list: ScanQuery.List, count: Int) -> RowBuffer<UInt64> {
        let amounts = scratch.amounts
        amounts.fill(count, 0)
        guard list.column.scope == .pageView, list.measure.readsVitals, list.vitals.count == 1,
            let values = vitals[list.vitals[0].rawValue]?.rows, let codes = codes[list.column]?.rows
        else {
            forEachAmount(list) { index, _, amount in amounts[row: index] &+= UInt64(amount) }
            return amounts
        }
        // Codes above this one count; without branches, which are often mispredicted.
        let isSlow = list.measure == .slowVitals
        let bound = isSlow ? VitalCode.encode(list.vitals[0].bounds.good).code : VitalCode.none
        forEachInRange { row in amounts[codes[row]] &+= values[row] > bound ? 1 : 0 }
        return amounts
    }

    /// Sets the bits of visitors of a list's rows.
    func addVisitors(_ work: ListWork, _ bits: BitTable, _ first: Int) {
        guard work.prepareSlots(self) else { return }
        let (slots, list) = (scratch.slots, work.list)
        @inline(__always) func insert(_ index: UInt16, _ session: UInt16) {
            let slot = slots[index]
            if slot != ListWork.noRow { bits.insert(visitors[session], first + Int(slot)) }
        }
        switch list.column.scope {
        case .session, .pageView:
            guard let codes = codes[list.column]?.rows else { return }
            if list.column.scope == .session {
                forEachActive { session in
                    if figures[session][0] & 0xffff_ffff > 0 { insert(codes[session], session) }
                }
            } else {
                forEachInRange { row in if counted[row] == 1 { insert(codes[row], owners[row]) } }
            }
        case .event:
            forEachEvent(list) { index, event in insert(UInt16(index), event.session) }
        case .resource:
            forEachResource(list) { index, resource in insert(UInt16(index), owners[resource.row]) }
        }
    }

    /// Writes the page views of a list's rows with the row of each, and returns their number.
    func group(_ work: ListWork) -> Int {
        guard work.prepareSlots(self), let codes = codes[work.list.column]?.rows else { return 0 }
        let (slots, rows, groups) = (scratch.slots, scratch.groupRows, scratch.groups)
        var count = 0
        @inline(__always) func add(_ row: UInt16, _ slot: UInt16) {
            rows[row: count] = row
            groups[row: count] = slot
            count &+= slot == ListWork.noRow ? 0 : 1
        }
        if work.scope == .session {
            let (sessionSlots, owners) = (scratch.sessionSlots, owners)
            for session in 0..<info.sessions { sessionSlots[row: session] = slots[codes[row: session]] }
            forEachInRange { row in add(row, sessionSlots[owners[row]]) }
        } else {
            forEachInRange { row in add(row, slots[codes[row]]) }
        }
        return count
    }
}
