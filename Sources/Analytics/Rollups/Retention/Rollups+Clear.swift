import Aggregation
import Crypto
import Segments
package import Storage

/// Segments that a rebuild could not read, of times whose events have been removed.
package struct LostSegments: Sendable, Equatable {
    package var ids: [Int64] = []
    /// The number of their sessions, some of which may have been replaced.
    package var sessions = 0

    package var isEmpty: Bool { ids.isEmpty }

    /// A sentence without a period, for logs and terminals.
    package var text: String {
        "\(ids.count) segments with up to \(sessions) sessions were damaged and are lost, because retention has removed their "
            + "events; restore a backup to get them back"
    }

    init() {}

    init(_ segments: [SegmentInfo]) {
        ids = segments.map(\.id).sorted()
        sessions = segments.reduce(0) { $0 + $1.sessions }
    }
}

extension Rollups {
    /// Attempts to clear the rollups while other processes change them.
    static let clearAttemptsMax = 1000
    /// Tables of fingerprints: they are kept as they are once events have been removed, since they have no times.
    static let fingerprintTables: Set = [
        "insight_fingerprints", "insight_signals", "insight_signal_sizes", "insight_signal_returns", "rollup_signals",
        "rollup_admissions", "fingerprint_signals", "fingerprint_blocks", "fingerprint_changes",
    ]
    /// Tables whose rows are kept if they begin before the border of their site; adding to them again changes nothing.
    private static let datedTables = ["insight_issues", "insight_releases", "insight_issue_releases"]

    /// Clears the rollups and the dead letters; `advance` then aggregates all events again.
    ///
    /// Figures of sessions whose events have been removed are kept, except those of erased visitors.
    /// - Returns: the segments that cannot be read, of times whose events have been removed; their sessions are lost.
    @discardableResult
    package func clear(erasing visitors: [ErasedVisitor] = []) throws(StoreError) -> LostSegments {
        let damaged = try RollupPosition.read(database).retainedFrom > 0 ? damagedSegments() : []
        return LostSegments(try clear(.rebuild, damaged, visitors))
    }

    /// Clears the rollups for a migration.
    func clearForUpgrade() throws(StoreError) { notices.lost = LostSegments(try clear(.upgrade, [], [])) }

    private func clear(
        _ reason: RollupStatus.Reason,
        _ damaged: Set<Int64>,
        _ visitors: [ErasedVisitor]
    ) throws(StoreError) -> [SegmentInfo] {
        for _ in 0..<Self.clearAttemptsMax {
            let position = try RollupPosition.read(database)
            guard position.retainedFrom > 0 else {
                if try position.clear(database, reason: reason) { return [] }
                continue
            }
            if let lost = try clearKeeping(position, reason, damaged, visitors) { return lost }
        }
        throw .unavailable(reason: "other processes change the rollups all the time")
    }

    /// Clears the rollups of the events that there are.
    ///
    /// - Returns: the segments that cannot be read; nil when the position has changed meanwhile.
    private func clearKeeping(
        _ position: RollupPosition,
        _ reason: RollupStatus.Reason,
        _ damaged: Set<Int64>,
        _ visitors: [ErasedVisitor]
    ) throws(StoreError) -> [SegmentInfo]? {
        var lost: [SegmentInfo] = []
        let isDone = try database.transaction(
            ifChanged: """
                update insight_position
                set last_event_id = 0, generation = generation + 1, version = version + 1, reason = ?1,
                    last_received_at = null, dead_letters_unlisted = 0, rebuild = 0,
                    counted_through = case when last_event_id > counted_through then last_event_id else counted_through end
                where id = 1 and generation = ?2 and version = ?3 and retention_step = ?4
                """,
            [
                .text(reason.rawValue), .integer(position.generation), .integer(position.version),
                .integer(position.retentionStep),
            ]
        ) { () throws(StoreError) in
            guard let kept = try KeptSessions(database, aggregator.hashes, position) else { return }
            let erased = try ErasedSessions(database, aggregator.hashes, visitors)
            let (whole, unread) = try clearSegments(kept, erased, damaged)
            lost = unread
            // Otherwise a missing column is damage.
            if reason == .upgrade {
                try fillColumns(whole)
                try fillFingerprints(position)
            }
            try fillDictionaries()
            for table in Self.datedTables {
                for site in try Self.sites(database, table) {
                    _ = try database.change(
                        "delete from \(table) where site = ?1 and first_seen >= ?2",
                        [.text(site), .integer(kept.borders.events(of: site))]
                    )
                }
            }
            _ = try database.change("delete from rollup_dead_letters")
            try removeFingerprints(visitors)
            try erased.removeIdentities(database)
        }
        return isDone ? lost : nil
    }

    /// Must come before the numbers of the visitors are forgotten.
    private func removeFingerprints(_ visitors: [ErasedVisitor]) throws(StoreError) {
        var numbered: [(number: UInt32, site: String?)] = []
        for erased in visitors {
            var sql = "delete from insight_fingerprints where visitor_id = ?1"
            var parameters = [SQLValue.text(erased.visitor)]
            if let site = erased.site {
                sql += " and site = ?2"
                parameters.append(.text(site))
            }
            _ = try database.change(sql, parameters)
            let hash = Int64(bitPattern: aggregator.hashes.visitors.hash(erased.visitor))
            let rows = try database.rows("select number from visitor_numbers where hash = ?1", [.integer(hash)])
            if let number = rows.first?.first?.integer { numbered.append((UInt32(clamping: number), erased.site)) }
        }
        try FingerprintBlocks(database: database).remove(numbered)
    }

