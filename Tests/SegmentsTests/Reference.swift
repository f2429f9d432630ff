import Segments

/// The definitions of all figures, by straight loops over sessions.
struct Reference {
    let query: ScanQuery
    let sessions: [SessionRow]
    let dictionaries: DimensionDictionaries

    /// One page view row that passes.
    struct Row {
        var session: Int
        var row: PageViewRow
        var index: Int
    }

    var passingRows: [Row] {
        sessions.indices.flatMap { number in
            let session = sessions[number]
            guard passes(session) else { return [Row]() }
            return session.pageViews.indices.filter { passes(session, $0) }
                .map { Row(session: number, row: session.pageViews[$0], index: $0) }
        }
    }

    func isInRange(_ time: Int64) -> Bool { time >= query.from && time < query.to }
    func bucket(_ time: Int64) -> Int { query.edges.lastIndex { $0 <= time } ?? 0 }

    private func passes(_ session: SessionRow) -> Bool {
        if let keys = query.sessionKeys, !keys.contains(session.key) { return false }
        for filter in query.filters {
            switch filter.column {
            case .eventName:
                let named = session.events.filter { $0.kind == .custom && filter.codes.contains($0.name) }
                if named.isEmpty { return false }
            case .eventIssue:
                let errors = session.events.filter { $0.kind == .error || $0.kind == .noise }
                if !errors.contains(where: { filter.codes.contains($0.issue) }) { return false }
            case .eventPath:
                let missing = session.events.filter { $0.kind == .notFound }
                if !missing.contains(where: { filter.codes.contains($0.path) }) { return false }
            default:
                guard filter.column.scope == .session else { continue }
                if !filter.codes.contains(Self.code(session, filter.column)) { return false }
            }
        }
        return session.pageViews.indices.contains { passes(session, $0) }
    }

    private func passes(_ session: SessionRow, _ index: Int) -> Bool {
        query.filters.allSatisfy { filter in
            switch filter.column.scope {
            case .session, .event: true
            case .pageView: filter.codes.contains(Self.code(session.pageViews[index], filter.column))
            case .resource: false
            }
        }
    }

    static func code(_ session: SessionRow, _ column: Column) -> UInt32 {
        let counted = session.pageViews.filter(\.isCounted)
        let rows = counted.isEmpty ? session.pageViews : counted
        return switch column {
        case .entryPath: rows[0].path
        case .exitPath: rows[rows.count - 1].path
        default:
            if let field = SessionRow.codeColumns.first(where: { $0.column == column }) {
                field.code(session)
            } else {
                fatalError("not a column of sessions")
            }
        }
    }

    static func code(_ row: PageViewRow, _ column: Column) -> UInt32 {
        switch column {
        case .path: row.path
        case .release: row.release
        case .connection: row.connection
        case .navigation: row.navigation
        case .lcpElement: row.lcpElement
        case .lcpPart: row.lcpPart
        case .inpElement: row.inpElement
        case .inpPart: row.inpPart
        case .clsElement: row.clsElement
        default: fatalError("not a column of page views")
        }
    }

    // MARK: - Figures

    /// The figures of what `isIn` selects by the page view row and the session.
    ///
    /// Beside the range, `inBucket` decides whether a time counts.
    func aggregate(
        vitals: [Vital],
        withVisitors: Bool,
        withDistribution: Bool = false,
        inBucket: (Int64) -> Bool = { _ in true },
        isIn: (SessionRow, PageViewRow) -> Bool = { _, _ in true }
    ) -> Aggregate {
        var sum = Aggregate()
        var visitors: Set<UInt32> = []
        var values: [[Float]] = Array(repeating: [], count: 5)
        let rows = passingRows.filter { isIn(sessions[$0.session], $0.row) }
        for row in rows where isInRange(row.row.time) && inBucket(row.row.time) {
            sum.eventsReceived += Int64(row.row.eventsReceived)
            if let engagement = row.row.engagement {
                sum.engagedPageViews += 1
                sum.engagedMilliseconds += Int64(engagement)
            }
            for vital in vitals {
                if let value = row.row.vitals[vital.rawValue] { values[vital.rawValue].append(value) }
            }
            guard row.row.isCounted else { continue }
            sum.pageViews += 1
            visitors.insert(sessions[row.session].visitor)
        }
        for number in Set(rows.filter(\.row.isCounted).map(\.session)) {
            let counted = sessions[number].pageViews.filter(\.isCounted)
            guard let first = counted.first, isInRange(first.time), inBucket(first.time) else { continue }
            sum.sessions += 1
            if counted.count == 1 { sum.bounces += 1 }
        }
        for row in rows {
            for event in sessions[row.session].events where Int(event.pageView) == row.index {
                guard isInRange(event.time), inBucket(event.time) else { continue }
                if event.kind == .custom { sum.customEvents += Int64(event.count) }
                guard event.kind == .error, query.issues?.contains(event.issue) ?? true else { continue }
                sum.errors += Int64(event.count)
            }
        }
        if withVisitors { sum.visitors = Int64(visitors.count) }
        for vital in vitals {
            let summary = Self.summary(values[vital.rawValue], Self.bounds(vital), withDistribution)
            sum.vitals[vital.rawValue] = summary
        }
        return sum
    }

