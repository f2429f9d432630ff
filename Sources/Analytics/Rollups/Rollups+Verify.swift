import Segments
package import Storage
import Events

extension Rollups {
    /// Empties the rollups, so that `advance` makes them again; events that were set aside are tried again, too.
    package func clear() throws(StoreError) { try RollupPosition.read(database).clear(database, reason: .rebuild) }

    /// Events that could not be written: those that are listed, and those that were set aside when the list was full.
    package func deadLetters() throws(StoreError) -> (listed: Int64, unlisted: Int64) {
        (try RollupPosition.deadLettersListed(database), try RollupPosition.read(database).deadLettersUnlisted)
    }

    /// Makes the rollups once more from the events, beside those that there are, and compares; `progress` gets the number of events read.
    ///
    /// Events in the dead letters are left out, as they were. Gives rows that there are and should not be, or the other way round, by table;
    /// nothing when all is well.
    package func differences(
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> [(table: String, wrong: Int64, missing: Int64)] {
        var result: [(table: String, wrong: Int64, missing: Int64)] = []
        try database.snapshot { () throws(StoreError) in
            let end = try lastEventID()
            let lasting = try database.makeTemporaryCopies(Self.tables)
            let checker = try Rollups(database)
            var position = RollupPosition.empty
            var count: Int64 = 0
            while position.lastEventID < end {
                let read = try checker.read(from: position.lastEventID, to: end, limit: Self.rebuildPortionMax)
                let portion = try checker.finish(read, after: position.lastSegmentID)
                try checker.write(portion)
                checker.keep(portion)
                position = position.moved(
                    to: portion.last.id,
                    receivedAt: nil,
                    lastSegmentID: portion.changes.added.last?.info.id ?? position.lastSegmentID,
                    visitors: checker.visitors.count
                )
                count += Int64(portion.events)
                progress(count)
            }
            try compareSegments(lasting, &result)
            for table in Self.tables where !Self.segmentTables.contains(table) {
                func count(_ first: String, _ second: String) throws(StoreError) -> Int64 {
                    try database.rows(
                        "select count(*) from (select * from \(first) except select * from \(second)) as difference"
                    ).first?.first?.integer ?? 0
                }
                let wrong = try count(lasting + table, table)
                let missing = try count(table, lasting + table)
                if wrong + missing > 0 { result.append((table, wrong, missing)) }
            }
        }
        return result
    }

    /// Tables whose rows depend on portions and merges.
    private static let segmentTables: Set = ["segments", "segment_columns", "dimension_values", "visitor_numbers"]

    /// Compares the live sessions of the segments with those that the events make, by site and day.
    private func compareSegments(
        _ lasting: String,
        _ result: inout [(table: String, wrong: Int64, missing: Int64)]
    ) throws(StoreError) {
        let own: SegmentContent
        do throws(StoreError) {
            own = try SegmentContent(database, prefix: lasting)
        } catch {
            guard case .damaged = error else { throw error }
            result.append(("dimension_values, which is damaged", 1, 0))
            return
        }
        let right = try SegmentContent(database, prefix: "")
        for id in own.damaged { result.append(("segment \(id), which is damaged", 1, 0)) }
        let keys = Set(own.sums.keys).union(right.sums.keys).sorted { ($0.day, $0.site) < ($1.day, $1.site) }
        for key in keys where own.sums[key] != right.sums[key] {
            let day = Self.date(key.day)
            let site = key.site.isEmpty ? "(none)" : key.site
            result.append(
                ("segments of \(site) on \(day)", own.sums[key]?.sessions ?? 0, right.sums[key]?.sessions ?? 0)
            )
        }
    }

    /// `2026-11-28`, of the start of a day.
    private static func date(_ seconds: Int64) -> String {
        String(decoding: TimestampText.bytes(seconds * 1_000_000).prefix(10), as: UTF8.self)
    }
}
