import Segments
import Storage

/// Where a session's row is.
struct SegmentPosition: Hashable, Sendable {
    var segment: Int64
    var row: Int
}

/// What one transaction changes of the segments.
struct SegmentChanges {
    /// With their ids.
    var added: [EncodedSegment] = []
    /// Segments with more dead sessions than before.
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

    package func isDead(_ row: Int) -> Bool { row >> 3 < dead.count && dead[row >> 3] >> UInt8(row & 7) & 1 == 1 }

    mutating func markDead(_ row: Int) {
        // Empty, or cut by somebody else.
        let missing = (sessions + 7) / 8 - dead.count
        if missing > 0 { dead += [UInt8](repeating: 0, count: missing) }
        dead[row >> 3] |= 1 << UInt8(row & 7)
    }
}

/// The list of segments as the worker knows it, and where sessions are in them.
final class SegmentStore {
    /// Bytes of keys that are kept in memory.
    private static let indexBytesMax = 32 << 20

    private let database: any Database
    private(set) var segments: [Int64: SegmentInfo] = [:]
    /// Keys of a segment's sessions, ascending, with their rows.
    private var indexes: [Int64: [(key: UInt64, row: UInt32)]] = [:]
    private(set) var indexBytes = 0
    /// Segments whose keys cannot be read: sessions of theirs that go on are counted once more.
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

    /// Notes changes that were committed.
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

    /// Bytes of an index of so many keys.
    private static func bytes(_ keys: Int) -> Int { keys * 16 }

    private func keep(_ info: SegmentInfo, _ keys: [UInt64]) {
        if indexBytes + Self.bytes(keys.count) > Self.indexBytesMax { (indexes, indexBytes) = ([:], 0) }
        indexes[info.id] = keys.enumerated().map { ($1, UInt32($0)) }.sorted { $0.0 < $1.0 }
        indexBytes += Self.bytes(keys.count)
    }

    /// Where the live rows of sessions are, all of whose page views and events lie between two times (seconds, inclusive).
    func find(_ wanted: [(key: UInt64, first: Int64, last: Int64)]) throws(StoreError) -> [UInt64: SegmentPosition] {
        guard let first = wanted.map(\.first).min(), let last = wanted.map(\.last).max() else { return [:] }
        var left: [UInt64: (first: Int64, last: Int64)] = [:]
        for one in wanted { left[one.key] = (one.first, one.last) }
        var found: [UInt64: SegmentPosition] = [:]
        // What was written last is where most of them are.
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
        var place = range.lowerBound
        while place < index.count, index[place].key == key {
            let row = Int(index[place].row)
            if !info.isDead(row) { return row }
            place += 1
        }
        return nil
    }

    // MARK: - Changes

    /// Events and resources of one segment.
    static let rowsMax = 1 << 20

    /// Segments of sessions, with ids after `lastID`, in the order of time.
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

    /// Marks rows dead; a segment without any other goes.
    func markDead(_ places: [SegmentPosition], in changes: inout SegmentChanges) {
        for (id, rows) in Dictionary(grouping: places, by: \.segment).sorted(by: { $0.key < $1.key }) {
            guard var info = segments[id] else { continue }
            for place in rows { info.markDead(place.row) }
            if info.deadSessions == info.sessions { changes.removed.append(id) } else { changes.marked.append(info) }
        }
    }
}
