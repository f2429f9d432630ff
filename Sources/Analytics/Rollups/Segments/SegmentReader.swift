package import Segments
package import Storage

/// Reads segments from a database; use within a snapshot, or segments may change between calls.
package struct SegmentReader: SegmentSource {
    package typealias Failure = StoreError

    /// Segments per statement, and timeout of a statement in milliseconds.
    private static let idsMax = 256
    private static let milliseconds: Int32 = 600_000

    let database: any Database
    /// Prefix of the table names.
    let prefix: String

    package init(_ database: any Database) { self.init(database, prefix: "") }

    init(_ database: any Database, prefix: String) { (self.database, self.prefix) = (database, prefix) }

    package func segments(from: Int64, to: Int64) throws(StoreError) -> [SegmentInfo] {
        let rows = try database.rows(
            """
            select id, first_time, last_time, sessions, page_views, events, resources, dead from \(prefix)segments
            where last_time >= ?1 and first_time < ?2 order by id
            """,
            [.integer(from), .integer(to)]
        )
        return rows.map { row in
            func number(_ index: Int) -> Int64 { row[index].integer ?? 0 }
            return SegmentInfo(
                id: number(0),
                firstTime: number(1),
                lastTime: number(2),
                sessions: Int(number(3)),
                pageViews: Int(number(4)),
                events: Int(number(5)),
                resources: Int(number(6)),
                dead: row[7].blob ?? []
            )
        }
    }

    package func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(StoreError) {
        for start in stride(from: 0, to: ids.count, by: Self.idsMax) {
            try readPart(Array(ids[start..<min(start + Self.idsMax, ids.count)]), columns, take)
        }
    }

    private func readPart(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(StoreError) {
        guard !ids.isEmpty, !columns.isEmpty else { return }
        let wanted = database.padded(ids.map { .integer($0) })
        let placeholders = (1...wanted.count).map { "?\($0)" }.joined(separator: ", ")
        let list = columns.map { "\($0.rawValue)" }.joined(separator: ", ")
        // One segment is held at a time, in ascending order of ids; other orders use one query per segment.
        let isAscending = zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
        guard isAscending else {
            for id in ids { try readPart([id], columns, take) }
            return
        }
        var current: (id: Int64, columns: [(Column, [UInt8])])?
        try database.streamBytes(
            """
            select segment_id, column_id, data from \(prefix)segment_columns
            where segment_id in (\(placeholders)) and column_id in (\(list))
            order by segment_id, column_id
            """,
            wanted,
            milliseconds: Self.milliseconds
        ) { integers, bytes in
            guard let column = Column(rawValue: Int16(truncatingIfNeeded: integers[1])) else { return }
            if let done = current, done.id != integers[0] {
                take(done.id, done.columns)
                current = nil
            }
            let columns = current?.columns ?? []
            current = nil
            current = (integers[0], columns + [(column, bytes)])
        }
        if let current { take(current.id, current.columns) }
    }
}
