import Aggregation
import Segments
package import Storage
import Events
import Texts

extension Rollups {
    /// Number of dead letters in the list, and number dropped because the list was full.
    package func deadLetters() throws(StoreError) -> (listed: Int64, unlisted: Int64) {
        (try RollupPosition.deadLettersListed(database), try RollupPosition.read(database).deadLettersUnlisted)
    }

    /// The latest time before which retention has removed events of a site, such as `2026-11-28 12:00 UTC`; nil if it has removed none.
    package func removedBefore() throws(StoreError) -> String? {
        let border = try RollupPosition.read(database).retainedFrom
        guard border > 0 else { return nil }
        return TimestampText.minute(border) + " UTC"
    }

    /// The time before which retention has removed events that figures may attribute to a site, in seconds since 1970; 0 if it has removed
    /// none.
    package func removedBeforeSeconds(of site: String) throws(StoreError) -> Int64 {
        try RetentionBorders(database).events(of: [ByteText(site), ByteText(Self.otherSite)])
    }

    /// Aggregates all events again and compares the result with the stored rollups.
    ///
    /// Writes to temporary tables within one snapshot and leaves out the dead letters, and sessions whose delivery
    /// reports have changed since the position. Figures of removed events cannot be compared. `ahead` is another connection to the same database, by which events are read on a second
    /// thread if the connections can share a snapshot. `progress` is called with the number of events read so far.
    /// - Returns: for each table that differs, the rows that are wrong or should not exist, and those that are missing.
    package func differences(
        ahead: (any Database)? = nil,
        progress: (Int64) -> Void = { _ in }
    ) throws(StoreError) -> [(table: String, wrong: Int64, missing: Int64)] {
        var result: [(table: String, wrong: Int64, missing: Int64)] = []
        let ahead = database.hasSharedSnapshots ? ahead : nil
        func compare() throws(StoreError) {
            let stored = try RollupPosition.read(database)
            let kept = try KeptSessions(database, aggregator.hashes, stored)
            let storedPrefix = try database.makeTemporaryCopies(Self.tables)
            let checker = try Rollups(database, ahead: ahead)
            if let kept { try checker.seed(from: storedPrefix, kept) }
            try checker.recompute(through: stored.lastEventID, progress)
            let pending = try checker.pendingDelivery(after: stored.lastEventID)
            try compareSegments(storedPrefix, kept, pending: pending, &result)
            let skipped = kept == nil ? Self.segmentTables : Self.segmentTables.union(Self.fingerprintTables)
            for table in Self.tables where !skipped.contains(table) {
                let columns = Self.comparedColumns[table] ?? "*"
                func count(_ first: String, _ second: String) throws(StoreError) -> Int64 {
                    try database.rows(
                        "select count(*) from (select \(columns) from \(first) except select \(columns) from \(second)) as difference"
                    ).first?.first?.integer ?? 0
                }
                let wrong = try count(storedPrefix + table, table)
                let missing = try count(table, storedPrefix + table)
                if wrong + missing > 0 { result.append((table, wrong, missing)) }
            }
            try compareFingerprints(storedPrefix, &result)
        }
        if let ahead { try database.snapshot(with: ahead, compare) } else { try database.snapshot(compare) }
        return result
    }

    /// Aggregates all events through an id into the temporary tables of this connection.
    private func recompute(through end: Int64, _ progress: (Int64) -> Void) throws(StoreError) {
        // The transaction of the other connection ends after this.
        defer { stopReading() }
        var position = RollupPosition.empty
        var count: Int64 = 0
        while position.lastEventID < end {
            var portion = try read(from: position.lastEventID, to: end, limit: Self.rebuildPortionMax)
            try finish(&portion, after: position.lastSegmentID)
            try write(portion)
            keep(portion)
            position = position.moved(
                to: portion.last.id,
                receivedAt: nil,
                lastSegmentID: portion.changes.added.last?.info.id ?? position.lastSegmentID,
                visitors: visitors.count
            )
            count += Int64(portion.events)
            progress(count)
        }
    }

    /// Tables whose rows depend on how events were split into portions, and on merges.
    private static let segmentTables: Set = [
        "segments", "segment_columns", "dimension_values", "visitor_numbers", "fingerprint_signals",
        "fingerprint_blocks",
        "fingerprint_changes",
    ]
    /// The columns of other tables that do not depend on it, for tables with others.
    private static let comparedColumns = ["insight_signals": "site, signal, hash, visitors"]

    /// Compares the blocks of fingerprints and their changes with the stored fingerprints, by site.
    private func compareFingerprints(
        _ storedPrefix: String,
        _ result: inout [(table: String, wrong: Int64, missing: Int64)]
    ) throws(StoreError) {
        let content = try FingerprintContent(database, prefix: storedPrefix, aggregator.hashes)
        if content.isDamaged { result.append(("fingerprint_blocks (damaged)", 1, 0)) }
        for site in Set(content.blocks.keys).union(content.rows.keys).sorted()
        where content.blocks[site] != content.rows[site] {
            let name = site.text.isEmpty ? "(none)" : site.text
            let counts = (content.blocks[site]?.visitors ?? 0, content.rows[site]?.visitors ?? 0)
            result.append(("fingerprint_blocks of \(name)", counts.0, counts.1))
        }
    }

    /// Compares the live sessions of the stored segments with those computed from the events, by site and day.
    private func compareSegments(
        _ storedPrefix: String,
        _ kept: KeptSessions?,
        pending: Set<UInt64>,
        _ result: inout [(table: String, wrong: Int64, missing: Int64)]
    ) throws(StoreError) {
        let own: SegmentContent
        do throws(StoreError) {
            own = try SegmentContent(database, prefix: storedPrefix, without: kept, pending: pending)
        } catch {
            guard case .damaged = error else { throw error }
            result.append(("dimension_values (damaged)", 1, 0))
            return
        }
        let right = try SegmentContent(database, prefix: "", pending: pending)
        for id in own.damaged { result.append(("segment \(id) (damaged)", 1, 0)) }
        let keys = Set(own.sums.keys).union(right.sums.keys).sorted {
            ($0.day, ByteText($0.site)) < ($1.day, ByteText($1.site))
        }
        for key in keys where own.sums[key] != right.sums[key] {
            let day = TimestampText.date(key.day)
            let site = key.site.isEmpty ? "(none)" : key.site
            result.append(
                ("segments of \(site) on \(day)", own.sums[key]?.sessions ?? 0, right.sums[key]?.sessions ?? 0)
            )
        }
    }
}
