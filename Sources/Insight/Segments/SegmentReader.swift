package import Segments
package import Storage

/// Reads segments from a database; inside of a snapshot, or the segments may change between two calls.
package struct SegmentReader: SegmentSource {
    package typealias Failure = StoreError

    let database: any Database

    package init(_ database: any Database) { self.database = database }

    package func segments(from: Int64, to: Int64) throws(StoreError) -> [SegmentInfo] {
        try database.rows(
            "select id, first_time, last_time, sessions, page_views, events, resources, dead from segments where last_time >= ?1 and first_time < ?2 order by id",
            [.integer(from), .integer(to)],
            milliseconds: 5000
        ).map { row in
            let n = row.map { $0.integer ?? 0 }
            return SegmentInfo(
                id: n[0],
                firstTime: n[1],
                lastTime: n[2],
                sessions: Int(n[3]),
                pageViews: Int(n[4]),
                events: Int(n[5]),
                resources: Int(n[6]),
                dead: row[7].blob ?? []
            )
        }
    }

    package func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(StoreError) {
        let names = columns.map { "\($0.rawValue)" }.joined(separator: ", ")
        for id in ids {
            let rows = try database.rows(
                "select column_id, data from segment_columns where segment_id = ?1 and column_id in (\(names))",
                [.integer(id)],
                milliseconds: 5000
            )
            take(
                id,
                rows.compactMap { row in Column(rawValue: Int16(row[0].integer ?? 0)).map { ($0, row[1].blob ?? []) } }
            )
        }
    }
}

/// The dictionaries of a database, read once and completed when they have grown; for any thread.
package final class DictionaryCache: Sendable {
    package init() {}

    /// The dictionaries as the snapshot has them, at least.
    package func current(_ database: any Database) throws(StoreError) -> DimensionDictionaries {
        var dictionaries = DimensionDictionaries()
        for row in try database.rows(
            "select dictionary, code, value, site, day from dimension_values order by dictionary, code",
            [],
            milliseconds: 5000
        ) {
            guard let dictionary = Column.Dictionary(rawValue: Int16(row[0].integer ?? 0)) else { continue }
            dictionaries.load(
                .init(
                    dictionary: dictionary,
                    code: UInt32(row[1].integer ?? 0),
                    text: row[2].text ?? "",
                    site: UInt32(row[3].integer ?? 0),
                    day: row[4].integer ?? 0
                )
            )
        }
        return dictionaries
    }
}
