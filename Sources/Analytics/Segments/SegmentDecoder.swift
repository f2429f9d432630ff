/// Decodes columns into sessions.
package enum SegmentDecoder {
    /// Decodes all sessions of a segment, including dead ones, in row order.
    ///
    /// `columns` must have all columns; nil when they are damaged.
    package static func sessions(_ info: SegmentInfo, _ columns: [(Column, [UInt8])]) -> [SessionRow]? {
        guard info.hasPossibleCounts else { return nil }
        return ColumnReader(info, columns).sessions()
    }

    /// Session keys in row order; nil when the column is damaged.
    package static func sessionKeys(_ info: SegmentInfo, _ column: [UInt8]) -> [UInt64]? {
        guard info.hasPossibleCounts else { return nil }
        return StoredColumn(.sessionKey, column, rows: info.sessions)?.numbers()
    }

    /// The columns that `starts` needs.
    package static let startColumns: [Column] = [.sessionKey, .visitor, .site, .pageViewRows, .time]

    /// What distinguishes a session from others.
    package struct Start: Equatable, Sendable {
        package let key: UInt64
        package let visitor: UInt32
        package let site: UInt32
        /// Time of its first page view in seconds since 1970.
        package let time: Int64
    }

    /// The start of each session, in row order; nil when a column is damaged.
    package static func starts(_ info: SegmentInfo, _ columns: [(Column, [UInt8])]) -> [Start]? {
        guard info.hasPossibleCounts else { return nil }
        return ColumnReader(info, columns).starts()
    }

    /// The bytes of a column in which each row has the value of sessions without one, for a column that a later
    /// version has added.
    package static func emptyColumn(_ column: Column, _ info: SegmentInfo) -> [UInt8] {
        let rows = info.rows(column.scope)
        guard column.dictionary != nil else {
            return ColumnBytes.encode(numbers: [UInt64](repeating: 0, count: rows))
        }
        return ColumnBytes.encode(codes: [UInt32](repeating: DimensionDictionaries.none, count: rows))
    }

    /// Whether all codes of the columns are in the dictionaries; otherwise the segment cannot be merged.
    package static func hasKnownCodes(
        _ info: SegmentInfo,
        _ columns: [(Column, [UInt8])],
        _ dictionaries: DimensionDictionaries
    ) -> Bool {
        guard info.hasPossibleCounts else { return false }
        return columns.allSatisfy { column, bytes in
            guard let dictionary = column.dictionary else { return true }
            let stored = StoredColumn(column, bytes, rows: info.rows(column.scope))
            let count = dictionaries.count(dictionary)
            return stored?.dictionary.allSatisfy { Int($0) < count } ?? false
        }
    }
}

extension SegmentInfo {
    /// Whether the row counts and times are within their limits, which bounds the memory needed for decoding.
    package var hasPossibleCounts: Bool {
        pageViews >= 1 && pageViews <= SegmentEncoder.pageViewsMax && sessions >= 1 && sessions <= pageViews
            && events >= 0 && events <= SegmentEncoder.eventsMax && resources >= 0
            && resources <= SegmentEncoder.eventsMax && firstTime >= 0 && lastTime >= firstTime
            && lastTime <= Int64(UInt32.max)
    }

    func rows(_ scope: Scope) -> Int {
        switch scope {
        case .session: sessions
        case .pageView: pageViews
        case .event: events
        case .resource: resources
        }
    }
}

private struct ColumnReader {
    let info: SegmentInfo
    var columns: [Column: [UInt8]] = [:]

    init(_ info: SegmentInfo, _ columns: [(Column, [UInt8])]) {
        self.info = info
        for (column, bytes) in columns { self.columns[column] = bytes }
    }

    func sessions() -> [SessionRow]? {
        guard let pageViews = pageViews(), let counts: [UInt32] = numbers(.pageViewRows),
            let keys: [UInt64] = numbers(.sessionKey), let visitors: [UInt32] = numbers(.visitor),
            counts.allSatisfy({ $0 > 0 }), counts.reduce(0, { $0 + Int($1) }) == info.pageViews
        else { return nil }
        var sessions: [SessionRow] = []
        var owners: [Int] = []
        var starts: [Int] = []
        var start = 0
        for row in counts.indices {
            let rows = start..<start + Int(counts[row])
            sessions.append(SessionRow(key: keys[row], visitor: visitors[row], pageViews: Array(pageViews[rows])))
            owners.append(contentsOf: repeatElement(row, count: rows.count))
            starts.append(start)
            start = rows.upperBound
        }
        for field in SessionRow.codeColumns {
            guard let codes = codes(field.column) else { return nil }
            field.set(codes, in: &sessions)
        }
        guard let entries = codes(.entryPath), let exits = codes(.exitPath) else { return nil }
        for row in sessions.indices {
            guard (entries[row], exits[row]) == sessions[row].endPaths else { return nil }
        }
        guard addEvents(to: &sessions, owners, starts), addResources(to: &sessions, owners, starts) else { return nil }
        return sessions
    }

