import Segments
import Storage

/// Position of a session's row.
struct SegmentPosition: Hashable, Sendable {
    var segment: Int64
    var row: Int
}

/// Changes of the segments in one transaction.
struct SegmentChanges {
    /// New segments, with their ids assigned.
    var added: [EncodedSegment] = []
    /// Segments with additional dead sessions.
    var marked: [SegmentInfo] = []
    var removed: [Int64] = []

    func write(_ database: any Database) throws(StoreError) {
        for id in removed {
            _ = try database.change("delete from segments where id = ?1", [.integer(id)])
            _ = try database.change("delete from segment_columns where segment_id = ?1", [.integer(id)])
        }
        for info in marked {
            _ = try database.change(
                "update segments set dead = ?1, dead_sessions = ?2 where id = ?3",
                [.blob(info.dead), .integer(Int64(info.deadSessions)), .integer(info.id)]
            )
        }
        for segment in added {
            let info = segment.info
            let numbers = [info.sessions, info.pageViews, info.events, info.resources].map {
                SQLValue.integer(Int64($0))
            }
            try database.insert(
                "insert into segments (id, first_time, last_time, sessions, page_views, events, resources)",
                [[.integer(info.id), .integer(info.firstTime), .integer(info.lastTime)] + numbers]
            )
            try database.insert(
                "insert into segment_columns (segment_id, column_id, data)",
                segment.columns.map { [.integer(info.id), .integer(Int64($0.column.rawValue)), .blob($0.data)] }
            )
        }
    }
}

extension SegmentInfo {
    var deadSessions: Int { min(sessions, dead.reduce(0) { $0 + $1.nonzeroBitCount }) }

    /// Whether the session in this row has been replaced.
    package func isDead(_ row: Int) -> Bool { row >> 3 < dead.count && dead[row >> 3] >> UInt8(row & 7) & 1 == 1 }

    mutating func markDead(_ row: Int) {
        // The bitmap may be empty, or truncated in the database.
        let missing = (sessions + 7) / 8 - dead.count
        if missing > 0 { dead += [UInt8](repeating: 0, count: missing) }
        dead[row >> 3] |= 1 << UInt8(row & 7)
    }
}

/// The list of segments as cached by the rollup worker, with an index of their session keys.
final class SegmentStore {
    /// Memory limit of the session index in bytes.
    private static let indexBytesMax = 32 << 20

    private let database: any Database
    private(set) var segments: [Int64: SegmentInfo] = [:]
    /// Sorted session keys with their rows, by segment.
    private var indexes: [Int64: [(key: UInt64, row: UInt32)]] = [:]
    private(set) var indexBytes = 0
    /// Segments with unreadable keys: sessions in them that continue are counted twice.
    private(set) var damaged: Set<Int64> = []

    init(_ database: any Database) { self.database = database }

    func load() throws(StoreError) {
        let list = try SegmentReader(database).segments(from: .min, to: .max)
        segments = [:]
        for info in list { segments[info.id] = info }
        indexes = indexes.filter { segments[$0.key] != nil }
        damaged = damaged.filter { segments[$0] != nil }
        indexBytes = indexes.values.reduce(0) { $0 + Self.bytes($1.count) }
    }

    /// Applies committed changes to the cache.
    func apply(_ changes: SegmentChanges) {
        for id in changes.removed {
            segments[id] = nil
            if let index = indexes.removeValue(forKey: id) { indexBytes -= Self.bytes(index.count) }
        }
        for info in changes.marked { segments[info.id] = info }
        for segment in changes.added {
            segments[segment.info.id] = segment.info
            if let data = segment.columns.first(where: { $0.column == .sessionKey })?.data {
                keep(segment.info, SegmentDecoder.sessionKeys(segment.info, data) ?? [])
            }
        }
    }

    /// Size in bytes of an index with this many keys.
    private static func bytes(_ keys: Int) -> Int { keys * 16 }