    static func bounds(_ vital: Vital) -> (Float, Float) {
        switch vital {
        case .lcp: (2500, 4000)
        case .inp: (200, 500)
        case .cls: (100, 250)
        case .fcp: (1800, 3000)
        case .ttfb: (800, 1800)
        }
    }

    static func summary(_ values: [Float], _ bounds: (Float, Float), _ withDistribution: Bool = false) -> VitalSummary {
        var summary = VitalSummary()
        summary.count = Int64(values.count)
        summary.good = Int64(values.count { $0 <= bounds.0 })
        summary.needsImprovement = Int64(values.count { $0 > bounds.0 && $0 <= bounds.1 })
        summary.poor = Int64(values.count { $0 > bounds.1 })
        let sorted = values.sorted()
        func percentile(_ share: Double) -> Double? {
            guard !sorted.isEmpty else { return nil }
            let rank = share * Double(sorted.count - 1)
            let low = Int(rank)
            let first = Double(sorted[low])
            guard low + 1 < sorted.count else { return first }
            return first + (Double(sorted[low + 1]) - first) * (rank - Double(low))
        }
        (summary.p50, summary.p75, summary.p95) = (percentile(0.5), percentile(0.75), percentile(0.95))
        return summary
    }

    // MARK: - Lists

    private static func code(_ event: EventRow, _ column: Column) -> UInt32 {
        switch column {
        case .eventName: event.name
        case .eventPath: event.path
        default: event.issue
        }
    }

    func aggregates(_ list: ScanQuery.List) -> [UInt32: Aggregate] {
        let column = list.column
        var codes: Set<UInt32> = []
        for session in sessions {
            switch column.scope {
            case .session: codes.insert(Self.code(session, column))
            case .pageView: codes.formUnion(session.pageViews.map { Self.code($0, column) })
            case .event: codes.formUnion(session.events.map { Self.code($0, column) })
            case .resource: codes.formUnion(session.resources.map(\.name))
            }
        }
        if list.skipsNone || column.dictionary == .element || column.dictionary == .part { codes.remove(0) }
        if let among = list.among { codes.formIntersection(among) }
        var result: [UInt32: Aggregate] = [:]
        for code in codes {
            switch column.scope {
            case .session, .pageView:
                result[code] = aggregate(
                    vitals: list.vitals,
                    withVisitors: list.withVisitors,
                    isIn: { session, row in
                        (column.scope == .session ? Self.code(session, column) : Self.code(row, column)) == code
                    }
                )
            case .event: result[code] = events(list, code)
            case .resource: result[code] = resources(list, code)
            }
        }
        return result
    }

    func countedEvents(_ list: ScanQuery.List, _ code: UInt32) -> [(session: SessionRow, event: EventRow)] {
        passingRows.flatMap { row in
            let session = sessions[row.session]
            return session.events.filter {
                Int($0.pageView) == row.index && isInRange($0.time) && list.eventKinds.contains($0.kind)
                    && Self.code($0, list.column) == code
                    && ($0.kind == .custom || $0.kind == .invalid || $0.kind == .notFound
                        || query.issues?.contains($0.issue) ?? true)
            }.map { (session, $0) }
        }
    }

    private func events(_ list: ScanQuery.List, _ code: UInt32) -> Aggregate {
        var sum = Aggregate()
        let events = countedEvents(list, code)
        for (_, event) in events {
            if event.kind == .custom {
                sum.customEvents += Int64(event.count)
            } else {
                sum.errors += Int64(event.count)
            }
        }
        if list.withVisitors { sum.visitors = Int64(Set(events.map(\.session.visitor)).count) }
        return sum
    }

    private func resources(_ list: ScanQuery.List, _ code: UInt32) -> Aggregate {
        var sum = Aggregate()
        var visitors: Set<UInt32> = []
        var durations: [Float] = []
        for row in passingRows where isInRange(row.row.time) {
            for resource in sessions[row.session].resources where Int(resource.pageView) == row.index {
                guard resource.name == code, list.resourceKind.map({ $0 == resource.kind }) ?? true else { continue }
                sum.requests += 1
                sum.bytes += Int64(resource.bytes)
                durations.append(resource.duration)
                visitors.insert(sessions[row.session].visitor)
            }
        }
        sum.durations = Self.summary(durations, (500, 1000))
        if list.withVisitors { sum.visitors = Int64(visitors.count) }
        return sum
    }

    func measure(_ list: ScanQuery.List, _ code: UInt32, _ sum: Aggregate) -> Int64 {
        if list.column.scope == .event { return sum.errors + sum.customEvents }
        switch list.measure {
        case .pageViews: return sum.pageViews
        case .sessions: return sum.sessions
        case .errors: return sum.errors
        case .events: return sum.customEvents
        case .requests: return sum.requests
        case .vitals, .slowVitals:
            return Int64(
                passingRows.count { row in
                    let session = sessions[row.session]
                    let own =
                        list.column.scope == .session
                        ? Self.code(session, list.column) : Self.code(row.row, list.column)
                    return own == code && isInRange(row.row.time)
                        && list.vitals.contains { counts(list, $0, row.row) }
                }
            )
        }
    }

    private func counts(_ list: ScanQuery.List, _ vital: Vital, _ row: PageViewRow) -> Bool {
        guard let value = row.vitals[vital.rawValue] else { return false }
        return list.measure == .vitals || value > Self.bounds(vital).0
    }
}
