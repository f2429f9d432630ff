package import Storage

/// Position of the rollups in the event log: the row of `insight_position`.
///
/// Updates are conditional on the values that were read, so of several processes only one writes a portion.
package struct RollupPosition: Sendable, Equatable {
    /// Limit of dead letters in the list; further ones are only counted.
    static let deadLettersMax: Int64 = 10_000
    /// Length limit in bytes of the reason of a dead letter.
    static let reasonBytesMax = 500

    package let lastEventID: Int64
    /// Incremented when the rollups are cleared.
    package let generation: Int64
    /// Why the rollups were cleared; nil once they are complete again.
    package let reason: RollupStatus.Reason?
    /// When the event at the position was received, in microseconds since 1970; nil when the event may not exist.
    let lastReceivedAt: Int64?
    package let deadLettersUnlisted: Int64
    /// Incremented with every change of the segments and of the position.
    package let version: Int64
    /// The highest segment id ever used; ids are not reused.
    let lastSegmentID: Int64
    /// Number of visitors that have a number.
    let visitors: Int64
    /// Latest time before which retention has removed events of a site, in seconds since 1970; 0 when it has not removed any.
    package var retainedFrom: Int64 = 0
    /// Incremented with every removal of events.
    var retentionStep: Int64 = 0
    /// The highest id that was aggregated before the rollups were last cleared.
    var countedThrough: Int64 = 0
    /// Whether a migration requests that the rollups are cleared.
    var isRebuildRequested = false

    /// Reads the stored position.
    ///
    /// - Throws: `.schema` when the row is missing.
    package static func read(_ database: any Database) throws(StoreError) -> RollupPosition {
        let row = try database.rows(
            """
            select last_event_id, generation, reason, last_received_at, dead_letters_unlisted,
                version, last_segment_id, visitors, retained_from, retention_step, counted_through, rebuild
            from insight_position
            where id = 1
            """
        ).first
        guard let row, let id = row[0].integer, let generation = row[1].integer else {
            throw .schema(reason: "the table insight_position is empty")
        }
        return RollupPosition(
            lastEventID: id,
            generation: generation,
            reason: row[2].text.flatMap { RollupStatus.Reason(rawValue: $0) },
            lastReceivedAt: row[3].integer,
            deadLettersUnlisted: row[4].integer ?? 0,
            version: row[5].integer ?? 0,
            lastSegmentID: row[6].integer ?? 0,
            visitors: row[7].integer ?? 0,
            retainedFrom: row[8].integer ?? 0,
            retentionStep: row[9].integer ?? 0,
            countedThrough: row[10].integer ?? 0,
            isRebuildRequested: row[11].integer ?? 0 != 0
        )
    }

    /// Whether the table now holds other events than those aggregated.
    ///
    /// True when ids have restarted, or the last aggregated id belongs to another event; deleting events, even
    /// all of them, does not count.
    func isOfOtherEvents(_ database: any Database) throws(StoreError) -> Bool {
        guard lastEventID > 0 else { return false }
        if try database.highestEventID() < lastEventID { return true }
        guard let lastReceivedAt else { return false }
        let row = try database.rows(
            "select \(database.dialect.microseconds("received_at")) from collector_events where id = ?1",
            [.integer(lastEventID)]
        ).first
        guard let row else { return false }
        return row[0].integer != lastReceivedAt
    }

    /// The initial position, for rollups that are computed from scratch for a comparison.
    static let empty = RollupPosition(
        lastEventID: 0,
        generation: 0,
        reason: nil,
        lastReceivedAt: nil,
        deadLettersUnlisted: 0,
        version: 0,
        lastSegmentID: 0,
        visitors: 0
    )

    /// Returns the position that follows a change.
    func moved(to id: Int64, receivedAt: Int64?, lastSegmentID: Int64, visitors: Int64) -> RollupPosition {
        RollupPosition(
            lastEventID: id,
            generation: generation,
            reason: reason,
            lastReceivedAt: receivedAt,
            deadLettersUnlisted: deadLettersUnlisted,
            version: version + 1,
            lastSegmentID: lastSegmentID,
            visitors: visitors,
            retainedFrom: retainedFrom,
            retentionStep: retentionStep,
            countedThrough: countedThrough
        )
    }

    /// Updates the position and runs `body` in one transaction, if the stored position is still this one.
    ///
    /// `lateEvents` are events of removed sessions, which do not count.
    /// - Returns: whether it was.
    func move(
        _ database: any Database,
        to next: RollupPosition,
        lateEvents: Int64 = 0,
        _ body: () throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        try database.transaction(
            ifChanged: """
                update insight_position
                set last_event_id = ?1, last_received_at = ?2, last_segment_id = ?3, visitors = ?4, version = version + 1,
                    late_events = late_events + ?8
                where id = 1 and last_event_id = ?5 and generation = ?6 and version = ?7
                """,
            [
                .integer(next.lastEventID), SQLValue(next.lastReceivedAt),
                .integer(next.lastSegmentID), .integer(next.visitors), .integer(lastEventID), .integer(generation),
                .integer(version), .integer(lateEvents),
            ],
            body
        )
    }

    /// Skips an event that cannot be written and adds it to the dead letters, if the position is still current.
    ///
    /// `reason` is the database error, truncated to `reasonBytesMax`; `seconds` is the time since 1970.
    /// - Returns: whether it was.
    func moveToDeadLetters(
        _ database: any Database,
        event id: Int64,
        reason: String,
        at seconds: Int64
    ) throws(StoreError) -> Bool {
        let next = moved(to: id, receivedAt: nil, lastSegmentID: lastSegmentID, visitors: visitors)
        return try move(database, to: next) { () throws(StoreError) in
            let listed = try Self.deadLettersListed(database)
            guard listed < Self.deadLettersMax else {
                let sql = "update insight_position set dead_letters_unlisted = dead_letters_unlisted + 1 where id = 1"
                _ = try database.change(sql)
                return
            }
            let text = String(decoding: reason.utf8.prefix(Self.reasonBytesMax), as: UTF8.self)
            try database.insert(
                "insert into rollup_dead_letters (event_id, reason, at)",
                [[.integer(id), .text(text), .integer(seconds)]]
            )
        }
    }

    /// Number of dead letters in the list.
    package static func deadLettersListed(_ database: any Database) throws(StoreError) -> Int64 {
        try database.rows("select count(*) from rollup_dead_letters").first?.first?.integer ?? 0
    }

    /// Clears all rollups and the dead letters, also those of removed events, unless another process has done so or
    /// has removed events since the position was read.
    ///
    /// - Returns: Whether they were cleared.
    func clear(_ database: any Database, reason: RollupStatus.Reason) throws(StoreError) -> Bool {
        try database.transaction(
            ifChanged: """
                update insight_position
                set last_event_id = 0, generation = generation + 1, version = version + 1, visitors = 0, reason = ?1,
                    last_received_at = null, dead_letters_unlisted = 0, retained_from = 0,
                    retained_from_others = 0, borders_step = retention_step + 1, retention_step = retention_step + 1,
                    counted_through = 0, rebuild = 0
                where id = 1 and generation = ?2 and retention_step = ?3
                """,
            [.text(reason.rawValue), .integer(generation), .integer(retentionStep)]
        ) { () throws(StoreError) in
            for table in Rollups.tables + ["rollup_dead_letters", "removed_sessions", "site_borders"] {
                _ = try database.change("delete from \(table)")
            }
        }
    }

    /// Records that the rollups are complete.
    func complete(_ database: any Database) throws(StoreError) {
        guard reason != nil else { return }
        _ = try database.change(
            "update insight_position set reason = null where id = 1 and generation = ?1",
            [.integer(generation)]
        )
    }
}
