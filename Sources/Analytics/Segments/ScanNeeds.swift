/// Data that a pass reads in addition to the columns needed by the filters.
struct ScanNeeds {
    /// The visitors of sessions.
    var visitors = true
    /// Figures of page views; engagement separately.
    var sums = false
    var engagement = false
    /// Which sessions count, and whether they have page views that do.
    var figures = false
    /// Errors and custom events.
    var events = false
    var lists: [ScanQuery.List] = []
    var vitals: Set<Vital> = []
    var remainders = false
    var sessionKeys = false
    var delivery = false

    /// Whether the column of visitors is read: which sessions count depends on it, too.
    var readsVisitors: Bool { visitors || figures }

    func columns(_ query: ScanQuery) -> [Column] {
        var columns: Set<Column> = [.pageViewRows, .time, .counted]
        if readsVisitors { columns.insert(.visitor) }
        if sessionKeys || query.sessionKeys != nil { columns.insert(.sessionKey) }
        for filter in query.filters {
            columns.insert(filter.column)
            if filter.column.scope == .event { columns.formUnion([.eventPageView, .eventKind]) }
        }
        for filter in query.conditions { columns.formUnion(ConditionMarks.columns(filter.conditions)) }
        if sums { columns.insert(.eventsReceived) }
        if engagement { columns.insert(.engagement) }
        if delivery { columns.formUnion([.emitted, .dropped, .lost]) }
        if events {
            columns.formUnion([.eventPageView, .eventTime, .eventKind, .eventCount])
            if query.issues != nil { columns.insert(.eventIssue) }
        }
        for list in lists {
            columns.insert(list.column)
            if list.column.scope == .resource {
                columns.formUnion([.resourcePageView, .resourceKind, .resourceDuration, .resourceBytes])
                if remainders { columns.insert(.resourceDurationRemainder) }
            }
        }
        for vital in vitals {
            columns.insert(vital.column)
            if remainders { columns.insert(vital.remainderColumn) }
        }
        return columns.sorted { $0.rawValue < $1.rawValue }
    }
}

/// A column cannot be decoded, or columns of a segment are inconsistent.
struct DamagedSegment: Error {}

/// The encoded columns of a segment.
struct SegmentColumns {
    let info: SegmentInfo
    private let issueAliases: [UInt32: UInt32]
    private var bytes: [Column: [UInt8]] = [:]

    init(_ info: SegmentInfo, _ columns: [(Column, [UInt8])], issueAliases: [UInt32: UInt32] = [:]) {
        (self.info, self.issueAliases) = (info, issueAliases)
        for (column, bytes) in columns { self.bytes[column] = bytes }
    }

    private func stored(_ column: Column) throws(DamagedSegment) -> StoredColumn {
        guard let bytes = bytes[column], let stored = StoredColumn(column, bytes, rows: info.rows(column.scope)) else {
            throw DamagedSegment()
        }
        return stored
    }

    func dictionary(_ column: Column) throws(DamagedSegment) -> [UInt32] {
        resolved(try stored(column).dictionary, column)
    }

    /// Replaces issues by those that they count as; several indexes of the dictionary may have one code then.
    private func resolved(_ dictionary: [UInt32], _ column: Column) -> [UInt32] {
        guard column == .eventIssue, !issueAliases.isEmpty else { return dictionary }
        return dictionary.map { issueAliases[$0] ?? $0 }
    }

    /// The codes of an event or resource column.
    func codes(_ column: Column) throws(DamagedSegment) -> (dictionary: [UInt32], rows: [UInt16]) {
        let stored = try stored(column)
        guard let rows = stored.indexes() else { throw DamagedSegment() }
        return (resolved(stored.dictionary, column), rows)
    }

    /// Reads the codes of a session or page view column and returns the dictionary of their indexes.
    func readCodes(_ column: Column, into rows: RowBuffer<UInt16>) throws(DamagedSegment) -> [UInt32] {
        let stored = try stored(column)
        guard stored.readIndexes(into: rows) else { throw DamagedSegment() }
        return stored.dictionary
    }

    func numbers<Number: FixedWidthInteger & UnsignedInteger>(
        _ column: Column,
        max: Number = .max
    ) throws(DamagedSegment) -> [Number] {
        guard let numbers: [Number] = try stored(column).numbers(max: max) else { throw DamagedSegment() }
        return numbers
    }

    @discardableResult func read<Number: FixedWidthInteger & UnsignedInteger>(
        _ column: Column,
        into rows: RowBuffer<Number>,
        max: Number = .max
    ) throws(DamagedSegment) -> (least: UInt64, max: UInt64) {
        guard let bounds = try stored(column).read(into: rows, max: max) else { throw DamagedSegment() }
        return bounds
    }
}

/// A decoded session or page view column: indexes into the segment's own dictionary, all in bounds.
struct SegmentCodes {
    var dictionary: [UInt32]
    var rows: RowBuffer<UInt16>
}

/// The codes of a vital's values.
struct SegmentValues {
    var rows: RowBuffer<UInt16>
    /// Smallest and largest code of a value; 0 without values.
    var least: UInt16
    var max: UInt16
    /// Remainders by page view; empty unless requested.
    var remainders: [UInt32]
}