    func starts() -> [SegmentDecoder.Start]? {
        guard let keys: [UInt64] = numbers(.sessionKey), let visitors: [UInt32] = numbers(.visitor),
            let sites = codes(.site), let counts: [UInt32] = numbers(.pageViewRows),
            counts.allSatisfy({ $0 > 0 }), counts.reduce(0, { $0 + Int($1) }) == info.pageViews,
            let times: [UInt32] = numbers(.time, max: UInt32(info.lastTime - info.firstTime))
        else { return nil }
        var starts: [SegmentDecoder.Start] = []
        var first = 0
        for row in counts.indices {
            let time = info.firstTime + Int64(times[first])
            starts.append(SegmentDecoder.Start(key: keys[row], visitor: visitors[row], site: sites[row], time: time))
            first += Int(counts[row])
        }
        return starts
    }

    private func pageViews() -> [PageViewRow]? {
        guard let times: [UInt32] = numbers(.time, max: UInt32(info.lastTime - info.firstTime)),
            let counted: [UInt8] = numbers(.counted, max: 1), let received: [UInt32] = numbers(.eventsReceived),
            let engagement: [UInt64] = numbers(.engagement, max: UInt64(UInt32.max) + 1),
            let scroll: [UInt16] = numbers(.scrollDepth, max: 256), let emitted: [UInt32] = numbers(.emitted),
            let dropped: [UInt32] = numbers(.dropped), let lost: [UInt32] = numbers(.lost)
        else { return nil }
        var rows = times.map { PageViewRow(time: info.firstTime + Int64($0)) }
        for row in rows.indices {
            rows[row].isCounted = counted[row] == 1
            rows[row].eventsReceived = received[row]
            rows[row].engagement = engagement[row] == 0 ? nil : UInt32(engagement[row] - 1)
            rows[row].scrollDepth = scroll[row] == 0 ? nil : UInt8(scroll[row] - 1)
            rows[row].delivery = .decoded(emitted[row], dropped: dropped[row], lost: lost[row])
        }
        for field in PageViewRow.codeColumns {
            guard let codes = codes(field.column) else { return nil }
            field.set(codes, in: &rows)
        }
        for vital in Vital.allCases {
            guard let values: [UInt16] = numbers(vital.column),
                let remainders: [UInt32] = numbers(vital.remainderColumn)
            else { return nil }
            for row in rows.indices where values[row] != VitalCode.none {
                guard let value = VitalCode.value(values[row], remainders[row]) else { return nil }
                rows[row].vitals[vital.rawValue] = value
            }
        }
        return rows
    }

    private func addEvents(to sessions: inout [SessionRow], _ owners: [Int], _ starts: [Int]) -> Bool {
        guard let rows: [UInt32] = numbers(.eventPageView, max: UInt32(info.pageViews - 1)),
            let times: [UInt32] = numbers(.eventTime, max: UInt32(info.lastTime - info.firstTime)),
            let kinds: [UInt8] = numbers(.eventKind), let names = codes(.eventName), let issues = codes(.eventIssue),
            let counts: [UInt32] = numbers(.eventCount), let values: [UInt64] = numbers(.eventValue),
            let currencies = codes(.eventCurrency), let paths = codes(.eventPath)
        else { return false }
        var last = 0
        for event in rows.indices {
            let owner = owners[Int(rows[event])]
            guard owner >= last, let kind = EventKind(rawValue: kinds[event]) else { return false }
            last = owner
            var row = EventRow(
                pageView: UInt16(Int(rows[event]) - starts[owner]),
                time: info.firstTime + Int64(times[event]),
                kind: kind,
                name: names[event],
                issue: issues[event],
                count: counts[event]
            )
            (row.value, row.currency) = (EventValue.decode(values[event]), currencies[event])
            row.path = paths[event]
            sessions[owner].events.append(row)
        }
        return true
    }

    private func addResources(to sessions: inout [SessionRow], _ owners: [Int], _ starts: [Int]) -> Bool {
        guard let rows: [UInt32] = numbers(.resourcePageView, max: UInt32(info.pageViews - 1)),
            let kinds: [UInt8] = numbers(.resourceKind), let names = codes(.resourceName),
            let durations: [UInt16] = numbers(.resourceDuration),
            let remainders: [UInt32] = numbers(.resourceDurationRemainder),
            let bytes: [UInt64] = numbers(.resourceBytes)
        else { return false }
        var last = 0
        for resource in rows.indices {
            let owner = owners[Int(rows[resource])]
            guard owner >= last, let kind = ResourceKind(rawValue: kinds[resource]),
                let duration = VitalCode.value(durations[resource], remainders[resource])
            else { return false }
            last = owner
            sessions[owner].resources.append(
                ResourceRow(
                    pageView: UInt16(Int(rows[resource]) - starts[owner]),
                    kind: kind,
                    name: names[resource],
                    duration: duration,
                    bytes: bytes[resource]
                )
            )
        }
        return true
    }

    private func column(_ column: Column) -> StoredColumn? {
        columns[column].flatMap { StoredColumn(column, $0, rows: info.rows(column.scope)) }
    }

    private func codes(_ column: Column) -> [UInt32]? { self.column(column)?.codes() }

    private func numbers<Number: FixedWidthInteger & UnsignedInteger>(
        _ column: Column,
        max: Number = .max
    ) -> [Number]? { self.column(column)?.numbers(max: max) }
}