    private func keep(_ info: SegmentInfo, _ keys: [UInt64]) {
        if indexBytes + Self.bytes(keys.count) > Self.indexBytesMax { (indexes, indexBytes) = ([:], 0) }
        indexes[info.id] = keys.enumerated().map { ($1, UInt32($0)) }.sorted { $0.0 < $1.0 }
        indexBytes += Self.bytes(keys.count)
    }

    /// Finds the live rows of sessions by key, in segments that contain the session's time range.
    ///
    /// `first` and `last` are the times of its page views and events in seconds since 1970, inclusive.
    func find(_ wanted: [(key: UInt64, first: Int64, last: Int64)]) throws(StoreError) -> [UInt64: SegmentPosition] {
        guard let first = wanted.map(\.first).min(), let last = wanted.map(\.last).max() else { return [:] }
        var left: [UInt64: (first: Int64, last: Int64)] = [:]
        for one in wanted { left[one.key] = (one.first, one.last) }
        var found: [UInt64: SegmentPosition] = [:]
        // Newest segments first: most sessions are found there.
        for info in segments.values.filter({ $0.firstTime <= last && $0.lastTime >= first }).sorted(by: {
            $0.id > $1.id
        }) {
            guard !left.isEmpty else { break }
            let candidates = left.filter { info.firstTime <= $0.value.first && info.lastTime >= $0.value.last }.map(
                \.key
            )
            guard !candidates.isEmpty else { continue }
            if indexes[info.id] == nil { try readKeys(info) }
            for key in candidates {
                guard let row = row(of: key, in: info) else { continue }
                found[key] = SegmentPosition(segment: info.id, row: row)
                left[key] = nil
            }
        }
        return found
    }

    private func readKeys(_ info: SegmentInfo) throws(StoreError) {
        var keys: [UInt64]?
        try SegmentReader(database).read([info.id], [.sessionKey]) { _, columns in
            if let data = columns.first?.1 { keys = SegmentDecoder.sessionKeys(info, data) }
        }
        if keys == nil { damaged.insert(info.id) }
        keep(info, keys ?? [])
    }

    private func row(of key: UInt64, in info: SegmentInfo) -> Int? {
        guard let index = indexes[info.id] else { return nil }
        var range = index.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = index[middle].key < key ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        var entry = range.lowerBound
        while entry < index.count, index[entry].key == key {
            let row = Int(index[entry].row)
            if !info.isDead(row) { return row }
            entry += 1
        }
        return nil
    }

    // MARK: - Changes

    /// Limit of events and resources per segment.
    static let rowsMax = 1 << 20

    /// Encodes sessions, sorted by time, as segments with ids after `lastID`.
    static func encode(_ rows: [SessionRow], after lastID: Int64) -> [EncodedSegment] {
        let sorted = rows.sorted { ($0.pageViews[0].time, $0.key) < ($1.pageViews[0].time, $1.key) }
        var segments: [EncodedSegment] = []
        var (start, pageViews, others) = (0, 0, 0)
        func cut(_ end: Int) {
            guard end > start else { return }
            var segment = SegmentEncoder.encode(Array(sorted[start..<end]))
            segment.info.id = lastID + Int64(segments.count) + 1
            segments.append(segment)
            (start, pageViews, others) = (end, 0, 0)
        }
        for (index, row) in sorted.enumerated() {
            let more = row.events.count + row.resources.count
            if pageViews + row.pageViews.count > SegmentEncoder.pageViewsMax || others + more > rowsMax { cut(index) }
            pageViews += row.pageViews.count
            others += more
        }
        cut(sorted.count)
        return segments
    }

    /// Marks rows as dead; removes segments without live rows.
    func markDead(_ positions: [SegmentPosition], in changes: inout SegmentChanges) {
        for (id, rows) in Dictionary(grouping: positions, by: \.segment).sorted(by: { $0.key < $1.key }) {
            guard var info = segments[id] else { continue }
            for position in rows { info.markDead(position.row) }
            if info.deadSessions == info.sessions { changes.removed.append(id) } else { changes.marked.append(info) }
        }
    }
}