    /// The segments that cannot be read.
    private func damagedSegments() throws(StoreError) -> Set<Int64> {
        let reader = SegmentReader(database)
        var left: [Int64: SegmentInfo] = [:]
        for info in try reader.segments(from: .min, to: .max) { left[info.id] = info }
        let ids = left.keys.sorted()
        try reader.read(ids, Column.allCases) { id, columns in
            if let info = left[id], SegmentDecoder.sessions(info, columns) != nil { left[id] = nil }
        }
        return Set(left.keys)
    }

    /// Removes the sessions that are recomputed from the segments, and the segments that cannot be read.
    ///
    /// - Returns: the segments that are kept, and those that cannot be read.
    private func clearSegments(
        _ kept: KeptSessions,
        _ erased: ErasedSessions,
        _ damaged: Set<Int64>
    ) throws(StoreError) -> (kept: [SegmentInfo], lost: [SegmentInfo]) {
        let reader = SegmentReader(database)
        var (changes, lost): (SegmentChanges, [SegmentInfo]) = (SegmentChanges(), [])
        var mixed: [Int64: SegmentInfo] = [:]
        var whole: [SegmentInfo] = []
        for info in try reader.segments(from: .min, to: .max) {
            if kept.containsNone(info) {
                changes.removed.append(info.id)
            } else if damaged.contains(info.id) {
                lost.append(info)
            } else if erased.isEmpty, kept.containsAll(info) {
                whole.append(info)
            } else {
                mixed[info.id] = info
            }
        }
        try reader.read(mixed.keys.sorted(), SegmentDecoder.startColumns) { id, columns in
            guard var info = mixed[id], let starts = SegmentDecoder.starts(info, columns) else { return }
            mixed[id] = nil
            let before = info.deadSessions
            for (row, start) in starts.enumerated()
            where !kept.contains(start) || erased.contains(start) {
                info.markDead(row)
            }
            if info.deadSessions == before {
                whole.append(info)
            } else if info.deadSessions == info.sessions {
                changes.removed.append(id)
            } else {
                changes.marked.append(info)
                whole.append(info)
            }
        }
        lost += mixed.values
        changes.removed += lost.map(\.id)
        try changes.write(database)
        return (whole, lost)
    }

    /// Gives kept segments the columns that later versions have added.
    private func fillColumns(_ segments: [SegmentInfo]) throws(StoreError) {
        var known: [Int64: Set<Int64>] = [:]
        try database.stream(
            "select segment_id, column_id from segment_columns",
            [],
            milliseconds: Self.readMilliseconds
        ) { row in
            known[row[0].integer ?? 0, default: []].insert(row[1].integer ?? 0)
            return true
        }
        for info in segments where info.hasPossibleCounts {
            let missing = Column.allCases.filter { known[info.id]?.contains(Int64($0.rawValue)) != true }
            try database.insert(
                "insert into segment_columns (segment_id, column_id, data)",
                missing.map {
                    [
                        .integer(info.id), .integer(Int64($0.rawValue)),
                        .blob(SegmentDecoder.emptyColumn($0, info)),
                    ]
                }
            )
        }
    }

    /// Gives codes without a text a text, so that they are not assigned again: segments that are kept contain them.
    private func fillDictionaries() throws(StoreError) {
        var next: [Int64: Int64] = [:]
        var missing: [[SQLValue]] = []
        for row in try database.rows("select dictionary, code from dimension_values order by dictionary, code") {
            let (dictionary, code) = (row[0].integer ?? 0, row[1].integer ?? 0)
            // The first two codes are not stored.
            for lost in next[dictionary, default: 2]..<max(code, next[dictionary, default: 2]) {
                missing.append([
                    .integer(dictionary), .integer(lost), .text("(lost \(lost))"), .integer(0), .integer(0),
                    .integer(0),
                ])
            }
            next[dictionary] = code + 1
        }
        try database.insert("insert into dimension_values (dictionary, code, value, site, day, event_id)", missing)
    }

    private static func sites(_ database: any Database, _ table: String) throws(StoreError) -> [String] {
        try database.rows("select distinct site from \(table)").map { $0[0].text ?? "" }
    }

    /// Prepares the temporary tables of `verify`: with what a rebuild would keep.
    func seed(from prefix: String, _ kept: KeptSessions) throws(StoreError) {
        for table in ["dimension_values", "rollup_sites"] {
            _ = try database.change("insert into \(table) select * from \(prefix)\(table)")
        }
        for table in Self.datedTables {
            for site in try Self.sites(database, prefix + table) {
                _ = try database.change(
                    "insert into \(table) select * from \(prefix)\(table) where site = ?1 and first_seen < ?2",
                    [.text(site), .integer(kept.borders.events(of: site))]
                )
            }
        }
        removed = RemovedSessions(countedThrough: .max, database)
        names.forget()
        try aggregator.dictionaries.complete(database)
    }
}
